"""The visits of one piece of work: the estimate that precedes it, those under its warranty, and how they are linked.

A service by estimate is booked as any other: what is booked is the visit, at the visit's own price. With it the work
itself is asked for as a second job, which waits for its quote (E.4 #5) and ends with the visit when there is none.
Locks are taken in this order: the visit, the work, the quote.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from booking.jobs import actions, drafts, record
from booking.jobs.drafts import Draft
from booking.jobs.quote_rules import QuoteState
from booking.jobs.rules import SYSTEM, Actor, JobNotFound
from booking.jobs.tables import Job
from booking.jobs.visit_rules import Relation
from booking.jobs.visit_tables import JobLink, JobQuote
from booking.jobs.words import CREW_AT_WORK, ENDS, STATUS, Event, State, Status
from marketplace.foundation.ids import AddressId, JobId, PersonId, ServiceId, ZoneId, derived
from marketplace.foundation.periods import Period

DONE = frozenset({State.COMPLETED, State.APPROVED, State.CLOSED})
NO_LONGER = ENDS - {State.CLOSED}


@dataclass(frozen=True, slots=True)
class Related:
    """A job that belongs to another, without any personal value. `relation` is what this one is to the other, or,
    where `is_work`, what the other is to this one."""

    id: JobId
    number: str
    relation: Relation
    is_work: bool
    state: State
    status: Status
    service: ServiceId
    customer: PersonId | None
    specialist: PersonId | None
    window: Period | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate visit as its specialist lists it; `quote` is the state of what they wrote last, None before it."""

    visit: Related
    quote: QuoteState | None


def ask_for_quote(session: Session, visit: Job, *, actor: Actor, command_id: UUID, now: datetime) -> UUID:
    """Ask for the work that this visit estimates: a request of its own, which waits for its quote (E.4 #5).

    The caller holds the visit's lock, and submits it in the same transaction. Gives the id of the work.
    """
    asked = Draft(
        service=ServiceId(visit.service_id),
        answers=record.opened(visit, "answers"),
        address_id=None if visit.address_id is None else AddressId(visit.address_id),
        zone_id=None if visit.zone_id is None else ZoneId(visit.zone_id),
        cell=visit.cell,
    )
    made = drafts.save_draft(session, asked, actor=actor, command_id=derived(command_id, "work"), now=now)
    work = record.locked(session, made.job_id)
    actions.carry_out(
        session, work, Event.SUBMIT, actor=actor, command_id=derived(command_id, "submit_work"), now=now,
        facts={"by_estimate": True},
    )  # fmt: skip
    actions.carry_out(
        session, work, Event.ASK_QUOTE, actor=actor, command_id=derived(command_id, "ask_quote"), now=now,
        facts={"visit_id": visit.id},
    )  # fmt: skip
    link(session, visit.id, work.id, Relation.ESTIMATE_OF, now=now)
    return work.id


def link(session: Session, job: UUID, to: UUID, relation: Relation, *, now: datetime) -> None:
    """Write down that one job was made for another."""
    session.add(JobLink(job_id=job, to_id=to, relation=relation.value, made_at=now))
    session.flush()


def end_with_its_visit(session: Session, visit: UUID, *, now: datetime) -> None:
    """A visit that ended without an estimate ends the request for the work, unless a quote was sent all the same."""
    work = work_of(session, visit, Relation.ESTIMATE_OF)
    state = session.scalar(select(Job.state).where(Job.id == visit))
    if work is None or state not in NO_LONGER:
        return
    row = record.locked(session, work)
    sent = select(JobQuote.id).where(JobQuote.job_id == work, JobQuote.state == QuoteState.SENT)
    if row.state == State.QUOTING and session.scalar(sent) is None:
        actions.carry_out(
            session, row, Event.EXPIRE, actor=SYSTEM, command_id=derived("job", work, "no_visit"), now=now,
            facts={"reason": "no_visit"},
        )  # fmt: skip


def work_of(session: Session, visit: UUID, relation: Relation) -> UUID | None:
    """The job that this visit was made for, in this way."""
    return session.scalar(select(JobLink.to_id).where(JobLink.job_id == visit, JobLink.relation == relation))


def relation_of(session: Session, job: UUID) -> Relation | None:
    """What this job is to the one it was made for; None for work in its own right."""
    found = session.scalar(select(JobLink.relation).where(JobLink.job_id == job))
    return None if found is None else Relation(found)


def related(session: Session, job: UUID) -> tuple[Related, ...]:
    """Every job that belongs to this one, the work first, then the visits as they were asked for. Never a draft."""
    up = select(Job, JobLink).join(JobLink, JobLink.to_id == Job.id).where(JobLink.job_id == job)
    down = select(Job, JobLink).join(JobLink, JobLink.job_id == Job.id).where(JobLink.to_id == job)
    found = [_related(row, tie, is_work=True) for row, tie in session.execute(up)]
    made = session.execute(down.order_by(JobLink.made_at, Job.id))
    found += [_related(row, tie, is_work=False) for row, tie in made]
    return tuple(each for each in found if each.state is not State.DRAFT)


def relations(session: Session, jobs: list[UUID]) -> dict[UUID, Relation]:
    """What each of these jobs is to the one it was made for; work in its own right is not in it."""
    asked = select(JobLink.job_id, JobLink.relation).where(JobLink.job_id.in_(jobs))
    return {id: Relation(relation) for id, relation in session.execute(asked)}


def own_visit(session: Session, visit: UUID, specialist: UUID, relation: Relation) -> tuple[Job, UUID]:
    """A visit of this specialist's, whatever became of it since, and the work it was made for. Refuses JobNotFound."""
    row = session.scalar(
        select(Job).where(Job.id == visit, Job.specialist_id == specialist).execution_options(populate_existing=True)
    )
    work = None if row is None else work_of(session, visit, relation)
    if row is None or work is None:
        raise JobNotFound()
    return row, work


def estimates_of(session: Session, specialist: PersonId, *, limit: int = 50) -> list[Estimate]:
    """The estimate visits of a specialist after which a quote is still waited for, or was approved; latest first."""
    seen, work = aliased(Job), aliased(Job)
    newest = (
        select(JobQuote.state)
        .where(JobQuote.job_id == work.id, JobQuote.by_id == specialist)
        .order_by(JobQuote.written_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = (
        select(seen, JobLink, newest)
        .join(JobLink, JobLink.job_id == seen.id)
        .join(work, work.id == JobLink.to_id)
        .where(
            seen.specialist_id == specialist,
            JobLink.relation == Relation.ESTIMATE_OF,
            seen.state.in_([*CREW_AT_WORK, *DONE]),
            (work.state == State.QUOTING) | (newest == QuoteState.APPROVED),
        )
        .order_by(JobLink.made_at.desc(), seen.id)
    )
    return [
        Estimate(_related(row, tie, is_work=False), None if state is None else QuoteState(state))
        for row, tie, state in session.execute(asked.limit(limit))
    ]


def _related(row: Job, tie: JobLink, *, is_work: bool) -> Related:
    state = State(row.state)
    return Related(
        id=JobId(row.id),
        number=row.number,
        relation=Relation(tie.relation),
        is_work=is_work,
        state=state,
        status=STATUS[state],
        service=ServiceId(row.service_id),
        customer=None if row.customer_id is None else PersonId(row.customer_id),
        specialist=None if row.specialist_id is None else PersonId(row.specialist_id),
        window=Period(row.window_start, row.window_end) if row.window_start and row.window_end else None,
        made_at=tie.made_at,
    )
