/* Who is on duty and may be called: statements that `responders.py` tells apart by these names. Both hold the same
   rules, which `rules.obstacle` and `rules.why_no_place` say one by one; a test over random towns keeps them together.

   The first asks them of one person after the other in the order of the index (decisions 0017, 0026): hence CASE, the
   rule that most people fail in front, and OFFSET 0, which keeps the planner from joining. The second reads everybody
   on duty, where joins are the quicker way. */

-- near
SELECT p.specialist_id, p.seen_at, p.basis, p.pt[0] AS x, p.pt[1] AS y
  FROM live_position p
 WHERE p.available
   AND p.pt <@ box(point(CAST(:west AS float8), CAST(:south AS float8)),
                   point(CAST(:east AS float8), CAST(:north AS float8)))
   AND p.basis IN ('live', 'step') AND p.seen_at > CAST(:stale AS timestamptz)
   AND CASE
       -- shares where they are; who has never chosen does not
       WHEN NOT EXISTS (
           SELECT FROM location_sharing c
            WHERE c.specialist_id = p.specialist_id AND c.switch = 'share' OFFSET 0) THEN false
       -- at_work: a visit, a break, an absence; or a job that is under way whatever their calendar says
       WHEN EXISTS (
           SELECT FROM occupation o
            WHERE o.specialist_id = p.specialist_id AND o.status IN ('confirmed', 'started')
              AND (o.status = 'started' OR o.during @> CAST(:at AS timestamptz)) OFFSET 0) THEN false
       -- shift: the last to begin by now; shifts of one person do not overlap
       WHEN coalesce((
           SELECT h.ends_at FROM shift h
            WHERE h.specialist_id = p.specialist_id AND h.starts_at <= CAST(:at AS timestamptz)
            ORDER BY h.starts_at DESC LIMIT 1) <= CAST(:at AS timestamptz), true) THEN false
       -- skill
       WHEN NOT EXISTS (
           SELECT FROM skill_grant g
            WHERE g.skill = CAST(:skill AS text) AND g.specialist_id = p.specialist_id AND g.revoked_at IS NULL
              AND (g.expires_on IS NULL OR g.expires_on >= CAST(:on_day AS date)) OFFSET 0) THEN false
       -- standing
       WHEN NOT EXISTS (
           SELECT FROM specialist s
            WHERE s.person_id = p.specialist_id AND s.standing = 'good' OFFSET 0) THEN false
       -- at_work, answering
       WHEN EXISTS (
           SELECT FROM job j
            WHERE j.specialist_id = p.specialist_id
              AND (j.state IN ('en_route', 'on_site', 'in_progress')
                   OR j.kind = 'alarm' AND j.state IN ('assigned', 'delayed')) OFFSET 0) THEN false
       ELSE true END
 ORDER BY p.pt <-> point(CAST(:x AS float8), CAST(:y AS float8))
 LIMIT CAST(:most AS int);

-- without
SELECT found.*, count(*) OVER () AS number
  FROM (SELECT s.person_id AS specialist_id, s.home_zone_id AS zone, coalesce(c.switch, 'do_not_send') AS switch,
               EXISTS (SELECT FROM served_zone z
                        WHERE z.specialist_id = s.person_id AND z.zone_id = CAST(:zone AS uuid)) AS serves
          FROM skill_grant g
          JOIN specialist s ON s.person_id = g.specialist_id AND s.standing = 'good'
          LEFT JOIN location_sharing c ON c.specialist_id = s.person_id
         WHERE g.skill = CAST(:skill AS text) AND g.revoked_at IS NULL
           AND (g.expires_on IS NULL OR g.expires_on >= CAST(:on_day AS date))
           AND EXISTS (SELECT FROM shift h
                        WHERE h.specialist_id = s.person_id AND h.starts_at <= CAST(:at AS timestamptz)
                          AND h.ends_at > CAST(:at AS timestamptz))
           AND NOT EXISTS (SELECT FROM occupation o
                            WHERE o.specialist_id = s.person_id AND o.status IN ('confirmed', 'started')
                              AND (o.status = 'started' OR o.during @> CAST(:at AS timestamptz)))
           AND NOT EXISTS (SELECT FROM job j
                            WHERE j.specialist_id = s.person_id
                              AND (j.state IN ('en_route', 'on_site', 'in_progress')
                                   OR j.kind = 'alarm' AND j.state IN ('assigned', 'delayed')))
           AND (c.switch IS DISTINCT FROM 'share'
                OR NOT EXISTS (SELECT FROM live_position p
                                WHERE p.specialist_id = s.person_id AND p.skill_no = CAST(:skill_no AS int)
                                  AND p.available AND p.basis IN ('live', 'step')
                                  AND p.seen_at > CAST(:stale AS timestamptz)))) found
 ORDER BY found.zone <> CAST(:zone AS uuid), NOT found.serves, found.specialist_id
 LIMIT CAST(:listed AS int);
