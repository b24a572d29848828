-- A signature is a signature: rows are added, and never changed or removed.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['sign_off', 'signature', 'signed_total', 'carried_over', 'sign_off_end'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_append_only';
    END LOOP;
END $$;
