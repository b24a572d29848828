"""Verbs of a refund to the source. The gateway is called between two of them, never inside one.

`ask` (→ `approve`) sets the money aside; `claim` → Gateway.refund → `settle`. Each locks the try of the top-up first.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.gateways import directory
from payments.gateways.protocol import Refs, Verdict
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posting, SecondPersonNeeded
from payments.refunds import queries
from payments.refunds.queries import RefundView
from payments.refunds.rules import (
    IN_FLIGHT,
    NotToBeRefunded,
    RefundDiffers,
    RefundMoved,
    RefundNotFound,
    RefundReason,
    RefundState,
    check_amount,
    check_time,
    may_send,
    next_try,
    outcome_of,
)
from payments.refunds.tables import Refund
from payments.topups import queries as topups
from payments.topups import rows
from payments.topups.rows import Locked
from payments.topups.rules import State
from payments.wallets import record
from payments.wallets.rules import Owner, clearing_of, wallet_of

LEASE, A_MOMENT = timedelta(seconds=30), timedelta(seconds=1)
REFUNDABLE = frozenset({State.PAID, State.PARTLY_REFUNDED})


def ask(
    session: Session,
    attempt: AttemptId,
    *,
    amount: Money,
    reason: RefundReason,
    by: UUID,
    second_above: int,
    command_id: UUID,
    now: datetime,
) -> RefundView:
    """Ask for so much of a paid try to go back; set it aside at once, or first wait for a second person.

    `second_above` is in minor units. The same command again changes nothing. Refuses TopUpNotFound, NotToBeRefunded,
    RefundTooLate, RefundTooMuch, OnlyWhole, RefundDiffers, InsufficientFunds (it has been spent), CurrencyDiffers.
    """
    locked = rows.lock(session, attempt)
    id = derived("refund", attempt, command_id)
    before = session.get(Refund, id)
    if before is not None:
        if Money(before.amount, before.currency) != amount:
            raise RefundDiffers(Money(before.amount, before.currency))
        return queries.refund(session, id)
    if locked.state not in REFUNDABLE:
        raise NotToBeRefunded()
    taken = queries.taken(session, attempt, locked.topup.currency)
    can = directory.by_name(locked.attempt.gateway).can
    check_time(locked.attempt.paid_at, within=can.refund_within, now=now)
    check_amount(amount, whole=locked.amount, taken=taken, partial=can.partial_refund)
    row = Refund(
        id=id, attempt=attempt, owner=locked.topup.owner, wallet=locked.topup.wallet, amount=amount.minor,
        currency=amount.currency, reason=reason.value, state=RefundState.ASKED.value, asked_by=by, asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if amount.minor <= second_above:
        _reserve(session, row, actor=by, now=now)
    return queries.refund(session, id)


def approve(session: Session, refund: UUID, *, by: UUID, now: datetime) -> RefundView:
    """The second person agrees: the money is set aside and the gateway is asked. Agreeing twice is agreeing once.

    Refuses RefundNotFound, RefundMoved, SecondPersonNeeded, RefundTooLate, InsufficientFunds.
    """
    locked, row = _locked(session, refund)
    if row.approved_by == by and row.state != RefundState.ASKED:
        return queries.refund(session, refund)
    if row.state != RefundState.ASKED:
        raise RefundMoved(row.state)
    if row.asked_by == by:
        raise SecondPersonNeeded()
    check_time(locked.attempt.paid_at, within=directory.by_name(locked.attempt.gateway).can.refund_within, now=now)
    row.approved_by = by
    _reserve(session, row, actor=by, now=now)
    return queries.refund(session, refund)


def withdraw(session: Session, refund: UUID) -> RefundView:
    """What waits for a second person is not wanted any more. Refuses RefundNotFound, RefundMoved."""
    _, row = _locked(session, refund)
    if row.state not in (RefundState.ASKED, RefundState.WITHDRAWN):
        raise RefundMoved(row.state)
    row.state = RefundState.WITHDRAWN.value
    session.flush()
    return queries.refund(session, refund)


@dataclass(frozen=True, slots=True)
class Sending:
    """The right to ask a gateway about a refund for half a minute."""

    id: UUID
    gateway: str
    amount: Money
    refs: Refs


def claim(session: Session, refund: UUID, *, now: datetime) -> Sending | None:
    """Take the turn to ask the gateway. None when the outcome is known, when somebody asks right now (there is a look
    after them, as they may die of it), and when asking could send the money twice: then a person decides.
    """
    locked, row = _locked(session, refund)
    if row.state not in IN_FLIGHT:
        return None
    if row.leased_until is not None and row.leased_until > now:
        after = derived("refund", row.id, "after", row.tries)
        enqueue(session, "refunds.send", due_at=row.leased_until + A_MOMENT, key=after, id=row.id)
        return None
    key = directory.by_name(locked.attempt.gateway).can.refund_key
    if not may_send(key, tries=row.tries, answered=row.state == RefundState.UNKNOWN, reference=row.reference):
        row.state, row.due_at = RefundState.UNKNOWN.value, None
        return None
    row.tries, row.leased_until = row.tries + 1, now + LEASE
    session.flush()
    asked = topups.question(session, AttemptId(row.attempt))
    refs = replace(asked.refs, trace=row.reference)
    return Sending(row.id, asked.gateway, Money(row.amount, row.currency), refs)


def settle(session: Session, refund: UUID, verdict: Verdict, *, now: datetime) -> RefundState:
    """Do what the gateway's word means, once: money out of the wallet, free again, or still set aside."""
    locked, row = _locked(session, refund)
    if row.state not in IN_FLIGHT:
        return RefundState(row.state)
    row.leased_until = None
    row.reference = row.reference or verdict.refs.trace
    state = outcome_of(verdict, Money(row.amount, row.currency))
    if state is RefundState.UNKNOWN:
        key = directory.by_name(locked.attempt.gateway).can.refund_key
        again = not verdict.final and may_send(key, tries=row.tries, answered=True, reference=row.reference)
        due = next_try(row.reserved_at or now, tries=row.tries, now=now) if again else None
        row.state, row.due_at = state.value, due
        if due is not None:
            enqueue(session, "refunds.send", due_at=due, key=derived("refund", row.id, "send", row.tries), id=row.id)
        session.flush()
        return state
    _finish(session, locked, row, state, actor=None, now=now)
    return state


