-- A published version of the rules is what somebody may lose work by: it is never changed and never removed.
CREATE OR REPLACE TRIGGER conduct_rules_published_once BEFORE UPDATE OR DELETE ON conduct_rules
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION refuse_change();
ALTER TABLE conduct_rules ENABLE ALWAYS TRIGGER conduct_rules_published_once;
CREATE OR REPLACE TRIGGER conduct_rules_never_emptied BEFORE TRUNCATE ON conduct_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE conduct_rules ENABLE ALWAYS TRIGGER conduct_rules_never_emptied;

-- What was told to somebody at the beginning is never told otherwise later; nor is a decision, or what was heard.
CREATE OR REPLACE TRIGGER proceeding_opened_once BEFORE UPDATE OF
    specialist_id, organization_id, number, rules_id, what, opened_at, opened_by, answer_until, decide_until ON proceeding
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE proceeding ENABLE ALWAYS TRIGGER proceeding_opened_once;
CREATE OR REPLACE TRIGGER proceeding_decided_once BEFORE UPDATE OF decided_at, decided_by, consequence, pause_days, fee_minor
    ON proceeding FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
ALTER TABLE proceeding ENABLE ALWAYS TRIGGER proceeding_decided_once;

-- Nobody is suspended by another without a proceeding; what was done before this step stands as it was written.
CREATE OR REPLACE TRIGGER standing_change_by_proceeding BEFORE INSERT ON standing_change
    FOR EACH ROW WHEN (NEW.after = 'suspended' AND NEW.proceeding_id IS NULL
        AND NOT (NEW.reason = 'own_wish' AND NEW.decided_by = NEW.specialist_id))
    EXECUTE FUNCTION refuse_change();
ALTER TABLE standing_change ENABLE ALWAYS TRIGGER standing_change_by_proceeding;
