"""Setting a time aside while its customer decides and pays, and what becomes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.actions.day_plans import (
    Visit,
    clear_overdue,
    place,
    place_best,
    set_status,
    take_day,
    take_visit,
    tidy,
)
from booking.availability.days import Entry, ask
from booking.availability.route import minute
from booking.availability.rules import (
    Booked,
    Candidate,
    ExtendedAlready,
    HoldOver,
    SlotTaken,
    Somebody,
    Status,
    TimePolicy,
    TooManyHolds,
    WindowOffer,
    expires_at,
    is_over,
)
from booking.availability.windows import local_day
from marketplace.foundation import outbox
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

INSTEAD_MOST = 3
REPLANNED_EVERY = timedelta(minutes=5)


def hold(
    session: Session,
    *,
    command: UUID,
    customer: PersonId | None,
    job: JobId | None,
    specialists: Sequence[Candidate],
    point: Point,
    minutes: int,
    window: Period,
    now: datetime,
    policy: TimePolicy,
) -> Booked:
    """Set a visit aside in that window with the specialist to whom it adds the least travel (dispatch.md §3).

    The same `command` again gives the first answer again, whatever has become of the hold since. A window that is
    one minute long asks for that very start. Without a customer (dispatcher, alarm) there is no limit of holds.

    Refuses SlotTaken with the next best windows, TooManyHolds. A hold ends at `expires_at` by itself.
    """
    visit = derived("hold", command)
    one_at_a_time(session, customer or visit)
    if (known := queries.find(session, visit)) is not None:
        return known.booked
    if customer is not None:
        refuse_too_many(session, customer, now=now, policy=policy)
    # Half of what the reader of the page needed is forgiven: a window that was shown a moment ago can still be taken.
    soonest = max(now, now + policy.notice - policy.hold_for)
    wanted = ask(visit, point, minutes, window, not_before=soonest, policy=policy)
    until = expires_at(now, policy)
    new = Visit(visit, Status.HELD, customer, job, window, until)
    if not place_best(session, specialists, wanted, new, now=now, policy=policy):
        raise SlotTaken(window, instead(session, specialists, point, minutes, window, now=now, policy=policy))
    outbox.enqueue(session, "availability.lapse", due_at=until, key=derived("lapse", visit, 0), visit=visit)
    return queries.visit(session, visit)


def extend(session: Session, visit: UUID, *, now: datetime, policy: TimePolicy) -> Booked:
    """Give a hold some minutes more, once, while a payment is under way.

    Refuses ExtendedAlready, HoldOver, UnknownVisit. What is confirmed already needs none and stays as it is.
    """
    entry = take_visit(session, visit)
    booked = entry.booked
    if booked.status in (Status.CONFIRMED, Status.STARTED, Status.DONE):
        return booked
    if booked.status is not Status.HELD or booked.expires_at is None or is_over(booked.expires_at, now):
        raise HoldOver(booked.expires_at or now)
    if entry.extended:
        raise ExtendedAlready(booked.expires_at)
    until = booked.expires_at + policy.extend_by
    set_status(session, entry, Status.HELD, expires_at=until, extended=True)
    outbox.enqueue(session, "availability.lapse", due_at=until, key=derived("lapse", visit, 1), visit=visit)
    return queries.visit(session, visit)


def consume(session: Session, visit: UUID, *, now: datetime, policy: TimePolicy, job: JobId | None = None) -> Booked:
    """Keep what was set aside: the customer has paid, or need not. Twice is once.

    A hold that has run out is kept all the same when the time is still free, at the same span: nobody who has paid is
    told no without need. Refuses HoldOver when somebody else has it now: say so before money is taken; UnknownVisit.
    `job` names the job when the hold was made before it existed.
    """
    entry = take_visit(session, visit)
    booked = entry.booked
    if booked.status in (Status.CONFIRMED, Status.STARTED, Status.DONE):
        return booked
    if booked.status is Status.RELEASED:
        raise HoldOver(booked.expires_at or now)
    if booked.status is Status.HELD and not is_over(booked.expires_at, now):
        set_status(session, entry, Status.CONFIRMED, expires_at=None, job_id=job or booked.job)
        _ask_for_a_plan(session, booked.on_day, now)
        return queries.visit(session, visit)
    return _held_anew(session, entry, job or booked.job, now=now, policy=policy)


def lapse(session: Session, *, now: datetime, policy: TimePolicy, limit: int = 200) -> list[UUID]:
    """End the holds that have run out, on at most `limit` days of people. Returns their visits.

    Tidiness only: whoever asks for the time next ignores and clears what is over.
    """
    ended: list[UUID] = []
    for specialist, on_day in queries.overdue(session, now=now, limit=limit):
        take_day(session, specialist, on_day)
        ended += clear_overdue(session, specialist, on_day, now=now)
        tidy(session, specialist, on_day, now=now, policy=policy)
    return ended


def lapse_one(session: Session, visit: UUID, *, now: datetime, policy: TimePolicy) -> bool:
    """End this hold if it has run out. False when it was paid for, given back, extended or ended before."""
    booked = take_visit(session, visit).booked
    if booked.status is not Status.HELD or not is_over(booked.expires_at, now):
        return False
    clear_overdue(session, booked.specialist, booked.on_day, now=now)
    tidy(session, booked.specialist, booked.on_day, now=now, policy=policy)
    return True


def _ask_for_a_plan(session: Session, on_day: date, now: datetime) -> None:
    """The bookings of a day that come within some minutes are planned anew together (dispatch.md §3)."""
    stretch = int(now.timestamp()) // int(REPLANNED_EVERY.total_seconds())
    outbox.enqueue(
        session, "jobs.replan", due_at=now + REPLANNED_EVERY, key=derived("replan", on_day, stretch), day=str(on_day)
    )


def one_at_a_time(session: Session, who: UUID) -> None:
    """Two commands of one customer, or the same command twice, wait for each other; the lock goes with the COMMIT."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"hold:{who}", 0))))


