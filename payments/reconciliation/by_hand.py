"""What a person is about to join by hand: the lines that were chosen, what of ours a number finds, and both sums.

Lines of a report are held against attempts by what was paid, lines of a statement against batches by what the bank
moved. The judge is `deciding.match_by_hand`; here is only what its page shows. Also what of it can be undone later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.reconciliation.gateway_passes import statement
from payments.statements.rules import Source
from payments.topups.rules import CREDITED

MOST_FOUND: Final = 20


class Which(StrEnum):
    """What a thing is: a line of a file, or an attempt or a batch of ours."""

    LINE = "line"
    ATTEMPT = "attempt"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Thing:
    """One of either side. `free`: nothing explains it so far. `exception`: whose subject it is, where it is one."""

    which: Which
    id: UUID
    number: str
    amount: Money
    on: date | None
    gateway: str
    source: Source | None
    free: bool
    exception: UUID | None = None

    @property
    def code(self) -> str:
        """How a form names it."""
        return f"{self.which}.{self.id}"


@dataclass(frozen=True, slots=True)
class Desk:
    """Both sides as they were chosen. Sums and difference are None while the lines are not of one kind."""

    lines: tuple[Thing, ...]
    ours: tuple[Thing, ...]
    found: tuple[Thing, ...] = ()

    @property
    def gateway(self) -> str:
        return self.lines[0].gateway if self.lines else ""

    @property
    def alike(self) -> bool:
        """Whether the lines are of one gateway, one currency and one source, and there is one at all."""
        kinds = {(each.gateway, each.amount.currency, each.source) for each in self.lines}
        currencies = {each.amount.currency for each in (*self.lines, *self.ours)}
        return len(kinds) == 1 and len(currencies) == 1

    @property
    def theirs_sum(self) -> Money | None:
        return _sum(self.lines) if self.alike else None

    @property
    def ours_sum(self) -> Money | None:
        if not self.alike:
            return None
        return _sum(self.ours) if self.ours else Money.zero(self.lines[0].amount.currency)

    @property
    def difference(self) -> Money | None:
        """What the files say less what our books say."""
        theirs, ours = self.theirs_sum, self.ours_sum
        return None if theirs is None or ours is None else theirs - ours


_ATTEMPTS: Final = """
    SELECT 'attempt', a.id, coalesce(a.txn, a.ours), t.amount, t.currency, a.financial_day, a.gateway, NULL,
           NOT EXISTS (SELECT FROM match_item m WHERE m.attempt = a.id AND NOT EXISTS (
               SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no)))
      FROM topup_attempt a JOIN topup t ON t.id = a.topup WHERE a.state = ANY(:credited)"""
_BATCHES: Final = """
    SELECT 'batch', b.id, b.batch, b.net, b.currency, b.last_on, b.gateway, NULL,
           NOT EXISTS (SELECT FROM match_item m WHERE m.batch = b.id AND NOT EXISTS (
               SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no)))
      FROM settlement_batch b"""
_CHOSEN: Final = text("""
    SELECT CASE WHEN e.line IS NOT NULL THEN 'line' WHEN e.attempt IS NOT NULL THEN 'attempt' ELSE 'batch' END,
           coalesce(e.line, e.attempt, e.batch), coalesce(l.txn, l.batch, l.bank, l.reference, l.line_key, a.txn,
           a.ours, b.batch), coalesce(CASE l.source WHEN 'settlement' THEN l.gross ELSE l.net END, t.amount, b.net),
           e.currency, coalesce(l.booked, a.financial_day, b.last_on), e.gateway, l.source, e.closed_at IS NULL, e.id
      FROM recon_exception e LEFT JOIN statement_line l ON l.id = e.line LEFT JOIN topup_attempt a ON a.id = e.attempt
      LEFT JOIN topup t ON t.id = a.topup LEFT JOIN settlement_batch b ON b.id = e.batch
     WHERE e.id = ANY(:ids) ORDER BY 6, 2""")
_OURS: Final = {
    Which.ATTEMPT: statement("{_ATTEMPTS} AND a.id = ANY(:ids) ORDER BY 6, 2", _ATTEMPTS=_ATTEMPTS),
    Which.BATCH: statement("{_BATCHES} WHERE b.id = ANY(:ids) ORDER BY 6, 2", _BATCHES=_BATCHES),
}
_FOUND: Final = {
    Which.ATTEMPT: statement("""{_ATTEMPTS} AND a.gateway = :gateway AND t.currency = :currency
       AND (a.txn = ANY(:numbers) OR a.bank = ANY(:numbers) OR a.ours = ANY(:numbers)) ORDER BY 6, 2 LIMIT :most""",
       _ATTEMPTS=_ATTEMPTS),
    Which.BATCH: statement("""{_BATCHES} WHERE b.gateway = :gateway AND b.currency = :currency
       AND EXISTS (SELECT FROM unnest(CAST(:numbers AS text[])) n WHERE starts_with(b.batch, n))
     ORDER BY 6 DESC, 2 LIMIT :most""", _BATCHES=_BATCHES),
}  # fmt: skip
# What a person has joined and can part again: not what an exception's solution has explained, for its money has moved.
_MATCH_OF: Final = text("""
    SELECT s.id FROM recon_exception e
      JOIN match_item m ON m.line = e.line OR m.attempt = e.attempt OR m.batch = e.batch
      JOIN match_set s ON s.id = m.match_set AND s.made_by IS NOT NULL
     WHERE e.id = :exception AND e.closed_at IS NOT NULL
       AND num_nonnulls(m.refund, m.chargeback, m.payout) = 0
       AND NOT EXISTS (SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no))
       AND NOT EXISTS (SELECT FROM recon_solution d JOIN recon_exception x ON x.id = d.exception
                        WHERE d.done_at = s.made_at AND (x.line = m.line OR x.attempt = m.attempt OR x.batch = m.batch))
     LIMIT 1""")


def chosen(session: Session, exceptions: Sequence[UUID], ours: Sequence[tuple[Which, UUID]]) -> Desk:
    """What was chosen: exceptions about a line on one side, about an attempt or a batch, and `ours`, on the other."""
    things = [_thing(row[:9], row[9]) for row in session.execute(_CHOSEN, {"ids": list(exceptions)})]
    known = {each.id for each in things}
    for which, asked in _OURS.items():
        ids = [id for kind, id in ours if kind is which and id not in known]
        if ids:
            things += [_thing(row) for row in session.execute(asked, {"ids": ids, **_credited(which)})]
    lines = tuple(each for each in things if each.which is Which.LINE)
    return Desk(lines, tuple(each for each in things if each.which is not Which.LINE))


def found(session: Session, desk: Desk, number: str) -> tuple[Thing, ...]:
    """What of ours carries this number and is not chosen: attempts for lines of a report, batches for a statement's.

    A batch is found by the beginning of its name as well.
    """
    if not number or not desk.alike:
        return ()
    which = Which.ATTEMPT if desk.lines[0].source is Source.SETTLEMENT else Which.BATCH
    facts = {
        "gateway": desk.gateway, "currency": desk.lines[0].amount.currency, "most": MOST_FOUND,
        "numbers": list({number, number.upper()}), **_credited(which),
    }  # fmt: skip
    taken = {each.id for each in desk.ours}
    rows = (_thing(row) for row in session.execute(_FOUND[which], facts))
    return tuple(each for each in rows if each.id not in taken)


def match_of(session: Session, exception: UUID) -> UUID | None:
    """The match by which a person has settled this exception, if it can be parted again."""
    found: UUID | None = session.scalar(_MATCH_OF, {"exception": exception})
    return found


def _credited(which: Which) -> dict[str, Any]:
    return {"credited": [state.value for state in CREDITED]} if which is Which.ATTEMPT else {}


def _thing(row: Sequence[Any], exception: UUID | None = None) -> Thing:
    which, id, number, minor, currency, on, gateway, source, free = row
    return Thing(
        Which(which), id, number or "", Money(minor, currency), on, gateway, None if source is None else Source(source),
        free, exception,
    )  # fmt: skip


def _sum(things: Sequence[Thing]) -> Money:
    return Money(sum(each.amount.minor for each in things), things[0].amount.currency)
