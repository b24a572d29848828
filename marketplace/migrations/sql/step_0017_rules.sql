-- A published version of the rules is what decisions were made by: it is never changed and never removed.
CREATE OR REPLACE TRIGGER dispatch_rules_published_once BEFORE UPDATE OR DELETE ON dispatch_rules
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION refuse_change();
ALTER TABLE dispatch_rules ENABLE ALWAYS TRIGGER dispatch_rules_published_once;
CREATE OR REPLACE TRIGGER dispatch_rules_never_emptied BEFORE TRUNCATE ON dispatch_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE dispatch_rules ENABLE ALWAYS TRIGGER dispatch_rules_never_emptied;
