"""Pass 6: what is left over becomes an exception, and what found its partner is none any more.

A difference is one exception: an attempt whose own line is open with another amount is not told of a second time, nor
is a batch whose deposit is. `rc_alone` are credited attempts that no line explains, `rc_found` the exceptions.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from payments.gateways import directory
from payments.reconciliation.gateway_passes import CREDITED, TERMS, by_index, statement, whole_tables

LOOKS_BACK: Final = timedelta(days=45)  # days without a report are looked for so far back
USUAL_DAYS: Final = 3
GRACE: Final = timedelta(days=1)

_COVER = text("""
    CREATE TEMPORARY TABLE rc_cover ON COMMIT DROP AS
    SELECT DISTINCT CAST(d AS date) AS day
      FROM statement_file f, generate_series(f.first_on, f.last_on, interval '1 day') d
     WHERE f.gateway = :gateway AND f.source = 'settlement'""")
# Days to look at: those of new files, those that lines without a reference may come from, and overdue ones.
_DAYS = text("""
    CREATE TEMPORARY TABLE rc_day ON COMMIT DROP AS
    SELECT d.day, EXISTS (SELECT FROM rc_cover c WHERE c.day = d.day) AS covered
      FROM (SELECT CAST(d AS date) AS day
              FROM statement_file f, generate_series(f.first_on - :near, f.last_on, interval '1 day') d
             WHERE f.id = ANY(:files) AND f.source = 'settlement'
             UNION SELECT o.booked - n
                     FROM (SELECT DISTINCT l.booked
                             FROM recon_exception e JOIN statement_line l ON l.id = e.line
                            WHERE e.closed_at IS NULL AND e.gateway = :gateway AND e.kind = 'foreign'
                              AND coalesce(l.txn, l.bank, l.ours, l.reference) IS NULL AND l.kind = 'payment') o,
                          generate_series(0, :near) n
             UNION SELECT c.day FROM rc_cover c WHERE :whole
             UNION SELECT CAST(d AS date)
                     FROM generate_series(CAST(:since AS date), CAST(:overdue AS date), interval '1 day') d
                    WHERE NOT EXISTS (SELECT FROM rc_cover c WHERE c.day = CAST(d AS date))) d""")
_ALONE = statement("""
    CREATE TEMPORARY TABLE rc_alone ON COMMIT DROP AS
    SELECT a.id AS attempt, t.amount, t.currency, a.financial_day AS day, d.covered
      FROM topup_attempt a JOIN rc_day d ON d.day = a.financial_day JOIN topup t ON t.id = a.topup
     WHERE a.gateway = :gateway AND a.state IN {CREDITED}
