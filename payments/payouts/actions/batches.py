"""A batch: collected by one, approved by another, given its file once, handed to the bank."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.payouts import bank_files, rows
from payments.payouts.actions import destinations
from payments.payouts.bank_files import Transfer
from payments.payouts.rules import (
    MOST_ITEMS,
    STILL_HERE,
    AlreadyApproved,
    BatchChanged,
    BatchMoved,
    BatchState,
    Facts,
    Finding,
    Form,
    HouseAccount,
    Item,
    MakerCannotApprove,
    NoHouseAccount,
    NotApproved,
    NothingToSend,
    PayoutMoved,
    State,
    Terms,
    approvals_needed,
    digest_of,
    total_of,
)
from payments.payouts.tables import Approval, BankFile, Batch, Destination, Payout
from payments.wallets.rules import Owner

FactsOf = Callable[[UUID, Owner], Facts]


def prepare(
    session: Session,
    *,
    currency: str,
    form: Form,
    by: UUID,
    command: UUID,
    terms: Terms,
    facts_of: FactsOf,
    now: datetime,
    payouts: Sequence[UUID] | None = None,
) -> UUID:
    """Collect checked items, those named or all there are, into a draft; the same command again is the same batch.

    Each is looked at once more; what something stands against stays behind and says so. Refuses NothingToSend.
    """
    id = derived("payout_batch", by, command)
    if session.get(Batch, id) is not None:
        return id
    free = select(Payout.id).where(Payout.state == State.CHECKED, Payout.currency == currency, Payout.batch.is_(None))
    wanted = free if payouts is None else free.where(Payout.id.in_(payouts))
    oldest = session.scalars(wanted.order_by(Payout.requested_at).limit(MOST_ITEMS)).all()
    chosen = [
        each
        for each in rows.lock_many(session, oldest)
        if each.state == State.CHECKED and each.batch is None and _stands(session, each, facts_of, terms, now)
    ]
    if not chosen:
        raise NothingToSend
    items = _items(chosen)
    session.add(
        Batch(
            id=id, reference=rows.reference_for("payout_batch", id, "reference"), currency=currency, form=form,
            state=BatchState.DRAFT, count=len(items), total=total_of(items, currency).minor, digest=digest_of(items),
            made_by=by, made_at=now,
        )
    )  # fmt: skip
    session.flush()
    for each in chosen:
        each.batch = id
    session.flush()
    return id


def take_out(session: Session, payout: UUID, *, now: datetime) -> None:
    """Take an item out of its batch; it waits for the next. Any approval of the batch is void. Refuses PayoutMoved."""
    locked = rows.lock(session, payout)
    if locked.batch is None:
        return
    if locked.payout.state not in STILL_HERE:
        raise PayoutMoved(locked.payout.state)
    rows.take_out(session, locked, now=now)


def approve(
    session: Session, batch: UUID, *, by: UUID, digest: str, terms: Terms, facts_of: FactsOf, now: datetime
) -> BatchState:
    """One person's yes to the batch they saw, whose digest was `digest`; with enough of them its items are approved.

    Whoever prepared it, or is paid by it, cannot; above the limit two are needed. Of two who press at once when one is
    enough, one approves and the other is told. The same person again changes nothing. Refuses MakerCannotApprove,
    AlreadyApproved, BatchChanged (also when something has come to stand against an item: `look_again` takes it out),
    BatchMoved, BatchNotFound.
    """
    row = rows.lock_batch(session, batch)
    standing = _standing(session, batch)
    if any(each.approver == by for each in standing):
        return BatchState(row.state)
    if row.state == BatchState.APPROVED:
        raise AlreadyApproved(max(each.at for each in standing))
    if row.state != BatchState.DRAFT:
        raise BatchMoved(row.state)
    items = rows.items_of(session, batch)
    if row.made_by == by or any(each.owner == by for each in items):
        raise MakerCannotApprove
    if digest != row.digest or any(_against(session, each, facts_of, terms, now) for each in items):
        raise BatchChanged
    session.add(Approval(id=uuid7(), batch=batch, approver=by, at=now, digest=row.digest))
    if len(standing) + 1 >= approvals_needed(Money(row.total, row.currency), terms):
        row.state, row.approved_at = BatchState.APPROVED, now
        for each in items:
            rows.move(session, each, State.APPROVED, now=now, by=by)
    session.flush()
    return BatchState(row.state)


def look_again(session: Session, batch: UUID, *, terms: Terms, facts_of: FactsOf, now: datetime) -> int:
    """Take out every item that something stands against by now; how many. They wait, and say what it is."""
    row = rows.lock_batch(session, batch)
    if row.state not in {BatchState.DRAFT, BatchState.APPROVED}:
        return 0
    found = 0
    for each in rows.items_of(session, batch):
        against = _against(session, each, facts_of, terms, now)
        if against:
            rows.take_out(session, rows.Locked(each, row), now=now)
            rows.move(session, each, State.REQUESTED, now=now)
            each.findings = [one.value for one in against]
            found += 1
    session.flush()
    return found


def make_file(
    session: Session, batch: UUID, *, house: HouseAccount, by: UUID, terms: Terms, facts_of: FactsOf, now: datetime
) -> None:
    """Make the bank's file of an approved batch, once, and keep it sealed under a key of the batch.

    From here on no item leaves the batch. Repeating changes nothing. Refuses NotApproved, BatchChanged when something
    has come to stand against an item, NoHouseAccount, BatchMoved, BatchNotFound.
    """
    row = rows.lock_batch(session, batch)
    if row.state in {BatchState.BATCHED, BatchState.SENDING}:
        return
    needed = approvals_needed(Money(row.total, row.currency), terms)
    if row.state == BatchState.DRAFT:
        raise NotApproved(needed)
    if row.state != BatchState.APPROVED:
        raise BatchMoved(row.state)
    if not house.account:
        raise NoHouseAccount
    items = rows.items_of(session, batch)
    approved = {each.digest for each in _standing(session, batch)}
    if approved != {digest_of(_items(items))} or any(_against(session, each, facts_of, terms, now) for each in items):
        raise BatchChanged
    content = _written(session, row, items, house, now)
    session.add(
        BankFile(
            batch=batch, content=vault.seal_bytes(batch, vault.place("payout_file", "content", batch), content),
            sha256=hashlib.sha256(content).digest(), made_at=now, made_by=by,
        )
    )  # fmt: skip
    row.state, row.batched_at = BatchState.BATCHED, now
    for each in items:
        rows.move(session, each, State.BATCHED, now=now, by=by)


def hand_over(session: Session, batch: UUID, *, by: UUID, now: datetime) -> None:
    """Write down that the file leaves the house; to be committed before anybody is given it (payments.md §7).

    From here on only the bank's word ends an item. Repeating changes nothing. Refuses BatchMoved, BatchNotFound.
    """
    row = rows.lock_batch(session, batch)
    if row.state == BatchState.SENDING:
        return
    if row.state != BatchState.BATCHED:
        raise BatchMoved(row.state)
    row.state, row.sent_at, row.sent_by = BatchState.SENDING, now, by
    for each in rows.items_of(session, batch):
        rows.move(session, each, State.SENDING, now=now, by=by)


def _written(session: Session, batch: Batch, items: Sequence[Payout], house: HouseAccount, now: datetime) -> bytes:
    transfers = []
    vault.prepare({each.owner for each in items})
    for each in items:
        holder, number = destinations.opened(session.get_one(Destination, each.destination))
        transfers.append(Transfer(each.reference, holder, number, rows.money(each)))
    return bank_files.write(Form(batch.form), reference=batch.reference, house=house, transfers=transfers, at=now)


def _items(payouts: Sequence[Payout]) -> list[Item]:
    return [Item(each.id, rows.money(each), each.destination) for each in payouts]


def _standing(session: Session, batch: UUID) -> Sequence[Approval]:
    return session.scalars(select(Approval).where(Approval.batch == batch, Approval.voided_at.is_(None))).all()


def _stands(session: Session, payout: Payout, facts_of: FactsOf, terms: Terms, now: datetime) -> bool:
    """Whether the item may still go on; if not, it waits and says why."""
    found = _against(session, payout, facts_of, terms, now)
    if found:
        rows.move(session, payout, State.REQUESTED, now=now)
        payout.findings = [each.value for each in found]
        session.flush()
    return not found


def _against(session: Session, payout: Payout, facts_of: FactsOf, terms: Terms, now: datetime) -> tuple[Finding, ...]:
    facts = facts_of(payout.owner, rows.owner_kind(payout))
    return rows.against(session, payout, facts=facts, terms=terms, now=now)
