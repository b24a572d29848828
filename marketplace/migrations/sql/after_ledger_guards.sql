-- Nothing written is edited, and nobody writes but the door (payments.md §3.9).
CREATE OR REPLACE FUNCTION ledger._never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23001', MESSAGE = 'the ledger only grows: post a correction';
END $$;

DO $$
DECLARE
    it text;
    event text;
BEGIN
    FOREACH it IN ARRAY ARRAY['transfer', 'entry', 'seal', 'balance_check', 'incarnation'] LOOP
        FOREACH event IN ARRAY ARRAY['update', 'delete', 'truncate'] LOOP
            EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_no_' || event || ' BEFORE ' || event || ' ON ledger.' || it
                || ' FOR EACH STATEMENT EXECUTE FUNCTION ledger._never()';
            EXECUTE 'ALTER TABLE ledger.' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_no_' || event;
        END LOOP;
    END LOOP;
    -- Balances and holds change; whose they are, and of what, never does. A statement that does not name these columns
    -- does not meet the trigger.
    FOREACH it IN ARRAY ARRAY['account', 'hold'] LOOP
        FOREACH event IN ARRAY ARRAY['delete', 'truncate'] LOOP
            EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_no_' || event || ' BEFORE ' || event || ' ON ledger.' || it
                || ' FOR EACH STATEMENT EXECUTE FUNCTION ledger._never()';
            EXECUTE 'ALTER TABLE ledger.' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_no_' || event;
        END LOOP;
    END LOOP;
END $$;

CREATE OR REPLACE TRIGGER account_no_change
    BEFORE UPDATE OF id, kind, owner_kind, owner_id, currency, group_id, stripe, floor, ceil ON ledger.account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger._never();
ALTER TABLE ledger.account ENABLE ALWAYS TRIGGER account_no_change;
CREATE OR REPLACE TRIGGER hold_no_change
    BEFORE UPDATE OF id, account_id, amount, purpose, subject, made_by ON ledger.hold
    FOR EACH STATEMENT EXECUTE FUNCTION ledger._never();
ALTER TABLE ledger.hold ENABLE ALWAYS TRIGGER hold_no_change;

REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;

DO $$
DECLARE
    door text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        RETURN;
    END IF;
    REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM karigar_app;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA ledger FROM karigar_app;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM karigar_app;
    GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO karigar_app;
    FOREACH door IN ARRAY ARRAY['post', 'hold', 'capture', 'release', 'reverse', 'offset', 'post_many', 'open_account',
                                'set_limit', 'close_account', 'close_period', 'sign_period', 'reopen_period',
                                'expect_balance', 'seal', 'broken_seals', '_link', '_leaf'] LOOP
        EXECUTE (SELECT 'GRANT EXECUTE ON FUNCTION ' || string_agg(p.oid::regprocedure::text, ', ') || ' TO karigar_app'
                   FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = door);
    END LOOP;
END $$;