""", CREDITED=CREDITED)  # fmt: skip
# The join of many lines has left over the attempts without one.
_ALONE_OF_MANY = text("""
    CREATE TEMPORARY TABLE rc_alone ON COMMIT DROP AS
    SELECT p.attempt, t.amount, t.currency, a.financial_day AS day, d.covered
      FROM (SELECT attempt FROM rc_rest WHERE line IS NULL ORDER BY attempt) p
      JOIN topup_attempt a ON a.id = p.attempt JOIN topup t ON t.id = a.topup
      JOIN rc_day d ON d.day = a.financial_day""")
_NOT_MATCHED = text("""
    DELETE FROM rc_alone a USING match_item m WHERE m.attempt = a.attempt
       AND NOT EXISTS (SELECT FROM match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no))""")
_NOT_NAMED = text("DELETE FROM rc_alone a USING rc_named n WHERE n.attempt = a.attempt AND n.pays AND NOT n.conflict")

_FOUND = text("""
    CREATE TEMPORARY TABLE rc_found (kind text, line uuid, attempt uuid, batch uuid, named uuid, currency text,
                                     value bigint) ON COMMIT DROP""")
_LINES = text("""
    INSERT INTO rc_found (kind, line, named, currency, value)
    SELECT CASE WHEN o.kind IN ('fee', 'reserve', 'adjustment') THEN 'unknown_fee'
                WHEN n.attempt IS NULL THEN 'foreign'
                WHEN o.kind <> 'payment' OR o.reversal THEN 'reversed'
                WHEN NOT n.credited THEN 'paid_not_credited'
                WHEN n.taken AND n.same OR n.conflict THEN 'duplicate'
                WHEN n.same THEN 'foreign'
                ELSE 'amount' END, o.line, n.attempt, o.currency, o.net
      FROM rc_open o
      LEFT JOIN (SELECT DISTINCT ON (n.line) n.* FROM rc_named n
                  ORDER BY n.line, n.taken, n.same DESC, n.attempt) n ON n.line = o.line""")
_BANK = text("""
    INSERT INTO rc_found (kind, line, named, currency, value)
    SELECT CASE WHEN o.reversal THEN 'reversed'
                WHEN b.id IS NULL AND o.batch IS NOT NULL THEN 'missing_batch'
                WHEN b.id IS NULL THEN 'foreign'
                WHEN EXISTS (SELECT FROM match_item m LEFT JOIN match_void v
                                 ON (v.match_set, v.no) = (m.match_set, m.no)
                              WHERE m.batch = b.id AND v.no IS NULL) THEN 'duplicate'
                ELSE 'amount' END, o.line, b.id, o.currency, o.net
      FROM rc_bank o
      LEFT JOIN settlement_batch b ON (b.gateway, b.batch, b.currency) = (:gateway, o.batch, o.currency)""")
_ATTEMPTS = text("""
    INSERT INTO rc_found (kind, attempt, currency, value)
    SELECT CASE WHEN covered THEN 'credited_not_paid' ELSE 'late' END, attempt, currency, amount FROM rc_alone
     WHERE covered OR day <= CAST(:overdue AS date)""")
_BATCHES = text("""
    INSERT INTO rc_found (kind, batch, currency, value)
    SELECT 'missing_batch', b.id, b.currency, b.net FROM settlement_batch b
     WHERE b.gateway = :gateway AND b.last_on <= CAST(:overdue AS date) AND b.net <> 0
       AND NOT EXISTS (SELECT FROM rc_bank o WHERE o.batch = b.batch AND o.currency = b.currency)
       AND NOT EXISTS (SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                        WHERE m.batch = b.id AND v.no IS NULL)""")
# A line that found its partner, and whose fee is not the contract's.
_FEES = statement(
    """
    INSERT INTO rc_found (kind, line, named, currency, value)
    SELECT 'unknown_fee', p.line, p.attempt, s.currency, p.off FROM rc_rest p JOIN rc_set s ON s.id = p.set
     WHERE p.exact AND p.off IS NOT NULL
     UNION ALL
    SELECT 'unknown_fee', s.line, s.attempt, s.currency, s.fee - contract_fee(l.gross, t.ppm, t.fixed)
      FROM rc_sure s JOIN statement_line l ON l.id = s.line
      JOIN {TERMS} t ON t.currency = s.currency AND l.booked >= t.valid_from AND l.booked < t.ends
     WHERE s.attempt IS NOT NULL AND s.fee <> contract_fee(l.gross, t.ppm, t.fixed)
""",
    TERMS=TERMS,
)

_CLOSE = tuple(
    statement("""
    WITH done AS (
        UPDATE recon_exception e SET closed_at = :now, suggestion = NULL FROM {table}
         WHERE {match} AND e.closed_at IS NULL RETURNING e.id)
    INSERT INTO recon_exception_event (exception, at, what, fact) SELECT id, :now, 'closed', '{why}' FROM done
""", match=match, table=table, why=why)
    for table, match, why in (
        ("rc_pair p", "p.exact AND e.attempt = p.attempt", "matched"),
        ("rc_sure s", "e.line = s.line", "matched"),
        ("rc_sure s", "e.attempt = s.attempt", "matched"),
        ("rc_sure s", "e.batch = s.batch", "matched"),
        ("rc_named n", "e.attempt = n.attempt AND n.pays AND NOT n.conflict", "told_with_its_line"),
        (
            "settlement_batch b JOIN rc_bank o ON (b.gateway, b.batch, b.currency) = (:gateway, o.batch, o.currency)",
            "e.batch = b.id", "told_with_its_line",
        ),
    )
)  # fmt: skip
_SAME_THING: Final = {it: f"e.{it} = f.{it}" for it in ("line", "attempt", "batch")}
_HISTORY = tuple(
    statement(
        """
    INSERT INTO recon_exception_event (exception, at, what, fact)
    SELECT e.id, :now, CASE WHEN e.closed_at IS NULL THEN 'changed' ELSE 'opened_again' END, f.kind
      FROM rc_found f JOIN recon_exception e ON {same} WHERE e.closed_at IS NOT NULL OR e.kind <> f.kind
