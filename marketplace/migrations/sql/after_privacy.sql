-- A posted policy and a look at a person are never changed. A look may be deleted once its retention has passed.
CREATE OR REPLACE TRIGGER policy_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER disclosure_append_only BEFORE UPDATE OR TRUNCATE ON disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER disclosure_kept BEFORE DELETE ON disclosure
    FOR EACH ROW WHEN (OLD.at > current_timestamp - interval '730 days') EXECUTE FUNCTION refuse_change();
