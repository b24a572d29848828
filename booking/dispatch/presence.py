"""From where and from when everybody on shift could take the next job, as the town knows it: kept for the search.

Positions that people share come by themselves (`tracking.take_position`); this is the rest. Who is busy leaves from
the running job at its expected end, who shares nothing stands where their last work was, or at home: nobody is left
out for hiding (dispatch.md §4). At the end of a shift nothing is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.days import Day, Entry
from booking.availability.rules import LIVE, Kind, Somebody, Status
from booking.availability.windows import local_day
from booking.dispatch import versions
from booking.dispatch.rules import FIRST_POLICY, MINUTE, Steps
from booking.dispatch.soon_free import NEXT_JOBS, expected_end
from booking.tracking import actions as tracking
from booking.tracking import queries
from booking.tracking.rules import FRESH, Basis, Place
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.organizations.queries import home
from marketplace.specialists import queries as specialists

MOMENT = timedelta(microseconds=1)
AT_ONCE = 1_000  # people looked at in one transaction


@dataclass(frozen=True, slots=True)
class Worker:
    """Who stands well: their trades by number, and the middle of their home cell."""

    specialist: PersonId
    skills: tuple[int, ...]
    base: Point


def place(
    worker: Worker, day: Day | None, known: Place | None, *, now: datetime, steps: Steps = FIRST_POLICY.steps
) -> Place | None:
    """Where this person stands; None for who is not at work now. Pure. `known` is where they stood until now.

    What begins within `soon_free_minutes` of the running job's end is their next job: they take no other.
    """
    shift = _shift(day, now)
    if day is None or shift is None or not worker.skills:
        return None
    running = _running(day, now)
    if running is not None and running.cell is not None:
        free = expected_end(running.booked.ends_at, now=now) if _began(running) else running.booked.ends_at
        soon = free + steps.soon_free_minutes * MINUTE
        queued = [each for each in _visits(day) if running.booked.departs_at < each.booked.departs_at <= soon]
        seen = running.booked.starts_at
        here = cell_centre(running.cell)
        return Place(worker.specialist, worker.skills, here, free, seen, Basis.NEXT, len(queued) < NEXT_JOBS)
    free = shift.start if running is None else running.booked.ends_at  # a break has its end, and no address
    if known is not None and known.basis is Basis.LIVE and known.seen_at > now - FRESH:
        return Place(worker.specialist, worker.skills, known.point, free, known.seen_at, Basis.LIVE, True)
    done = [each for each in day.entries if each.booked.status is Status.DONE and each.cell is not None]
    if done:
        last = max(done, key=lambda each: each.booked.ends_at)
        here, seen = cell_centre(last.cell or ""), last.booked.ends_at
        return Place(worker.specialist, worker.skills, here, max(free, seen), seen, Basis.STEP, True)
    return Place(worker.specialist, worker.skills, worker.base, free, shift.start, Basis.BASE, True)


def refresh(session: Session, people: Sequence[PersonId], *, now: datetime) -> None:
    """Look at these people anew: they stand where `place` says, or nowhere."""
    if not people:
        return
    zone = availability.policy(session).time_zone
    numbers = {key: card.number for key, card in catalogue.skills(session).items()}
    known = queries.places_of(session, people)
    found = []
    for each in specialists.workers(session, people, on=local_day(now, zone)):
        skills = tuple(sorted(numbers[key] for key in each.skills))
        found.append(Worker(each.specialist, skills, each.base))
    somebody = [Somebody(each.specialist, each.base) for each in found]
    days = availability.days_of(session, somebody, Period(now, now + MOMENT), now=now)
    of_person = {day.specialist: day for day in days}
    steps = versions.in_force(session, home(session).id).policy.steps
    stands = [
        place(each, of_person.get(each.specialist), known.get(each.specialist), now=now, steps=steps) for each in found
    ]
    there = [each for each in stands if each is not None]
    tracking.leave(session, sorted(set(people) - {each.specialist for each in there}))
    if there:
        tracking.stand(session, there)


def tend(session: Session, *, now: datetime, limit: int = AT_ONCE) -> int:
    """Look anew at everybody whose place can no longer be right, `limit` of them at most; how many there were.

    Shifts that began or ended, work that began, ended or lasts longer, positions that nobody has sent for a while.
    """
    today = local_day(now, availability.policy(session).time_zone)
    told = {"now": now, "today": today, "stale": now - FRESH, "limit": limit}
    people = [PersonId(each) for each in session.scalars(_NO_LONGER_RIGHT, told)]
    refresh(session, people, now=now)
    return len(people)


_NO_LONGER_RIGHT = text("""
WITH at_work AS (
    SELECT h.specialist_id FROM shift h JOIN specialist s ON s.person_id = h.specialist_id
     WHERE h.starts_at <= :now AND h.ends_at > :now AND s.standing = 'good'
       AND EXISTS (SELECT FROM skill_grant g WHERE g.specialist_id = s.person_id AND g.revoked_at IS NULL
                      AND (g.expires_on IS NULL OR g.expires_on >= :today))),
standing AS (
    SELECT p.specialist_id, max(p.basis) AS basis, max(p.seen_at) AS seen_at, max(p.free_at) AS free_at
      FROM live_position p GROUP BY p.specialist_id),
busy AS (
    SELECT DISTINCT o.specialist_id FROM occupation o
     WHERE o.status IN ('confirmed', 'started') AND o.kind = 'visit' AND o.cell IS NOT NULL
       AND (o.during @> CAST(:now AS timestamptz) OR o.status = 'started')
       AND lower(o.during) > CAST(:now AS timestamptz) - interval '2 days')
SELECT coalesce(a.specialist_id, s.specialist_id)
  FROM at_work a FULL JOIN standing s USING (specialist_id) LEFT JOIN busy b USING (specialist_id)
 WHERE a.specialist_id IS NULL OR s.specialist_id IS NULL
    OR (s.basis = 'live' AND s.seen_at <= :stale)
    OR (s.basis = 'next') <> (b.specialist_id IS NOT NULL)
    OR (s.basis = 'next' AND s.free_at <= :now)
 ORDER BY 1 LIMIT :limit""")


def _shift(day: Day | None, now: datetime) -> Period | None:
    return next((shift for shift in day.shifts if shift.contains(now)), None) if day else None


def _visits(day: Day) -> list[Entry]:
    return [each for each in day.entries if each.booked.status in LIVE and each.booked.kind is Kind.VISIT]


def _running(day: Day, now: datetime) -> Entry | None:
    """What takes their time now: begun and not over, or planned for now. Begun work comes before what is planned."""
    begun = [each for each in day.entries if _began(each)]
    planned = [
        each
        for each in day.entries
        if each.booked.status is Status.CONFIRMED and each.booked.departs_at <= now < each.booked.ends_at
    ]
    return next(iter([*begun, *planned]), None)


def _began(entry: Entry) -> bool:
    return entry.booked.status is Status.STARTED
