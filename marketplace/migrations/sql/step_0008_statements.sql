-- What a bank or a gateway said is written once.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['statement_file', 'statement_line', 'statement_balance'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_written_once';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON public.%s FROM karigar_app', it);
        END IF;
    END LOOP;
END $$;
