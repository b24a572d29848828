"""The seats of a job that takes several people: who has them, and the time that each takes of somebody's day.

All writing happens under the job's lock. Seat 1 leads: its holder is `job.specialist_id` once everybody is found, its
visit `job.occupation_id` from the beginning. Whoever gives a seat back, leaves the others theirs.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries
from booking.availability.crew_queries import CrewSeats
from booking.availability.rules import ExtendedAlready, HoldOver, NotInPlan, SlotTaken, Somebody
from booking.jobs import slots
from booking.jobs.changes import Columns, crew
from booking.jobs.process import SlotEffect, Transition
from booking.jobs.rules import Actor, Facts, SeatTaken
from booking.jobs.slots import NO_SLOT
from booking.jobs.tables import CrewSeat, Job
from booking.jobs.words import Event
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.periods import Period

LEAD = 1


def seats(session: Session, job_id: UUID) -> list[CrewSeat]:
    """The seats of a job in their order, as they stand; none where one person does it."""
    asked = select(CrewSeat).where(CrewSeat.job_id == job_id).order_by(CrewSeat.seat)
    return list(session.scalars(asked.execution_options(populate_existing=True)))


def members(session: Session, row: Job) -> tuple[UUID, ...]:
    """Who has a seat, the lead first if there is one; nobody where one person does the job."""
    if row.seats == 1:
        return ()
    return tuple(each.specialist_id for each in seats(session, row.id) if each.specialist_id is not None)


def has_holder(session: Session, row: Job, number: int) -> bool:
    """Whether somebody of the crew sits there."""
    return row.seats > 1 and any(each.specialist_id for each in seats(session, row.id) if each.seat == number)


def hold(
    session: Session,
    row: Job,
    *,
    people: CrewSeats,
    window: Period,
    minutes: int,
    command_id: UUID,
    now: datetime,
) -> Columns:
    """Set the time of as many people aside as the job takes, while its customer pays; what it had before is let go.

    Refuses SlotTaken with the next best windows, TooManyHolds.
    """
    let_go(session, row, now=now)
    booked = availability.hold_crew(
        session,
        command=command_id,
        customer=None if row.customer_id is None else PersonId(row.customer_id),
        job=JobId(row.id),
        seats=people,
        point=slots.place_of(session, row),
        minutes=minutes,
        window=window,
        now=now,
        policy=queries.policy(session),
    )
    for number, each in enumerate(booked, start=LEAD):
        values = {"visit_id": each.visit, "planned_id": each.specialist, "meets_at": each.starts_at}
        made = insert(CrewSeat).values(job_id=row.id, seat=number, **values)
        session.execute(made.on_conflict_do_update(index_elements=[CrewSeat.job_id, CrewSeat.seat], set_=values))
    lead = booked[0]
    return {
        "occupation_id": lead.visit, "slot_until": lead.expires_at, "planned_specialist_id": lead.specialist,
        "window_start": window.start, "window_end": window.end, "minutes": minutes,
    }  # fmt: skip


def extend(session: Session, row: Job, *, now: datetime) -> datetime | None:
    """The end of the holds after their one extension; None when they were extended before or are over."""
    try:
        return availability.extend_crew(session, _visits(session, row), now=now, policy=queries.policy(session))
    except (ExtendedAlready, HoldOver):
        return None


def let_go(session: Session, row: Job, *, now: datetime) -> Columns:
    """Give everybody's time back, also what one person had when the job was thought to take no more."""
    taken = seats(session, row.id)
    visits = {each.visit_id for each in taken if each.visit_id is not None}
    visits |= set() if row.occupation_id is None else {row.occupation_id}
    availability.release_crew(session, list(visits), now=now, policy=queries.policy(session))
    for each in taken:
        each.visit_id = each.planned_id = None
    session.flush()
    return NO_SLOT


def act(
    session: Session,
    move: Transition,
    row: Job,
    *,
    actor: Actor,
    facts: Facts,
    window: Period | None,
    command_id: UUID,
    now: datetime,
) -> Columns:
    """What an event does to the time and the seats of a crew; gives the columns of the job that it changes.

    Refuses SlotTaken when somebody's day has no room, HoldOver when an unpaid hold is somebody else's now.
    """
    match move.slot:
        case SlotEffect.CONSUME:
            policy, visits = queries.policy(session), _visits(session, row)
            availability.consume_crew(session, visits, now=now, policy=policy, job=JobId(row.id))
        case SlotEffect.TAKE if (who := crew(actor, facts)) is not None:
            seat = _seat_for(session, row, move.event, facts.get("seat"))
            return _take(session, row, seat, PersonId(who), command_id=command_id, now=now)
        case SlotEffect.MOVE if window is not None:
            _move(session, row, window, now=now)
        case SlotEffect.FOLLOW if window is not None:
            _follow(session, row, window, now=now)
        case SlotEffect.FREE:
            return _free(session, row, move.event, actor, now=now)
        case SlotEffect.START | SlotEffect.FINISH:
            slots.begin_or_end(session, _visits(session, row), move.slot, now=now)
        case _ if move.event in (Event.ATTEND, Event.ARRIVE):
            return _attend(session, row, actor, now=now)
        case _:
            pass
    return {}


