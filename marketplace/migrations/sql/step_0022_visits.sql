-- What a quote said when it was sent is what its customer approves: nothing of it is changed afterwards.
CREATE OR REPLACE TRIGGER job_quote_sent_once BEFORE UPDATE OF
    job_id, visit_id, by_id, currency, work_minor, credit_minor, minutes, valid_days, valid_until, hash, sent_at
    ON job_quote FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change();
ALTER TABLE job_quote ENABLE ALWAYS TRIGGER job_quote_sent_once;
