"""Batches against the lines of the bank's statement: pass 4, and payouts by their reference.

A deposit is its batch's when it names the batch and brings its net, to the unit. `rc_bank` holds the statement's lines
without a partner, new ones first told by `fresh`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from payments.reconciliation.gateway_passes import HAD_TURN, LINE, statement


@dataclass(frozen=True, slots=True)
class BankLine:
    """What a line moved on the bank's account; `net` in minor units, above zero what came in."""

    id: UUID
    account: str
    currency: str
    net: int
    booked: date


@dataclass(frozen=True, slots=True)
class SeenPayout:
    """A line that is a payout's, by its reference: leaving the account, or coming back."""

    line: UUID
    reference: str
    account: str
    currency: str
    net: int


_OPEN: Final = statement(
    """
    CREATE TEMPORARY TABLE rc_bank ON COMMIT DROP AS
    SELECT {LINE}, true AS fresh, false AS had_turn
      FROM statement_line l WHERE l.file = ANY(:files) AND l.source = 'statement'
     UNION ALL
    SELECT {LINE}, false, {HAD_TURN} FROM recon_exception e JOIN statement_line l ON l.id = e.line
     WHERE e.closed_at IS NULL AND e.gateway = :gateway AND l.source = 'statement'
       AND NOT EXISTS (SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                        WHERE m.line = l.id AND v.no IS NULL)
""",
    LINE=LINE,
    HAD_TURN=HAD_TURN,
)
_SURE_DEPOSITS = text("""
    INSERT INTO rc_sure (code, key, line, batch, currency, fee)
    SELECT 'batch_net', line::text, line, batch, currency, 0
      FROM (SELECT o.line, b.id AS batch, o.currency,
                   row_number() OVER (PARTITION BY b.id ORDER BY o.booked, o.line_key) AS place
              FROM rc_bank o
              JOIN settlement_batch b ON (b.gateway, b.batch, b.currency) = (:gateway, o.batch, o.currency)
             WHERE b.net = o.net AND NOT o.had_turn AND NOT EXISTS (SELECT FROM match_item m WHERE m.batch = b.id)) x
     WHERE place = 1 AND EXISTS (SELECT FROM rc_rule WHERE code = 'batch_net' AND confirms)""")
_SURE_PAYOUTS = text("""
    INSERT INTO rc_sure (code, key, line, payout, currency, fee)
    SELECT 'exact_payout', line::text, line, payout, currency, 0
      FROM (SELECT o.line, p.id AS payout, o.currency,
                   row_number() OVER (PARTITION BY p.id, sign(o.net) ORDER BY o.booked, o.line_key) AS place
              FROM rc_bank o JOIN payout p ON p.reference = upper(o.reference) AND p.currency = o.currency
                                          AND p.amount = abs(o.net)
             WHERE NOT o.had_turn
               AND (o.net < 0 AND p.state IN ('sending', 'unknown', 'accepted')
                    OR o.net > 0 AND p.state IN ('accepted', 'on_statement'))
               AND NOT EXISTS (SELECT FROM match_item m JOIN statement_line l ON l.id = m.line
                                WHERE m.payout = p.id AND sign(l.net) = sign(o.net))) x
     WHERE place = 1 AND EXISTS (SELECT FROM rc_rule WHERE code = 'exact_payout')""")
_FRESH = text(
    "SELECT line, account, currency, net, booked FROM rc_bank WHERE fresh AND net <> 0 ORDER BY booked, line_key"
)
_DEPOSITED = text("""
    SELECT o.line, o.account, o.currency, o.net, o.booked FROM rc_sure s JOIN rc_bank o ON o.line = s.line
     WHERE s.code = 'batch_net' AND o.net <> 0 ORDER BY o.booked, o.line_key""")
_PAID_OUT = text("""
    SELECT o.line, o.reference, o.account, o.currency, o.net FROM rc_sure s JOIN rc_bank o ON o.line = s.line
     WHERE s.code = 'exact_payout' ORDER BY o.booked, o.line_key""")


def stage(session: Session, gateway: str, files: Sequence[UUID]) -> None:
    """Fill `rc_bank`, and add to `rc_sure` what confirms itself."""
    session.execute(_OPEN, {"gateway": gateway, "files": list(files)})
    session.execute(text("ANALYZE rc_bank"))
    session.execute(_SURE_DEPOSITS, {"gateway": gateway})
    session.execute(_SURE_PAYOUTS)


def fresh(session: Session) -> list[BankLine]:
    """Lines that are in the books of no account yet."""
    return [_line(row) for row in session.execute(_FRESH)]


def deposited(session: Session) -> list[BankLine]:
    """Lines that found their batch in this run."""
    return [_line(row) for row in session.execute(_DEPOSITED)]


def paid_out(session: Session) -> list[SeenPayout]:
    """Lines that found their payout in this run."""
    return [SeenPayout(*row) for row in session.execute(_PAID_OUT)]


def forget_sure(session: Session) -> None:
    """What has a partner now is not open."""
    session.execute(text("DELETE FROM rc_bank o USING rc_sure s WHERE s.line = o.line"))


def _line(row: Row[Any]) -> BankLine:
    return BankLine(row.line, row.account or "", row.currency, row.net, row.booked)
