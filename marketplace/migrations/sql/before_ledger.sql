-- The ledger's schema, and the role under which the application works (payments.md §3.2, §3.9).
--
-- `karigar_app` may read the ledger and call its door, and nothing else there. Everywhere else it reads and writes.
-- The rights come as default privileges, before the tables: whoever makes a table stricter (append-only journals)
-- does so afterwards, and keeps it so. A server that does not let us make a role works without it: the application
-- then owns what it uses, and the triggers remain.
CREATE SCHEMA IF NOT EXISTS ledger;
REVOKE ALL ON SCHEMA ledger FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        CREATE ROLE karigar_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was quicker
    WHEN insufficient_privilege THEN RAISE NOTICE 'no role karigar_app: the application keeps the rights of its login';
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        RETURN;
    END IF;
    IF NOT pg_catalog.pg_has_role(current_user, 'karigar_app', 'MEMBER') THEN
        EXECUTE 'GRANT karigar_app TO ' || pg_catalog.quote_ident(current_user);
    END IF;
    GRANT USAGE ON SCHEMA public, ledger TO karigar_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO karigar_app;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO karigar_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO karigar_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO karigar_app;
END $$;
