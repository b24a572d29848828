"""What finance asks: which files are in, what is explained and how soon, and who matched what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.ledger import queries as ledger
from payments.reconciliation.exception_queries import (
    MOST_ROWS,
    ExceptionFacts,
    LeftOver,
    Place,
    counts_of_kinds,
    facts_of,
    left_over,
    left_over_of,
)
from payments.reconciliation.rules import How, Proposal, Why
from payments.reconciliation.tables import MatchRule, ReconException, Suggestion
from payments.statements.rules import Source
from payments.statements.tables import StatementFileRow
from payments.wallets.rules import clearing_of

__all__ = [
    "MOST_ROWS", "ExceptionFacts", "Explained", "FileView", "LeftOver", "Place", "RuleView", "Soon",
    "SuggestionView", "counts_of_kinds", "explained", "explained_within", "facts_of", "files", "left_over",
    "left_over_of", "matched_of",
    "rules", "suggestions", "suggestions_of",
]  # fmt: skip


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
class Explained:
    """How much of a gateway's lines found a partner, by count and by value; and what its clearing account holds."""

    lines: int
    matched: int
    value: Money
    matched_value: Money
    clearing: Money


@dataclass(frozen=True, slots=True)
class Soon:
    """Of the value that lines moved in a stretch of days, how much was explained within so many days."""

    days: int
    value: Money
    in_time: Money

    @property
    def parts_per_thousand(self) -> int:
        """The share in parts of a thousand, rounded down: what is not explained never shows as all."""
        return 1000 if not self.value else self.in_time.minor * 1000 // self.value.minor


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """What a rule suggests, with its rank (1 is best) and why; `lines` are shown with it by `facts_of` their ids."""

    id: UUID
    gateway: str
    rule: How
    rank: int
    reason: Why
    lines: tuple[UUID, ...]
    attempts: tuple[UUID, ...]
    batches: tuple[UUID, ...]
    state: Proposal
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule in its newest version, what it has found so far, and its last trial (None: it was never tried)."""

    id: UUID
    code: How
    version: int
    pass_no: int
    confirms: bool
    enabled: bool
    days: int
    items: int
    sets: int
    lines: int
    tried_at: datetime | None
    would_find: int | None


_FILES = text("""
    SELECT f.id, f.lines - count(e.id) FROM statement_file f
      LEFT JOIN statement_line l ON l.file = f.id AND EXISTS (
           SELECT FROM recon_exception x WHERE x.line = l.id AND x.closed_at IS NULL)
      LEFT JOIN recon_exception e ON e.line = l.id AND e.closed_at IS NULL AND NOT EXISTS (
           SELECT FROM match_item m WHERE m.line = l.id AND NOT EXISTS (
           SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no)))
     WHERE f.id = ANY(:files) GROUP BY f.id, f.lines""")
# Every line is in a live match or in an open exception, so that both together are all of them.
_MATCHED = text("""
    SELECT coalesce(sum(s.lines), 0)::bigint, coalesce(sum(s.value), 0)::bigint,
           coalesce(sum(s.value) FILTER (WHERE s.made_at < s.last_on + make_interval(days => :days + 1)), 0)::bigint
      FROM match_set s WHERE s.gateway = :gateway AND s.currency = :currency AND s.last_on >= :since""")
_PARTED = text("""
    SELECT count(m.line), coalesce(sum(abs(l.net)), 0)::bigint
      FROM match_void v JOIN match_item m ON (m.match_set, m.no) = (v.match_set, v.no)
      JOIN match_set s ON s.id = m.match_set JOIN statement_line l ON l.id = m.line
     WHERE s.gateway = :gateway AND s.currency = :currency AND s.last_on >= :since""")
_OPEN = text("""
    SELECT count(*), coalesce(sum(abs(l.net)), 0)::bigint
      FROM recon_exception e JOIN statement_line l ON l.id = e.line
     WHERE e.closed_at IS NULL AND e.gateway = :gateway AND e.currency = :currency AND l.booked >= :since
       AND NOT EXISTS (SELECT FROM match_item m WHERE m.line = l.id AND NOT EXISTS (
                       SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no)))""")
# The value of an open line is what it moves, but for a fee that is questioned on a matched line.
_OPEN_EVER = text("""
    SELECT count(*), coalesce(sum(abs(e.value)), 0)::bigint FROM recon_exception e
     WHERE e.closed_at IS NULL AND e.gateway = :gateway AND e.currency = :currency AND e.line IS NOT NULL
       AND (e.kind <> 'unknown_fee' OR NOT EXISTS (SELECT FROM match_item m WHERE m.line = e.line))""")
_MATCHED_OF = text("""
    SELECT m.attempt, EXISTS (
           SELECT FROM settlement_batch b JOIN match_item d ON d.batch = b.id
            WHERE (b.gateway, b.batch, b.currency) = (l.gateway, l.batch, l.currency) AND NOT EXISTS (
                  SELECT FROM match_void v WHERE (v.match_set, v.no) = (d.match_set, d.no)))
      FROM match_item m
      JOIN match_item p ON p.match_set = m.match_set AND p.line IS NOT NULL
           AND (p.no = m.no OR m.line IS NULL AND p.attempt IS NULL)
      JOIN statement_line l ON l.id = p.line
     WHERE m.attempt = ANY(:attempts) AND NOT EXISTS (
           SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no))""")
_EVER: Final = date(1900, 1, 1)


def files(session: Session, *, limit: int = 50) -> list[FileView]:
    """The files that were imported, newest first, with how many of their lines have a partner."""
    wanted = select(StatementFileRow).order_by(StatementFileRow.imported_at.desc(), StatementFileRow.id)
    rows = session.scalars(wanted.limit(min(limit, MOST_ROWS))).all()
    matched = {id: int(many) for id, many in session.execute(_FILES, {"files": [row.id for row in rows]})}
    return [_file(row, matched.get(row.id, 0)) for row in rows]


def explained(session: Session, *, gateway: str, currency: str) -> Explained:
    """How much of a gateway's lines is explained; its clearing account is zero when everything is settled."""
    facts = {"gateway": gateway, "currency": currency, "since": _EVER}
    lines, value, _ = session.execute(_MATCHED, facts | {"days": 0}).one()
    parted, parted_value = session.execute(_PARTED, facts).one()
    still, open_value = session.execute(_OPEN_EVER, facts).one()
    matched, matched_value = lines - parted, value - parted_value
    account = ledger.account(session, clearing_of(gateway, currency))
    clearing = Money.zero(currency) if account is None else ledger.balance(session, account).posted
    return Explained(
        matched + still, matched, Money(matched_value + open_value, currency), Money(matched_value, currency), clearing
    )


