"""Passes 3 and 5: what looks right and is not certain. Stored as suggestions, found anew in each run.

Pass 3 looks only at lines that carry no reference at all; where it had not, each of its errors was a line with another
reference. Pass 5 sums up, never across two references or two batches. Whatever is not unique is not suggested.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from payments.reconciliation.gateway_passes import statement, whole_tables
from payments.reconciliation.rules import Why, parts_of

_TABLE = text("""
    CREATE TEMPORARY TABLE rc_suggested (code text, rank smallint, reason text, lines uuid[], attempts uuid[],
                                         batches uuid[]) ON COMMIT DROP""")
_BARE: Final = "kind = 'payment' AND NOT reversal AND coalesce(txn, bank, ours, reference) IS NULL AND gross > 0"
# What one reference holds together: the open lines that carry it, and the attempts that it names.
_GROUPS = text("""
    CREATE TEMPORARY TABLE rc_group ON COMMIT DROP AS
    WITH pair AS (
        SELECT n.by, n.ref, o.currency, n.line, o.gross, n.attempt, n.amount
          FROM rc_named n JOIN rc_open o ON o.line = n.line
         WHERE n.credited AND NOT n.taken AND NOT n.conflict AND n.pays)
    SELECT l.lines, a.attempts, l.grosses, a.amounts, l.whole = a.whole AS even
      FROM (SELECT by, ref, currency, array_agg(line ORDER BY line) AS lines, array_agg(gross ORDER BY line) AS grosses,
                   sum(gross) AS whole
              FROM (SELECT DISTINCT by, ref, currency, line, gross FROM pair) x GROUP BY by, ref, currency) l
      JOIN (SELECT by, ref, currency, array_agg(attempt ORDER BY attempt) AS attempts,
                   array_agg(amount ORDER BY attempt) AS amounts, sum(amount) AS whole
              FROM (SELECT DISTINCT by, ref, currency, attempt, amount FROM pair) x GROUP BY by, ref, currency) a
        ON (a.by, a.ref, a.currency) = (l.by, l.ref, l.currency)
     WHERE cardinality(l.lines) + cardinality(a.attempts) BETWEEN 3 AND CAST(:items AS int) + 1""")
_WHOLE = text("""
    INSERT INTO rc_suggested
    SELECT 'parts', 1, CASE WHEN cardinality(lines) > 1 THEN 'parts_of_one_payment' ELSE 'several_payments_in_one' END,
           lines, attempts, '{}' FROM rc_group WHERE even""")
_UNEVEN = text("""
    SELECT lines, attempts, grosses, amounts FROM rc_group
     WHERE NOT even AND (cardinality(lines) = 1 OR cardinality(attempts) = 1) ORDER BY lines[1] LIMIT 2000""")
_NEAR = statement(
    """
    INSERT INTO rc_suggested
    SELECT 'amount_and_date', 2, 'same_amount_near_day', ARRAY[line], ARRAY[attempt], '{{}}'
      FROM (SELECT o.line, a.attempt, count(*) OVER (PARTITION BY o.line) AS lines,
                   count(*) OVER (PARTITION BY a.attempt) AS attempts
              FROM rc_open o JOIN rc_alone a ON a.amount = o.gross AND a.currency = o.currency
                   AND a.day BETWEEN o.booked - CAST(:days AS int) AND o.booked
             WHERE {_BARE}) p
     WHERE lines = 1 AND attempts = 1
""",
    _BARE=_BARE,
)

_OPEN_BATCHES: Final = """
    SELECT b.id, b.batch, b.currency, b.net, b.last_on FROM settlement_batch b
     WHERE b.gateway = :gateway
       AND NOT EXISTS (SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                        WHERE m.batch = b.id AND v.no IS NULL)"""
_UNNAMED: Final = (
    "SELECT b.* FROM ({_OPEN_BATCHES}) b WHERE (b.batch, b.currency) NOT IN ("
    "SELECT batch, currency FROM rc_bank WHERE batch IS NOT NULL)"
)
_IN_PARTS = statement(
    """
    INSERT INTO rc_suggested
    SELECT 'parts', 1, 'parts_of_one_batch', array_agg(o.line ORDER BY o.line), '{{}}', ARRAY[b.id]
      FROM rc_bank o JOIN ({_OPEN_BATCHES}) b ON b.batch = o.batch AND b.currency = o.currency
     GROUP BY b.id, b.net HAVING count(*) BETWEEN 2 AND CAST(:items AS int) AND sum(o.net) = b.net
