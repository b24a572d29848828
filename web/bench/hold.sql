-- One attempt to set some time aside, with the statements by which booking/availability decides and writes: a look
-- without a lock at the version of the person's day and at what is taken, and only who saw room takes the day, looks
-- again when it has changed meanwhile, ends what has run out, and writes under the guard. Who saw none is refused by
-- that one look. A hold runs out by itself.
\set start random(0, 79)
\set quarters random(2, 10)
\set lasts random(100, 1000)
SELECT d.version, (NOT EXISTS (
           SELECT FROM occupation
            WHERE specialist_id = :who AND status IN ('held', 'confirmed', 'started')
              AND (status <> 'held' OR expires_at > now())
              AND during && tstzrange(:day::date + :start * interval '15 min',
                                      :day::date + (:start::int + :quarters::int) * interval '15 min')))::int AS free
  FROM route_day d WHERE d.specialist_id = :who AND d.on_day = :day \gset
\if :free
BEGIN;
INSERT INTO route_day (specialist_id, on_day, version) VALUES (:who, :day, 1)
    ON CONFLICT (specialist_id, on_day) DO UPDATE SET version = route_day.version + 1 RETURNING version AS taken \gset
\if :taken != :version + 1
SELECT (count(*) = 0)::int AS free FROM occupation
 WHERE specialist_id = :who AND status IN ('held', 'confirmed', 'started')
   AND (status <> 'held' OR expires_at > now())
   AND during && tstzrange(:day::date + :start * interval '15 min',
                           :day::date + (:start::int + :quarters::int) * interval '15 min') \gset
\endif
\if :free
UPDATE occupation SET status = 'lapsed'
 WHERE specialist_id = :who AND on_day = :day AND status = 'held' AND expires_at <= now();
INSERT INTO occupation (id, visit_id, specialist_id, kind, status, on_day, during, starts_at, minutes, expires_at,
                        written_at)
VALUES (uuidv7(), uuidv7(), :who, 'visit', 'held', :day,
        tstzrange(:day::date + :start * interval '15 min',
                  :day::date + (:start::int + :quarters::int) * interval '15 min'),
        :day::date + :start * interval '15 min', 15 * :quarters,
        clock_timestamp() + :lasts * interval '1 ms', clock_timestamp())
    ON CONFLICT DO NOTHING;
COMMIT;
\else
ROLLBACK;
\endif
\endif
