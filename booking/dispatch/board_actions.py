"""What a dispatcher does on the board: the same verbs as everywhere, with the engine's rules; one job in each call."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.dispatch import actions, candidates, manual, peers, versions
from booking.dispatch.board_rules import Means, NobodyLeft, may_set_aside, meaning
from booking.dispatch.rules import Decision, NotACandidate, decide
from booking.jobs import actions as jobs
from booking.jobs import queries, record
from booking.jobs.rules import Actor, IllegalTransition, JobNotFound, StaleVersion
from booking.jobs.tables import JobEvent
from booking.jobs.words import Event, State
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import home


@dataclass(frozen=True, slots=True)
class Given:
    """What became of an act, from the rows as they were written. `starts_at`: when the visit is planned, if it is."""

    job: UUID
    number: str
    state: State
    version: int
    specialist: UUID | None
    starts_at: datetime | None


def ranking(session: Session, job_id: UUID, *, actor: Actor, now: datetime, seat: int | None = None) -> Decision:
    """Who could do the job now, best first, and who is excluded by which rule. Reads only. Refuses JobNotFound.

    Of a job that somebody has, everybody else. The lot among equals is the job's own, so that a second look shows the
    same order.
    """
    job = queries.for_desk(session, job_id, actor, now=now)
    if job.zone is None or job.job.window is None:
        raise JobNotFound()
    search = candidates.search_of(session, job, queries.as_offered(session, job_id).minutes, now=now, seat=seat)
    found = candidates.eligible(session, search, round=0, ask_again=True, now=now)
    others = [each for each in found if each.specialist_id != job.specialist]
    weights = versions.in_force(session, home(session).id).policy.weights
    beside = peers.of(session, search, now=now).rate
    return decide(others, seed=job_id.int & 0x7FFFFFFF, exclusive=False, weights=weights, group_rate=beside)


def give(
    session: Session,
    job_id: UUID,
    specialist: PersonId,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    expected_version: int | None = None,
    at: datetime | None = None,
    reason: str | None = None,
    seat: int | None = None,
) -> Given:
    """Give the job to somebody, or take it over to them; `at` is where in their day it was dropped. Of a crew it is one
    `seat`: the first that is free, or the lead's, unless said.

    A soft rule that excludes them gives way to a reason. Refuses NotACandidate, OutsideThePromise, HasItAlready,
    SlotTaken where their day has no room, ReasonNeeded for handing over without one, StaleVersion.
    """
    row = record.locked(session, job_id)
    if _done_before(session, row.id, actor, command_id):
        return _given(session, row.id, actor, now=now)
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion(expected_version, row.version)
    window = Period(row.window_start, row.window_end) if row.window_start and row.window_end else None
    means = meaning(State(row.state), crew=row.specialist_id, specialist=specialist, window=window, at=at)
    if means is Means.MOVE:
        raise IllegalTransition(Event.RESCHEDULE.value, row.state)  # another time is asked for with its own form
    assign = partial(
        manual.assign, session, job_id, specialist, actor=actor, command_id=command_id, now=now, reason=reason,
        seat=seat,
    )  # fmt: skip
    try:
        assign()
    except NotACandidate as refusal:
        if not may_set_aside(refusal.rule, reason):
            raise
        assign(override=True)
    return _given(session, row.id, actor, now=now)


def give_to_best(
    session: Session, job_id: UUID, *, actor: Actor, command_id: UUID, now: datetime, reason: str | None = None
) -> Given:
    """Give the job to the first of the ranking as it is now. Refuses NobodyLeft, and what `give` refuses."""
    record.locked(session, job_id)
    found = ranking(session, job_id, actor=actor, now=now)
    if not found.ranked:
        rules = [each.rule for each in found.excluded]
        raise NobodyLeft(max(sorted(set(rules)), key=rules.count, default="skill"))
    best = PersonId(found.ranked[0].specialist_id)
    return give(session, job_id, best, actor=actor, command_id=command_id, now=now, reason=reason)


def move(
    session: Session,
    job_id: UUID,
    window: Period,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    expected_version: int | None = None,
) -> Given:
    """Promise the customer another window, with whoever has the job; both are told.

    Refuses SlotTaken, NewTimeNeeded, IllegalTransition for a job that nobody has, StaleVersion.
    """
    jobs.fire(
        session, job_id, Event.RESCHEDULE, actor=actor, command_id=command_id, expected_version=expected_version,
        now=now, promised_start=window.start, promised_end=window.end,
    )  # fmt: skip
    return _given(session, job_id, actor, now=now)


def withdraw(session: Session, job_id: UUID, *, actor: Actor, now: datetime) -> Given:
    """Take back the offers of an open job; nobody is asked until somebody decides. Refuses IllegalTransition."""
    row = record.locked(session, job_id)
    if row.state != State.OPEN:
        raise IllegalTransition("withdraw", row.state)
    actions.withdraw_all(session, job_id, now=now)
    announce(session, "job", row.id, row.version)
    return _given(session, row.id, actor, now=now)


def search_on(session: Session, job_id: UUID, *, actor: Actor, command_id: UUID, now: datetime) -> Given:
    """Let the search go on. Refuses IllegalTransition for a job that is not open."""
    row = record.locked(session, job_id)
    if row.state != State.OPEN:
        raise IllegalTransition("search", row.state)
    enqueue(session, "dispatch.match", key=derived("board_search", row.id, command_id), id=row.id)
    return _given(session, row.id, actor, now=now)


def _done_before(session: Session, job_id: UUID, actor: Actor, command_id: UUID) -> bool:
    """Whether this command of this person's is in the job's journal: it gets the job as it stands."""
    told = select(JobEvent.actor_id).where(JobEvent.job_id == job_id, JobEvent.command_id == command_id)
    return session.scalar(told) == actor.person_id and actor.person_id is not None


def _given(session: Session, job_id: UUID, actor: Actor, *, now: datetime) -> Given:
    job = queries.for_desk(session, job_id, actor, now=now)
    visits = availability.visits_of_job(session, JobId(job.id))
    planned = visits[0] if visits else None
    starts_at = planned.starts_at if planned and planned.specialist == job.specialist else None
    return Given(job.id, job.number, job.job.state, job.version, job.specialist, starts_at)
