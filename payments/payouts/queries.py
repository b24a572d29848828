"""What payouts answer: an owner's own, finance's list and batches, an item's history, who is due by the schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from marketplace.foundation import vault
from marketplace.foundation.money import Money
from payments.ledger.tables import Account
from payments.payouts.account_numbers import bank_name
from payments.payouts.rules import (
    HELD,
    STILL_HERE,
    BatchNotFound,
    BatchState,
    Finding,
    Form,
    NotHandedOver,
    PayoutNotFound,
    Reason,
    State,
)
from payments.payouts.tables import Approval, BankFile, Batch, Destination, Payout, PayoutEvent
from payments.wallets.rules import Owner

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class DestinationView:
    """An account as it may be shown: its last four digits, the bank by name, and since when money may go there."""

    id: UUID
    country: str
    last4: str
    bank: str
    branch: str
    name_matches: bool | None
    made_at: datetime
    usable_from: datetime
    blocked: bool

    def usable(self, now: datetime) -> bool:
        return not self.blocked and now >= self.usable_from


@dataclass(frozen=True, slots=True)
class PayoutView:
    """An item. `settled_at` is when the bank answered, or it was taken back; `reason` says why it failed."""

    id: UUID
    reference: str
    owner: UUID
    owner_kind: Owner
    amount: Money
    because: str
    state: State
    findings: tuple[Finding, ...]
    passed: tuple[Finding, ...]
    batch: UUID | None
    requested_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: Reason | None
    destination: UUID
    last4: str
    bank: str

    @property
    def may_be_cancelled(self) -> bool:
        return self.state in STILL_HERE

    @property
    def open(self) -> bool:
        return self.state in HELD


@dataclass(frozen=True, slots=True)
class EventView:
    """A line of an item's history; `by` is empty for the house and the bank's statement."""

    at: datetime
    state: State
    by: UUID | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with who stands for it, and how far its items have come."""

    id: UUID
    reference: str
    form: Form
    state: BatchState
    count: int
    total: Money
    digest: str
    made_by: UUID
    made_at: datetime
    approvals: tuple[tuple[UUID, datetime], ...]
    sent_at: datetime | None
    file_sha256: str
    states: Mapping[State, int]

    @property
    def done(self) -> bool:
        """The bank has answered for every item."""
        return self.state is BatchState.SENDING and not any(
            self.states.get(each) for each in (State.SENDING, State.UNKNOWN)
        )


@dataclass(frozen=True, slots=True)
class Due:
    """Whose wallet the schedule pays out, and how much of it is free above what is owed."""

    owner: UUID
    payable: Money


def destination_of(session: Session, *, owner: UUID, owner_kind: Owner) -> DestinationView | None:
    """The account in force; None before one was told."""
    row = session.scalar(
        select(Destination).where(
            Destination.owner == owner, Destination.owner_kind == owner_kind, Destination.replaced_at.is_(None)
        )
    )
    return None if row is None else _destination(row)


def destination(session: Session, id: UUID) -> DestinationView | None:
    """Any account by its id, also a former one."""
    row = session.get(Destination, id)
    return None if row is None else _destination(row)


def owner_of_destination(session: Session, id: UUID) -> UUID | None:
    """Whose account it is."""
    return session.scalar(select(Destination.owner).where(Destination.id == id))


def kind_of_destination(session: Session, id: UUID) -> str:
    """Of which of a person's two wallets it is the account."""
    return session.scalar(select(Destination.owner_kind).where(Destination.id == id)) or "customer"


def of_owner(session: Session, *, owner: UUID, owner_kind: Owner, limit: int = 20) -> tuple[PayoutView, ...]:
    """An owner's payouts, newest first."""
    wanted = _VIEW.where(Payout.owner == owner, Payout.owner_kind == owner_kind)
    rows = session.execute(wanted.order_by(Payout.requested_at.desc(), Payout.id).limit(limit))
    return tuple(_view(payout, there) for payout, there in rows)


