"""`karigar bench reconcile`: all passes over a planted corpus, beside the plain hash join of the same rows.

What is planted is known line by line, so that each match, each suggestion and each exception is held against it.
"""

import resource
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.database import WORKER_LIMITS, open_database, transaction
from marketplace.foundation.ids import uuid7
from payments.reconciliation import actions
from web.bench.place import Place, open_place
from web.bench.telling import progress

CORPUS: Final = Path(__file__).parent / "corpus.sql"
NOW: Final = datetime(2026, 5, 20, 9, tzinfo=UTC)
GATEWAY: Final = "planted"
TABLES: Final = "topup, topup_attempt, statement_line, refund, topup_case"
WRITTEN: Final = (
    "match_item, match_set, match_suggestion, recon_exception, settlement_batch, ledger.transfer, ledger.entry"
)

FLOOR: Final = text("""
    SELECT count(*) FROM statement_line l
      JOIN topup_attempt a ON a.gateway = l.gateway AND a.txn = l.txn
      JOIN topup t ON t.id = a.topup AND t.amount = l.gross AND t.currency = l.currency
     WHERE l.source = 'settlement' AND l.gateway = 'planted'""")
FIGURES: Final[dict[str, str]] = {
    # A pair that the rules confirmed by themselves and that was planted otherwise, or not at all.
    "wrong_matches": """
        SELECT (SELECT count(*) FROM match_item m JOIN planted.line l ON l.id = m.line
                 WHERE l.fate <> 'matched' OR m.attempt <> planted.id(2, l.i) OR m.refund <> planted.id(5, l.i)
                    OR m.chargeback <> planted.id(6, l.i)
                    OR l.class <> 'undone' AND num_nonnulls(m.attempt, m.refund, m.chargeback) = 0)
             + (SELECT count(*) FROM match_item m JOIN planted.deposit d ON planted.id(10, d.no) = m.line
                  LEFT JOIN settlement_batch b ON b.id = m.batch
                 WHERE d.fate <> 'matched' OR b.batch IS DISTINCT FROM d.batch)""",
    "matchable": """
        SELECT (SELECT count(*) FROM planted.line WHERE fate IN ('matched', 'suggested'))
             + (SELECT count(*) FROM planted.deposit WHERE fate IN ('matched', 'suggested'))""",
    "matched": """
        SELECT (SELECT count(*) FROM match_item m JOIN planted.line l ON l.id = m.line WHERE l.fate = 'matched')
             + (SELECT count(*) FROM match_item m JOIN planted.deposit d ON planted.id(10, d.no) = m.line
                 WHERE d.fate = 'matched')""",
    "suggested": """
        SELECT (SELECT count(*) FROM planted.line l WHERE fate = 'suggested' AND EXISTS (
                SELECT FROM match_suggestion s WHERE s.state = 'open' AND l.id = s.lines[1] OR l.id = s.lines[2]))
             + (SELECT count(*) FROM planted.deposit d WHERE fate = 'suggested' AND EXISTS (
                SELECT FROM match_suggestion s WHERE planted.id(10, d.no) IN (s.lines[1], s.lines[2])))""",
    "wrong_suggestions": """
        SELECT count(*) FROM match_suggestion s
         WHERE s.reason = 'same_amount_near_day' AND NOT EXISTS (
               SELECT FROM planted.line l WHERE l.id = s.lines[1] AND planted.id(2, l.i) = s.attempts[1])
            OR s.reason IN ('parts_of_one_payment', 'several_payments_in_one') AND NOT EXISTS (
               SELECT FROM planted.line l WHERE l.id = s.lines[1] AND l.class IN ('split', 'merge'))""",
    "planted": "SELECT count(*) FROM planted.difference",
    "found_right": """
        SELECT count(*) FROM planted.difference d
          JOIN recon_exception e
            ON coalesce(e.line, e.attempt) = d.thing AND e.kind = d.kind AND e.closed_at IS NULL""",
    "found_false": """
        SELECT count(*) FROM recon_exception e LEFT JOIN planted.difference d ON d.thing = coalesce(e.line, e.attempt)
         WHERE e.closed_at IS NULL AND e.batch IS NULL AND d.thing IS NULL""",
    # Each line is in one state, and both states together are all of the money.
    "lines_in_no_state_or_two": """
        SELECT count(*) FROM statement_line l
          LEFT JOIN match_item m ON m.line = l.id
          LEFT JOIN recon_exception e ON e.line = l.id AND e.closed_at IS NULL AND e.kind <> 'unknown_fee'
         WHERE num_nonnulls(m.line, e.line) <> 1""",
    "untied": """
        SELECT (SELECT sum(net) FROM statement_line WHERE source = 'settlement')
             - (SELECT sum(net) FROM settlement_batch)
             + (SELECT sum(abs(net)) FROM statement_line) - (SELECT sum(value) FROM match_set)
             - (SELECT sum(abs(l.net)) FROM recon_exception e JOIN statement_line l ON l.id = e.line
                 WHERE e.closed_at IS NULL AND e.kind <> 'unknown_fee')
             + (SELECT sum(x.d_posted) FROM ledger.entry x JOIN ledger.account a ON a.id = x.account_id
                 WHERE a.kind = 'bank') + (SELECT sum(net) FROM statement_line WHERE source = 'statement')
             - (SELECT sum(fees) FROM match_set)
             - (SELECT sum(posted) FROM ledger.account WHERE kind = 'gateway_fees')""",
}  # fmt: skip


