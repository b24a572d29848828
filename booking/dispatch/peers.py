"""With whom somebody is compared, and who is at work near a job: its trade, on shift, serving its zone.

Fairness looks at all of them, also at who is busy: whoever may be asked at a moment is mostly who had less to do, and
beside those alone nobody would ever look under-served. What the rules are told is two figures: no names are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.pace import slowest, way_minutes
from booking.availability.tables import ShiftRow
from booking.availability.windows import day_period, local_day
from booking.dispatch import standing
from booking.dispatch.candidates import Search
from booking.dispatch.rules import Steps, near_enough_minutes
from booking.dispatch.scoring import per_active_hour, usual_rate
from booking.tracking import queries as tracking
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId, ZoneId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from marketplace.specialists import queries as specialists


@dataclass(frozen=True, slots=True)
class Peers:
    """People of one trade on shift in one zone: what the day brings them on the mean, and where they could set out."""

    people: int
    rate: int  # minor units for each active hour
    places: tuple[Point, ...]


Whose = tuple[ZoneId, tuple[str, ...]]


def whose(search: Search) -> Whose:
    """Searches with the same answer at one moment."""
    return search.zone, search.skills


def of(session: Session, search: Search, *, now: datetime) -> Peers:
    """Those on shift when the job begins, or now if it has begun already; their day is the job's."""
    zone = search.policy.time_zone
    begins = max(search.window.start, now)
    day = local_day(search.window.start, zone)
    found = specialists.candidates(session, skills=search.skills, zone_id=search.zone, on=day)
    shifts = _shifts(session, [each.specialist for each in found], local_day(begins, zone), begins)
    amounts = standing.income(session, shifts, within=day_period(day, zone))
    rates = [
        per_active_hour(amounts.get(who, 0), standing.minutes_on_shift(mine, now=now)) for who, mine in shifts.items()
    ]
    number = catalogue.skills(session)[search.skills[0]].number
    return Peers(len(rates), usual_rate(rates), tuple(tracking.points_of(session, shifts, skill_no=number)))


def near_minutes(peers: Peers, search: Search, steps: Steps, *, now: datetime) -> int:
    """How far somebody may come for this job at any time (`rules.near_enough_minutes`)."""
    metres = sorted(metres_between(place, search.place) for place in peers.places)[: steps.near_enough]
    speed = slowest(search.policy.pace, now, search.window.end, search.policy.time_zone)
    return near_enough_minutes(steps, [way_minutes(each, speed=speed, pace=search.policy.pace) for each in metres])


def _shifts(session: Session, people: Sequence[PersonId], on: date, at: datetime) -> dict[UUID, list[Period]]:
    """The day's shifts of those who are on shift at that moment; a night belongs to the day on which it began."""
    rows = select(ShiftRow.specialist_id, ShiftRow.on_day, ShiftRow.starts_at, ShiftRow.ends_at).where(
        ShiftRow.specialist_id.in_(people), ShiftRow.on_day.in_([on, on - timedelta(days=1)])
    )
    found: dict[tuple[UUID, date], list[Period]] = {}
    for who, began, starts, ends in session.execute(rows.order_by(ShiftRow.starts_at)):
        found.setdefault((who, began), []).append(Period(starts, ends))
    return {who: mine for (who, _), mine in found.items() if any(shift.contains(at) for shift in mine)}
