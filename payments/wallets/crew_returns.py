"""What goes back of a paid job that several people did: frozen, settled and given back by each in proportion.

Called by `returns` under the lock of the job's payment. Each part of an amount is shared by what the people still have
of it, so whatever goes back in pieces leaves nothing with anybody once all has gone back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posted, Posting, Purpose
from payments.wallets import record
from payments.wallets.crews import together
from payments.wallets.rules import Share, split_next_refund, tax_of, wallet_of
from payments.wallets.tables import JobPayment, JobPaymentPart


@dataclass(frozen=True, slots=True)
class Given:
    """What one of the crew gives back: from which wallet, and what of theirs is kept for the warranty, or frozen."""

    row: JobPaymentPart
    wallet: int
    debt: int
    share: Share
    warranty: Money
    frozen: Money


def freeze(session: Session, payment: JobPayment, *, case: UUID, disputed: Money, now: datetime) -> Posted | None:
    """Set everybody's part of a disputed amount aside until the case is settled, as far as it reaches."""
    given = _parts(session, payment, case, disputed)
    aside = (
        [Posting(derived("case", case, "unwarranted"), "release", (), payment.job, closes="warranty")]
        if any(each.warranty for each in given)
        else []
    )
    kept: list[Posting] = []
    for each in given:
        key = derived("case", case, each.row.specialist_id)
        if each.warranty > each.share.net:
            rest = each.warranty - each.share.net
            kept.append(_hold(derived(key, "rest"), each.wallet, rest, "warranty", payment.job))
        free = books.balance(session, each.wallet).available + each.warranty
        part = min(each.share.net, free)
        if part.minor > 0:
            kept.append(_hold(freeze_key(case, each.row.specialist_id), each.wallet, part, "dispute", payment.job))
    if not kept:
        return None
    return ledger.post_many(session, [*aside, *kept], now=now)[-1]


def thaw(session: Session, payment: JobPayment, *, case: UUID, now: datetime) -> Posted | None:
    """They keep it: back under the warranty while that runs, else free."""
    given = [each for each in _parts(session, payment, case, Money.zero(payment.currency)) if each.frozen]
    if not given:
        return None
    holds = tuple(freeze_key(case, each.row.specialist_id) for each in given)
    free = Posting(derived("case", case, "thaw"), "release", (), payment.job, holds=holds)
    if payment.payable_at is None or now >= payment.payable_at:
        for each in given:
            who = each.row.specialist_id
            record.offset_later(session, derived(free.key, who), who, "specialist", payment.currency)
        return ledger.post_many(session, [free], now=now)[0]
    again = [
        _hold(derived("case", case, each.row.specialist_id, "warranted"), each.wallet, each.frozen, "warranty",
              payment.job)
        for each in given
    ]  # fmt: skip
    return ledger.post_many(session, [free, *again], now=now)[-1]


def give_back(
    session: Session,
    payment: JobPayment,
    *,
    key: UUID,
    case: UUID,
    back: Money,
    promotion: Money,
    reason: str,
    actor: UUID | None,
    approver: UUID | None,
    now: datetime,
) -> Posted:
    """Give so much to the customer by those who got it; what somebody's wallet has not is owed. One transfer."""
    currency, given = payment.currency, _parts(session, payment, case, back)
    whole = together([each.share for each in given])
    _write(session, payment, key, given, now=now)
    wallet, promo, commission, tax = record.accounts(
        session,
        wallet_of(payment.customer_id, "customer", currency),
        books.house("promo", currency),
        books.house("commission", currency),
        tax_of(currency, payment.tax_code),
    )
    frozen = [freeze_key(case, each.row.specialist_id) for each in given if each.frozen]
    waits = payment.payable_at is not None and now < payment.payable_at
    legs = [
        Leg(wallet, whole.gross - promotion),
        Leg(promo, promotion),
        *(_leg(each, waits=waits, by_case=bool(frozen)) for each in given),
        Leg(commission, -whole.commission),
        Leg(tax, -whole.tax),
    ]
    return ledger.capture(
        session, key, "refund_to_wallet", legs, subject=payment.job, closes=None if frozen else "warranty",
        holds=frozen or None, keeps_as="warranty", expires_at=payment.payable_at, reason=reason, actor=actor,
        approver=approver, now=now,
    )  # fmt: skip


def freeze_key(case: UUID, specialist: UUID) -> UUID:
    """Of the transfer that freezes this person's part, and of the one hold that it makes."""
    return derived("case", case, "freeze", specialist)


def _leg(each: Given, *, waits: bool, by_case: bool) -> Leg:
    zero = Money.zero(each.share.net.currency)
    aside = each.frozen if by_case else each.warranty
    rest = max(aside - each.share.net, zero)
    return Leg(each.wallet, -each.share.net, spill=each.debt, keep=rest if waits or not by_case else None)


def _write(session: Session, payment: JobPayment, key: UUID, given: Sequence[Given], *, now: datetime) -> None:
    first = True
    for each in given:
        if not each.share.gross:
            continue
        id, who = key if first else derived(key, "part", each.row.specialist_id), each.row.specialist_id
        record.earning(
            session, id, "refund", specialist=who, job=payment.job, share=each.share.negated, now=now,
            transfer=None if first else key,
        )  # fmt: skip
        each.row.refunded += each.share.gross.minor
        first = False
    session.flush()


def _parts(session: Session, payment: JobPayment, case: UUID, amount: Money) -> list[Given]:
    asked = select(JobPaymentPart).where(JobPaymentPart.job == payment.job).order_by(JobPaymentPart.seat)
    rows = list(session.scalars(asked.execution_options(populate_existing=True)))
    left = [row.gross - row.refunded for row in rows]
    shares = amount.share(left) if amount else [amount for _ in rows]
    open_holds = books.open_holds(session, subject=payment.job)
    zero = Money.zero(payment.currency)
    found = []
    for row, part in zip(rows, shares, strict=True):
        gross, commission, tax = (Money(each, payment.currency) for each in (row.gross, row.commission, row.tax))
        got = Share(gross, commission, tax, gross - commission - tax)
        wallet, debt = record.purse(session, row.specialist_id, payment.currency)
        mine = [each for each in open_holds if each.account == wallet]
        warranty = sum((each.rest for each in mine if each.purpose == "warranty"), zero)
        key = freeze_key(case, row.specialist_id)
        frozen = sum((each.rest for each in mine if each.id == key), zero)
        back = split_next_refund(part, got, before=Money(row.refunded, payment.currency))
        found.append(Given(row, wallet, debt, back, warranty, frozen))
    return found


def _hold(key: UUID, wallet: int, amount: Money, purpose: Purpose, job: UUID) -> Posting:
    leg = Leg(wallet, Money.zero(amount.currency), keep=amount)
    return Posting(key, "hold", (leg,), job, keeps_as=purpose)
