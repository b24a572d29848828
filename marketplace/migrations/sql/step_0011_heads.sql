-- A head that was published is published: rows are added, and never changed or removed.
CREATE OR REPLACE TRIGGER published_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON published_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE published_head ENABLE ALWAYS TRIGGER published_head_append_only;
