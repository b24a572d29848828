"""What wallets answer: the wallet page, what is set aside for a job, earnings with every deduction, debt and limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.ledger import queries as books
from payments.ledger.queries import Line, OpenHold, WalletBalance
from payments.ledger.rules import Purpose
from payments.ledger.tables import Account
from payments.wallets.rules import Owner, receivable_of, wallet_of
from payments.wallets.tables import Earning, JobPayment


@dataclass(frozen=True, slots=True)
class Debt:
    """What somebody owes us. `promised` is set aside for running cash jobs; `left` may still be promised."""

    owed: Money
    promised: Money
    limit: Money

    @property
    def left(self) -> Money:
        return max(self.limit - self.owed - self.promised, Money.zero(self.limit.currency))


@dataclass(frozen=True, slots=True)
class WalletPage:
    """A wallet as its owner sees it: what is there, what is set aside for what, the movements, newest first.

    `older` is given to `wallet_page(before=…)` for the next page; None on the last.
    """

    balance: WalletBalance
    holds: tuple[OpenHold, ...]
    lines: tuple[Line, ...]
    debt: Debt
    older: int | None


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid for a job: gross = net + commission + tax, `promotion` of it by the house, `refunded` back by now.

    In cash the specialist had the gross in hand. The net is held until `payable_at`.
    """

    gross: Money
    commission: Money
    tax: Money
    net: Money
    promotion: Money
    refunded: Money
    in_cash: bool
    customer: UUID
    specialist: UUID
    paid_at: datetime
    payable_at: datetime | None

    @property
    def left(self) -> Money:
        return self.gross - self.refunded


@dataclass(frozen=True, slots=True)
class EarningLine:
    """One earning of a specialist: gross − commission − tax = net. `subject` is the job.

    `payable_at`: until then the net is held for the warranty; None when it was free at once. A cash job's net has
    been in the specialist's hand; its commission and tax were taken from the wallet, or are owed.
    """

    id: UUID
    subject: UUID
    kind: str
    gross: Money
    commission: Money
    tax: Money
    net: Money
    earned_at: datetime
    payable_at: datetime | None


@dataclass(frozen=True, slots=True)
class EarningsTotal:
    """The sums over some earnings, each to the unit."""

    gross: Money
    commission: Money
    tax: Money
    net: Money


_EARNINGS = select(
    Earning.id, Earning.subject, Earning.kind, Earning.currency,
    Earning.gross, Earning.commission, Earning.tax, Earning.net, Earning.earned_at, Earning.payable_at,
)  # fmt: skip


def balance(session: Session, *, owner: UUID, owner_kind: Owner, currency: str) -> WalletBalance:
    """Posted, held and available; zeros before the wallet is opened."""
    return books.wallet(session, owner, currency, owner_kind=owner_kind)


def wallet_page(
    session: Session, *, owner: UUID, owner_kind: Owner, currency: str, before: int | None = None, limit: int = 50
) -> WalletPage:
    """Everything the wallet page shows; `before` from the last page's `older`."""
    account = books.account(session, wallet_of(owner, owner_kind, currency))
    due = debt(session, owner=owner, owner_kind=owner_kind, currency=currency)
    nothing = WalletBalance(Money.zero(currency), Money.zero(currency))
    if account is None:
        return WalletPage(nothing, (), (), due, None)
    lines = books.statement(session, account, currency, before=before, limit=limit)
    older = lines[-1].version if len(lines) == limit and lines[-1].version > 1 else None
    holds = books.open_holds(session, account=account)
    return WalletPage(books.balance(session, account), holds, lines, due, older)


def held_for_job(session: Session, job: UUID, currency: str, *, purpose: Purpose = "job") -> Money:
    """How much is set aside for a job now, for this purpose, over all holds and wallets."""
    return books.held_for(session, job, purpose, currency)


def returned_for_job(session: Session, job: UUID, currency: str) -> Money:
    """How much of what was set aside for a job has gone back to its customer."""
    return books.returned_for(session, job, "job", currency)