""",
        same=same,
    )
    for same in _SAME_THING.values()
)
# Two statements: ON CONFLICT costs a new row a third of its time. Whoever opens exceptions of a gateway has its lock.
_CHANGE = tuple(
    statement(
        """
    UPDATE recon_exception e
       SET kind = f.kind, named = f.named, value = f.value, closed_at = NULL,
           suggestion = CASE WHEN e.closed_at IS NULL THEN e.suggestion END,
           opened_at = CASE WHEN e.closed_at IS NULL THEN e.opened_at ELSE :now END
      FROM rc_found f
     WHERE {same}
       AND (e.closed_at IS NOT NULL OR (e.kind, e.named, e.value) IS DISTINCT FROM (f.kind, f.named, f.value))
""",
        same=same,
    )
    for same in _SAME_THING.values()
)
_OPEN = tuple(
    statement(
        """
    INSERT INTO recon_exception (kind, gateway, {it}, named, suggestion, owner, currency, value, opened_at)
    SELECT f.kind, :gateway, f.{it}, f.named, s.suggestion, :owner, f.currency, f.value, :now
      FROM rc_found f LEFT JOIN rc_point s ON s.thing = f.{it}
     WHERE f.{it} IS NOT NULL AND NOT EXISTS (SELECT FROM recon_exception e WHERE {same})
