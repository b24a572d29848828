"""A top-up that the payer's bank took back, and one that came back after all (payments.md §2.1).

The wallet pays what is free in it; money that is held for running jobs is not touched, and the rest is owed. What the
bank charges for the case is the house's expense, booked once, when the case is decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posting
from payments.wallets import record
from payments.wallets.rules import Owner, clearing_of, receivable_of, wallet_of


@dataclass(frozen=True, slots=True)
class Disputed:
    """Which case it is about, whose money it was, and by which gateway it came in."""

    case: UUID
    attempt: UUID
    owner: UUID
    owner_kind: Owner
    gateway: str


def taken(session: Session, about: Disputed, amount: Money, *, nth: int) -> Posting:
    """Wallet −(what is available) · receivable −(rest) · clearing +A, once for each turn `nth` of the case."""
    currency = amount.currency
    wallet, debt, clearing = record.accounts(
        session,
        wallet_of(about.owner, about.owner_kind, currency),
        receivable_of(about.owner, about.owner_kind, currency),
        clearing_of(about.gateway, currency),
    )
    key, legs = _turn(about, nth), (Leg(wallet, -amount, spill=debt), Leg(clearing, amount))
    if about.owner_kind == "specialist":
        record.debt_later(session, key, about.owner, currency)
    return Posting(key, "chargeback", legs, subject=about.attempt, reason="taken_by_bank")


def returned(session: Session, about: Disputed, amount: Money, *, nth: int) -> Posting:
    """The money came back: clearing −A · wallet +A, and what its owner owes is paid from it afterwards."""
    currency, key = amount.currency, _turn(about, nth)
    wallet, clearing = record.accounts(
        session, wallet_of(about.owner, about.owner_kind, currency), clearing_of(about.gateway, currency)
    )
    record.offset_later(session, key, about.owner, about.owner_kind, currency)
    legs = (Leg(clearing, -amount), Leg(wallet, amount))
    return Posting(key, "chargeback_won", legs, subject=about.attempt, reason="returned_by_bank")


def fee(session: Session, about: Disputed, amount: Money) -> Posting:
    """What the bank keeps for a decided case, won or lost: gateway fees −f · clearing +f, once."""
    fees, clearing = record.accounts(
        session, books.house("gateway_fees", amount.currency), clearing_of(about.gateway, amount.currency)
    )
    return fee_between(fees, clearing, about, amount)


def fee_between(fees: int, clearing: int, about: Disputed, amount: Money) -> Posting:
    """The same for whoever has looked the two accounts up already, as for many cases at once."""
    legs = (Leg(fees, -amount), Leg(clearing, amount))
    return Posting(fee_key(about.case), "gateway_fee", legs, subject=about.attempt, reason="chargeback_fee")


def fee_key(case: UUID) -> UUID:
    """The key of a case's fee: whoever explains a line of the gateway's report by it need not book it again."""
    return derived("chargeback", case, "fee")


def book(session: Session, postings: Sequence[Posting], *, now: datetime) -> None:
    """All of them in one call, or nothing."""
    if postings:
        ledger.post_many(session, postings, now=now)


def _turn(about: Disputed, nth: int) -> UUID:
    return derived("chargeback", about.case, nth)