def _seat_for(session: Session, row: Job, event: Event, number: int | None) -> CrewSeat:
    taken = seats(session, row.id)
    if event is Event.REASSIGN:
        found = [each for each in taken if each.seat == (number or LEAD)]
    else:
        found = [each for each in taken if each.specialist_id is None and number in (None, each.seat)]
    if not found:
        raise SeatTaken()
    return found[0]


def _take(session: Session, row: Job, seat: CrewSeat, who: PersonId, *, command_id: UUID, now: datetime) -> Columns:
    _swap_plans(session, seat, who)
    seat.visit_id = _time_for(session, row, seat, who, command_id=command_id, now=now)
    seat.specialist_id, seat.taken_at, seat.planned_id, seat.present_at = who, now, who, None
    session.flush()
    taken = seats(session, row.id)
    lead = taken[0]
    made: Columns = {
        "occupation_id": lead.visit_id, "planned_specialist_id": lead.planned_id, "slot_until": row.slot_until,
    }  # fmt: skip
    complete = all(each.specialist_id is not None for each in taken)
    return made | ({"specialist_id": lead.specialist_id} if complete else {})


def _swap_plans(session: Session, seat: CrewSeat, who: UUID) -> None:
    """Whoever was planned for another open seat of this job brings the time that was kept for it."""
    others = [each for each in seats(session, seat.job_id) if each.seat != seat.seat and each.specialist_id is None]
    other = next((each for each in others if each.planned_id == who), None)
    if other is not None:
        seat.visit_id, other.visit_id = other.visit_id, seat.visit_id
        seat.planned_id, other.planned_id = other.planned_id, seat.planned_id
        session.flush()


def _time_for(session: Session, row: Job, seat: CrewSeat, who: PersonId, *, command_id: UUID, now: datetime) -> UUID:
    if seat.meets_at is None or row.minutes is None:
        raise ValueError("a published job has a time")
    at, policy = availability.at_once(seat.meets_at), slots.promised(queries.policy(session))
    somebody, job = [Somebody(who)], JobId(row.id)
    if seat.visit_id is not None and queries.visit(session, seat.visit_id).holds:
        moved = availability.move(session, seat.visit_id, specialists=somebody, window=at, now=now, policy=policy)
        return availability.consume(session, moved.visit, now=now, policy=policy, job=job).visit
    held = availability.hold(
        session, command=derived(command_id, seat.seat), customer=None, job=job, specialists=somebody,
        point=slots.place_of(session, row), minutes=row.minutes, window=at, now=now, policy=policy,
    )  # fmt: skip
    return availability.consume(session, held.visit, now=now, policy=policy, job=job).visit


def _move(session: Session, row: Job, window: Period, *, now: datetime) -> None:
    policy = slots.promised(queries.policy(session))
    starts = availability.move_crew(session, _visits(session, row), window, now=now, policy=policy)
    for each in seats(session, row.id):
        each.meets_at = starts
    session.flush()


def _follow(session: Session, row: Job, window: Period, *, now: datetime) -> None:
    # As for one person: a delay is a fact, and where somebody's day has no room the plan stays as it was.
    try:
        with session.begin_nested():
            _move(session, row, window, now=now)
    except (SlotTaken, NotInPlan):
        return


def _free(session: Session, row: Job, event: Event, actor: Actor, *, now: datetime) -> Columns:
    """All seats when the job ends; else the one given back, or those of whoever did not come."""
    taken = seats(session, row.id)
    if event in (Event.CANCEL_BY_WORKER, Event.LEAVE_SEAT):
        gone = [each for each in taken if each.specialist_id == actor.person_id]
    elif event is Event.NO_SHOW_WORKER:
        gone = [each for each in taken if each.present_at is None]
    else:
        return let_go(session, row, now=now)
    visits = [each.visit_id for each in gone if each.visit_id is not None]
    availability.release_crew(session, visits, now=now, policy=queries.policy(session))
    for each in gone:
        each.visit_id = each.planned_id = each.specialist_id = each.taken_at = each.present_at = None
        each.searches += 1
    for each in taken:
        each.present_at = None  # whoever stays says so again when the crew is whole
    session.flush()
    lead = taken[0]
    return {"occupation_id": lead.visit_id, "slot_until": None, "planned_specialist_id": lead.planned_id}


def _attend(session: Session, row: Job, actor: Actor, *, now: datetime) -> Columns:
    for each in seats(session, row.id):
        if each.specialist_id == actor.person_id and each.present_at is None:
            each.present_at = now
    session.flush()
    return {"slot_until": row.slot_until}  # the version counts up, so that open pages ask again


def _visits(session: Session, row: Job) -> list[UUID]:
    return [each.visit_id for each in seats(session, row.id) if each.visit_id is not None]
