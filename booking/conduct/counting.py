"""What of the journal of jobs can count, whose it was, and when we were out of order ourselves.

Reads three events and no other: an offer declined, a mark, a position or a rating cannot come into a count from here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.conduct.charter import EVENTS, PROVEN, Counted, Happened
from booking.conduct.tables import ConductOutage, Evidence
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, Role
from marketplace.foundation.periods import Period

CREWS = (Event.ACCEPT, Event.ASSIGN, Event.REASSIGN)
MOVES = (Event.RESCHEDULE, Event.DELAY)


def happened(
    session: Session, organization: UUID, *, since: datetime, until: datetime, jobs: Sequence[UUID] | None = None
) -> list[Happened]:
    """Everything of (since, until] that can count, used before or not; of some jobs only, where they are named."""
    asked = (
        select(JobEvent.job_id)
        .join(Job, Job.id == JobEvent.job_id)
        .where(
            Job.organization_id == organization,
            JobEvent.event.in_([*EVENTS]),
            JobEvent.recorded_at > since,
            JobEvent.recorded_at <= until,
        )
    )
    if jobs is not None:
        asked = asked.where(JobEvent.job_id.in_(jobs))
    rows = session.execute(
        select(JobEvent, Job.number, Job.window_start)
        .join(Job, Job.id == JobEvent.job_id)
        .where(Job.id.in_(asked))
        .order_by(JobEvent.job_id, JobEvent.place)
    ).all()
    journals: dict[UUID, list[tuple[JobEvent, str, datetime | None]]] = {}
    for event, number, window in rows:
        journals.setdefault(event.job_id, []).append((event, number, window))
    found = (each for journal in journals.values() for each in _of_job(journal))
    return [each for each in found if since < each.at <= until]


def unused(session: Session, events: Iterable[Happened]) -> list[Happened]:
    """Without those that some proceeding is about, or was."""
    wanted = list(events)
    asked = select(Evidence.event_id).where(Evidence.event_id.in_([each.event for each in wanted]))
    used = set(session.scalars(asked))
    return [each for each in wanted if each.event not in used]


def outages(session: Session, organization: UUID, *, since: datetime) -> list[Period]:
    """When something of ours did not work, of outages that ended after that."""
    asked = select(ConductOutage).where(ConductOutage.organization_id == organization, ConductOutage.ends_at > since)
    return [Period(row.starts_at, row.ends_at) for row in session.scalars(asked.order_by(ConductOutage.starts_at))]


def last_of_job(session: Session, organization: UUID, number: str) -> Happened | None:
    """The newest event of a job by its number, as danger that its crew is held to; None where nobody was its crew."""
    job = session.scalars(select(Job).where(Job.organization_id == organization, Job.number == number)).one_or_none()
    if job is None:
        return None
    journal = list(session.scalars(select(JobEvent).where(JobEvent.job_id == job.id).order_by(JobEvent.place)))
    who = _crew(journal, before=len(journal) + 1)
    if who is None:
        return None
    last = journal[-1]
    return Happened(last.id, job.id, job.number, who, Counted.SAFETY, last.recorded_at, ())


def _of_job(journal: Sequence[tuple[JobEvent, str, datetime | None]]) -> Iterable[Happened]:
    events = [event for event, _, _ in journal]
    for event, number, window_now in journal:
        what = EVENTS.get(Event(event.event))
        who = None if what is None else _whose(events, event, what)
        if what is None or who is None:
            continue
        window = _window(events, event, window_now)
        before = None if window is None else int((window - event.recorded_at).total_seconds() // 60)
        near = (event.recorded_at, *([] if window is None else [window]))
        yield Happened(event.id, event.job_id, number, who, what, event.recorded_at, near, before, event.reason)


def _whose(events: Sequence[JobEvent], event: JobEvent, what: Counted) -> UUID | None:
    if what is Counted.GIVEN_BACK:
        return event.actor_id if event.role == Role.SPECIALIST else None
    if what is Counted.NOT_COME:
        return _crew(events, before=event.place)
    opened = next((each for each in events if each.event == Event.OPEN_CASE and _case(each) == _case(event)), None)
    proven = event.reason in PROVEN and int(event.facts.get("customer_minor") or 0) > 0
    if opened is None or opened.role != Role.CUSTOMER or not proven:
        return None
    return _crew(events, before=opened.place)


def _case(event: JobEvent) -> Any:
    return event.facts.get("case_id")


def _crew(events: Sequence[JobEvent], *, before: int) -> UUID | None:
    """Who came, or was to come, at that place of the journal."""
    named = [each for each in events if each.event in CREWS and each.place < before]
    if not named:
        return None
    last = named[-1]
    if last.role == Role.SPECIALIST:
        return last.actor_id
    said = last.facts.get("specialist_id")
    return UUID(str(said)) if said else None


def _window(events: Sequence[JobEvent], event: JobEvent, now_is: datetime | None) -> datetime | None:
    """When the visit was to begin, as it was known then; None where the journal does not tell, and then it is no
    ground for anything."""
    moves = [each for each in events if each.event in MOVES]
    if not any(each.place > event.place for each in moves):
        return now_is
    earlier = [each.facts.get("promised_start") for each in moves if each.place < event.place]
    return datetime.fromisoformat(str(earlier[-1])) if earlier and earlier[-1] else None