def payment_of(session: Session, job: UUID) -> Payment | None:
    """What was paid for a job; None before it is, and for a job that cost nothing."""
    row = session.scalars(
        select(JobPayment).where(JobPayment.job == job).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    parts = (row.gross, row.commission, row.tax, row.gross - row.commission - row.tax, row.promotion, row.refunded)
    gross, commission, tax, net, promotion, refunded = (Money(each, row.currency) for each in parts)
    return Payment(
        gross, commission, tax, net, promotion, refunded, row.in_cash, row.customer_id, row.specialist_id, row.paid_at,
        row.payable_at,
    )  # fmt: skip


def held_lines(session: Session, job: UUID) -> tuple[OpenHold, ...]:
    """Each open hold for a job, of whatever purpose, oldest first."""
    return books.open_holds(session, subject=job)


def debt(session: Session, *, owner: UUID, owner_kind: Owner, currency: str) -> Debt:
    """What is owed, what is promised beyond the wallet, and how far promises may go."""
    name = receivable_of(owner, owner_kind, currency)
    found = session.execute(
        select(Account.posted, Account.held, Account.hold_floor).where(
            Account.kind == name.kind,
            Account.owner_kind == name.owner_kind,
            Account.owner_id == owner,
            Account.currency == currency,
        )
    ).one_or_none()
    posted, held, floor = found or (0, 0, 0)
    return Debt(Money(-posted, currency), Money(held, currency), Money(-(floor or 0), currency))


def promisable(session: Session, specialists: Sequence[UUID], currency: str, *, limit: Money) -> dict[UUID, Money]:
    """How much commission of cash jobs each of these could promise now: what is free in the wallet and what is left

    to the debt limit (`limit` for those who have promised nothing yet).
    """
    named = Account.owner_id.in_(specialists), Account.owner_kind == "specialist", Account.currency == currency
    rows = session.execute(
        select(Account.owner_id, Account.kind, Account.posted - Account.held, Account.hold_floor).where(
            *named, Account.kind.in_(("wallet", "receivable"))
        )
    )
    free, left = dict.fromkeys(specialists, 0), dict.fromkeys(specialists, limit.minor)
    for owner, kind, available, floor in rows:
        if kind == "wallet":
            free[owner] = max(0, available)
        else:
            left[owner] = max(0, available - (floor or 0))
    return {each: Money(free[each] + left[each], currency) for each in specialists}


def earnings(
    session: Session,
    *,
    specialist: UUID,
    currency: str,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
) -> tuple[EarningLine, ...]:
    """What a specialist earned in [since, until), newest first, with every deduction."""
    wanted = _EARNINGS.where(Earning.specialist_id == specialist, Earning.currency == currency)
    if since is not None:
        wanted = wanted.where(Earning.earned_at >= since)
    if until is not None:
        wanted = wanted.where(Earning.earned_at < until)
    rows = session.execute(wanted.order_by(Earning.earned_at.desc(), Earning.id).limit(limit))
    return tuple(_line(row) for row in rows)


def earned(session: Session, *, specialist: UUID, currency: str, since: datetime, until: datetime) -> EarningsTotal:
    """The sums of [since, until), whatever the number of lines."""
    parts = (Earning.gross, Earning.commission, Earning.tax, Earning.net)
    sums = select(*(func.coalesce(func.sum(part), 0).cast(BigInteger) for part in parts)).where(
        Earning.specialist_id == specialist,
        Earning.currency == currency,
        Earning.earned_at >= since,
        Earning.earned_at < until,
    )
    return EarningsTotal(*(Money(minor, currency) for minor in session.execute(sums).one()))


def of_job(session: Session, job: UUID) -> tuple[EarningLine, ...]:
    """What has been earned with a job, and given back of it, in order; of one moment, the earning first."""
    of_one = _EARNINGS.where(Earning.subject == job)
    rows = session.execute(of_one.order_by(Earning.earned_at, Earning.gross < 0, Earning.id))
    return tuple(_line(row) for row in rows)


def _line(row: Sequence[Any]) -> EarningLine:
    id, subject, kind, currency, gross, commission, tax, net, earned_at, payable_at = row
    gross, commission, tax, net = (Money(minor, currency) for minor in (gross, commission, tax, net))
    return EarningLine(id, subject, kind, gross, commission, tax, net, earned_at, payable_at)
