"""What finance asks: which files are in, what is explained, and what is left over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.ledger import queries as ledger
from payments.reconciliation.rules import Kind, age_bucket, urgency
from payments.reconciliation.tables import MatchItem, ReconException
from payments.statements.rules import Source
from payments.statements.tables import StatementFileRow, StatementLineRow
from payments.topups.tables import TopUpAttempt
from payments.wallets.rules import clearing_of

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that was imported, newest first; opening and closing for statements only."""

    id: UUID
    source: Source
    gateway: str
    imported_at: datetime
    imported_by: UUID
    lines: int
    matched: int
    first_on: date | None
    last_on: date | None
    opening: Money | None
    closing: Money | None


@dataclass(frozen=True, slots=True)
class LeftOver:
    """An exception: what it is about, whose it is, how old, and how much is at stake."""

    id: UUID
    kind: Kind
    value: Money
    owner: UUID
    opened_at: datetime
    age: str
    urgency: int
    gateway: str
    txn: str | None
    bank: str | None
    batch: str | None
    booked: date | None


@dataclass(frozen=True, slots=True)
class Explained:
    """How much of a gateway's lines found a partner, by count and by value; and what its clearing account holds."""

    lines: int
    matched: int
    value: Money
    matched_value: Money
    clearing: Money


def files(session: Session, *, limit: int = 50) -> list[FileView]:
    """The files that were imported, newest first, with how many of their lines have a partner."""
    partner = exists().where(MatchItem.line == StatementLineRow.id, MatchItem.pass_no == _own_pass())
    matched = (
        select(func.count())
        .select_from(StatementLineRow)
        .where(StatementLineRow.file == StatementFileRow.id, partner)
        .scalar_subquery()
    )
    wanted = select(StatementFileRow, matched).order_by(StatementFileRow.imported_at.desc(), StatementFileRow.id)
    return [_file(row, count) for row, count in session.execute(wanted.limit(min(limit, MOST_ROWS)))]


def left_over(session: Session, *, now: datetime, kind: Kind | None = None, limit: int = 100) -> list[LeftOver]:
    """Open exceptions, the most money × age first."""
    wanted = (
        select(ReconException, StatementLineRow, TopUpAttempt)
        .outerjoin(StatementLineRow, StatementLineRow.id == ReconException.line)
        .outerjoin(TopUpAttempt, TopUpAttempt.id == ReconException.attempt)
        .where(ReconException.closed_at.is_(None))
    )
    if kind is not None:
        wanted = wanted.where(ReconException.kind == kind)
    found = [_left(*row, now) for row in session.execute(wanted)]
    return sorted(found, key=lambda each: (-each.urgency, each.opened_at, each.id))[: min(limit, MOST_ROWS)]


def explained(session: Session, *, gateway: str, currency: str) -> Explained:
    """How much of a gateway's lines is explained; its clearing account is zero when everything is settled."""
    partner = exists().where(MatchItem.line == StatementLineRow.id, MatchItem.pass_no == _own_pass())
    counted = select(
        func.count(),
        func.count().filter(partner),
        func.coalesce(func.sum(func.abs(StatementLineRow.net)), 0),
        func.coalesce(func.sum(func.abs(StatementLineRow.net)).filter(partner), 0),
    ).where(StatementLineRow.gateway == gateway, StatementLineRow.currency == currency)
    lines, matched, value, matched_value = session.execute(counted).one()
    account = ledger.account(session, clearing_of(gateway, currency))
    clearing = Money.zero(currency) if account is None else ledger.balance(session, account).posted
    return Explained(lines, matched, Money(int(value), currency), Money(int(matched_value), currency), clearing)


def matched_of(session: Session, attempts: Sequence[UUID]) -> dict[UUID, tuple[bool, bool]]:
    """Of each attempt: whether the gateway's report has it, and whether its batch has reached the bank.

    lifecycle.md's words `matched_gateway` and `matched_bank` (payments.md §6.2).
    """
    item = select(MatchItem.attempt, MatchItem.match_set).where(MatchItem.pass_no == 1, MatchItem.attempt.in_(attempts))
    found = {attempt: (True, False) for attempt, _ in session.execute(item) if attempt is not None}
    with_line = (
        select(MatchItem.match_set, MatchItem.line)
        .where(MatchItem.pass_no == 1, MatchItem.line.is_not(None))
        .subquery()
    )
    in_bank = exists().where(MatchItem.pass_no == 4, MatchItem.line == with_line.c.line).correlate(with_line)
    banked = (
        select(MatchItem.attempt)
        .join(with_line, with_line.c.match_set == MatchItem.match_set)
        .where(MatchItem.pass_no == 1, MatchItem.attempt.in_(attempts), in_bank)
    )
    for attempt in session.scalars(banked):
        if attempt is not None:
            found[attempt] = (True, True)
    return {attempt: found.get(attempt, (False, False)) for attempt in attempts}


def _own_pass() -> object:
    """The pass that explains a line: 1 for a report's, 4 for a statement's."""
    return case((StatementLineRow.source == Source.SETTLEMENT, 1), else_=4)


def _file(row: StatementFileRow, matched: int) -> FileView:
    currency = row.currency
    return FileView(
        id=row.id,
        source=Source(row.source),
        gateway=row.gateway,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
        lines=row.lines,
        matched=matched,
        first_on=row.first_on,
        last_on=row.last_on,
        opening=Money(row.opening, currency) if currency and row.opening is not None else None,
        closing=Money(row.closing, currency) if currency and row.closing is not None else None,
    )


def _left(
    found: ReconException, line: StatementLineRow | None, attempt: TopUpAttempt | None, now: datetime
) -> LeftOver:
    value = Money(found.value, found.currency)
    about = line if line is not None else attempt
    return LeftOver(
        id=found.id,
        kind=Kind(found.kind),
        value=value,
        owner=found.owner,
        opened_at=found.opened_at,
        age=age_bucket(found.opened_at, now),
        urgency=urgency(value, found.opened_at, now),
        gateway=about.gateway if about is not None else "",
        txn=about.txn if about is not None else None,
        bank=about.bank if about is not None else None,
        batch=line.batch if line is not None else None,
        booked=line.booked if line is not None else attempt.financial_day if attempt is not None else None,
    )
