"""What became of items at the bank: its answer as a person reads it, its statement, and money that came back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import AccountName, Leg, Posting
from payments.payouts import rows
from payments.payouts.actions import destinations
from payments.payouts.rules import ANSWER_WITHIN, AT_THE_BANK, MOST_ITEMS, PayoutMoved, Reason, Seen, State
from payments.payouts.tables import Payout
from payments.wallets import record
from payments.wallets.rules import wallet_of

Outcome = Literal[State.ACCEPTED, State.REJECTED, State.UNKNOWN]
OUTCOMES: Final[tuple[Outcome, ...]] = (State.ACCEPTED, State.REJECTED, State.UNKNOWN)


def record_outcomes(
    session: Session,
    batch: UUID,
    payouts: Sequence[UUID],
    outcome: Outcome,
    *,
    by: UUID | None,
    now: datetime,
    reason: Reason | None = None,
) -> int:
    """Write down what the bank said of these items of a batch, or of all that wait for it when none is named.

    Accepted: the wallet pays and the money is in transit. Rejected: what was set aside is free again, the owner is
    told `reason`. Unknown: it stays set aside, and a person decides later. Saying the same again changes nothing; how
    many items moved is returned. Refuses PayoutMoved for an item that is elsewhere, or already otherwise; all or none.
    """
    rows.lock_batch(session, batch)
    items = [each for each in rows.items_of(session, batch) if not payouts or each.id in payouts]
    if not payouts:
        items = [each for each in items if each.state in AT_THE_BANK]
    moving = [each for each in items if each.state != outcome]
    postings: list[Posting] = []
    for each in moving:
        if each.state not in AT_THE_BANK:
            raise PayoutMoved(each.state)
        rows.move(session, each, outcome, now=now, by=by, reason=reason if outcome is State.REJECTED else None)
        if outcome is State.ACCEPTED:
            postings.append(_sent(session, each, by))
            _tell(session, each, "accepted")
        elif outcome is State.REJECTED:
            postings.append(Posting(derived("payout", each.id, "release"), "release", (), each.id, closes="payout"))
            record.offset_later(
                session, derived("payout", each.id, "back"), each.owner, rows.owner_kind(each), each.currency
            )
            _tell(session, each, "failed")
    if postings:
        ledger.post_many(session, postings, now=now)
    return len(moving)


def give_up_waiting(session: Session, *, now: datetime) -> int:
    """Items that the bank does not answer for become unknown: still set aside, and never sent again by itself."""
    silent = session.scalars(
        select(Payout.id)
        .where(Payout.state == State.SENDING, Payout.sent_at < now - ANSWER_WITHIN)
        .order_by(Payout.id)
        .limit(MOST_ITEMS)
        .with_for_update(skip_locked=True)
    ).all()
    for each in rows.lock_many(session, silent):
        rows.move(session, each, State.UNKNOWN, now=now)
    return len(silent)


def seen_on_statement(
    session: Session,
    reference: str,
    amount: Money,
    *,
    bank: AccountName,
    now: datetime,
    in_suspense: bool = False,
) -> Seen:
    """A line of the bank's statement says that this payout left our account: transit −P, bank +P.

    `amount` is what left, above zero; `bank` the ledger's name of the statement's account. `in_suspense`: the line was
    booked against suspense when it came, so it is cleared from there. An item the bank had not answered for, or of
    unknown outcome, is accepted by this, for a statement is the bank's last word. Never raises for a strange line:
    STRANGER, DIFFERS (another amount) and NOT_SENT leave it to a person; ALREADY changes nothing.
    """
    named = _by_reference(session, reference)
    if named is None:
        return Seen.STRANGER
    payout = rows.lock(session, named).payout
    if rows.money(payout) != amount:
        return Seen.DIFFERS
    if payout.state in {State.ON_STATEMENT, State.RETURNED}:
        return Seen.ALREADY
    if payout.state not in AT_THE_BANK | {State.ACCEPTED}:
        return Seen.NOT_SENT
    postings = []
    if payout.state in AT_THE_BANK:
        rows.move(session, payout, State.ACCEPTED, now=now)
        postings.append(_sent(session, payout, None))
        _tell(session, payout, "accepted")
    rows.move(session, payout, State.ON_STATEMENT, now=now)
    postings.append(_confirmed(session, payout, _place_of(bank, in_suspense=in_suspense)))
    ledger.post_many(session, postings, now=now)
    return Seen.CONFIRMED


def returned(
    session: Session,
    payout: UUID,
    *,
    reason: Reason,
    now: datetime,
    by: UUID | None = None,
    bank: AccountName | None = None,
    in_suspense: bool = False,
) -> bool:
    """The money came back: it stands in the wallet again, and the account is blocked until it is looked at.

    `bank` names the statement's account when a line of it says so, and an item not seen leaving is then confirmed with
    it; without one the bank never let the money go. False when it had come back before: nothing changes. Refuses
    PayoutMoved for an item that was never sent, PayoutNotFound.
    """
    row = rows.lock(session, payout).payout
    if row.state == State.RETURNED:
        return False
    postings = []
    if row.state == State.ACCEPTED and bank is not None:
        rows.move(session, row, State.ON_STATEMENT, now=now)
        postings.append(_confirmed(session, row, _place_of(bank, in_suspense=in_suspense)))
    was_out = row.state == State.ON_STATEMENT
    rows.move(session, row, State.RETURNED, now=now, by=by, reason=reason)
    if was_out and bank is None:
        bank = _bank_of(session, row)
    source = (
        _place_of(bank, in_suspense=in_suspense) if was_out and bank is not None else books.house(TRANSIT, row.currency)
    )
    kind, amount = rows.owner_kind(row), rows.money(row)
    wallet, from_there = record.accounts(session, wallet_of(row.owner, kind, row.currency), source)
    key = derived("payout", row.id, "return")
    legs = (Leg(from_there, -amount), Leg(wallet, amount))
    postings.append(Posting(key, "payout_returned", legs, subject=row.id, reason=reason, actor=by))
    destinations.block(session, row.destination, now=now)
    record.offset_later(session, key, row.owner, kind, row.currency)
    _tell(session, row, "failed")
    ledger.post_many(session, postings, now=now)
    return True


def returned_on_statement(
    session: Session, reference: str, amount: Money, *, bank: AccountName, now: datetime, in_suspense: bool = False
) -> Seen:
    """A line of the statement brings the money of this payout back; as `seen_on_statement` answers."""
    named = _by_reference(session, reference)
    if named is None:
        return Seen.STRANGER
    payout = rows.lock(session, named).payout
    if rows.money(payout) != amount:
        return Seen.DIFFERS
    if payout.state == State.RETURNED:
        return Seen.ALREADY
    if payout.state not in {State.ACCEPTED, State.ON_STATEMENT}:
        return Seen.NOT_SENT
    returned(session, payout.id, reason=Reason.OTHER, now=now, bank=bank, in_suspense=in_suspense)
    return Seen.RETURNED


TRANSIT: Final = "payouts_in_transit"


def _sent(session: Session, payout: Payout, by: UUID | None) -> Posting:
    """wallet −P, held −P · payouts in transit +P (payments.md §2.1)."""
    name = wallet_of(payout.owner, rows.owner_kind(payout), payout.currency)
    wallet, transit = record.accounts(session, name, books.house(TRANSIT, payout.currency))
    amount = rows.money(payout)
    key, legs = derived("payout", payout.id, "send"), (Leg(wallet, -amount), Leg(transit, amount))
    record.document_later(session, key)
    return Posting(key, "payout_sent", legs, subject=payout.id, closes="payout", actor=by)


def _confirmed(session: Session, payout: Payout, place: AccountName) -> Posting:
    """payouts in transit −P · bank +P."""
    transit, there = record.accounts(session, books.house(TRANSIT, payout.currency), place)
    amount = rows.money(payout)
    legs = (Leg(transit, -amount), Leg(there, amount))
    return Posting(derived("payout", payout.id, "statement"), "payout_confirmed", legs, subject=payout.id)


def _place_of(bank: AccountName, *, in_suspense: bool) -> AccountName:
    return AccountName("suspense", bank.currency, bank.owner_kind, bank.owner) if in_suspense else bank


def _bank_of(session: Session, payout: Payout) -> AccountName | None:
    """The bank account on whose statement the item was seen leaving."""
    found = books.moved(session, derived("payout", payout.id, "statement"))
    there = next((each for each in found if each.kind in ("bank", "suspense")), None)
    return None if there is None else AccountName("bank", payout.currency, "bank", there.owner)


def _by_reference(session: Session, reference: str) -> UUID | None:
    return session.scalar(select(Payout.id).where(Payout.reference == reference.strip().upper()))


def _tell(session: Session, payout: Payout, what: str) -> None:
    enqueue(session, f"payouts.{what}", key=derived("payout", payout.id, what), id=payout.id)
