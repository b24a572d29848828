-- What was attached, and that it was taken away, is evidence: rows are added, and never changed or removed.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['recon_attachment', 'recon_attachment_removal'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_append_only';
    END LOOP;
END $$;
