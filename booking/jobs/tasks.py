"""What happens to jobs by the clock. Each task asks the job whether its time has really come."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import actions, drafts, quotes, replanning, requests, timers, visits
from booking.jobs.actions import Fired
from booking.jobs.record import locked, standing
from booking.jobs.rules import SYSTEM, CaseIsOpen
from booking.jobs.words import Event, State
from marketplace.foundation import clock, vault
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, derived
from marketplace.foundation.tasks import task
from marketplace.privacy import actions as privacy

EXPIRED_BECAUSE = {State.OPEN: "nobody_found", State.QUOTING: "no_quote"}


@task("jobs.fund")
def fund(session: Session, *, id: str) -> None:
    """A top-up made for this job has arrived: set the price aside, if it suffices and the slot still stands."""
    _due(session, id, Event.FUND, "jobs.fund")


@task("jobs.publish")
def publish(session: Session, *, id: str) -> None:
    _due(session, id, Event.PUBLISH, "jobs.publish")


@task("jobs.auto_accept")
def auto_accept(session: Session, *, id: str) -> None:
    """Silence after completion counts as yes (E.4 #25)."""
    _due(session, id, Event.AUTO_ACCEPT, "jobs.auto_accept")


@task("jobs.release")
def release(session: Session, *, id: str) -> None:
    """The dispute window is over: the money is the specialist's (E.4 #27), but for what an open case holds."""
    done = _due(session, id, Event.RELEASE, "jobs.release")
    if isinstance(done, CaseIsOpen):
        _due(session, id, Event.RELEASE_UNDISPUTED, "jobs.release")


@task("jobs.expire")
def expire(session: Session, *, id: str) -> None:
    """Nobody was found, or nothing was paid, in time (E.4 #33)."""
    now, row = clock.now(), locked(session, UUID(id))
    job = standing(row, now=now)
    due = timers.expires_at(
        job, actions.time_rules(session), submitted_at=row.submitted_at, by_phone=timers.by_phone(row)
    )
    if due is not None and due <= now:
        reason = EXPIRED_BECAUSE.get(job.state, "unfunded")
        actions.fire(
            session, row.id, Event.EXPIRE, actor=SYSTEM, command_id=derived("job", id, "expire"), now=now, reason=reason
        )


@task("jobs.expire_hold")
def expire_hold(session: Session, *, id: str) -> None:
    """The chosen time is anybody's again when nobody paid for it."""
    requests.let_slot_go(session, UUID(id), now=clock.now())


@task("jobs.expire_quote")
def expire_quote(session: Session, *, id: str) -> None:
    """A quote that nobody answered has run out (E.2)."""
    quotes.expire(session, UUID(id), now=clock.now())


@task("jobs.visit_ended")
def visit_ended(session: Session, *, id: str) -> None:
    """A job has ended before its work was done: where it was an estimate, the work is no longer asked for."""
    visits.end_with_its_visit(session, UUID(id), now=clock.now())


@task("jobs.close_contact")
def close_contact(session: Session, *, id: str) -> None:
    """The grace after completion is over (E.5)."""
    now, row = clock.now(), locked(session, UUID(id), tickets=True)
    if standing(row, now=now).completed_at is not None:
        privacy.close_windows(session, job=JobId(row.id), now=now)


@task("jobs.forget_draft")
def forget_draft(session: Session, *, id: str) -> None:
    """A draft that nobody submitted is thrown away, and what a visitor wrote becomes unreadable."""
    drafts.forget(session, UUID(id), now=clock.now())


@task("jobs.replan")
def replan(session: Session, *, day: str) -> None:
    """After some bookings for a local day: plan it anew where that leaves more windows to promise."""
    replanning.replan(session, date.fromisoformat(day), now=clock.now())


@task("jobs.destroy_draft_key", in_steps=True)
def destroy_draft_key(*, id: str) -> None:
    """The key of a visitor's draft, once its text lies under the customer's or is gone. Harmless to repeat."""
    vault.destroy(UUID(id))


def _due(session: Session, id: str, event: Event, task_name: str) -> Fired | Refused:
    command_id = derived("job", id, event.value)
    return actions.when_due(
        session, UUID(id), event, actor=SYSTEM, command_id=command_id, now=clock.now(), task=task_name
    )
