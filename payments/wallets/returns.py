"""What goes back of a paid job: the disputed part frozen, then settled as a person decided.

Each verb locks the job's one `job_payment` row first, so two people who give back at once give back one after the
other, and never more than was paid. The caller holds the lock of the job itself. The ledger is called once, last.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import InsufficientFunds, Leg, Posted, Posting, Purpose
from payments.wallets import crew_returns, record
from payments.wallets.rules import (
    GivenBackTooMuch,
    NothingPaid,
    Share,
    promotion_part,
    split_next_refund,
    tax_of,
    wallet_of,
)
from payments.wallets.tables import JobPayment


@dataclass(frozen=True, slots=True)
class _Back:
    """What goes back, from whom: `share` by those who got it, `promotion` of it to the house."""

    key: UUID
    share: Share
    promotion: Money


def freeze(
    session: Session, *, job: UUID, case: UUID, disputed: Money, now: datetime, actor: UUID | None = None
) -> Posted | None:
    """Set exactly the specialist's part of a disputed amount aside until the case is settled (payments.md §4).

    It comes out of the warranty hold, whose rest stays what it was; where that is over, out of what is free, as far
    as it reaches (what is not there is owed once the case is decided). None before anything has been paid: then the
    customer's money is still held for the job. Refuses GivenBackTooMuch.
    """
    payment = _locked(session, job)
    if payment is None:
        return None
    part = _next(payment, disputed).net
    if part.is_zero:
        return None
    payment.freezes += 1
    session.flush()
    if payment.people > 1:
        return crew_returns.freeze(session, payment, case=case, disputed=disputed, now=now)
    wallet, _ = record.purse(session, payment.specialist_id, payment.currency)
    key, waiting = _freeze_key(case), books.held_for(session, job, "warranty", payment.currency)
    aside = (
        []
        if waiting.is_zero
        else [Posting(derived("case", case, "unwarranted"), "release", (), job, closes="warranty")]
    )
    if waiting > part:
        aside.append(_hold(derived("case", case, "rest"), wallet, waiting - part, "warranty", job=job))
    try:
        with session.begin_nested():
            return ledger.post_many(
                session, [*aside, _hold(key, wallet, part, "dispute", job=job, actor=actor)], now=now
            )[-1]
    except InsufficientFunds as short:
        if short.available.minor <= 0:
            return None
        return ledger.post_many(
            session, [*aside, _hold(key, wallet, short.available, "dispute", job=job, actor=actor)], now=now
        )[-1]


def settle(
    session: Session,
    *,
    job: UUID,
    case: UUID,
    back: Money,
    reason: str,
    now: datetime,
    actor: UUID | None = None,
    approver: UUID | None = None,
) -> Posted | None:
    """Give `back` of a paid job to its customer's wallet, by those who got it, and free the rest of what was frozen.

    The specialist's part comes from what the case froze, else from the warranty hold, else from the wallet; what that
    has not is owed. A job given back whole in one piece is the mirror of its payment, at most once. Zero frees only.
    Refuses NothingPaid, GivenBackTooMuch.
    """
    payment = _locked(session, job)
    if payment is None:
        raise NothingPaid()
    if payment.people > 1:
        return _settle_crew(
            session, payment, case=case, back=back, reason=reason, now=now, actor=actor, approver=approver
        )
    frozen = next((each for each in books.open_holds(session, subject=job) if each.id == _freeze_key(case)), None)
    if back.is_zero:
        return None if frozen is None else _thaw(session, payment, case, frozen.rest, now=now)
    nth = payment.refunds + 1
    given = _Back(derived("job", job, "refund", nth), _next(payment, back), _promotion(payment, back))
    whole = back.minor == payment.gross and payment.freezes == 0 and not payment.in_cash  # else its hold was remade
    payment.refunded += back.minor
    payment.refunds = nth
    session.flush()
    record.earning(
        session, given.key, "refund", specialist=payment.specialist_id, job=job, share=given.share.negated, now=now
    )
    record.offset_later(session, given.key, payment.customer_id, "customer", payment.currency)
    if whole:
        wallet, debt = record.purse(session, payment.specialist_id, payment.currency)
        return ledger.reverse(
            session, given.key, derived("job", job, "capture", 1), reason=reason, debts={wallet: debt}, actor=actor,
            approver=approver, now=now,
        )  # fmt: skip
    return _give(
        session, payment, given, frozen=None if frozen is None else frozen.rest, case=case, reason=reason, actor=actor,
        approver=approver, now=now,
    )  # fmt: skip


def _settle_crew(
    session: Session,
    payment: JobPayment,
    *,
    case: UUID,
    back: Money,
    reason: str,
    now: datetime,
    actor: UUID | None,
    approver: UUID | None,
) -> Posted | None:
    if back.is_zero:
        return crew_returns.thaw(session, payment, case=case, now=now)
    _next(payment, back)  # no more than was paid
    promotion = _promotion(payment, back)
    payment.refunded += back.minor
    payment.refunds += 1
    session.flush()
    key = derived("job", payment.job, "refund", payment.refunds)
    record.offset_later(session, key, payment.customer_id, "customer", payment.currency)
    return crew_returns.give_back(
        session, payment, key=key, case=case, back=back, promotion=promotion, reason=reason, actor=actor,
        approver=approver, now=now,
    )  # fmt: skip


def _give(
    session: Session,
    payment: JobPayment,
    given: _Back,
    *,
    frozen: Money | None,
    case: UUID,
    reason: str,
    actor: UUID | None,
    approver: UUID | None,
    now: datetime,
) -> Posted:
    currency, share = payment.currency, given.share
    earner, debt = record.purse(session, payment.specialist_id, currency)
    wallet, promo, commission, tax = record.accounts(
        session,
        wallet_of(payment.customer_id, "customer", currency),
        books.house("promo", currency),
        books.house("commission", currency),
        tax_of(currency, payment.tax_code),
    )
    aside = books.held_for(session, payment.job, "warranty", currency) if frozen is None else frozen
    waits = payment.payable_at is not None and now < payment.payable_at
    rest = max(aside - share.net, Money.zero(currency))
    if not waits and rest:
        record.offset_later(session, given.key, payment.specialist_id, "specialist", currency)
    legs = [
        Leg(wallet, share.gross - given.promotion),
        Leg(promo, given.promotion),
        Leg(earner, -share.net, spill=debt, keep=rest if waits or frozen is None else None),
        Leg(commission, -share.commission),
        Leg(tax, -share.tax),
    ]
    return ledger.capture(
        session, given.key, "refund_to_wallet", legs, subject=payment.job,
        closes=None if frozen is not None else "warranty", holds=None if frozen is None else [_freeze_key(case)],
        keeps_as="warranty", expires_at=payment.payable_at, reason=reason, actor=actor, approver=approver, now=now,
    )  # fmt: skip


def _thaw(session: Session, payment: JobPayment, case: UUID, rest: Money, *, now: datetime) -> Posted:
    """The specialist keeps it: back under the warranty while that runs, else free."""
    free = Posting(derived("case", case, "thaw"), "release", (), payment.job, holds=(_freeze_key(case),))
    if payment.payable_at is None or now >= payment.payable_at:
        record.offset_later(session, free.key, payment.specialist_id, "specialist", payment.currency)
        return ledger.post_many(session, [free], now=now)[0]
    wallet, _ = record.purse(session, payment.specialist_id, payment.currency)
    again = _hold(derived("case", case, "warranted"), wallet, rest, "warranty", job=payment.job)
    return ledger.post_many(session, [free, again], now=now)[1]


def _hold(key: UUID, wallet: int, amount: Money, purpose: Purpose, *, job: UUID, actor: UUID | None = None) -> Posting:
    leg = Leg(wallet, Money.zero(amount.currency), keep=amount)
    return Posting(key, "hold", (leg,), job, keeps_as=purpose, actor=actor)


def _freeze_key(case: UUID) -> UUID:
    return derived("case", case, "freeze")  # of the transfer and, as it makes one hold, of that hold too


def _locked(session: Session, job: UUID) -> JobPayment | None:
    row = select(JobPayment).where(JobPayment.job == job).with_for_update()
    return session.scalars(row.execution_options(populate_existing=True)).one_or_none()


def share_of(payment: JobPayment) -> Share:
    """How the price was split when it was paid."""
    gross, commission, tax = (
        Money(each, payment.currency) for each in (payment.gross, payment.commission, payment.tax)
    )
    return Share(gross, commission, tax, gross - commission - tax)


def _next(payment: JobPayment, amount: Money) -> Share:
    left = Money(payment.gross - payment.refunded, payment.currency)
    if amount.minor < 0 or amount > left:
        raise GivenBackTooMuch(left)
    return split_next_refund(amount, share_of(payment), before=Money(payment.refunded, payment.currency))


def _promotion(payment: JobPayment, amount: Money) -> Money:
    of, gross, before = (Money(each, payment.currency) for each in (payment.promotion, payment.gross, payment.refunded))
    return promotion_part(amount, of, gross, before=before)
