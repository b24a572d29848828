"""Which rule and which rate count, which did, and what a rule would have made of past jobs."""

from datetime import datetime

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.rates.rules import CommissionLine, CommissionRule, Simulated, TaxRate, split_by
from payments.rates.tables import CommissionRow, TaxRow
from payments.wallets.tables import JobPayment

MOST_JOBS = 20_000


def rule_in_force(session: Session, currency: str, *, at: datetime) -> CommissionRule | None:
    """The version that counts at a moment; None before the first, when the settings count."""
    wanted = select(CommissionRow).where(CommissionRow.currency == currency, CommissionRow.valid_from <= at)
    row = session.scalars(wanted.order_by(CommissionRow.valid_from.desc(), CommissionRow.number.desc())).first()
    return None if row is None else _rule(row)


def published(session: Session, currency: str) -> list[tuple[CommissionRule, datetime]]:
    """Every version with the moment from which it counts, the newest first."""
    wanted = select(CommissionRow).where(CommissionRow.currency == currency).order_by(CommissionRow.number.desc())
    return [(_rule(row), row.valid_from) for row in session.scalars(wanted)]


def tax_in_force(session: Session, code: str, *, at: datetime) -> TaxRate | None:
    """The rate of a code at a moment; None where none has been published for it."""
    wanted = select(TaxRow).where(
        TaxRow.code == code, TaxRow.valid_from <= at, or_(TaxRow.valid_until.is_(None), TaxRow.valid_until > at)
    )
    row = session.scalars(wanted).one_or_none()
    return None if row is None else _tax(row)


def taxes(session: Session) -> list[TaxRate]:
    """Every rate, by code, the newest first."""
    return [_tax(row) for row in session.scalars(select(TaxRow).order_by(TaxRow.code, TaxRow.valid_from.desc()))]


def simulate(session: Session, rule: CommissionRule, *, tax_basis_points: int, since: datetime) -> Simulated:
    """What this rule would have made of the jobs paid since then, beside what was taken of them."""
    wanted = select(JobPayment.gross, JobPayment.commission, JobPayment.tax).where(
        JobPayment.currency == rule.currency, JobPayment.paid_at >= since
    )
    jobs = gross = was = now = net_was = net = dearer = cheaper = 0
    for price, took, tax in session.execute(wanted.order_by(JobPayment.paid_at.desc()).limit(MOST_JOBS)):
        share = split_by(Money(price, rule.currency), rule, tax_basis_points=tax_basis_points)
        jobs, gross = jobs + 1, gross + price
        was, now = was + took, now + share.commission.minor
        net_was, net = net_was + price - took - tax, net + share.net.minor
        dearer, cheaper = dearer + (share.commission.minor > took), cheaper + (share.commission.minor < took)
    whole, before, after, theirs_before, theirs = (
        Money(each, rule.currency) for each in (gross, was, now, net_was, net)
    )
    return Simulated(jobs, whole, before, after, theirs_before, theirs, dearer, cheaper)


def _rule(row: CommissionRow) -> CommissionRule:
    lines = tuple(msgspec.convert(each, CommissionLine) for each in row.lines)
    return CommissionRule(row.currency, lines, row.at_least, row.at_most, row.number)


def _tax(row: TaxRow) -> TaxRate:
    return TaxRate(row.code, row.basis_points, row.valid_from, row.valid_until)
