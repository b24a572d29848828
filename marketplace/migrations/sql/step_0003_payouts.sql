-- A line of the statement that stood in suspense is cleared from there when it turns out to be a payout's.
UPDATE ledger.transfer_kind SET gives_to = '{bank,suspense}' WHERE code = 'payout_confirmed';
UPDATE ledger.transfer_kind SET takes_from = '{payouts_in_transit,bank,suspense}' WHERE code = 'payout_returned';

-- What the bank was given, and what happened to an item, is written once.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['payout_file', 'payout_event'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_written_once';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON public.%s FROM karigar_app', it);
        END IF;
    END LOOP;
END $$;