def decide(session: Session, refund: UUID, *, sent: bool, by: UUID, now: datetime) -> RefundView:
    """A person says what the gateway's own record shows of an unknown refund: that the money went, or did not.

    Not the one who asked for it. Saying the same twice changes nothing. Refuses RefundNotFound, RefundMoved,
    SecondPersonNeeded.
    """
    locked, row = _locked(session, refund)
    wanted = RefundState.DONE if sent else RefundState.REFUSED
    if row.state == wanted and row.decided_by == by:
        return queries.refund(session, refund)
    if row.state != RefundState.UNKNOWN:
        raise RefundMoved(row.state)
    if row.asked_by == by:
        raise SecondPersonNeeded()
    row.decided_by = by
    _finish(session, locked, row, wanted, actor=by, now=now)
    return queries.refund(session, refund)


def _reserve(session: Session, row: Refund, *, actor: UUID, now: datetime) -> None:
    row.state, row.reserved_at = RefundState.RESERVED.value, now
    enqueue(session, "refunds.send", key=derived("refund", row.id, "send", 0), id=row.id)
    session.flush()
    (wallet,) = record.accounts(session, wallet_of(row.owner, _kind(row), row.currency))
    amount = Money(row.amount, row.currency)
    reviewed = books.held_for(session, row.attempt, "dispute", row.currency)
    with session.begin_nested():
        if reviewed.is_zero:
            ledger.hold(
                session, _hold(row), Leg(wallet, amount), purpose="refund", subject=row.id, actor=actor, now=now
            )
        else:
            ledger.post_many(session, _from_review(row, wallet, amount, reviewed - amount, actor=actor), now=now)


