"""Rows of payouts as verbs use them: locked in one order (owner, batch, items by id), moved by the table of moves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.gateways.rules import in_letters
from payments.payouts.rules import (
    DAY,
    MOVES,
    RELEASED,
    BatchNotFound,
    BatchState,
    Circumstances,
    Facts,
    Finding,
    Item,
    PayoutMoved,
    PayoutNotFound,
    State,
    Terms,
    digest_of,
    findings,
    total_of,
)
from payments.payouts.tables import Approval, Batch, Destination, Payout, PayoutEvent
from payments.wallets import queries as wallets
from payments.wallets.rules import Owner


@dataclass(frozen=True, slots=True)
class Locked:
    """An item and, if it is in one, its batch; both locked."""

    payout: Payout
    batch: Batch | None


def one_at_a_time(session: Session, owner: UUID) -> None:
    """Two requests of one owner take turns until the first has committed."""
    number = int.from_bytes(derived("payouts", owner).bytes[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def reference_for(*words: object) -> str:
    """What stands in files and on statements: letters only, so that no account or card number can be read into it."""
    return f"PO{in_letters(derived(*words).bytes[:8]).upper()}"


def owner_kind(payout: Payout | Destination) -> Owner:
    """Whose wallet it is."""
    return "specialist" if payout.owner_kind == "specialist" else "customer"


def money(payout: Payout) -> Money:
    return Money(payout.amount, payout.currency)


def lock(session: Session, payout: UUID) -> Locked:
    """The item with its batch, the batch first. Raises PayoutNotFound."""
    named = session.scalar(select(Payout.batch).where(Payout.id == payout))
    batch = None if named is None else lock_batch(session, named)
    found = session.scalar(_for_update([payout]))
    if found is None:
        raise PayoutNotFound
    if found.batch != named:
        raise PayoutMoved(found.state)  # it went into a batch, or out of one, while we waited for it
    return Locked(found, batch)


def lock_many(session: Session, payouts: Collection[UUID]) -> Sequence[Payout]:
    """These items, in the order of their ids."""
    return session.scalars(_for_update(payouts)).all()


def lock_batch(session: Session, batch: UUID) -> Batch:
    """The batch. Raises BatchNotFound."""
    wanted = select(Batch).where(Batch.id == batch).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise BatchNotFound
    return found


def items_of(session: Session, batch: UUID) -> Sequence[Payout]:
    """The items of a locked batch, locked, in the order of their ids."""
    wanted = select(Payout).where(Payout.batch == batch).order_by(Payout.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def move(
    session: Session, payout: Payout, state: State, *, now: datetime, by: UUID | None = None, reason: str | None = None
) -> None:
    """Write the item's new state and a line of its history. Raises PayoutMoved when no move leads there."""
    if state not in MOVES[State(payout.state)]:
        raise PayoutMoved(payout.state)
    payout.state = state
    if state is State.SENDING:
        payout.sent_at = now
    if state in {State.ACCEPTED, State.REJECTED, State.CANCELLED, State.RETURNED}:
        payout.settled_at = now
    if reason is not None:
        payout.reason = reason
    note(session, payout.id, state, now=now, by=by, reason=reason)


def note(
    session: Session, payout: UUID, state: State, *, now: datetime, by: UUID | None = None, reason: str | None = None
) -> None:
    """A line of an item's history."""
    session.add(PayoutEvent(payout=payout, at=now, state=state, by=by, reason=reason))
    session.flush()


def against(session: Session, payout: Payout, *, facts: Facts, terms: Terms, now: datetime) -> tuple[Finding, ...]:
    """What stands against sending this item now, without what a person has passed."""
    destination = session.get_one(Destination, payout.destination)
    kind, owner, currency = owner_kind(payout), payout.owner, payout.currency
    debt = wallets.debt(session, owner=owner, owner_kind=kind, currency=currency)
    free = wallets.balance(session, owner=owner, owner_kind=kind, currency=currency).available
    taken = taken_today(session, owner, payout.owner_kind, currency, now=payout.requested_at, but=payout.id)
    seen = Circumstances(
        facts=facts,
        owed=max(debt.owed - free, Money.zero(currency)),  # what is free beside the item pays the debt first
        taken_today=taken,
        usable_from=destination.usable_from,
        blocked=destination.blocked_at is not None,
        name_matches=destination.name_matches,
        shared=is_shared(session, destination),
    )
    return tuple(each for each in findings(money(payout), seen, terms=terms, now=now) if each not in payout.passed)


def is_shared(session: Session, destination: Destination) -> bool:
    """Whether somebody else is paid to the same account."""
    others = select(func.count()).where(
        Destination.blind == destination.blind,
        Destination.owner != destination.owner,
        Destination.replaced_at.is_(None),
    )
    return bool(session.scalar(others))


def taken_today(
    session: Session, owner: UUID, kind: str, currency: str, *, now: datetime, but: UUID | None = None
) -> Money:
    """What this wallet asked for in the twenty-four hours before, without what was given back."""
    sums = select(func.coalesce(func.sum(Payout.amount), 0)).where(
        Payout.owner == owner,
        Payout.owner_kind == kind,
        Payout.currency == currency,
        Payout.state.not_in(RELEASED),
        Payout.requested_at > now - DAY,
        Payout.requested_at <= now,
    )
    if but is not None:
        sums = sums.where(Payout.id != but)
    return Money(int(session.scalar(sums) or 0), currency)


def count_again(session: Session, batch: Batch, *, now: datetime) -> None:
    """Count, sum and digest of what is in the batch now; a change voids every approval. Raises BatchMoved by state."""
    items = [Item(each.id, money(each), each.destination) for each in items_of(session, batch.id)]
    digest = digest_of(items)
    if digest == batch.digest:
        return
    batch.count, batch.total, batch.digest = len(items), total_of(items, batch.currency).minor, digest
    batch.state = BatchState.DRAFT if items else BatchState.DISSOLVED
    batch.approved_at = None
    standing = update(Approval).where(Approval.batch == batch.id, Approval.voided_at.is_(None))
    session.execute(standing.values(voided_at=now))
    session.flush()


def take_out(session: Session, locked: Locked, *, now: datetime) -> None:
    """Take an item out of its batch, whose approval that voids: all of them are checked again, and no more."""
    if locked.batch is None:
        return
    for each in items_of(session, locked.batch.id):
        if each.state == State.APPROVED:
            move(session, each, State.CHECKED, now=now)
    locked.payout.batch = None
    session.flush()
    count_again(session, locked.batch, now=now)


def _for_update(payouts: Collection[UUID]) -> Select[Payout]:
    wanted = select(Payout).where(Payout.id.in_(payouts)).order_by(Payout.id)
    return wanted.with_for_update().execution_options(populate_existing=True)
