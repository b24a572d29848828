"""What happens to a visit in the plan: given up, moved, begun, ended; and time taken for other reasons."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.actions.day_plans import Visit, place_best, set_status, take_day, take_visit, tidy
from booking.availability.days import Ask, Entry, ask, best_days, without
from booking.availability.route import minute, minute_up, moment
from booking.availability.rules import (
    LIVE,
    Booked,
    Candidate,
    Kind,
    NotInPlan,
    PromisedAlready,
    SlotTaken,
    Status,
    TimePolicy,
    UnknownVisit,
)
from booking.availability.tables import Occupation
from booking.availability.windows import DAY, local_day
from marketplace.foundation.ids import PersonId, derived, uuid7
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

MINUTE = timedelta(minutes=1)


def release(session: Session, visit: UUID, *, now: datetime, policy: TimePolicy) -> Booked:
    """Give the time back: called off, handed on, or chosen anew. Twice is once; what is done stays done.

    Refuses UnknownVisit.
    """
    entry = take_visit(session, visit)
    if entry.booked.holds:
        if entry.booked.kind is not Kind.VISIT:  # a leave lies in many days
            _take_days(session, entry.booked.specialist, entry.booked.departs_at, entry.booked.ends_at, policy)
        set_status(session, entry, Status.RELEASED)
        tidy(session, entry.booked.specialist, entry.booked.on_day, now=now, policy=policy)
    return queries.visit(session, visit)


def move(
    session: Session,
    visit: UUID,
    *,
    specialists: Sequence[Candidate],
    window: Period,
    now: datetime,
    policy: TimePolicy,
    point: Point | None = None,
    minutes: int | None = None,
) -> Booked:
    """Give the visit another window, or other hands, in one go: the old time is freed only if the new one is had.

    Keeps the visit's id and whether it is held or confirmed. `point` and `minutes` stay as they were unless given.
    Asking for the window it has, with the person it has among `specialists`, changes nothing.
    Refuses SlotTaken, NotInPlan, UnknownVisit.
    """
    before = queries.find(session, visit)
    if before is None:
        raise UnknownVisit(visit)
    wanted = _ask_anew(before, window, point, minutes, now=now, policy=policy)
    _take_both(session, before, specialists, wanted, window, now=now, policy=policy)
    entry = take_visit(session, visit)
    booked = entry.booked
    if booked.status not in (Status.HELD, Status.CONFIRMED):
        raise NotInPlan(visit, booked.status)
    stays = booked.window == window and booked.specialist in {each.specialist for each in specialists}
    if stays and point is None and minutes in (None, entry.minutes):
        return booked
    savepoint = session.begin_nested()
    set_status(session, entry, Status.RELEASED)
    tidy(session, booked.specialist, booked.on_day, now=now, policy=policy)
    new = Visit(
        visit=booked.visit,
        status=booked.status,
        customer=booked.customer,
        job=booked.job,
        window=window,
        expires_at=booked.expires_at,
        extended=entry.extended,
        sequence=queries.next_sequence(session, visit),
    )
    if not place_best(session, specialists, wanted, new, now=now, policy=policy):
        savepoint.rollback()
        raise SlotTaken(window)
    savepoint.commit()
    return queries.visit(session, visit)


def start(session: Session, visit: UUID) -> Booked:
    """The specialist is at work. Twice is once. Refuses NotInPlan when it is not confirmed, UnknownVisit."""
    entry = take_visit(session, visit)
    if entry.booked.status is Status.CONFIRMED:
        set_status(session, entry, Status.STARTED)
    elif entry.booked.status not in (Status.STARTED, Status.DONE):
        raise NotInPlan(visit, entry.booked.status)
    return queries.visit(session, visit)


def done(session: Session, visit: UUID, *, now: datetime) -> Booked:
    """The work is over, sooner or later than planned; the time after it is free. Twice is once.

    Refuses NotInPlan when it was neither confirmed nor begun, UnknownVisit.
    """
    entry = take_visit(session, visit)
    booked = entry.booked
    if booked.status is Status.DONE:
        return booked
    if booked.status not in (Status.CONFIRMED, Status.STARTED):
        raise NotInPlan(visit, booked.status)
    ended = max(now.replace(second=0, microsecond=0), booked.starts_at + MINUTE)
    minutes = (ended - booked.starts_at) // MINUTE
    during = Range(booked.departs_at, ended)  # outside of the guard from here on, so nobody waits for this
    set_status(session, entry, Status.DONE, during=during, minutes=minutes)
    return queries.visit(session, visit)


def block(
    session: Session,
    *,
    command: UUID,
    specialist: PersonId,
    kind: Kind,
    period: Period,
    now: datetime,
    policy: TimePolicy,
) -> Booked:
    """Take time for a break, a leave, or for no reason told. The same `command` again gives the first answer.

    Nothing promised is cancelled: refuses PromisedAlready with the visits that lie in the period. `release` undoes it.
    """
    visit = derived("block", command)
    if (known := queries.find(session, visit)) is not None:
        return known.booked
    period = _whole_minutes(period)
    on_day = _take_days(session, specialist, period.start, period.end, policy)
    taken = [each for each in queries.plan_of(session, specialist, within=period) if each.status in LIVE]
    promised = tuple(each.visit for each in taken if each.status is not Status.HELD or (each.expires_at or now) > now)
    if promised:
        raise PromisedAlready(promised)
    for over in taken:
        set_status(session, take_visit(session, over.visit), Status.LAPSED)
    row = {
        "id": uuid7(),
        "visit_id": visit,
        "specialist_id": specialist,
        "kind": kind,
        "status": Status.CONFIRMED,
        "on_day": on_day,
        "during": Range(period.start, period.end),
        "starts_at": period.start,
        "minutes": period.length // MINUTE,
        "written_at": now,
    }
    session.execute(insert(Occupation).values(row))
    return queries.visit(session, visit)


def _take_days(session: Session, specialist: PersonId, start: datetime, end: datetime, policy: TimePolicy) -> date:
    """Lock every day of the person's that this time lies in; gives the first."""
    on_day, last = local_day(start, policy.time_zone), local_day(end, policy.time_zone)
    for number in range((last - on_day).days + 2):
        take_day(session, specialist, on_day - DAY + number * DAY)  # a night shift belongs to the day before
    return on_day


def _whole_minutes(period: Period) -> Period:
    """The same stretch from a full minute to a full minute, no shorter."""
    return Period(moment(minute(period.start)), moment(minute_up(period.end)))


def _ask_anew(
    entry: Entry, window: Period, point: Point | None, minutes: int | None, *, now: datetime, policy: TimePolicy
) -> Ask:
    assert entry.cell is not None
    there = point or cell_centre(entry.cell)
    return ask(entry.booked.visit, there, minutes or entry.minutes, window, not_before=now, policy=policy)


def _take_both(
    session: Session,
    before: Entry,
    specialists: Sequence[Candidate],
    wanted: Ask,
    window: Period,
    *,
    now: datetime,
    policy: TimePolicy,
) -> None:
    """Lock the day it leaves and the day it will most likely go to in one order, so that two moves do not deadlock."""
    leaves = before.booked
    days = [without(day, leaves.visit) for day in queries.days_of(session, specialists, window, now=now)]
    likely = best_days(days, wanted, now=now, policy=policy)[:1]
    both = {(leaves.specialist, leaves.on_day)} | {(day.specialist, day.on_day) for day in likely}
    for specialist, on_day in sorted(both):
        take_day(session, specialist, on_day)
