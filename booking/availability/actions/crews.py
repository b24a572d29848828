"""The time of several people for one visit: taken, kept, moved and given back together, or not at all.

Days are always taken in one order, by person, so that two customers who want the same people wait for each other and
never in a circle. All visits of a crew begin at one moment: their own windows are that moment, so no later plan of a
day moves one of them alone. Only the lead's visit counts as its customer's hold.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability import crew_queries, queries
from booking.availability.actions import holds, visits
from booking.availability.actions.day_plans import Visit, place_best, set_status, take_day, take_visit, tidy
from booking.availability.crew_queries import CrewSeats, crew_for, in_order
from booking.availability.crews import Together
from booking.availability.days import ask
from booking.availability.route import moment
from booking.availability.rules import (
    Booked,
    Candidate,
    NotInPlan,
    SlotTaken,
    Somebody,
    Status,
    TimePolicy,
    WindowOffer,
    expires_at,
)
from booking.availability.windows import local_day
from marketplace.foundation import outbox
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

TRIES = 3  # others may take somebody while we choose; then the choice is made anew
INSTANT = timedelta(seconds=1)


def hold_crew(
    session: Session,
    *,
    command: UUID,
    customer: PersonId | None,
    job: JobId | None,
    seats: CrewSeats,
    point: Point,
    minutes: int,
    window: Period,
    now: datetime,
    policy: TimePolicy,
) -> tuple[Booked, ...]:
    """Set a visit aside for each seat, the lead's first, all at one moment in that window and each with another person.

    The same `command` again gives the first answer again. Refuses SlotTaken with the next best windows, TooManyHolds.
    """
    ids = [derived("hold", command, number) for number in range(len(seats))]
    holds.one_at_a_time(session, customer or ids[0])
    if queries.find(session, ids[0]) is not None:
        return tuple(queries.visit(session, each) for each in ids)
    if customer is not None:
        holds.refuse_too_many(session, customer, now=now, policy=policy)
    soonest, until = max(now, now + policy.notice - policy.hold_for), expires_at(now, policy)
    for _ in range(TRIES):
        crew = crew_for(session, seats, point, minutes, window, not_before=soonest, now=now, policy=policy)
        if crew is None:
            break
        at = at_once(moment(crew.starts))
        new = [Visit(id, Status.HELD, None if number else customer, job, at, until) for number, id in enumerate(ids)]
        if _placed(session, crew, new, seats=seats, point=point, minutes=minutes, now=now, policy=policy):
            for each in ids:
                outbox.enqueue(session, "availability.lapse", due_at=until, key=derived("lapse", each, 0), visit=each)
            return tuple(queries.visit(session, each) for each in ids)
    raise SlotTaken(window, _instead(session, seats, point, minutes, window, now=now, policy=policy))


def consume_crew(session: Session, ids: Sequence[UUID], *, now: datetime, policy: TimePolicy, job: JobId) -> None:
    """Keep what was set aside for everybody. Refuses HoldOver when somebody else has one of them now."""
    for booked in in_order(session, ids):
        holds.consume(session, booked.visit, now=now, policy=policy, job=job)


def extend_crew(session: Session, ids: Sequence[UUID], *, now: datetime, policy: TimePolicy) -> datetime | None:
    """Give the holds of a crew their one extension. Refuses ExtendedAlready, HoldOver."""
    extended = [holds.extend(session, each.visit, now=now, policy=policy) for each in in_order(session, ids)]
    return min((each.expires_at for each in extended if each.expires_at is not None), default=None)


def release_crew(session: Session, ids: Sequence[UUID], *, now: datetime, policy: TimePolicy) -> None:
    """Give these people's time back. Twice is once."""
    for booked in in_order(session, ids):
        visits.release(session, booked.visit, now=now, policy=policy)


def move_crew(session: Session, ids: Sequence[UUID], window: Period, *, now: datetime, policy: TimePolicy) -> datetime:
    """Give the visits of a crew another window, with the same people, in one go; gives when all of them begin.

    The old times are freed only if the new ones are had. Refuses SlotTaken, NotInPlan.
    """
    old = in_order(session, ids)
    new_day = local_day(window.start, policy.time_zone)
    for specialist, on_day in sorted({(each.specialist, day) for each in old for day in (each.on_day, new_day)}):
        take_day(session, specialist, on_day)
    savepoint = session.begin_nested()
    entries = {each.visit: take_visit(session, each.visit) for each in old}
    for entry in entries.values():
        booked = entry.booked
        if booked.status not in (Status.HELD, Status.CONFIRMED):
            savepoint.rollback()
            raise NotInPlan(booked.visit, booked.status)
        set_status(session, entry, Status.RELEASED)
        tidy(session, booked.specialist, booked.on_day, now=now, policy=policy)
    first = entries[ids[0]]
    seats = [[Somebody(entries[each].booked.specialist)] for each in ids]
    point = cell_centre(first.cell or "")
    crew = crew_for(session, seats, point, first.minutes, window, not_before=now, now=now, policy=policy)
    if crew is not None:
        at = at_once(moment(crew.starts))
        new = [_again(session, entries[each].booked, extended=entries[each].extended, at=at) for each in ids]
        if _placed(session, crew, new, seats=seats, point=point, minutes=first.minutes, now=now, policy=policy):
            savepoint.commit()
            return at.start
    savepoint.rollback()
    raise SlotTaken(window)


def at_once(starts: datetime) -> Period:
    """The window of a visit that begins at that very minute."""
    return Period(starts, starts + INSTANT)


def _again(session: Session, booked: Booked, *, extended: bool, at: Period) -> Visit:
    sequence = queries.next_sequence(session, booked.visit)
    return Visit(booked.visit, booked.status, booked.customer, booked.job, at, booked.expires_at, extended, sequence)


def _placed(
    session: Session,
    crew: Together,
    new: Sequence[Visit],
    *,
    seats: CrewSeats,
    point: Point,
    minutes: int,
    now: datetime,
    policy: TimePolicy,
) -> bool:
    """Put everybody's visit into their day, in the order of the people; False, and no effect, when one has no room."""
    known: dict[PersonId, Candidate] = {each.specialist: each for seat in seats for each in seat}
    savepoint = session.begin_nested()
    for who, visit in sorted(zip(crew.people, new, strict=True), key=lambda each: each[0]):
        wanted = ask(visit.visit, point, minutes, visit.window, not_before=now, policy=policy)
        if not place_best(session, [known[who]], wanted, visit, now=now, policy=policy):
            savepoint.rollback()
            return False
    savepoint.commit()
    return True


def _instead(
    session: Session,
    seats: CrewSeats,
    point: Point,
    minutes: int,
    window: Period,
    *,
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    on_day = local_day(window.start, policy.time_zone)
    offers = crew_queries.windows_for_crew(
        session, seats=seats, point=point, minutes=minutes, days=(on_day, on_day + queries.DAY), now=now, policy=policy
    )
    return holds.nearest(offers, window, policy)
