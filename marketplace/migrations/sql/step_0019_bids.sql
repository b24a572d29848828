-- What a round says before it opens is never changed, by nobody and at no time.
CREATE OR REPLACE TRIGGER bid_round_announced_once BEFORE UPDATE OF
    job_id, made_by, made_at, sealed, opens_at, closes_at, minimum_bids, value_of_minute, quality_hundredths,
    may_deviate, least_minor, most_minor, currency, eligibility ON bid_round
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE bid_round ENABLE ALWAYS TRIGGER bid_round_announced_once;
