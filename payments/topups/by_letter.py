"""A charge-back that the bank told of by letter: finance writes it down, and later what the bank decided.

Nobody else has to agree: the money is away already, and the books say so. Should the gateway tell of the same case
after all, the row becomes the gateway's own, and nothing moves a second time.
"""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.ids import AttemptId, derived
from marketplace.foundation.money import Money
from payments.gateways.protocol import DisputeState
from payments.ledger.rules import CurrencyDiffers
from payments.topups import queries, returns, rows
from payments.topups.queries import CaseView
from payments.topups.rules import (
    CREDITED,
    By,
    CaseEntered,
    CaseFeeImpossible,
    CaseNumberImpossible,
    CaseOver,
    ChargebackReason,
    PaymentNotFound,
    TopUpNotFound,
    check_case,
)
from payments.topups.tables import TopUpAttempt, TopUpCase

NUMBER: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z/._ -]{0,38}[0-9A-Za-z])?")


def find(session: Session, reference: str) -> AttemptId:
    """The one credited payment with this transaction number, tracking number or order number. Refuses
    PaymentNotFound."""
    typed = (reference, reference.upper(), reference.lower())
    named = TopUpAttempt.txn.in_(typed) | TopUpAttempt.bank.in_(typed) | TopUpAttempt.ours.in_(typed)
    found = session.scalars(select(TopUpAttempt.id).where(named, TopUpAttempt.state.in_(CREDITED)).limit(2)).all()
    if len(found) != 1:
        raise PaymentNotFound()
    return AttemptId(found[0])


def enter(
    session: Session,
    attempt: AttemptId,
    *,
    number: str,
    amount: Money,
    fee: Money,
    reason: ChargebackReason,
    by: UUID,
    command: UUID,
    now: datetime,
) -> CaseView:
    """The bank took `amount` back: the wallet gives what is free, the rest is owed; `fee` is booked when it is decided.

    The same form sent twice is one case. Refuses TopUpNotFound, PaymentNotFound (it was never credited), CaseEntered,
    CaseTooMuch, CaseNumberImpossible, CaseFeeImpossible, CurrencyDiffers.
    """
    if NUMBER.fullmatch(number) is None or contains_card_number(number):
        raise CaseNumberImpossible()
    locked = rows.lock(session, attempt)
    before = session.scalars(select(TopUpCase).where(TopUpCase.command == command)).one_or_none()
    if before is not None and before.attempt == attempt:
        return queries.case(session, before.id)
    if locked.state not in CREDITED:
        raise PaymentNotFound()
    if {amount.currency, fee.currency} != {locked.amount.currency}:
        raise CurrencyDiffers()
    mine = select(TopUpCase.id).where(TopUpCase.attempt == attempt, func.lower(TopUpCase.number) == number.lower())
    if session.scalar(mine) is not None:
        raise CaseEntered(number)
    taken = select(func.coalesce(func.sum(TopUpCase.taken), 0)).where(TopUpCase.attempt == attempt)
    check_case(amount, left=locked.amount - Money(int(session.scalar(taken) or 0), amount.currency))
    if not 0 <= fee.minor <= locked.amount.minor:
        raise CaseFeeImpossible(locked.amount)
    row = TopUpCase(
        id=derived("attempt", attempt, "letter", command), attempt=attempt, number=number, state=DisputeState.TAKEN,
        reason=reason.value, amount=amount.minor, fee=fee.minor, currency=amount.currency, taken=0, turns=0,
        opened_at=now, changed_at=now, fee_booked=0, by_letter=True, entered_by=by, command=command,
    )  # fmt: skip
    session.add(row)
    audit.record(
        session, action="finance.chargeback_entered", actor=by, subject=None, reason=None, now=now, case=row.id,
        attempt=attempt, minor=amount.minor,
    )  # fmt: skip
    returns.settle(session, locked, row, by=By.FINANCE, now=now)
    return queries.case(session, row.id)


def decide(session: Session, case: UUID, *, won: bool, by: UUID, now: datetime) -> CaseView:
    """The bank has decided: the money comes back (`won`), or stays away; its fee is the house's either way.

    The same word twice is one. Refuses TopUpNotFound, CaseOver.
    """
    attempt = session.scalar(select(TopUpCase.attempt).where(TopUpCase.id == case))
    if attempt is None:
        raise TopUpNotFound()
    locked = rows.lock(session, AttemptId(attempt))
    row = session.get(TopUpCase, case, populate_existing=True)
    said = DisputeState.WON if won else DisputeState.LOST
    if row is None or not row.by_letter or row.state not in (DisputeState.TAKEN, said):
        raise CaseOver()
    if row.state != said:
        row.state, row.changed_at = said, now
        audit.record(
            session, action="finance.chargeback_decided", actor=by, subject=None, reason=None, now=now, case=case,
            won="yes" if won else "no",
        )  # fmt: skip
        returns.settle(session, locked, row, by=By.FINANCE, now=now)
    return queries.case(session, case)
