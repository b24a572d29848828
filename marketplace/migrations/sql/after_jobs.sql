-- What happened to a job is added to, and never changed or removed.
CREATE OR REPLACE TRIGGER job_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
