"""A top-up that the payer's bank took back, and one that came back after all (payments.md §2.1).

The wallet pays what is free in it; money that is held for running jobs is not touched, and the rest is owed. What the
bank charges for the case is booked with its line of the gateway's report, as every fee is.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger.rules import Leg, Posted
from payments.wallets import record
from payments.wallets.rules import Owner, clearing_of, receivable_of, wallet_of


def charge_back(
    session: Session,
    *,
    attempt: UUID,
    case: UUID,
    nth: int,
    owner: UUID,
    owner_kind: Owner,
    gateway: str,
    amount: Money,
    now: datetime,
) -> Posted:
    """Wallet −(what is available) · receivable −(rest) · clearing +A, once for each turn `nth` of the case."""
    currency = amount.currency
    wallet, debt, clearing = record.accounts(
        session,
        wallet_of(owner, owner_kind, currency),
        receivable_of(owner, owner_kind, currency),
        clearing_of(gateway, currency),
    )
    legs = [Leg(wallet, -amount, spill=debt), Leg(clearing, amount)]
    key = derived("chargeback", case, nth)
    return ledger.post(session, key, "chargeback", legs, subject=attempt, reason="taken_by_bank", now=now)


def reinstate(
    session: Session,
    *,
    attempt: UUID,
    case: UUID,
    nth: int,
    owner: UUID,
    owner_kind: Owner,
    gateway: str,
    amount: Money,
    now: datetime,
) -> Posted:
    """The money came back: clearing −A · wallet +A, and what its owner owes is paid from it afterwards."""
    currency, key = amount.currency, derived("chargeback", case, nth)
    wallet, clearing = record.accounts(session, wallet_of(owner, owner_kind, currency), clearing_of(gateway, currency))
    record.offset_later(session, key, owner, owner_kind, currency)
    legs = [Leg(clearing, -amount), Leg(wallet, amount)]
    return ledger.post(session, key, "chargeback_won", legs, subject=attempt, reason="returned_by_bank", now=now)