def _from_review(row: Refund, wallet: int, amount: Money, rest: Money, *, actor: UUID | None) -> list[Posting]:
    """What waits for a person's look goes back without ever being free; the rest of it goes on waiting."""
    nothing = Money.zero(amount.currency)
    made = [
        Posting(_unreviewed(row), "release", (), subject=row.attempt, closes="dispute", actor=actor),
        Posting(
            _hold(row), "hold", (Leg(wallet, nothing, keep=amount),), subject=row.id, keeps_as="refund", actor=actor
        ),
    ]
    if rest.minor > 0:
        made.append(_review_again(row, wallet, rest, "rest"))
    return made


def _review_again(row: Refund, wallet: int, amount: Money, why: str) -> Posting:
    leg = Leg(wallet, Money.zero(amount.currency), keep=amount)
    key = derived("refund", row.id, "review", why)
    return Posting(key, "hold", (leg,), subject=row.attempt, keeps_as="dispute", reason="gateway_review")


def _finish(
    session: Session, locked: Locked, row: Refund, state: RefundState, *, actor: UUID | None, now: datetime
) -> None:
    row.state, row.settled_at, row.due_at = state.value, now, None
    session.flush()
    if state is RefundState.REFUSED:
        _free(session, row, actor=actor, now=now)
        return
    done = select(Refund.amount).where(Refund.attempt == row.attempt, Refund.state == RefundState.DONE)
    whole = sum(session.scalars(done)) >= locked.amount.minor
    if locked.state in REFUNDABLE:
        rows.move(session, locked, State.REFUNDED if whole else State.PARTLY_REFUNDED)
    enqueue(session, "refunds.done", key=derived("refund", row.id, "done"), id=row.id)
    amount = Money(row.amount, row.currency)
    wallet, clearing = record.accounts(
        session, wallet_of(row.owner, _kind(row), row.currency), clearing_of(locked.attempt.gateway, row.currency)
    )
    ledger.capture(
        session, derived("refund", row.id, "sent"), "refund_to_card", [Leg(wallet, -amount), Leg(clearing, amount)],
        holds=[_hold(row)], subject=row.id, reason=row.reason, actor=actor, now=now,
    )  # fmt: skip


def _free(session: Session, row: Refund, *, actor: UUID | None, now: datetime) -> None:
    """It did not go: free again; what had come from a review waits for a person's look as before."""
    key = derived("refund", row.id, "free")
    if not books.recorded(session, _unreviewed(row)):
        ledger.release(session, key, holds=[_hold(row)], subject=row.id, actor=actor, now=now)
        return
    (wallet,) = record.accounts(session, wallet_of(row.owner, _kind(row), row.currency))
    free = Posting(key, "release", (), subject=row.id, holds=(_hold(row),), actor=actor)
    again = _review_again(row, wallet, Money(row.amount, row.currency), "refused")
    ledger.post_many(session, [free, again], now=now)


def _unreviewed(row: Refund) -> UUID:
    return derived("refund", row.id, "unreviewed")


def _kind(row: Refund) -> Owner:
    return "specialist" if row.wallet == "specialist" else "customer"


def _hold(row: Refund) -> UUID:
    return derived("refund", row.id, "hold")


def _locked(session: Session, refund: UUID) -> tuple[Locked, Refund]:
    attempt = session.scalar(select(Refund.attempt).where(Refund.id == refund))
    if attempt is None:
        raise RefundNotFound()
    locked = rows.lock(session, AttemptId(attempt))
    row = select(Refund).where(Refund.id == refund).with_for_update()
    return locked, session.scalars(row.execution_options(populate_existing=True)).one()
