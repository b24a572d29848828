-- The nearest who may be asked (eligible.py says what each parameter means, dispatch.md §4 why it stands like this).
-- One person after the other in the order of the index, until there are enough. CASE asks the rules in the order in
-- which they stand here, the one that most people fail first: the planner would sort them by their cost alone, and
-- joined they would tempt it to read the whole town. OFFSET 0 keeps each a question of its own. Every parameter has
-- its type: a small integer would be sent as int2, for which an index of int4 may be no use.
WITH asked AS MATERIALIZED (
    SELECT j.zone_id, j.service_id, j.method, (CAST(:start AS timestamptz) AT TIME ZONE o.time_zone)::date AS on_day
      FROM job j JOIN organization o ON o.id = j.organization_id
     WHERE j.id = CAST(:job AS uuid)
)
SELECT p.specialist_id, p.free_at, p.seen_at, p.basis, p.pt[0] AS x, p.pt[1] AS y, (SELECT method FROM asked) AS method
  FROM live_position p
 WHERE p.available
   AND p.pt <@ box(point(CAST(:west AS float8), CAST(:south AS float8)),
                   point(CAST(:east AS float8), CAST(:north AS float8)))
   AND p.free_at <= CAST(:soon AS timestamptz)
   AND EXISTS (SELECT FROM asked)
   AND CASE
       -- overlap; who is free later is asked about as long a time from then on
       WHEN EXISTS (
           SELECT FROM occupation o
            WHERE o.specialist_id = p.specialist_id AND o.status IN ('held', 'confirmed', 'started')
              AND o.during && tstzrange(greatest(p.free_at, CAST(:start AS timestamptz)),
                      greatest(p.free_at, CAST(:start AS timestamptz)) + CAST(:length AS interval))
              AND o.job_id IS DISTINCT FROM CAST(:job AS uuid)
              AND (o.status <> 'held' OR o.expires_at > CAST(:now AS timestamptz)) OFFSET 0) THEN false
       -- other_offer
       WHEN CAST(:exclusive AS boolean) AND EXISTS (
           SELECT FROM offer f
            WHERE f.specialist_id = p.specialist_id AND f.exclusive AND f.state IN ('created', 'sent', 'seen')
              AND f.job_id <> CAST(:job AS uuid) OFFSET 0) THEN false
       -- shift: the last to begin by then; shifts of one person do not overlap
       WHEN coalesce((
           SELECT h.ends_at FROM shift h
            WHERE h.specialist_id = p.specialist_id
              AND h.starts_at <= greatest(p.free_at, CAST(:start AS timestamptz))
            ORDER BY h.starts_at DESC LIMIT 1)
            < greatest(p.free_at, CAST(:start AS timestamptz)) + CAST(:length AS interval), true) THEN false
       -- area
       WHEN NOT EXISTS (
           SELECT FROM served_zone z
            WHERE z.specialist_id = p.specialist_id AND z.zone_id = (SELECT zone_id FROM asked) OFFSET 0) THEN false
       -- skill
       WHEN EXISTS (
           SELECT FROM service_skill w
            WHERE w.service_id = (SELECT service_id FROM asked)
              AND NOT EXISTS (
                  SELECT FROM skill_grant g
                   WHERE g.skill = w.skill AND g.specialist_id = p.specialist_id AND g.revoked_at IS NULL
                     AND (g.expires_on IS NULL OR g.expires_on >= (SELECT on_day FROM asked)) OFFSET 0)
           OFFSET 0) THEN false
       -- standing
       WHEN NOT EXISTS (
           SELECT FROM specialist s
            WHERE s.person_id = p.specialist_id AND s.standing = 'good' OFFSET 0) THEN false
       -- already_asked
       WHEN EXISTS (
           SELECT FROM offer f
            WHERE f.job_id = CAST(:job AS uuid) AND f.specialist_id = p.specialist_id
              AND (f.state IN ('created', 'sent', 'seen', 'accepted', 'declined') OR f.round = CAST(:round AS int)
                   OR f.round BETWEEN CAST(:first_round AS int) AND CAST(:last_round AS int)) OFFSET 0) THEN false
       -- block
       WHEN EXISTS (
           SELECT FROM block b
            WHERE b.customer_id = CAST(:customer AS uuid) AND b.specialist_id = p.specialist_id OFFSET 0) THEN false
       ELSE true END
 ORDER BY p.pt <-> point(CAST(:x AS float8), CAST(:y AS float8))
 LIMIT CAST(:most AS int)