def measure(*, lines: int, rounds: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of; a tenth of the lines first, to see how time grows."""
    small, _, _ = _measured(max(lines // 10, 1_000), rounds=rounds)
    large, floor, found = _measured(lines, rounds=rounds)
    figures = {
        "vs_hash_join": round(large / floor, 3),
        "wrong_matches": found["wrong_matches"],
        "recall": round((found["matched"] + found["suggested"]) / found["matchable"], 5),
        "exception_kind_accuracy": round(found["found_right"] / (found["planted"] + found["found_false"]), 5),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "time_1m_vs_100k": round(large / small, 2),
        "untied": found["untied"] + found["lines_in_no_state_or_two"],
        "wrong_suggestions": found["wrong_suggestions"],
    }
    return figures, {"lines": lines, "seconds": {"floor": floor, "all": large, "tenth": small}, "found": found}


def _measured(lines: int, *, rounds: int) -> tuple[float, float, dict[str, int]]:
    """Median seconds of all passes and of the floor, turn by turn, and what the last round found."""
    with open_place(floors=False) as place:
        progress(f"Planting {lines} lines …")
        place.run(CORPUS.read_text().replace(":lines", str(lines)))
        for name in TABLES.split(", "):
            place.run(f"VACUUM ANALYZE {name}")
        floors, takes = [], []
        engine = open_database(place.url, connections=1, limits=WORKER_LIMITS)
        try:
            for turn in range(rounds):
                _clean_up(place)
                floors.append(_floor())
                takes.append(_all_passes(keep=turn == rounds - 1))
                progress(f"hash join {floors[-1]:.2f} s, all passes {takes[-1]:.2f} s")
        finally:
            engine.dispose()
        return statistics.median(takes), statistics.median(floors), _found(place)


def _clean_up(place: Place) -> None:
    """Neither side of a round pays for what an undone round has left: dead rows, and pages that are not written."""
    for name in WRITTEN.split(", "):
        place.run(f"VACUUM {name}")
    place.run("CHECKPOINT")


def _floor() -> float:
    with transaction() as session:
        _prepare(session)
        began = time.perf_counter()
        session.execute(FLOOR)
        return time.perf_counter() - began


class _Again(Exception):
    """The round is undone, so that the next one begins as it did."""


def _all_passes(*, keep: bool) -> float:
    took = 0.0
    try:
        with transaction() as session:
            _prepare(session)
            began = time.perf_counter()
            actions.match(session, gateway=GATEWAY, by=uuid7(), now=NOW, whole=True)
            took = time.perf_counter() - began
            _undo(unless=keep)
    except _Again:
        pass
    return took


def _undo(*, unless: bool) -> None:
    if not unless:
        raise _Again


def _prepare(session: Session) -> None:
    for limit in ("statement_timeout = 0", "work_mem = '128MB'", "max_parallel_workers_per_gather = 0"):
        session.execute(text(f"SET LOCAL {limit}"))


def _found(place: Place) -> dict[str, int]:
    return {name: place.number(asked) for name, asked in FIGURES.items()}
