/* One day as the dispatcher's board shows it: statements that `board.py` tells apart by these names.
   A filter that is not set is null; `only` narrows to some people or jobs. */

-- people
SELECT s.person_id, s.home_zone_id, h.starts_at, h.ends_at
  FROM specialist s
  LEFT JOIN shift h ON h.specialist_id = s.person_id AND h.on_day BETWEEN :before AND :on_day
                   AND h.starts_at < :end AND h.ends_at > :start
 WHERE s.organization_id = :here
   AND (CAST(:only AS uuid[]) IS NULL OR s.person_id = ANY(CAST(:only AS uuid[])))
   AND (s.standing = 'good' AND h.specialist_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM occupation o
                    WHERE o.specialist_id = s.person_id AND o.on_day BETWEEN :before AND :on_day
                      AND o.kind = 'visit' AND o.status IN ('confirmed', 'started', 'done')
                      AND o.during && tstzrange(:start, :end)))
   AND (CAST(:zone AS uuid) IS NULL OR s.home_zone_id = CAST(:zone AS uuid)
        OR EXISTS (SELECT 1 FROM served_zone z WHERE z.specialist_id = s.person_id AND z.zone_id = CAST(:zone AS uuid)))
   AND (CAST(:service AS uuid) IS NULL
        OR NOT EXISTS (SELECT 1 FROM service_skill k
                        WHERE k.service_id = CAST(:service AS uuid)
                          AND NOT EXISTS (SELECT 1 FROM skill_grant g
                                           WHERE g.skill = k.skill AND g.specialist_id = s.person_id
                                             AND g.revoked_at IS NULL
                                             AND (g.expires_on IS NULL OR g.expires_on >= :on_day))))
 ORDER BY s.person_id, h.starts_at;

-- times
SELECT o.specialist_id, o.kind, o.status, lower(o.during) AS departs_at, o.starts_at, upper(o.during) AS ends_at,
       j.id, j.number, j.version, j.state, j.service_id, j.zone_id, j.cell, j.window_start, j.window_end,
       j.specialist_id AS crew
  FROM (SELECT v.* FROM occupation v
         WHERE v.specialist_id = ANY(:people) AND v.on_day BETWEEN :before AND :on_day AND v.kind = 'visit'
           AND (v.status IN ('confirmed', 'started', 'done') OR (v.status = 'held' AND v.expires_at > :now))
        UNION ALL
        SELECT b.* FROM occupation b
         WHERE b.specialist_id = ANY(:people) AND b.kind <> 'visit' AND b.status IN ('held', 'confirmed', 'started')) o
  LEFT JOIN job j ON j.id = o.job_id
 WHERE o.during && tstzrange(:start, :end)
 ORDER BY o.specialist_id, o.starts_at;

-- jobs
SELECT j.id, j.number, j.version, j.state, j.service_id, j.zone_id, j.cell, j.window_start, j.window_end, j.minutes,
       j.specialist_id AS crew, j.published_at, j.crews, coalesce(o.live, 0) AS live, coalesce(o.asked, 0) AS asked,
       coalesce(o.declined, 0) AS declined, o.until, d.ranked, d.rule
  FROM job j
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE f.state IN ('created', 'sent', 'seen')) AS live, count(*) AS asked,
                            count(*) FILTER (WHERE f.state = 'declined') AS declined,
                            max(f.expires_at) FILTER (WHERE f.state IN ('created', 'sent', 'seen')) AS until
                       FROM offer f WHERE f.job_id = j.id) o ON j.state = 'open'
  LEFT JOIN LATERAL (SELECT jsonb_array_length(n.result -> 'ranked') AS ranked,
                            (SELECT e ->> 'rule' FROM jsonb_array_elements(n.result -> 'excluded') e
                              GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1) AS rule
                       FROM (SELECT c.result FROM decision c
                              WHERE c.job_id = j.id AND o.live = 0 ORDER BY c.at DESC LIMIT 1) n) d ON j.state = 'open'
 WHERE j.organization_id = :here AND j.state = ANY(:states)
   AND j.window_start < :end AND j.window_end > :start
   AND (CAST(:only AS uuid[]) IS NULL OR j.id = ANY(CAST(:only AS uuid[])))
   AND (CAST(:zone AS uuid) IS NULL OR j.zone_id = CAST(:zone AS uuid))
   AND (CAST(:service AS uuid) IS NULL OR j.service_id = CAST(:service AS uuid))
 ORDER BY j.window_start, j.published_at, j.id
 LIMIT :most;

-- changed
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen,
       array(SELECT d.specialist_id FROM route_day d
              WHERE d.changed_in >= :since AND d.on_day BETWEEN :before AND :on_day) AS people;

-- counts
SELECT j.state, count(*) AS number
  FROM job j
 WHERE j.organization_id = :here AND j.state = ANY(:states) AND j.window_start < :end AND j.window_end > :start
   AND (CAST(:zone AS uuid) IS NULL OR j.zone_id = CAST(:zone AS uuid))
   AND (CAST(:service AS uuid) IS NULL OR j.service_id = CAST(:service AS uuid))
 GROUP BY j.state;

-- holders
SELECT DISTINCT o.specialist_id
  FROM occupation o
 WHERE o.job_id = ANY(CAST(:jobs AS uuid[])) AND o.status IN ('held', 'confirmed', 'started', 'done');

-- places
SELECT j.zone_id, j.cell, j.state = 'open' AS open, count(*) AS number
  FROM job j
 WHERE j.organization_id = :here AND j.state = ANY(:states) AND j.window_start < :end AND j.window_end > :start
   AND (CAST(:service AS uuid) IS NULL OR j.service_id = CAST(:service AS uuid))
 GROUP BY 1, 2, 3;

-- homes
SELECT s.home_zone_id, count(DISTINCT s.person_id) AS number
  FROM specialist s JOIN shift h ON h.specialist_id = s.person_id
 WHERE s.organization_id = :here AND s.standing = 'good' AND h.on_day BETWEEN :before AND :on_day
   AND h.starts_at < :end AND h.ends_at > :start
 GROUP BY 1;
