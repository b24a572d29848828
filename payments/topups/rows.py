"""The rows of an attempt under their locks: moving its state, noting what happened, planning the next question."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.gateways import directory
from payments.gateways.rules import Outcome, reference_of
from payments.topups.rules import CREDITED, By, Difference, State, TopUpNotFound, What, next_question, state_of_top_up
from payments.topups.tables import TopUp, TopUpAttempt, TopUpEvent, TopUpInquiry


@dataclass(frozen=True, slots=True)
class Locked:
    """An attempt and its top-up, read anew under their locks."""

    attempt: TopUpAttempt
    topup: TopUp

    @property
    def state(self) -> State:
        return State(self.attempt.state)

    @property
    def amount(self) -> Money:
        return Money(self.topup.amount, self.topup.currency)


def lock(session: Session, attempt: AttemptId) -> Locked:
    """Lock the attempt, then its top-up: in this order everywhere. Raises TopUpNotFound."""
    locked = select(TopUpAttempt).where(TopUpAttempt.id == attempt).with_for_update(key_share=True)
    row = session.scalar(locked.execution_options(populate_existing=True))
    if row is None:
        raise TopUpNotFound
    whole = select(TopUp).where(TopUp.id == row.topup).with_for_update(key_share=True)
    return Locked(row, session.scalars(whole.execution_options(populate_existing=True)).one())


def inquiry_of(session: Session, attempt: UUID) -> TopUpInquiry:
    """The plan of questions of a locked attempt."""
    found = select(TopUpInquiry).where(TopUpInquiry.attempt == attempt)
    return session.scalars(found.execution_options(populate_existing=True)).one()


def move(session: Session, locked: Locked, state: State) -> None:
    """Give the attempt a state, and the top-up the one that follows from all of its attempts."""
    locked.attempt.state = state
    session.flush()
    follow_attempts(session, locked.topup)


def follow_attempts(session: Session, topup: TopUp) -> None:
    """Derive the top-up's state from its attempts."""
    states = select(TopUpAttempt.state).where(TopUpAttempt.topup == topup.id)
    in_order = session.scalars(states.order_by(TopUpAttempt.started_at, TopUpAttempt.id))
    topup.state = state_of_top_up([State(state) for state in in_order])
    session.flush()


def another_is_paid(session: Session, locked: Locked) -> bool:
    """Whether another attempt of the same top-up was credited too."""
    other = select(func.count()).where(
        TopUpAttempt.topup == locked.topup.id,
        TopUpAttempt.id != locked.attempt.id,
        TopUpAttempt.state.in_(CREDITED),
    )
    return bool(session.scalar(other))


def add_attempt(session: Session, topup: UUID, gateway: str, *, now: datetime) -> AttemptId:
    """A new attempt with its first question planned already.

    Should the process die before the page opens, the gateway is asked by our order number.
    """
    id = uuid7()
    row = TopUpAttempt(id=id, topup=topup, gateway=gateway, state=State.CREATED, started_at=now, ours=reference_of(id))
    session.add(row)
    session.flush()
    inquiry = TopUpInquiry(attempt=id, asked=0)
    session.add(inquiry)
    note(session, id, What.CREATED, By.PAYER, now=now)
    plan(session, row, inquiry, now=now)
    session.flush()
    return AttemptId(id)


def plan(
    session: Session, row: TopUpAttempt, inquiry: TopUpInquiry, *, now: datetime, again_in: timedelta | None = None
) -> None:
    """Plan the next question about an attempt; none when its provider can no longer be asked."""
    within = directory.by_name(row.gateway).can.verify_within
    due = next_question(row.started_at, asked=inquiry.asked, within=within, now=now)
    if due is not None and again_in is not None:
        due = min(due, now + again_in)
    inquiry.due_at = due
    if due is not None:
        key = derived("attempt", row.id, "ask", inquiry.asked, int(due.timestamp()))
        enqueue(session, "topups.verify", due_at=due, key=key, id=row.id)


def note(
    session: Session,
    attempt: UUID,
    what: What,
    by: By,
    *,
    now: datetime,
    outcome: Outcome | None = None,
    difference: Difference | None = None,
) -> UUID:
    """Add a line to an attempt's history; returns its id."""
    id = uuid7()
    session.add(TopUpEvent(id=id, attempt=attempt, at=now, what=what, by=by, outcome=outcome, difference=difference))
    return id


def last_event(session: Session, attempt: UUID) -> UUID:
    """The newest line of an attempt's history."""
    newest = (
        select(TopUpEvent.id).where(TopUpEvent.attempt == attempt).order_by(TopUpEvent.at.desc(), TopUpEvent.id.desc())
    )
    return session.scalars(newest.limit(1)).one()


def note_verdict(
    session: Session, attempt: UUID, what: What, outcome: Outcome, differences: Iterable[Difference], *, now: datetime
) -> UUID:
    """Add what the gateway said, one line for each difference; returns the id of the last line."""
    last = None
    for difference in differences:
        last = note(session, attempt, what, By.GATEWAY, now=now, outcome=outcome, difference=difference)
    return last or note(session, attempt, what, By.GATEWAY, now=now, outcome=outcome)