def own(session: Session, id: UUID, *, owner: UUID) -> PayoutView:
    """One of an owner's. Raises PayoutNotFound, also for somebody else's."""
    return _one(session, id, owner)


def payout(session: Session, id: UUID) -> PayoutView:
    """Anybody's, for finance. Raises PayoutNotFound."""
    return _one(session, id, None)


def everybody(
    session: Session,
    *,
    state: State | None = None,
    owner: UUID | None = None,
    reference: str | None = None,
    waiting: bool = False,
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[PayoutView, ...]:
    """Finance's list, newest first; `waiting`: those that something stands against."""
    wanted = _VIEW
    if state is not None:
        wanted = wanted.where(Payout.state == state)
    if owner is not None:
        wanted = wanted.where(Payout.owner == owner)
    if reference is not None:
        wanted = wanted.where(Payout.reference == reference.upper())
    if waiting:
        wanted = wanted.where(Payout.state == State.REQUESTED, func.cardinality(Payout.findings) > 0)
    if before is not None:
        wanted = wanted.where(Payout.requested_at < before)
    rows = session.execute(wanted.order_by(Payout.requested_at.desc(), Payout.id).limit(min(limit, MOST_ROWS)))
    return tuple(_view(payout, there) for payout, there in rows)


def counts(session: Session) -> dict[State, int]:
    """How many items stand where."""
    rows = session.execute(select(Payout.state, func.count()).group_by(Payout.state))
    return {State(state): count for state, count in rows}


def history(session: Session, id: UUID) -> tuple[EventView, ...]:
    """What happened to an item, in order."""
    rows = session.scalars(select(PayoutEvent).where(PayoutEvent.payout == id).order_by(PayoutEvent.number))
    return tuple(
        EventView(row.at, State(row.state), row.by, None if row.reason is None else Reason(row.reason)) for row in rows
    )


def batches(session: Session, *, limit: int = 30) -> tuple[BatchView, ...]:
    """The newest batches first; dissolved ones are left out."""
    rows = session.scalars(
        select(Batch).where(Batch.state != BatchState.DISSOLVED).order_by(Batch.made_at.desc(), Batch.id).limit(limit)
    ).all()
    return _batches(session, rows)


def batch(session: Session, id: UUID) -> BatchView:
    """One batch. Raises BatchNotFound."""
    row = session.get(Batch, id)
    if row is None:
        raise BatchNotFound
    return _batches(session, [row])[0]


def items_of(session: Session, batch: UUID) -> tuple[PayoutView, ...]:
    """The items of a batch, in the order of its file."""
    rows = session.execute(_VIEW.where(Payout.batch == batch).order_by(Payout.id))
    return tuple(_view(payout, there) for payout, there in rows)


def ready(session: Session, currency: str) -> tuple[int, Money]:
    """How many checked items wait for a batch, and what they come to."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Payout.amount), 0)).where(
            Payout.state == State.CHECKED, Payout.batch.is_(None), Payout.currency == currency
        )
    ).one()
    return count, Money(int(total), currency)


def file_of(session: Session, batch: UUID) -> bytes:
    """The batch's file as it was made, byte for byte. Raises NotHandedOver until it may leave, BatchNotFound."""
    found = session.get(Batch, batch)
    if found is None:
        raise BatchNotFound
    stored = session.get(BankFile, batch)
    if stored is None or found.state != BatchState.SENDING:
        raise NotHandedOver
    return vault.unseal_bytes(batch, vault.place("payout_file", "content", batch), stored.content)


def due(session: Session, *, currency: str, least: Money, now: datetime, limit: int = 1_000) -> tuple[Due, ...]:
    """Specialists whose free money above their debt is `least` or more, with an account that may be used and nothing
    under way: whom the schedule pays."""
    wallet, debt = aliased(Account), aliased(Account)
    payable = wallet.posted - wallet.held + func.coalesce(debt.posted, 0)
    same = and_(
        debt.kind == "receivable", debt.owner_kind == "specialist", debt.owner_id == wallet.owner_id,
        debt.currency == currency,
    )  # fmt: skip
    open_one = select(Payout.id).where(
        Payout.owner == wallet.owner_id, Payout.owner_kind == "specialist", Payout.currency == currency,
        Payout.state.in_(HELD),
    )  # fmt: skip
    rows = session.execute(
        select(wallet.owner_id, payable)
        .join(
            Destination,
            and_(
                Destination.owner == wallet.owner_id, Destination.owner_kind == "specialist",
                Destination.replaced_at.is_(None), Destination.blocked_at.is_(None), Destination.usable_from <= now,
            ),
        )
        .outerjoin(debt, same)
        .where(
            wallet.kind == "wallet", wallet.owner_kind == "specialist", wallet.currency == currency,
            payable >= max(least.minor, 1), ~open_one.exists(),
        )
        .order_by(wallet.id)
        .limit(limit)
    )  # fmt: skip
    return tuple(Due(owner, Money(int(free), currency)) for owner, free in rows)


_VIEW = select(Payout, Destination).join(Destination, Destination.id == Payout.destination)


def _one(session: Session, id: UUID, owner: UUID | None) -> PayoutView:
    wanted = _VIEW.where(Payout.id == id)
    if owner is not None:
        wanted = wanted.where(Payout.owner == owner)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise PayoutNotFound
    return _view(row[0], row[1])


def _view(row: Payout, there: Destination) -> PayoutView:
    return PayoutView(
        id=row.id, reference=row.reference, owner=row.owner,
        owner_kind="specialist" if row.owner_kind == "specialist" else "customer",
        amount=Money(row.amount, row.currency), because=row.because, state=State(row.state),
        findings=tuple(Finding(each) for each in row.findings), passed=tuple(Finding(each) for each in row.passed),
        batch=row.batch, requested_at=row.requested_at, sent_at=row.sent_at, settled_at=row.settled_at,
        reason=None if row.reason is None else Reason(row.reason), destination=there.id, last4=there.last4,
        bank=bank_name(there.bank),
    )  # fmt: skip


def _destination(row: Destination) -> DestinationView:
    return DestinationView(
        id=row.id, country=row.country, last4=row.last4, bank=bank_name(row.bank), branch=row.branch,
        name_matches=row.name_matches, made_at=row.made_at, usable_from=row.usable_from,
        blocked=row.blocked_at is not None,
    )  # fmt: skip


def _batches(session: Session, rows: Sequence[Batch]) -> tuple[BatchView, ...]:
    ids = [row.id for row in rows]
    approvals: dict[UUID, list[tuple[UUID, datetime]]] = {id: [] for id in ids}
    standing = select(Approval).where(Approval.batch.in_(ids), Approval.voided_at.is_(None)).order_by(Approval.at)
    for each in session.scalars(standing):
        approvals[each.batch].append((each.approver, each.at))
    states: dict[UUID, dict[State, int]] = {id: {} for id in ids}
    grouped = select(Payout.batch, Payout.state, func.count()).where(Payout.batch.in_(ids))
    for id, state, count in session.execute(grouped.group_by(Payout.batch, Payout.state)):
        if id is not None:
            states[id][State(state)] = count
    found = session.execute(select(BankFile.batch, BankFile.sha256).where(BankFile.batch.in_(ids)))
    sums = {id: bytes(digest).hex() for id, digest in found}
    return tuple(
        BatchView(
            id=row.id, reference=row.reference, form=Form(row.form), state=BatchState(row.state), count=row.count,
            total=Money(row.total, row.currency), digest=row.digest, made_by=row.made_by, made_at=row.made_at,
            approvals=tuple(approvals[row.id]), sent_at=row.sent_at, file_sha256=sums.get(row.id, ""),
            states=states[row.id],
        )
        for row in rows
    )  # fmt: skip
