"""What an event makes due later: rows with a due time, compared again with the job's own when they come."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs.rules import Standing, TimeRules
from booking.jobs.tables import Job
from booking.jobs.visit_tables import JobLink
from booking.jobs.words import Event, Kind, State
from booking.pricing import estimating
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue

LOOKING = frozenset({Event.PUBLISH, Event.CANCEL_BY_WORKER, Event.NO_SHOW_WORKER})
SEEKING = LOOKING | {Event.LEAVE_SEAT}  # somebody for a seat, within the time that runs already
MAY_COUNT = frozenset({Event.CANCEL_BY_WORKER, Event.NO_SHOW_WORKER, Event.DECIDE_CASE})
UNDER_WAY = frozenset({Event.DEPART, Event.START, Event.COMPLETE, Event.FAIL, Event.NO_SHOW_CUSTOMER})
CALLED_OFF = frozenset({Event.CANCEL_BY_CUSTOMER, Event.CANCEL_BY_OPERATOR, Event.EXPIRE})
ASKED = frozenset({Event.SUBMIT, Event.ASK_QUOTE, Event.APPROVE_QUOTE})
NO_ESTIMATE = CALLED_OFF | {Event.NO_SHOW_CUSTOMER, Event.FAIL}


def expires_at(
    job: Standing, times: TimeRules, *, submitted_at: datetime | None, by_phone: bool = False
) -> datetime | None:
    """When a job that has not found anybody, or was never paid, is given up (E.4 #33).

    One that was entered by phone waits for its customer's word `phone_confirm_minutes` long (promises.md M10).
    """
    if job.state is State.OPEN and job.published_at is not None:
        latest = job.published_at + timedelta(minutes=times.find_minutes)
        return min(latest, job.window.end) if job.window else latest
    if job.state is State.QUOTING and submitted_at is not None:
        return submitted_at + timedelta(days=times.quoting_days)
    if job.state is State.REQUESTED and submitted_at is not None:
        waits = timedelta(minutes=times.phone_confirm_minutes) if by_phone else timedelta(hours=times.draft_hours)
        return submitted_at + waits
    return None


def act(session: Session, event: Event, row: Job, *, job: Standing, times: TimeRules, now: datetime) -> None:
    """Enqueue what follows `event` by itself; `job` is how it stands after it."""
    if job.kind is Kind.TICKET:
        _after_work(session, event, row, job=job, times=times, now=now)
        return
    if event is Event.SAVE_DRAFT:
        _later(session, row, "jobs.forget_draft", row.created_at + timedelta(hours=times.draft_hours), once=True)
    if event is Event.HOLD_SLOT and row.slot_until is not None:
        hold_ends(session, row)
    if event is Event.FUND:
        _later(session, row, "jobs.publish", now)
    if event in SEEKING:
        _later(session, row, "dispatch.match", now)
    if event in CALLED_OFF and row.published_at is not None:
        _later(session, row, "dispatch.withdraw", now)
    if event in MAY_COUNT:
        _later(session, row, "conduct.look", now)
    _end_of_visit(session, event, row, now=now)
    if event in UNDER_WAY and row.specialist_id is not None:
        task = "dispatch.presence"
        enqueue(session, task, due_at=now, key=derived(task, row.id, row.version), person=row.specialist_id)
    expiry = expires_at(job, times, submitted_at=row.submitted_at, by_phone=by_phone(row))
    if expiry is not None and (event in LOOKING or event in ASKED):
        _later(session, row, "jobs.expire", expiry)
    _after_work(session, event, row, job=job, times=times, now=now)


def _after_work(session: Session, event: Event, row: Job, *, job: Standing, times: TimeRules, now: datetime) -> None:
    """Contact ends, silence counts as yes, and the job closes: for every kind."""
    if event is Event.COMPLETE:
        _later(session, row, "jobs.close_contact", now + timedelta(hours=times.contact_grace_hours))
    if job.completed_at is not None and event in (Event.COMPLETE, Event.DECIDE_CASE):
        _later(session, row, "jobs.auto_accept", job.completed_at + timedelta(hours=times.auto_accept_hours))
    if job.approved_at is not None and event in (Event.CONFIRM, Event.AUTO_ACCEPT, Event.DECIDE_CASE):
        _later(session, row, "jobs.release", job.approved_at + timedelta(days=times.dispute_window_days))


def by_phone(row: Job) -> bool:
    """Whether the request waits for the word of somebody who was on the line. A price that was agreed after an estimate
    was read by its customer, who has as long as anybody."""
    return row.entered_by is not None and not estimating.is_agreed(row.quote)


def hold_ends(session: Session, row: Job) -> None:
    """Look at the hold again when it runs out."""
    if row.slot_until is not None:
        task, until = "jobs.expire_hold", row.slot_until
        enqueue(session, task, due_at=until, key=derived(task, row.id, int(until.timestamp())), id=row.id)


def _end_of_visit(session: Session, event: Event, row: Job, *, now: datetime) -> None:
    """An estimate that will not be made any more ends the request for the work."""
    if event in NO_ESTIMATE and session.scalar(select(JobLink.job_id).where(JobLink.job_id == row.id)) is not None:
        _later(session, row, "jobs.visit_ended", now)


def _later(session: Session, row: Job, task: str, due_at: datetime, *, once: bool = False) -> None:
    key = derived(task, row.id) if once else derived(task, row.id, row.version)
    enqueue(session, task, due_at=due_at, key=key, id=row.id)
