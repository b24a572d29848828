"""Whether work is shared out fairly: what each was offered for their time, and who fell below the floor, and why."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.dispatch.fairness_rules import Group, Worked, groups

# The trade is the one that most of their offers were in; without any, the first that was verified. Of a job for several
# counts what its seat is paid.
_WORKED: Final = text("""
    WITH shifts AS (
        SELECT p.person_id AS who, p.home_zone_id AS zone,
               CAST(sum(extract(epoch FROM least(s.ends_at, :until) - greatest(s.starts_at, :since))) AS int) / 60
                   AS minutes
          FROM specialist p
          JOIN shift s ON s.specialist_id = p.person_id AND s.starts_at < :until AND s.ends_at > :since
         WHERE p.organization_id = :house AND p.standing = 'good' GROUP BY p.person_id, p.home_zone_id),
    part AS (
        SELECT DISTINCT specialist_id AS who, job_id, seat, true AS offered FROM offer
         WHERE sent_at >= :since AND sent_at < :until
         UNION ALL
        SELECT d.who, d.job_id, d.seat, false
          FROM (SELECT specialist_id AS who, id AS job_id, 1 AS seat FROM job WHERE seats = 1
                 UNION ALL SELECT specialist_id, job_id, seat FROM crew_seat) d
          JOIN job j ON j.id = d.job_id
         WHERE j.completed_at >= :since AND j.completed_at < :until AND j.state IN ('completed', 'approved', 'closed')),
    worth AS (
        SELECT p.who, p.offered, (SELECT min(k.skill) FROM service_skill k WHERE k.service_id = j.service_id) AS skill,
               coalesce(j.final_minor, j.price_minor)
                   * coalesce(CAST(j.quote -> 'crew' -> (p.seat - 1) ->> 'percent' AS int), 100) / 100 AS value
          FROM part p JOIN job j ON j.id = p.job_id),
    person AS (
        SELECT who, mode() WITHIN GROUP (ORDER BY skill) FILTER (WHERE offered) AS trade,
               sum(value) FILTER (WHERE offered) AS offered, sum(value) FILTER (WHERE NOT offered) AS earned
          FROM worth GROUP BY who)
    SELECT w.who, coalesce(o.trade, (SELECT min(g.skill) FROM skill_grant g
                                      WHERE g.specialist_id = w.who AND g.revoked_at IS NULL)) AS trade,
           w.zone, w.minutes, coalesce(o.offered, 0) AS offered, coalesce(o.earned, 0) AS earned
      FROM shifts w LEFT JOIN person o ON o.who = w.who""")
# Of the jobs at which somebody was looked at: the rule that kept them from most, if that was half of them or more.
_KEPT: Final = text("""
    WITH said AS (
        SELECT DISTINCT CAST(e ->> 'specialist_id' AS uuid) AS who, d.job_id, e ->> 'rule' AS rule
          FROM decision d CROSS JOIN LATERAL jsonb_array_elements(d.result -> 'excluded' || (d.result -> 'ranked')) e
         WHERE d.job_id IS NOT NULL AND d.at >= :since AND d.at < :until
           AND CAST(e ->> 'specialist_id' AS uuid) = ANY(:people)),
    looked AS (SELECT who, count(DISTINCT job_id) AS jobs FROM said GROUP BY who)
    SELECT DISTINCT ON (r.who) r.who, r.rule
      FROM (SELECT who, rule, count(*) AS jobs FROM said WHERE rule IS NOT NULL GROUP BY who, rule) r
      JOIN looked l ON l.who = r.who AND 2 * r.jobs >= l.jobs
     ORDER BY r.who, r.jobs DESC, r.rule""")


def report(session: Session, house: UUID, *, since: datetime, until: datetime) -> list[Group]:
    """Every group of that time with its figures and whoever fell below the floor; the worst first."""
    span = {"since": since, "until": until}
    rows = session.execute(_WORKED, span | {"house": house})
    people = [
        Worked(row.who, row.trade, row.zone, row.minutes, int(row.offered), int(row.earned))
        for row in rows
        if row.trade is not None
    ]
    low = [each.person.specialist for group in groups(people, {}) for each in group.below]
    return groups(people, _kept_by(session, low, since=since, until=until))


def _kept_by(session: Session, people: Collection[UUID], *, since: datetime, until: datetime) -> dict[UUID, str]:
    if not people:
        return {}
    found = session.execute(_KEPT, {"people": list(people), "since": since, "until": until})
    return {row.who: row.rule for row in found}
