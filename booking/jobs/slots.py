"""The time that a job takes of somebody's day: set aside, kept, handed on, freed (booking.availability)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries
from booking.availability.crew_queries import in_order
from booking.availability.rules import (
    Booked,
    Candidate,
    ExtendedAlready,
    HoldOver,
    NotInPlan,
    SlotTaken,
    Somebody,
    TimePolicy,
)
from booking.jobs.changes import Columns
from booking.jobs.process import SlotEffect
from booking.jobs.tables import Job
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import JobId, PersonId, ZoneId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

NO_SLOT: Columns = {"occupation_id": None, "slot_until": None, "planned_specialist_id": None}


def act(
    session: Session,
    effect: SlotEffect | None,
    row: Job,
    *,
    crew: UUID | None,
    window: Period | None,
    command_id: UUID,
    now: datetime,
) -> Columns:
    """Carry out what an event does to people's time; gives the columns that it changes.

    Refuses SlotTaken when the crew's day has no room, HoldOver when an unpaid hold is somebody else's now.
    """
    match effect:
        case SlotEffect.CONSUME if row.occupation_id is not None:
            policy = queries.policy(session)
            availability.consume(session, row.occupation_id, now=now, policy=policy, job=JobId(row.id))
        case SlotEffect.TAKE if crew is not None:
            return _columns(_take(session, row, PersonId(crew), command_id=command_id, now=now))
        case SlotEffect.MOVE if window is not None and row.specialist_id is not None:
            _move(session, row, PersonId(row.specialist_id), window, now=now)
        case SlotEffect.FOLLOW if window is not None and row.specialist_id is not None:
            _follow(session, row, PersonId(row.specialist_id), window, now=now)
        case SlotEffect.FREE if row.occupation_id is not None:
            availability.release(session, row.occupation_id, now=now, policy=queries.policy(session))
            return NO_SLOT
        case SlotEffect.START if row.occupation_id is not None:
            _start(session, row.occupation_id)
        case SlotEffect.FINISH if row.occupation_id is not None:
            _finish(session, row.occupation_id, now=now)
        case _:
            pass
    return {}


def hold(
    session: Session,
    row: Job,
    *,
    specialists: Sequence[Candidate],
    window: Period,
    minutes: int,
    command_id: UUID,
    now: datetime,
    keep_for: timedelta | None = None,
) -> Columns:
    """Set the window aside for this job while its customer pays; a hold it had before is let go (E.4 #4).

    With `keep_for` it was proposed to the customer: so long, and beside their own holds. Refuses SlotTaken with the
    next best windows, TooManyHolds.
    """
    if row.occupation_id is not None:
        availability.release(session, row.occupation_id, now=now, policy=queries.policy(session))
    policy = queries.policy(session)
    booked = availability.hold(
        session,
        command=command_id,
        customer=None if row.customer_id is None or keep_for else PersonId(row.customer_id),
        job=JobId(row.id),
        specialists=specialists,
        point=place_of(session, row),
        minutes=minutes,
        window=window,
        now=now,
        policy=replace(policy, hold_for=keep_for) if keep_for else policy,
    )
    return _columns(booked) | {"window_start": window.start, "window_end": window.end, "minutes": minutes}


def extend(session: Session, row: Job, *, now: datetime) -> datetime | None:
    """The end of the hold after its one extension; None when it was extended before or is over."""
    if row.occupation_id is None:
        return None
    try:
        return availability.extend(session, row.occupation_id, now=now, policy=queries.policy(session)).expires_at
    except (ExtendedAlready, HoldOver):
        return None


def let_go(session: Session, row: Job, *, now: datetime) -> Columns:
    """Give an unpaid time back."""
    if row.occupation_id is not None:
        availability.release(session, row.occupation_id, now=now, policy=queries.policy(session))
    return NO_SLOT


def place_of(session: Session, row: Job) -> Point:
    """Where the job is, no finer than its cell, or the middle of its zone."""
    if row.cell is not None:
        return cell_centre(row.cell)
    if row.zone_id is None:
        raise ValueError("a submitted job has a zone")
    return catalogue.zone(session, ZoneId(row.zone_id)).centre


def _take(session: Session, row: Job, crew: PersonId, *, command_id: UUID, now: datetime) -> Booked:
    """The crew's own time for this visit: the one that was planned, or theirs in its place."""
    if row.window_start is None or row.window_end is None or row.minutes is None:
        raise ValueError("a published job has a window")
    window, somebody = Period(row.window_start, row.window_end), [Somebody(crew)]
    policy = promised(queries.policy(session))
    if row.occupation_id is not None and queries.visit(session, row.occupation_id).holds:
        moved = availability.move(
            session, row.occupation_id, specialists=somebody, window=window, now=now, policy=policy
        )
        return availability.consume(session, moved.visit, now=now, policy=policy, job=JobId(row.id))
    held = availability.hold(
        session, command=command_id, customer=None, job=JobId(row.id), specialists=somebody,
        point=place_of(session, row), minutes=row.minutes, window=window, now=now, policy=policy,
    )  # fmt: skip
    if held.specialist != crew:
        raise SlotTaken(window)
    return availability.consume(session, held.visit, now=now, policy=policy, job=JobId(row.id))


def _move(session: Session, row: Job, crew: PersonId, window: Period, *, now: datetime) -> None:
    if row.occupation_id is not None:
        policy = promised(queries.policy(session))
        availability.move(
            session, row.occupation_id, specialists=[Somebody(crew)], window=window, now=now, policy=policy
        )


def _follow(session: Session, row: Job, crew: PersonId, window: Period, *, now: datetime) -> None:
    # A delay is a fact: where the new day has no room the visit stays in the plan as it was, for the desk to see.
    try:
        with session.begin_nested():
            _move(session, row, crew, window, now=now)
    except (SlotTaken, NotInPlan):
        return


def _start(session: Session, visit: UUID) -> None:
    # The plan may have let a late visit go; work at the door begins all the same.
    if queries.visit(session, visit).holds:
        availability.start(session, visit)


def _finish(session: Session, visit: UUID, *, now: datetime) -> None:
    if queries.visit(session, visit).holds:
        availability.done(session, visit, now=now)


def begin_or_end(session: Session, visits: Sequence[UUID], effect: SlotEffect, *, now: datetime) -> None:
    """Work begins, or is over, for each of these people."""
    for booked in in_order(session, visits):
        if effect is SlotEffect.START:
            _start(session, booked.visit)
        else:
            _finish(session, booked.visit, now=now)


def promised(policy: TimePolicy) -> TimePolicy:
    """The customer has been promised this window: no notice is asked for any more."""
    return replace(policy, notice=timedelta(0))


def _columns(booked: Booked) -> Columns:
    return {
        "occupation_id": booked.visit,
        "slot_until": booked.expires_at,
        "planned_specialist_id": booked.specialist,
    }
