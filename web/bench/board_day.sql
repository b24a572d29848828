-- A full day for the dispatcher's board, planted in the town that stands: :people specialists who all work from eight to
-- eight, and :jobs jobs on :day; every seventh still open, with live offers or a last decision, the rest in the time of
-- somebody and in every state of the work. The same day every time.
CREATE SCHEMA planted;
CREATE TABLE planted.zone AS SELECT row_number() OVER (ORDER BY key) - 1 AS n, id, longitude, latitude FROM zone;
CREATE TABLE planted.service AS SELECT row_number() OVER (ORDER BY key) - 1 AS n, id, minutes FROM service;
CREATE TABLE planted.person AS SELECT n, uuidv7() AS id FROM generate_series(0, :people - 1) n;
CREATE TABLE planted.job AS
SELECT n, uuidv7() AS id, gen_random_uuid() AS customer, n % :people AS person, n / :people AS turn, n % 7 = 0 AS open,
       (timestamp ':day 08:00' AT TIME ZONE ':zone') + (n / :people) * interval '165 minutes'
         + (n % 7) * interval '5 minutes' AS starts
  FROM generate_series(0, :jobs - 1) n;

INSERT INTO specialist (person_id, organization_id, standing, home_cell, home_zone_id, enrolled_at)
SELECT p.id, o.id, 'good', floor(z.latitude / 0.02)::int || '.' || floor(z.longitude / 0.02)::int, z.id, '2024-01-01'
  FROM planted.person p CROSS JOIN (SELECT id FROM organization WHERE town IS NOT NULL LIMIT 1) o
  JOIN planted.zone z ON z.n = p.n % (SELECT count(*) FROM planted.zone);
INSERT INTO skill_grant (id, specialist_id, skill, verified_by, verified_at)
SELECT uuidv7(), p.id, k.key, '00000000-0000-4000-8000-000000000001', '2024-01-01' FROM planted.person p, skill k;
INSERT INTO served_zone (specialist_id, zone_id) SELECT p.id, z.id FROM planted.person p, planted.zone z;
INSERT INTO shift (specialist_id, starts_at, ends_at, on_day)
SELECT p.id, timestamp ':day 08:00' AT TIME ZONE ':zone', timestamp ':day 20:00' AT TIME ZONE ':zone', ':day'
  FROM planted.person p;

INSERT INTO job (id, number, kind, state, before_delay, delay_reason, customer_id, holder_id, organization_id, service_id,
                 zone_id, cell, currency, window_start, window_end, committed_start, minutes, specialist_id,
                 planned_specialist_id, created_at, submitted_at, funded_at, published_at)
SELECT j.id, 'K-' || lpad(j.n::text, 5, '0'), 'booking', s.state, CASE s.state WHEN 'delayed' THEN 'assigned' END,
       CASE s.state WHEN 'delayed' THEN 'overrun' END, j.customer, j.customer, p.organization_id, v.id, z.id,
       floor(z.latitude / 0.02)::int || '.' || floor(z.longitude / 0.02)::int, 'BDT', j.starts, j.starts + interval '2 hours',
       j.starts, 60, CASE WHEN NOT j.open THEN w.id END, w.id, now() - interval '1 hour', now() - interval '1 hour',
       now() - interval '1 hour', now() - (j.n % 50) * interval '1 minute'
  FROM planted.job j JOIN planted.person w ON w.n = j.person JOIN specialist p ON p.person_id = w.id
  JOIN planted.zone z ON z.n = j.n % (SELECT count(*) FROM planted.zone)
  JOIN planted.service v ON v.n = j.n % (SELECT count(*) FROM planted.service)
 CROSS JOIN LATERAL (SELECT CASE WHEN j.open THEN 'open'
       ELSE (array['assigned', 'assigned', 'assigned', 'en_route', 'in_progress', 'delayed', 'completed'])[1 + j.n % 7] END
       AS state) s;
INSERT INTO occupation (id, visit_id, specialist_id, job_id, kind, status, on_day, during, starts_at, minutes,
                        window_start, window_end, cell, written_at)
SELECT uuidv7(), uuidv7(), coalesce(j.specialist_id, j.planned_specialist_id), j.id, 'visit', 'confirmed', ':day',
       tstzrange(j.window_start, j.window_start + interval '80 minutes'), j.window_start + interval '20 minutes', 60,
       j.window_start, j.window_end, j.cell, now()
  FROM job j JOIN planted.job p ON p.id = j.id;
INSERT INTO occupation (id, visit_id, specialist_id, kind, status, on_day, during, starts_at, minutes, written_at)
SELECT uuidv7(), uuidv7(), p.id, 'break', 'confirmed', ':day', tstzrange(b.at, b.at + interval '30 minutes'), b.at, 30, now()
  FROM planted.person p, (SELECT timestamp ':day 19:15' AT TIME ZONE ':zone' AS at) b;
INSERT INTO route_day (specialist_id, on_day, version) SELECT p.id, ':day', 1 FROM planted.person p;
INSERT INTO offer (id, job_id, round, specialist_id, decision_id, mode, rank, exclusive, state, reasons,
                   score_hundredths, created_at, expires_at)
SELECT uuidv7(), j.id, 1, p.id, j.id, 'broadcast', 1, false, CASE WHEN j.n % 2 = 0 THEN 'sent' ELSE 'declined' END, '[]',
       0, now(), now() + interval '1 hour'
  FROM planted.job j JOIN planted.person p ON p.n IN (j.person, (j.person + 1) % :people) WHERE j.open;
INSERT INTO decision (id, job_id, kind, at, policy_version, seed, inputs, result, inputs_hash)
SELECT uuidv7(), j.id, 'sequential', now(), 'x', 1, '{}', jsonb_build_object('ranked', '[]'::jsonb, 'excluded',
       (SELECT jsonb_agg(jsonb_build_object('specialist_id', p.id, 'rule', 'overlap')) FROM planted.person p)), 'x'
  FROM planted.job j WHERE j.open AND j.n % 14 = 7;
