"""A fee by a published rule of conduct, from the specialist to the house, and its return (lifecycle.md E.4 #29)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posted
from payments.wallets import record


def charge(
    session: Session,
    *,
    key: UUID,
    specialist: UUID,
    amount: Money,
    proceeding: UUID,
    reason: str,
    actor: UUID | None,
    now: datetime,
) -> Posted:
    """Take the fee from the wallet as far as it reaches; the rest is owed. It has its fee invoice. Again is once."""
    wallet, debt = record.purse(session, specialist, amount.currency)
    income = record.account(session, books.house("fee_income", amount.currency))
    record.debt_later(session, key, specialist, amount.currency)
    record.document_later(session, key)
    legs = [Leg(wallet, -amount, spill=debt), Leg(income, amount)]
    return ledger.post(session, key, "penalty", legs, subject=proceeding, reason=reason, actor=actor, now=now)


def give_back(
    session: Session,
    *,
    key: UUID,
    charged: UUID,
    specialist: UUID,
    currency: str,
    reason: str,
    actor: UUID | None,
    now: datetime,
) -> Posted:
    """Mirror the whole fee `charged`, with a credit note; what has been owed since is paid from it first."""
    record.offset_later(session, key, specialist, "specialist", currency)
    record.document_later(session, key)
    return ledger.reverse(session, key, charged, reason=reason, actor=actor, now=now)