""",
    _OPEN_BATCHES=_OPEN_BATCHES,
)
_BY_DAY = statement("""
    INSERT INTO rc_suggested
    SELECT 'batch_by_day', 2, 'same_net_near_day', ARRAY[line], '{{}}', ARRAY[batch]
      FROM (SELECT o.line, b.id AS batch, count(*) OVER (PARTITION BY o.line) AS lines,
                   count(*) OVER (PARTITION BY b.id) AS batches
              FROM rc_bank o JOIN ({_UNNAMED}) b ON b.net = o.net AND b.currency = o.currency
                   AND b.last_on BETWEEN o.booked - CAST(:days AS int) AND o.booked
             WHERE o.batch IS NULL AND o.kind <> 'payout') p
     WHERE lines = 1 AND batches = 1
""", _UNNAMED=_UNNAMED.format(_OPEN_BATCHES=_OPEN_BATCHES))  # fmt: skip
# Deposits that name no batch, each with the open batches of its days that no other deposit names.
_SEVERAL = statement("""
    SELECT o.line, o.net, array_agg(b.id ORDER BY b.last_on, b.id), array_agg(b.net ORDER BY b.last_on, b.id)
      FROM rc_bank o
      JOIN (SELECT b.* FROM ({_UNNAMED}) b
             WHERE b.id NOT IN (SELECT unnest(batches) FROM rc_suggested)) b
        ON b.currency = o.currency AND b.last_on BETWEEN o.booked - CAST(:days AS int) AND o.booked
     WHERE o.batch IS NULL AND o.kind <> 'payout' AND o.net > 0
       AND o.line NOT IN (SELECT unnest(lines) FROM rc_suggested)
     GROUP BY o.line, o.net HAVING count(*) BETWEEN 2 AND CAST(:items AS int) ORDER BY o.line LIMIT 500
""", _UNNAMED=_UNNAMED.format(_OPEN_BATCHES=_OPEN_BATCHES))  # fmt: skip
_ADD = text("""
    INSERT INTO rc_suggested VALUES (:code, :rank, :reason, CAST(:lines AS uuid[]), CAST(:attempts AS uuid[]),
                                     CAST(:batches AS uuid[]))""")

_ID: Final = "md5(concat_ws('|', s.code, s.lines, s.attempts, s.batches))::uuid"
_KEEP = statement(
    """
    INSERT INTO match_suggestion AS m (id, gateway, rule, rank, reason, lines, attempts, batches, state, made_at)
    SELECT {_ID}, :gateway, r.id, s.rank, s.reason, s.lines, s.attempts, s.batches, 'open', :now
      FROM rc_suggested s JOIN rc_rule r ON r.code = s.code
    ON CONFLICT (id) DO UPDATE SET state = 'open', decided_at = NULL, made_at = EXCLUDED.made_at WHERE m.state = 'stale'
""",
    _ID=_ID,
)
_STALE = statement(
    """
    UPDATE match_suggestion m SET state = 'stale', decided_at = :now
     WHERE m.gateway = :gateway AND m.state = 'open' AND m.id NOT IN (SELECT {_ID} FROM rc_suggested s)
