"""Asking for a payout, taking the wish back, and looking at it before it goes on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger import actions as ledger
from payments.ledger.rules import InsufficientFunds, Leg
from payments.payouts import rows
from payments.payouts.actions import destinations
from payments.payouts.rules import (
    A_PERSON_MAY_PASS,
    HELD,
    STILL_HERE,
    BatchState,
    Because,
    CannotBePassed,
    DestinationBlocked,
    DestinationWaits,
    Facts,
    Finding,
    NoDestination,
    NotEnoughToPayOut,
    PayoutDiffers,
    PayoutMoved,
    PayoutNotFound,
    PayoutOpen,
    PayoutsFrozen,
    Reason,
    State,
    Terms,
    check_amount,
)
from payments.payouts.tables import Destination, Payout
from payments.wallets import queries as wallets
from payments.wallets import record
from payments.wallets.rules import Owner, wallet_of


def request(
    session: Session,
    *,
    owner: UUID,
    owner_kind: Owner,
    amount: Money,
    command: UUID,
    terms: Terms,
    facts: Facts,
    now: datetime,
    because: Because = "asked",
) -> UUID:
    """Set so much of a wallet aside to be sent to its owner's account; the same command again is the same payout.

    What is owed is paid from the rest of the wallet first, so only the part above it can be asked for. Refuses
    NoDestination, DestinationWaits, DestinationBlocked, PayoutsFrozen, PayoutOpen, PayoutTooSmall, NotEnoughToPayOut,
    PayoutDayLimitReached, PayoutDiffers.
    """
    id = derived("payout", owner, owner_kind, command)
    rows.one_at_a_time(session, owner)
    before = session.get(Payout, id)
    if before is not None:
        if rows.money(before) != amount:
            raise PayoutDiffers(rows.money(before))
        return id
    if facts.frozen:
        raise PayoutsFrozen
    destination = _usable(session, owner, owner_kind, now=now)
    _refuse_second(session, owner, owner_kind, amount.currency)
    debt = wallets.debt(session, owner=owner, owner_kind=owner_kind, currency=amount.currency)
    free = wallets.balance(session, owner=owner, owner_kind=owner_kind, currency=amount.currency).available
    taken = rows.taken_today(session, owner, owner_kind, amount.currency, now=now)
    check_amount(amount, terms=terms, free=free, owed=debt.owed, taken_today=taken)
    payout = Payout(
        id=id, reference=rows.reference_for("payout", id, "reference"), owner=owner, owner_kind=owner_kind,
        amount=amount.minor, currency=amount.currency, destination=destination.id, because=because,
        state=State.REQUESTED, findings=[], passed=[], requested_at=now,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    rows.note(session, id, State.REQUESTED, now=now, by=owner if because == "asked" else None)
    if debt.owed:
        record.offset_later(session, id, owner, owner_kind, amount.currency)
    _look(session, payout, facts=facts, terms=terms, now=now, by=None)
    _set_aside(session, payout, owner_kind, free=free, owed=debt.owed, now=now)
    return id


def check(
    session: Session,
    payout: UUID,
    *,
    facts: Facts,
    terms: Terms,
    now: datetime,
    by: UUID | None = None,
    passing: frozenset[Finding] = frozenset(),
) -> tuple[Finding, ...]:
    """Look at an item once more; it is checked when nothing stands against it, and waits when something does.

    A person may pass what is a question of judgement (another name, an account of two people, identity). Refuses
    CannotBePassed for anything else, PayoutMoved for an item that is further on, PayoutNotFound.
    """
    wrong = next(iter(sorted(passing - A_PERSON_MAY_PASS)), None)
    if wrong is not None:
        raise CannotBePassed(wrong)
    locked = rows.lock(session, payout)
    if locked.payout.state not in {State.REQUESTED, State.CHECKED} or locked.batch is not None:
        raise PayoutMoved(locked.payout.state)
    return _look(session, locked.payout, facts=facts, terms=terms, now=now, by=by, passing=passing)


def cancel(session: Session, payout: UUID, *, owner: UUID, now: datetime) -> None:
    """The owner takes the wish back, as long as no file names it; what was set aside is free again.

    An approval of its batch is void then. Repeating changes nothing. Refuses PayoutNotFound, PayoutMoved.
    """
    locked = rows.lock(session, payout)
    if locked.payout.owner != owner:
        raise PayoutNotFound
    _give_back(session, locked, State.CANCELLED, now=now, by=owner, reason=None)


def refuse(session: Session, payout: UUID, *, by: UUID, reason: Reason, now: datetime) -> None:
    """Finance does not send it, and says why; as `cancel` otherwise, and the owner is told."""
    locked = rows.lock(session, payout)
    _give_back(session, locked, State.REJECTED, now=now, by=by, reason=reason)


def stop(session: Session, destination: UUID, *, now: datetime) -> int:
    """Take back what waits for a blocked account; how many that was. It stays held, and says what stands against it."""
    waiting = session.scalars(
        select(Payout.id).where(Payout.destination == destination, Payout.state.in_(STILL_HERE)).order_by(Payout.id)
    ).all()
    if session.get_one(Destination, destination).blocked_at is None:
        return 0
    for id in waiting:
        locked = rows.lock(session, id)
        if locked.payout.state not in STILL_HERE:
            continue
        rows.take_out(session, locked, now=now)
        if locked.payout.state != State.REQUESTED:
            rows.move(session, locked.payout, State.REQUESTED, now=now)
        locked.payout.findings = sorted({*locked.payout.findings, Finding.BLOCKED.value})
    session.flush()
    return len(waiting)


def _usable(session: Session, owner: UUID, owner_kind: Owner, *, now: datetime) -> Destination:
    found = destinations.current_of(session, owner, owner_kind)
    if found is None:
        raise NoDestination
    if found.blocked_at is not None:
        raise DestinationBlocked
    if now < found.usable_from:
        raise DestinationWaits(found.usable_from)
    return found


def _refuse_second(session: Session, owner: UUID, owner_kind: Owner, currency: str) -> None:
    under_way = session.scalar(
        select(Payout).where(
            Payout.owner == owner, Payout.owner_kind == owner_kind, Payout.currency == currency, Payout.state.in_(HELD)
        )
    )
    if under_way is not None:
        raise PayoutOpen(rows.money(under_way))


def _look(
    session: Session,
    payout: Payout,
    *,
    facts: Facts,
    terms: Terms,
    now: datetime,
    by: UUID | None,
    passing: frozenset[Finding] = frozenset(),
) -> tuple[Finding, ...]:
    payout.passed = sorted({*payout.passed, *(each.value for each in passing)})
    left = rows.against(session, payout, facts=facts, terms=terms, now=now)
    payout.findings = [each.value for each in left]
    wanted = State.REQUESTED if left else State.CHECKED
    if payout.state != wanted:
        rows.move(session, payout, wanted, now=now, by=by)
    session.flush()
    return left


def _set_aside(session: Session, payout: Payout, owner_kind: Owner, *, free: Money, owed: Money, now: datetime) -> None:
    """Last, as every call of the ledger: whoever took the money meanwhile took it, and nothing is asked for."""
    wallet = record.account(session, wallet_of(payout.owner, owner_kind, payout.currency))
    leg, key = Leg(wallet, rows.money(payout)), derived("payout", payout.id, "hold")
    try:
        ledger.hold(session, key, leg, purpose="payout", subject=payout.id, now=now, actor=payout.owner)
    except InsufficientFunds as short:
        raise NotEnoughToPayOut(payable=max(short.available, Money.zero(free.currency)), owed=owed) from None


def _give_back(
    session: Session, locked: rows.Locked, state: State, *, now: datetime, by: UUID, reason: Reason | None
) -> None:
    payout = locked.payout
    if payout.state == state:
        return
    if payout.state not in STILL_HERE or (locked.batch and locked.batch.state == BatchState.SENDING):
        raise PayoutMoved(payout.state)
    rows.take_out(session, locked, now=now)
    rows.move(session, payout, state, now=now, by=by, reason=reason)
    kind = rows.owner_kind(payout)
    record.offset_later(session, derived("payout", payout.id, "back"), payout.owner, kind, payout.currency)
    if state is State.REJECTED:
        enqueue(session, "payouts.failed", key=derived("payout", payout.id, "failed"), id=payout.id)
    ledger.release(
        session, derived("payout", payout.id, "release"), subject=payout.id, closes="payout", actor=by, now=now
    )