def explained_within(
    session: Session, *, gateway: str, currency: str, days: int, now: datetime, over: timedelta = timedelta(days=30)
) -> Soon:
    """How much of what lines moved in the last days was explained within `days` after the day of the line."""
    facts = {"gateway": gateway, "currency": currency, "since": (now - over).date()}
    _, value, in_time = session.execute(_MATCHED, facts | {"days": days}).one()
    _, parted = session.execute(_PARTED, facts).one()
    _, still = session.execute(_OPEN, facts).one()
    return Soon(days, Money(value - parted + still, currency), Money(max(0, in_time - parted), currency))


def matched_of(session: Session, attempts: Sequence[UUID]) -> dict[UUID, tuple[bool, bool]]:
    """Of each attempt: whether the gateway's report has it, and whether its batch has reached the bank.

    lifecycle.md's words `matched_gateway` and `matched_bank` (payments.md §6.2).
    """
    found: dict[UUID, bool] = {}
    for attempt, banked in session.execute(_MATCHED_OF, {"attempts": list(attempts)}):
        found[attempt] = found.get(attempt, True) and banked
    return {attempt: (attempt in found, found.get(attempt, False)) for attempt in attempts}


def suggestions(session: Session, *, gateway: str | None = None, limit: int = 50) -> list[SuggestionView]:
    """What waits for a person's yes or no, the best first."""
    wanted = (
        select(Suggestion, MatchRule.code)
        .join(MatchRule, MatchRule.id == Suggestion.rule)
        .where(Suggestion.state == Proposal.OPEN)
        .order_by(Suggestion.gateway, Suggestion.rank, Suggestion.made_at, Suggestion.id)
        .limit(min(limit, MOST_ROWS))
    )
    if gateway is not None:
        wanted = wanted.where(Suggestion.gateway == gateway)
    return [_suggestion(row, code) for row, code in session.execute(wanted)]


def suggestions_of(session: Session, exception: UUID) -> list[SuggestionView]:
    """All that is suggested for one exception, the best first."""
    subject = session.execute(
        select(ReconException.line, ReconException.attempt, ReconException.batch).where(ReconException.id == exception)
    ).one_or_none()
    if subject is None:
        return []
    line, attempt, batch = subject
    wanted = select(Suggestion, MatchRule.code).join(MatchRule, MatchRule.id == Suggestion.rule)
    if line is not None:
        wanted = wanted.where(Suggestion.lines.contains([line]))
    elif attempt is not None:
        wanted = wanted.where(Suggestion.attempts.contains([attempt]))
    else:
        wanted = wanted.where(Suggestion.batches.contains([batch]))
    wanted = wanted.where(Suggestion.state == Proposal.OPEN).order_by(Suggestion.rank, Suggestion.id)
    return [_suggestion(row, code) for row, code in session.execute(wanted)]


_TRIED = text("SELECT max(tried_at), sum(found)::bigint FROM match_rule_trial WHERE rule = :rule")
_FOUND_BY = text("SELECT count(*), coalesce(sum(lines), 0)::bigint FROM match_set WHERE rule = ANY(:versions)")


def rules(session: Session) -> list[RuleView]:
    """Every rule in its newest version, in the order of the passes."""
    versions: dict[str, list[MatchRule]] = {}
    for row in session.scalars(select(MatchRule).order_by(MatchRule.code, MatchRule.version)):
        versions.setdefault(row.code, []).append(row)
    found = []
    for rows in versions.values():
        newest = rows[-1]
        sets, lines = session.execute(_FOUND_BY, {"versions": [row.id for row in rows]}).one()
        tried_at, would_find = session.execute(_TRIED, {"rule": newest.id}).one()
        found.append(
            RuleView(
                newest.id, How(newest.code), newest.version, newest.pass_no, newest.confirms, newest.enabled,
                newest.days, newest.items, sets, lines, tried_at, would_find,
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: (each.pass_no, each.code))


def _suggestion(row: Suggestion, code: str) -> SuggestionView:
    return SuggestionView(
        row.id, row.gateway, How(code), row.rank, Why(row.reason), tuple(row.lines), tuple(row.attempts),
        tuple(row.batches), Proposal(row.state), row.made_at,
    )  # fmt: skip


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