""",
    _ID=_ID,
)
# The best suggestion of each thing that has one.
_BEST = text("""
    CREATE TEMPORARY TABLE rc_point ON COMMIT DROP AS
    SELECT DISTINCT ON (x.thing) x.thing, m.id AS suggestion
      FROM match_suggestion m CROSS JOIN LATERAL unnest(m.lines || m.attempts || m.batches) x (thing)
     WHERE m.gateway = :gateway AND m.state = 'open' ORDER BY x.thing, m.rank, m.id""")
_POINT = text("""
    UPDATE recon_exception e SET suggestion = p.suggestion FROM rc_point p
     WHERE e.closed_at IS NULL AND p.thing = coalesce(e.line, e.attempt, e.batch)
       AND e.suggestion IS DISTINCT FROM p.suggestion""")
_POINT_NOWHERE = text("""
    UPDATE recon_exception e SET suggestion = NULL FROM match_suggestion m
     WHERE m.id = e.suggestion AND m.gateway = :gateway AND m.state <> 'open' AND e.closed_at IS NULL""")


def find(session: Session, gateway: str) -> None:
    """Fill `rc_suggested` from what is open on both sides."""
    session.execute(_TABLE)
    limits = {
        code: (days, items) for code, days, items in session.execute(text("SELECT code, days, items FROM rc_rule"))
    }
    if "parts" in limits:
        session.execute(_GROUPS, {"items": limits["parts"][1]})
        session.execute(_WHOLE)
        _add(session, _uneven(session))
        session.execute(_IN_PARTS, {"gateway": gateway, "items": limits["parts"][1]})
    if "amount_and_date" in limits:
        session.execute(_NEAR, {"days": limits["amount_and_date"][0]})
    if "batch_by_day" in limits:
        session.execute(_BY_DAY, {"gateway": gateway, "days": limits["batch_by_day"][0]})
    if "parts" in limits:
        days, items = limits["parts"]
        found = session.execute(_SEVERAL, {"gateway": gateway, "days": days, "items": items})
        _add(session, _several(found.all()))
    session.execute(text("ANALYZE rc_suggested"))


def keep(session: Session, gateway: str, now: object) -> int:
    """Store what was found, take back what is not found any more, and fill `rc_point`; returns how many were found."""
    session.execute(_KEEP, {"gateway": gateway, "now": now})
    session.execute(_STALE, {"gateway": gateway, "now": now})
    session.execute(_BEST, {"gateway": gateway})
    session.execute(text("ANALYZE rc_point"))
    return int(session.scalar(text("SELECT count(*) FROM rc_suggested")) or 0)


def point(session: Session, gateway: str) -> None:
    """Tell exceptions that stood open before what is suggested now; those of this run were opened with it."""
    session.execute(_POINT_NOWHERE, {"gateway": gateway})
    with whole_tables(session, many=True):  # the planner knows nothing of exceptions that were opened a moment ago
        session.execute(_POINT)


def _uneven(session: Session) -> Iterable[dict[str, Any]]:
    """Groups whose sums differ, but part of which may make the other side whole."""
    for lines, attempts, grosses, amounts in session.execute(_UNEVEN).all():
        if len(lines) == 1:
            chosen = parts_of(grosses[0], amounts)
            if chosen is not None and len(chosen) > 1:
                picked = [attempts[place] for place in chosen]
                yield _row(Why.SEVERAL_PAYMENTS_IN_ONE, lines=lines, attempts=picked)
        elif (chosen := parts_of(amounts[0], grosses)) is not None and len(chosen) > 1:
            yield _row(Why.PARTS_OF_ONE_PAYMENT, lines=[lines[place] for place in chosen], attempts=attempts)


def _several(found: Sequence[Any]) -> Iterable[dict[str, Any]]:
    """Deposits that are the sum of several batches; a batch that would be in two of them is in none."""
    made = []
    for line, net, batches, nets in found:
        chosen = parts_of(net, nets)
        if chosen is not None and len(chosen) > 1:
            made.append((line, [batches[place] for place in chosen]))
    used = [batch for _, batches in made for batch in batches]
    for line, batches in made:
        if all(used.count(batch) == 1 for batch in batches):
            yield _row(Why.SEVERAL_BATCHES_IN_ONE, lines=[line], batches=batches)


def _row(reason: Why, *, lines: list[Any], attempts: Sequence[Any] = (), batches: Sequence[Any] = ()) -> dict[str, Any]:
    sides = {"lines": sorted(lines), "attempts": sorted(attempts), "batches": sorted(batches)}
    return {"code": "parts", "rank": 1, "reason": reason.value} | sides


def _add(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        session.execute(_ADD, row)
