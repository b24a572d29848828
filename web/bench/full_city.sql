-- The rest of the city, for the whole question: six visits each on the day, hours, trades, zones, a day of offers. All
-- is planted in the tables of the product. The guard against double booking is made last: row by row it grows slowly.
INSERT INTO organization (id, town, name, region, currency, time_zone, language, calendar, weekend, phone, founded_at)
SELECT gen_random_uuid(), 'bench', t, 'QA', 'QAR', 'Asia/Qatar', 'en', 'gregorian', '{5,6}', '+97400000000', '2020-01-01'
  FROM (SELECT jsonb_build_object('en', 'x', 'bn', 'x', 'fa', 'x', 'ar', 'x') AS t) texts;
INSERT INTO zone (id, organization_id, key, name, sort_keys, search_key, longitude, latitude, radius_metres, ring, neighbours)
SELECT gen_random_uuid(), o.id, 'zone' || n, o.name, o.name, '', 51.5, 25.3, 9000, '[]', '{}'
  FROM organization o, generate_series(1, 10) n;
INSERT INTO skill (key, number, title) SELECT 'skill' || n, n, o.name FROM organization o, generate_series(0, 14) n;
INSERT INTO category (id, key, position, icon, title, summary)
SELECT gen_random_uuid(), 'bench', 1, 'x', o.name, o.name FROM organization o;
INSERT INTO service (id, category_id, key, position, title, summary, minutes, search_key)
SELECT gen_random_uuid(), c.id, 'service' || s.number, s.number, c.title, c.title, 60, '' FROM category c, skill s;
INSERT INTO service_skill (service_id, skill) SELECT v.id, 'skill' || v.position FROM service v;

INSERT INTO specialist (person_id, organization_id, standing, home_cell, home_zone_id, enrolled_at)
SELECT p.id, o.id, CASE WHEN p.n % 50 = 0 THEN 'suspended' ELSE 'good' END, '1.1', z.id, '2024-01-01'
  FROM city.person p, organization o, (SELECT id FROM zone LIMIT 1) z;
INSERT INTO skill_grant (id, specialist_id, skill, verified_by, verified_at)
SELECT uuidv7(), p.id, 'skill' || s, '00000000-0000-4000-8000-000000000001', '2024-01-01'
  FROM city.person p, unnest(p.skills) s WHERE (p.n + s) % 40 > 0;
INSERT INTO served_zone (specialist_id, zone_id)
SELECT p.id, z.id FROM city.person p, zone z WHERE (p.n + right(z.key, 1)::int) % 10 > 1;
INSERT INTO shift (specialist_id, starts_at, ends_at, on_day)
SELECT p.id, d + p.opens * interval '1 hour', d + (p.opens + 9) * interval '1 hour', d::date
  FROM city.person p, generate_series(timestamptz '2026-03-01', '2026-03-07', interval '1 day') d;
INSERT INTO block (customer_id, specialist_id, wanted_by, since)
SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(p.n % 200), 12, '0'))::uuid, p.id, 'customer', '2025-01-01'
  FROM city.person p WHERE p.n % 50 = 1;
CREATE TABLE city.job AS SELECT n, uuidv7() AS id, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS customer
  FROM generate_series(0, 199) n;
INSERT INTO job (id, number, kind, state, customer_id, holder_id, organization_id, service_id, zone_id, currency,
                 created_at)
SELECT j.id, 'B' || j.n || '-' || v.position, 'booking', 'open', j.customer, j.customer, o.id, v.id, z.id, 'QAR', now()
  FROM city.job j, organization o, service v, zone z WHERE v.position = 0 AND z.key = 'zone' || 1 + j.n % 10;
INSERT INTO offer (id, job_id, round, specialist_id, decision_id, mode, rank, exclusive, state, reasons,
                   score_hundredths, created_at, expires_at)
SELECT uuidv7(), j.id, 1, p.id, j.id, 'sequential', 1, true,
       (array['sent', 'expired', 'declined', 'withdrawn'])[1 + p.n / 4 % 4], '[]', 0, now(), now()
  FROM city.person p JOIN city.job j ON j.n = p.n / 4 % 200 WHERE p.n % 4 = 0;

ALTER TABLE occupation DROP CONSTRAINT nobody_is_double_booked;
INSERT INTO occupation (id, visit_id, specialist_id, kind, status, on_day, during, starts_at, minutes, written_at)
SELECT uuidv7(), uuidv7(), v.id, 'visit', v.status, '2026-03-02',
       tstzrange(v.start, v.start + v.minutes * interval '1 minute'), v.start, v.minutes, '2026-03-01'
  FROM (SELECT p.id, CASE WHEN random() < 0.1 THEN 'released' ELSE 'confirmed' END AS status,
               timestamptz '2026-03-02 06:00+00' + p.n * 7919::bigint % 120 * interval '1 minute'
                   + (k * 2 + random() * 0.5) * interval '1 hour' AS start,
               (array[45, 60, 75, 90])[1 + floor(random() * 4)::int] AS minutes
          FROM city.person p, generate_series(0, 5) k) v;

-- They stand as dispatch/presence would let them: who is at work leaves from there at its end, and is not asked while
-- another visit waits within forty minutes of it.
ANALYZE occupation;
UPDATE live_position p
   SET free_at = upper(o.during), basis = 'next',
       available = NOT EXISTS (
           SELECT FROM occupation q
            WHERE q.specialist_id = p.specialist_id AND q.status = 'confirmed' AND lower(q.during) > lower(o.during)
              AND lower(q.during) <= upper(o.during) + interval '40 min')
  FROM occupation o
 WHERE o.specialist_id = p.specialist_id AND o.status = 'confirmed' AND o.during @> timestamptz '2026-03-02 13:00+00';
UPDATE live_position SET free_at = timestamptz '2026-03-02 12:30+00', available = true WHERE basis <> 'next';

ALTER TABLE occupation ADD CONSTRAINT nobody_is_double_booked
    EXCLUDE USING gist (uuidrange(specialist_id, specialist_id, '[]') WITH &&, during WITH &&)
    WHERE (status IN ('held', 'confirmed', 'started'));