""",
        it=it,
        same=same,
    )
    for it, same in _SAME_THING.items()
)
_FORGOTTEN = text("""
    SELECT DISTINCT n.ours FROM rc_found f JOIN rc_named n ON n.line = f.line
     WHERE f.kind = 'paid_not_credited' AND n.ours IS NOT NULL ORDER BY n.ours LIMIT 500""")


def stage_days(session: Session, gateway: str, files: Sequence[UUID], *, whole: bool, now: datetime) -> None:
    """Fill `rc_cover`, the days that a report was about, and `rc_day`, those to look at now. `whole`: all of them."""
    near = session.scalar(text("SELECT days FROM rc_rule WHERE code = 'amount_and_date'"))
    session.execute(_COVER, {"gateway": gateway})
    session.execute(
        _DAYS,
        {"gateway": gateway, "files": list(files), "whole": whole, "near": 0 if near is None else near,
         "since": now.date() - LOOKS_BACK, "overdue": _overdue(session, gateway, now)},
    )  # fmt: skip
    session.execute(text("ANALYZE rc_day"))


def stage_alone(session: Session, gateway: str, *, many: bool) -> None:
    """Fill `rc_alone`: credited attempts of the days to look at, of which a line may explain some."""
    if many:
        with by_index(session):
            session.execute(_ALONE_OF_MANY)
    else:
        session.execute(_ALONE, {"gateway": gateway})
    session.execute(text("ANALYZE rc_alone"))


def leave_alone(session: Session) -> None:
    """Keep of `rc_alone` what no line explains."""
    session.execute(_NOT_MATCHED)
    session.execute(_NOT_NAMED)


def tell(session: Session, gateway: str, *, owner: UUID, now: datetime, many: bool) -> list[str]:
    """Close what was found and open what was not; returns our order numbers of payments that nobody credited."""
    facts = {"gateway": gateway, "now": now}
    session.execute(_FOUND)
    session.execute(_LINES)
    session.execute(_BANK, {"gateway": gateway})
    session.execute(_ATTEMPTS, {"overdue": _overdue(session, gateway, now)})
    session.execute(_BATCHES, {"gateway": gateway, "overdue": _overdue(session, gateway, now)})
    with whole_tables(session, many=many):
        for close in _CLOSE:
            session.execute(close, facts)
    session.execute(_FEES, {"gateway": gateway})
    session.execute(text("ANALYZE rc_found"))
    for note in _HISTORY:
        session.execute(note, {"now": now})
    for change in _CHANGE:
        session.execute(change, {"now": now})
    with whole_tables(session, many=many):  # else each row might look for itself among those just written
        for opened in _OPEN:
            session.execute(opened, facts | {"owner": owner})
    return list(session.scalars(_FORGOTTEN))


def settles_within(session: Session, gateway: str, now: datetime) -> timedelta:
    """How long a gateway may take to report and to pay out: by its terms, else by what its adapter says."""
    asked = text("SELECT max(settles_days) FROM gateway_terms WHERE gateway = :gateway AND valid_from <= :today")
    agreed = session.scalar(asked, {"gateway": gateway, "today": now.date()})
    if agreed is not None:
        return timedelta(days=agreed)
    known: dict[str, Any] = {each.name: each for each in directory.connected()}
    return known[gateway].can.settles_in if gateway in known else timedelta(days=USUAL_DAYS)


def _overdue(session: Session, gateway: str, now: datetime) -> date:
    return (now - settles_within(session, gateway, now) - GRACE).date()


_CLOSE_MATCHED = text("""
    WITH done AS (
        UPDATE recon_exception SET closed_at = :now, suggestion = NULL
         WHERE coalesce(line, attempt, batch) = ANY(:things) AND closed_at IS NULL RETURNING id)
    INSERT INTO recon_exception_event (exception, at, what, by, fact)
    SELECT id, :now, 'closed', :by, 'matched' FROM done""")
_OPEN_LINES = text("""
    WITH parted AS (
        INSERT INTO recon_exception AS e (kind, gateway, line, owner, currency, value, opened_at)
        SELECT CASE source WHEN 'statement' THEN 'missing_batch' ELSE 'foreign' END, gateway, id, :by, currency, net,
               :now
          FROM statement_line WHERE id = ANY(:ids)
        ON CONFLICT (line) WHERE line IS NOT NULL DO UPDATE
           SET closed_at = NULL, kind = EXCLUDED.kind, value = EXCLUDED.value,
               opened_at = CASE WHEN e.closed_at IS NULL THEN e.opened_at ELSE EXCLUDED.opened_at END
        RETURNING e.id)
    INSERT INTO recon_exception_event (exception, at, what, by)
    SELECT id, :now, 'unmatched', :by FROM parted""")
_OPEN_ATTEMPTS = text("""
    WITH parted AS (
        INSERT INTO recon_exception AS e (kind, gateway, attempt, owner, currency, value, opened_at)
        SELECT 'credited_not_paid', a.gateway, a.id, :by, t.currency, t.amount, :now
          FROM topup_attempt a JOIN topup t ON t.id = a.topup WHERE a.id = ANY(:ids)
        ON CONFLICT (attempt) WHERE attempt IS NOT NULL DO UPDATE SET closed_at = NULL, kind = EXCLUDED.kind,
               opened_at = CASE WHEN e.closed_at IS NULL THEN e.opened_at ELSE EXCLUDED.opened_at END
        RETURNING e.id)
    INSERT INTO recon_exception_event (exception, at, what, by)
    SELECT id, :now, 'unmatched', :by FROM parted""")


def close_matched(session: Session, things: Sequence[UUID], *, by: UUID, now: datetime) -> None:
    """Lines, attempts and batches that a person joined are no exceptions any more."""
    session.execute(_CLOSE_MATCHED, {"things": list(things), "by": by, "now": now})


def open_again(session: Session, lines: Sequence[UUID], *, by: UUID, now: datetime) -> None:
    """Lines that a person parted from their partner are exceptions of that person; the next run finds their kind."""
    session.execute(_OPEN_LINES, {"ids": list(lines), "by": by, "now": now})


def open_attempts_again(session: Session, attempts: Sequence[UUID], *, by: UUID, now: datetime) -> None:
    """The same for attempts."""
    session.execute(_OPEN_ATTEMPTS, {"ids": list(attempts), "by": by, "now": now})
