-- People of a city for measuring, and where they stand: :people specialists in 40 quarters of a town 60 km wide, 15
-- trades, one of them rare. Told by random() with a seed: the same city every time.
SELECT setseed(0.4);
CREATE TEMP TABLE quarter AS
SELECT n, 51.53 + (random() - 0.5) * 0.45 AS lon, 25.28 + (random() - 0.5) * 0.42 AS lat, random() AS edge
  FROM generate_series(1, 40) n;
CREATE SCHEMA city;
CREATE TABLE city.person AS
SELECT g.n, uuidv7() AS id, q.lon + random_normal(0, 0.025) AS lon, q.lat + random_normal(0, 0.022) AS lat,
       random() < 0.4 AS available, random() < 0.003 AS rare,
       array(SELECT DISTINCT floor(random() * 12)::int FROM generate_series(1, 1 + (g.n % 3))) AS skills,
       (array[6, 7, 8, 9, 12])[1 + floor(random() * 5)::int] AS opens,
       (array[-60, 0, 15, 35, 90])[1 + floor(random() * 5)::int] AS free_in
  FROM generate_series(1, :people) g (n) JOIN quarter q ON q.n = 1 + (g.n * 7919::bigint % 40);
UPDATE city.person SET skills = skills || 13 WHERE rare;
ALTER TABLE city.person ADD PRIMARY KEY (n);

INSERT INTO live_position (specialist_id, skill_no, pt, free_at, seen_at, basis, available)
SELECT p.id, s, point(p.lon + s * 1000, degrees(asinh(tan(radians(p.lat))))),
       timestamptz '2026-03-02 13:00+00' + p.free_in * interval '1 minute', timestamptz '2026-03-02 12:59+00',
       'live', p.available
  FROM city.person p, unnest(p.skills) s;
