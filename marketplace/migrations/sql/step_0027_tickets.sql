-- A look of a team at a resident's request is never changed, and deleted once its retention has passed.
CREATE OR REPLACE TRIGGER team_look_append_only BEFORE UPDATE OR TRUNCATE ON team_look
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE team_look ENABLE ALWAYS TRIGGER team_look_append_only;
CREATE OR REPLACE TRIGGER team_look_kept BEFORE DELETE ON team_look
    FOR EACH ROW WHEN (OLD.looked_at > current_timestamp - interval '730 days') EXECUTE FUNCTION refuse_change();
ALTER TABLE team_look ENABLE ALWAYS TRIGGER team_look_kept;
