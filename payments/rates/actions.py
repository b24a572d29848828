"""Publish a version of the commission, or the next rate of a tax. Nothing that stands is changed."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from payments.rates.rules import CommissionRule, NotSimulated, RateInThePast, RuleImpossible, check_rule, digest
from payments.rates.tables import CommissionRow, TaxRow

MOST_TAX = 10_000


def publish_rule(
    session: Session, rule: CommissionRule, *, seen: str, valid_from: datetime, by: UUID, now: datetime
) -> CommissionRule:
    """A new version, from a moment not before now. `seen`: the digest of the rule whose simulation was looked at.

    Refuses RuleImpossible, NotSimulated, RateInThePast.
    """
    check_rule(rule)
    if seen != digest(rule):
        raise NotSimulated()
    if valid_from < now:
        raise RateInThePast()
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('commission_rule', 0))"))
    last = session.scalar(select(func.max(CommissionRow.number))) or 0
    row = CommissionRow(
        number=last + 1, currency=rule.currency, lines=[msgspec.to_builtins(line) for line in rule.lines],
        at_least=rule.at_least, at_most=rule.at_most, valid_from=valid_from, published_by=by, published_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return replace(rule, number=last + 1)


def publish_tax(
    session: Session, *, code: str, basis_points: int, valid_from: datetime, by: UUID, now: datetime
) -> None:
    """The next rate of a code; the one before ends where it begins. Refuses RuleImpossible, RateInThePast."""
    if not 0 <= basis_points <= MOST_TAX or not code.isidentifier():
        raise RuleImpossible()
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tax_rate', 0))"))
    last = session.scalars(select(TaxRow).where(TaxRow.code == code, TaxRow.valid_until.is_(None))).one_or_none()
    if valid_from < now or (last is not None and valid_from <= last.valid_from):
        raise RateInThePast()
    if last is not None:
        last.valid_until = valid_from
    session.add(TaxRow(code=code, valid_from=valid_from, basis_points=basis_points, published_by=by, published_at=now))
    session.flush()
