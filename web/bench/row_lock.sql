-- The same attempt as it is usually made safe: whoever wants the person's time locks the person, then looks, then
-- writes. It takes two statements at least, for what is read in the statement that waits is what stood before.
-- `bench.occupation` has the same indexes but no guard, for none is needed.
\set start random(0, 79)
\set quarters random(2, 10)
\set lasts random(100, 1000)
BEGIN;
SELECT version FROM bench.person WHERE id = :who FOR UPDATE \gset
SELECT (count(*) = 0)::int AS free FROM bench.occupation
 WHERE specialist_id = :who AND status IN ('held', 'confirmed', 'started')
   AND (status <> 'held' OR expires_at > now())
   AND during && tstzrange(:day::date + :start * interval '15 min',
                           :day::date + (:start::int + :quarters::int) * interval '15 min') \gset
\if :free
UPDATE bench.occupation SET status = 'lapsed'
 WHERE specialist_id = :who AND on_day = :day AND status = 'held' AND expires_at <= now();
INSERT INTO bench.occupation (id, visit_id, specialist_id, kind, status, on_day, during, starts_at, minutes, expires_at,
                              written_at)
VALUES (uuidv7(), uuidv7(), :who, 'visit', 'held', :day,
        tstzrange(:day::date + :start * interval '15 min',
                  :day::date + (:start::int + :quarters::int) * interval '15 min'),
        :day::date + :start * interval '15 min', 15 * :quarters,
        clock_timestamp() + :lasts * interval '1 ms', clock_timestamp());
COMMIT;
\else
ROLLBACK;
\endif