def refuse_too_many(session: Session, customer: PersonId, *, now: datetime, policy: TimePolicy) -> None:
    live = queries.live_holds(session, customer, now=now)
    if len(live) >= policy.live_holds_most:
        raise TooManyHolds(policy.live_holds_most, live[0].expires_at or now)


def _held_anew(session: Session, entry: Entry, job: JobId | None, *, now: datetime, policy: TimePolicy) -> Booked:
    """Confirm a hold that has run out, if its very span is still free. The caller holds the day's lock."""
    booked = entry.booked
    assert booked.window is not None
    assert entry.cell is not None
    if booked.status is Status.HELD:
        set_status(session, entry, Status.LAPSED)
    day = queries.day_of(session, booked.specialist, booked.on_day, None, now=now)
    span = Period(booked.starts_at, booked.ends_at)
    wanted = ask(booked.visit, cell_centre(entry.cell), entry.minutes, span, not_before=now, policy=policy)
    new = Visit(booked.visit, Status.CONFIRMED, booked.customer, job, booked.window, None, False, entry.sequence + 1)
    exact = replace(wanted, closes=minute(booked.starts_at))
    if not place(session, day, exact, new, now=now, policy=policy):
        someone = [Somebody(booked.specialist)]
        best = instead(session, someone, cell_centre(entry.cell), entry.minutes, booked.window, now=now, policy=policy)
        raise HoldOver(booked.expires_at or now, best)
    return queries.visit(session, booked.visit)


def instead(
    session: Session,
    specialists: Sequence[Candidate],
    point: Point,
    minutes: int,
    window: Period,
    *,
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    """The next best: of that day and the following one, those nearest in time to what was wanted."""
    on_day = local_day(window.start, policy.time_zone)
    offers = queries.windows_at(
        session,
        specialists=specialists,
        point=point,
        minutes=minutes,
        days=(on_day, on_day + queries.DAY),
        now=now,
        policy=policy,
    )
    return nearest(offers, window, policy)


def nearest(offers: Sequence[WindowOffer], window: Period, policy: TimePolicy) -> tuple[WindowOffer, ...]:
    """Those of these windows that are nearest in time to the one that was wanted, in order."""
    same = [offer for offer in offers if offer.window.period.length <= max(window.length, policy.hold_for * 4)]
    closest = sorted(same, key=lambda offer: abs(offer.window.period.start - window.start))[:INSTEAD_MOST]
    return tuple(sorted(closest, key=lambda offer: offer.window.period.start))
