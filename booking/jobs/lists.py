"""Lists of jobs for each reader, scoped in the WHERE, newest or soonest first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from booking.jobs.crew_queries import part_for, theirs
from booking.jobs.queries import DeskJob, PastJob, desk_job, past
from booking.jobs.rules import Actor
from booking.jobs.tables import Job
from booking.jobs.words import CREW_AT_WORK, ENDS, STATUS, Kind, State, Status
from marketplace.foundation.ids import JobId, PersonId, ServiceId, ZoneId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period

NO_TICKET = Job.kind != Kind.TICKET  # residents and their teams have lists of their own (booking.tickets)


@dataclass(frozen=True, slots=True)
class JobCard:
    """A job as a row of a list: no personal value."""

    id: JobId
    number: str
    status: Status
    state: State
    service: ServiceId
    zone: ZoneId | None
    window: Period | None
    price: Money | None
    specialist: PersonId | None
    created_at: datetime


def of_customer(session: Session, customer: PersonId, *, running: bool | None = None, limit: int = 50) -> list[JobCard]:
    """A customer's own jobs, newest first; `running` chooses those that go on, or those that are over."""
    asked = select(Job).where(Job.customer_id == customer, Job.submitted_at.is_not(None), NO_TICKET)
    if running is not None:
        asked = asked.where(Job.state.not_in(ENDS) if running else Job.state.in_(ENDS))
    return [_card(row) for row in session.scalars(asked.order_by(Job.created_at.desc()).limit(limit))]


def drafts_of(
    session: Session, *, customer: PersonId | None = None, session_hash: bytes | None = None
) -> list[JobCard]:
    """The drafts of a customer or of a visitor's session, newest first."""
    if (customer is None) == (session_hash is None):
        raise ValueError("drafts belong to a customer or to a session")
    whose = Job.customer_id == customer if customer is not None else Job.session_hash == session_hash
    asked = select(Job).where(whose, Job.state == State.DRAFT)
    return [_card(row) for row in session.scalars(asked.order_by(Job.created_at.desc()))]


def of_specialist(session: Session, specialist: PersonId, *, within: Period) -> list[JobCard]:
    """The visits that a specialist has now, whose promised window meets `within`, soonest first."""
    asked = select(Job).where(
        theirs(specialist),
        NO_TICKET,
        or_(Job.state.in_([*CREW_AT_WORK, State.COMPLETED]), and_(Job.state == State.OPEN, Job.seats > 1)),
        Job.window_start < within.end,
        Job.window_end > within.start,
    )
    return [_card(row) for row in session.scalars(asked.order_by(Job.window_start))]


def past_of_specialist(session: Session, specialist: PersonId, *, limit: int = 50) -> list[PastJob]:
    """Visits that a specialist has done, latest first: area, date, amount."""
    asked = select(Job).where(theirs(specialist), NO_TICKET, Job.state.in_([State.APPROVED, State.CLOSED]))
    rows = session.scalars(asked.order_by(Job.approved_at.desc()).limit(limit))
    return [_past(session, row, specialist) for row in rows]


def visits_by_id(session: Session, specialist: PersonId, jobs: Iterable[UUID]) -> dict[UUID, PastJob]:
    """Those of these jobs that this specialist had to the end, by their ids: what a line of the earnings is about."""
    asked = select(Job).where(Job.id.in_(list(jobs)), theirs(specialist), Job.quote.is_not(None))
    return {row.id: _past(session, row, specialist) for row in session.scalars(asked)}


def cards_by_id(session: Session, jobs: Iterable[UUID]) -> dict[UUID, JobCard]:
    """Any of these jobs by their ids, whoever's they are: what papers and the books call them."""
    asked = select(Job).where(Job.id.in_(list(jobs)))
    return {row.id: _card(row) for row in session.scalars(asked)}


def for_desk(
    session: Session,
    reader: Actor,
    *,
    now: datetime,
    states: Iterable[State] = (),
    customer: PersonId | None = None,
    zone: ZoneId | None = None,
    limit: int = 100,
) -> list[DeskJob]:
    """Jobs of the house for agents, dispatchers and managers, newest first; no personal value."""
    asked = select(Job).where(NO_TICKET)
    chosen = list(states)
    if chosen:
        asked = asked.where(Job.state.in_(chosen))
    if customer is not None:
        asked = asked.where(Job.customer_id == customer)
    if zone is not None:
        asked = asked.where(Job.zone_id == zone)
    rows = session.scalars(asked.order_by(Job.created_at.desc()).limit(limit))
    return [desk_job(row, reader, now=now) for row in rows]


def counts(session: Session) -> dict[State, int]:
    """How many jobs stand in each state, but for tickets."""
    found = session.execute(select(Job.state, func.count()).where(NO_TICKET).group_by(Job.state))
    return {State(state): number for state, number in found}


def minutes_promised(session: Session, specialists: Iterable[UUID], *, within: Period) -> dict[UUID, int]:
    """How many minutes of work each of these people has been given in that time: fairness asks this."""
    wasted = ENDS - {State.CLOSED}
    given = and_(Job.window_start >= within.start, Job.window_start < within.end, Job.state.not_in(wasted))
    asked = (
        select(Job.specialist_id, func.coalesce(func.sum(Job.minutes), 0))
        .where(Job.specialist_id.in_(list(specialists)), given)
        .group_by(Job.specialist_id)
    )
    return {id: int(minutes or 0) for id, minutes in session.execute(asked) if id is not None}


def _past(session: Session, row: Job, specialist: PersonId) -> PastJob:
    found = past(row)
    return replace(found, pay=part_for(session, row, found.pay, specialist))


def _card(row: Job) -> JobCard:
    window = Period(row.window_start, row.window_end) if row.window_start and row.window_end else None
    return JobCard(
        id=JobId(row.id),
        number=row.number,
        status=STATUS[State(row.state)],
        state=State(row.state),
        service=ServiceId(row.service_id),
        zone=None if row.zone_id is None else ZoneId(row.zone_id),
        window=window,
        price=None if row.price_minor is None else Money(row.price_minor, row.currency),
        specialist=None if row.specialist_id is None else PersonId(row.specialist_id),
        created_at=row.created_at,
    )
