"""Our ledger against the lines of a gateway's report, set by set (payments.md §8.3): passes 1 and 2.

Each step fills a temporary table without indexes, which lives as long as the transaction: `rc_pair` are the new lines
with the attempt their transaction number names, `rc_set` the days they are matched by, `rc_rest` the pairs that more is
to be done about, `rc_open` the lines without a partner, `rc_named` whom they name, `rc_sure` what confirms itself. What
a person has parted is not joined again by a rule: it had its first turn.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Executable, TextClause, text
from sqlalchemy.orm import Session

from payments.reconciliation.rules import How


def statement(words: str, **parts: str) -> TextClause:
    """A statement with fixed parts of ours in it, never a value: those are bound."""
    return text(words.format(**parts))


MANY_LINES: Final = 20_000  # from here on each step reads whole tables once, and no index a million times
CREDITED: Final = "('paid', 'partly_refunded', 'refunded', 'reversed')"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose lines have not been through the passes."""

    id: UUID
    source: str
    lines: int
    owner: UUID
    first_on: date | None
    last_on: date | None


_NEW_FILES = text("""
    SELECT f.id, f.source, f.lines, f.imported_by, f.first_on, f.last_on
      FROM statement_file f LEFT JOIN matched_file m ON m.file = f.id
     WHERE f.gateway = :gateway AND m.file IS NULL ORDER BY f.imported_at, f.id""")

# What a contract lets the gateway keep, for each currency from a day on until another says otherwise.
TERMS: Final = """
    (SELECT currency, valid_from, lead(valid_from, 1, 'infinity'::date) OVER (PARTITION BY currency ORDER BY valid_from)
         AS ends, parts_per_million AS ppm, fixed FROM gateway_terms WHERE gateway = :gateway)"""
_SUMS = text("""
    CREATE TEMPORARY TABLE rc_sum ON COMMIT DROP AS
    SELECT t.batch, t.currency, t.booked, t.lines, t.gross, t.fees, t.net, t.value
      FROM statement_total t JOIN statement_file f ON f.id = t.file
     WHERE t.file = ANY(:files) AND f.source = 'settlement'""")
_DAYS = statement(
    """
    CREATE TEMPORARY TABLE rc_set ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, s.*, t.ppm, t.fixed
      FROM (SELECT currency, booked, sum(lines)::bigint AS lines, sum(fees)::bigint AS fees, sum(value)::bigint AS value
              FROM rc_sum GROUP BY currency, booked) s
      LEFT JOIN {TERMS} t ON t.currency = s.currency AND s.booked >= t.valid_from AND s.booked < t.ends
""",
    TERMS=TERMS,
)
# `off`: how far the fee is from the contract's. An attempt without a line is a row too.
_PAIRED: Final = """
    CREATE TEMPORARY TABLE rc_pair ON COMMIT DROP AS
    SELECT l.id AS line, a.id AS attempt, s.id AS set,
           (l.kind = 'payment' AND NOT l.reversal AND a.credited AND a.amount = l.gross AND a.currency = l.currency
            AND m.attempt IS NULL AND :confirms) IS TRUE AS exact,
           nullif(l.fee - contract_fee(l.gross, s.ppm, s.fixed), 0) AS off
      FROM (SELECT * FROM statement_line WHERE file = ANY(:files) AND source = 'settlement') l
      {JOIN} JOIN (SELECT a.id, a.txn, a.state IN {CREDITED} AS credited, a.financial_day, t.amount, t.currency
                     FROM topup_attempt a JOIN topup t ON t.id = a.topup WHERE a.gateway = :gateway) a ON a.txn = l.txn
      LEFT JOIN rc_set s ON s.booked = l.booked AND s.currency = l.currency
      LEFT JOIN match_item m ON m.attempt = a.id AND m.turn = 0
     WHERE l.id IS NOT NULL OR {ALONE}
"""
_PAIR = statement(_PAIRED, CREDITED=CREDITED, JOIN="LEFT", ALONE="false")
# Many lines: one reading of all attempts tells also which of them have no line.
_ALONE: Final = "a.credited AND a.financial_day IN (SELECT day FROM rc_day)"
_PAIR_MANY = statement(_PAIRED, CREDITED=CREDITED, JOIN="FULL", ALONE=_ALONE)

# The first of several lines for one attempt is its partner. Hashes are sorted in half the time of ids; two ids of one
# hash are told apart in the next step.
_TWICE = text("""
    CREATE TEMPORARY TABLE rc_twice ON COMMIT DROP AS
    SELECT uuid_hash_extended(attempt, 0) AS hash FROM rc_pair WHERE exact GROUP BY 1 HAVING count(*) > 1""")
# What of the pairs is not done with, so that no later step has to read all of them.
_REST = text("""
    CREATE TEMPORARY TABLE rc_rest ON COMMIT DROP AS
    SELECT p.ctid AS spot, p.line, p.attempt, p.set, p.exact, p.off FROM rc_pair p
     WHERE NOT exact OR off IS NOT NULL OR uuid_hash_extended(p.attempt, 0) IN (SELECT hash FROM rc_twice)""")
_FIRST_ONLY = text("""
    WITH later AS (
        UPDATE rc_rest r SET exact = false
          FROM (SELECT r.spot, row_number() OVER (PARTITION BY r.attempt ORDER BY l.booked, l.line_key) AS place
                  FROM rc_rest r JOIN statement_line l ON l.id = r.line
                 WHERE r.exact AND uuid_hash_extended(r.attempt, 0) IN (SELECT hash FROM rc_twice)) f
         WHERE f.place > 1 AND f.spot = r.spot RETURNING r.spot)
    UPDATE rc_pair p SET exact = false FROM later WHERE p.ctid = later.spot""")

_BATCHES = text("""
    INSERT INTO settlement_batch AS b (gateway, batch, currency, lines, gross, fees, net, first_on, last_on)
    SELECT :gateway, batch, currency, sum(lines), sum(gross), sum(fees), sum(net), min(booked), max(booked)
      FROM rc_sum WHERE batch <> '' GROUP BY batch, currency
    ON CONFLICT (gateway, batch, currency) DO UPDATE
       SET lines = b.lines + EXCLUDED.lines, gross = b.gross + EXCLUDED.gross, fees = b.fees + EXCLUDED.fees,
           net = b.net + EXCLUDED.net, first_on = least(b.first_on, EXCLUDED.first_on),
           last_on = greatest(b.last_on, EXCLUDED.last_on)""")
# All lines of a day less those that found no partner.
_EXACT = text("""
    CREATE TEMPORARY TABLE rc_exact ON COMMIT DROP AS
    SELECT s.id, s.currency, s.booked, s.lines - coalesce(o.lines, 0) AS items, s.fees - coalesce(o.fees, 0) AS fees,
           s.value - coalesce(o.value, 0) AS value
      FROM rc_set s
      LEFT JOIN (SELECT set, count(*) AS lines, sum(fee)::bigint AS fees, sum(abs(net))::bigint AS value
                   FROM rc_open WHERE set IS NOT NULL GROUP BY set) o ON o.set = s.id
     WHERE s.lines > coalesce(o.lines, 0)""")
_SETS = text("""
    INSERT INTO match_set (id, gateway, rule, pass_no, made_at, items, lines, value, last_on, currency, fees)
    SELECT s.id, :gateway, r.id, r.pass_no, :now, s.items, s.items, s.value, s.booked, s.currency, s.fees
      FROM rc_exact s, rc_rule r WHERE r.code = 'exact_transaction'""")
_ITEMS = text("""
    INSERT INTO match_item (match_set, turn, line, attempt)
    SELECT set, 0, line, attempt FROM rc_pair WHERE exact""")

# By what the planner knows: counting them would take as long as a pass.
_DOUBLES = text("""
    SELECT coalesce(sum(items), 0) >= (SELECT reltuples FROM pg_class WHERE oid = 'match_item'::regclass)
      FROM rc_exact""")

LINE: Final = (
    "l.id AS line, l.kind, l.reversal, l.txn, l.bank, l.ours, l.reference, l.batch, l.currency, l.gross, l.fee, l.net,"
    " l.booked, l.value, l.account, l.line_key"
)
HAD_TURN: Final = "EXISTS (SELECT FROM match_item m WHERE m.line = l.id)"
_OPEN = statement(
    """
    CREATE TEMPORARY TABLE rc_open ON COMMIT DROP AS
    SELECT {LINE}, false AS had_turn, r.set, r.attempt AS paired, true AS fresh
      FROM rc_rest r JOIN statement_line l ON l.id = r.line WHERE NOT r.exact
     UNION ALL
    SELECT {LINE}, {HAD_TURN}, NULL, NULL, false FROM recon_exception e JOIN statement_line l ON l.id = e.line
     WHERE e.closed_at IS NULL AND e.gateway = :gateway AND l.source = 'settlement'
       AND NOT EXISTS (SELECT FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                        WHERE m.line = l.id AND v.no IS NULL)
""",
    LINE=LINE,
    HAD_TURN=HAD_TURN,
)

# Whom a line names, by the first of its references that names anybody: transaction number, tracking number, order. Each
# reference is looked up for the lines that name nobody yet; pass 1 has looked up the first one of new lines.
_NOBODY: Final = "NOT EXISTS (SELECT FROM rc_names n WHERE n.line = o.line)"
_NAMES = text("""
    CREATE TEMPORARY TABLE rc_names (line uuid, by int, ref text, attempt uuid, amount bigint, ours text, pays boolean,
                                     credited boolean, same boolean, conflict boolean) ON COMMIT DROP""")
_NAMED_BY: Final = tuple(
    statement(
        """
    INSERT INTO rc_names
    SELECT o.line, {by}, o.{ref}, a.id, t.amount, a.ours, o.kind = 'payment' AND NOT o.reversal,
           a.state IN {CREDITED}, t.amount = o.gross AND t.currency = o.currency, {conflict}
      FROM (SELECT * FROM rc_open o WHERE {which} ORDER BY {near}) o
      JOIN topup_attempt a ON {named} JOIN topup t ON t.id = a.topup
""",
        CREDITED=CREDITED, by=str(by), ref=ref, which=which, near=near, named=named, conflict=conflict,
    )
    for by, ref, which, near, named, conflict in (
        (1, "txn", "o.paired IS NOT NULL", "o.paired", "a.id = o.paired", "false"),
        (1, "txn", "NOT o.fresh", "o.txn", "a.gateway = :gateway AND a.txn = o.txn", "false"),
        (2, "bank", _NOBODY, "o.bank", "a.gateway = :gateway AND a.bank = o.bank"
         " AND a.financial_day BETWEEN o.booked - CAST(:days AS int) AND o.booked", "coalesce(a.txn <> o.txn, false)"),
        (3, "ours", _NOBODY, "o.ours", "a.gateway = :gateway AND a.ours = o.ours", "coalesce(a.txn <> o.txn, false)"),
    )
)  # fmt: skip
# `taken`: it has a partner; `had_turn`: it has, or had one before a person parted them.
_NAMED = text("""
    CREATE TEMPORARY TABLE rc_named ON COMMIT DROP AS
    SELECT n.*, coalesce(m.live, false) AS taken, m.attempt IS NOT NULL AS had_turn
      FROM rc_names n
      LEFT JOIN (SELECT m.attempt, bool_or(v.no IS NULL) AS live
                   FROM match_item m LEFT JOIN match_void v ON (v.match_set, v.no) = (m.match_set, m.no)
                  WHERE m.attempt IN (SELECT n.attempt FROM rc_names n) GROUP BY m.attempt) m
        ON m.attempt = n.attempt""")

_SURE = text("""
    CREATE TEMPORARY TABLE rc_sure (code text, key text, line uuid, attempt uuid, refund uuid, chargeback uuid,
                                    batch uuid, payout uuid, currency text, fee bigint) ON COMMIT DROP""")
_SURE_PAYMENTS = text("""
    INSERT INTO rc_sure (code, key, line, attempt, currency, fee)
    SELECT code, booked::text, line, attempt, currency, fee
      FROM (SELECT x.*, row_number() OVER (PARTITION BY attempt ORDER BY booked, line_key) AS place
              FROM (SELECT (ARRAY['exact_transaction', 'exact_tracking', 'exact_order'])[n.by] AS code, o.booked,
                           o.line, n.attempt, o.currency, o.fee, o.line_key,
                           n.credited AND n.same AND NOT n.had_turn AND NOT n.conflict AND NOT o.had_turn AS sure,
                           count(*) OVER (PARTITION BY n.line) AS named
                      FROM rc_named n JOIN rc_open o ON o.line = n.line
                     WHERE o.kind = 'payment' AND NOT o.reversal) x
             WHERE sure AND named = 1 AND EXISTS (SELECT FROM rc_rule r WHERE r.code = x.code AND r.confirms)) y
     WHERE place = 1""")
_SURE_REFUNDS = text("""
    INSERT INTO rc_sure (code, key, line, refund, currency, fee)
    SELECT 'exact_refund', o.booked::text, o.line, r.id, o.currency, o.fee
      FROM (SELECT o.*, n.attempt,
                   row_number() OVER (PARTITION BY n.attempt, o.gross ORDER BY o.booked, o.line_key) AS nth
              FROM rc_open o JOIN rc_named n ON n.line = o.line
             WHERE o.kind = 'refund' AND o.gross < 0 AND NOT o.had_turn) o
      JOIN (SELECT r.*, row_number() OVER (PARTITION BY r.attempt, r.amount ORDER BY r.settled_at, r.id) AS nth
              FROM refund r WHERE r.state = 'done' AND r.attempt IN (SELECT attempt FROM rc_named)
               AND NOT EXISTS (SELECT FROM match_item m WHERE m.refund = r.id)) r
        ON r.attempt = o.attempt AND r.amount = -o.gross AND r.currency = o.currency AND r.nth = o.nth
     WHERE EXISTS (SELECT FROM rc_rule WHERE code = 'exact_refund')""")
_SURE_CHARGEBACKS = text("""
    INSERT INTO rc_sure (code, key, line, chargeback, currency, fee)
    SELECT 'exact_chargeback', o.line::text, o.line, c.id, o.currency, o.fee
      FROM (SELECT o.*, n.attempt,
                   row_number() OVER (PARTITION BY n.attempt, o.gross ORDER BY o.booked, o.line_key) AS nth
              FROM rc_open o JOIN rc_named n ON n.line = o.line WHERE o.kind = 'chargeback' AND NOT o.had_turn) o
      JOIN (SELECT c.*, row_number() OVER (PARTITION BY c.attempt, c.amount ORDER BY c.opened_at, c.id) AS nth
              FROM topup_case c WHERE c.attempt IN (SELECT attempt FROM rc_named)) c
        ON c.attempt = o.attempt AND c.amount = abs(o.gross) AND c.currency = o.currency AND c.nth = o.nth
     WHERE (o.gross < 0 AND c.turns >= 1 OR o.gross > 0 AND c.turns >= 2) AND o.fee IN (0, c.fee)
       AND NOT EXISTS (SELECT FROM match_item m JOIN statement_line l ON l.id = m.line
                        WHERE m.chargeback = c.id AND sign(l.gross) = sign(o.gross))
       AND EXISTS (SELECT FROM rc_rule WHERE code = 'exact_chargeback')""")
_SURE_UNDONE = text("""
    WITH free AS MATERIALIZED (
    SELECT o.*, coalesce(o.txn, o.bank, o.ours) AS ref FROM rc_open o
     WHERE o.kind = 'payment' AND o.reversal = (o.gross < 0) AND coalesce(o.txn, o.bank, o.ours) IS NOT NULL
       AND NOT o.had_turn AND NOT EXISTS (SELECT FROM rc_named n WHERE n.line = o.line AND n.credited))
    INSERT INTO rc_sure (code, key, line, currency, fee)
    SELECT 'undone', min(x.line::text) OVER pair, x.line, x.currency, x.fee
      FROM (SELECT f.*, row_number() OVER (PARTITION BY ref, currency, gross ORDER BY booked, line_key) AS nth
              FROM free f) x
      JOIN (SELECT ref, currency, abs(gross) AS gross,
                   least(count(*) FILTER (WHERE gross > 0), count(*) FILTER (WHERE gross < 0)) AS pairs
              FROM free GROUP BY 1, 2, 3) p ON p.ref = x.ref AND p.currency = x.currency AND p.gross = abs(x.gross)
     WHERE x.nth <= p.pairs AND EXISTS (SELECT FROM rc_rule WHERE code = 'undone')
    WINDOW pair AS (PARTITION BY x.ref, x.currency, abs(x.gross), x.nth)""")

_SURE_SETS = text("""
    CREATE TEMPORARY TABLE rc_sure_set ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, s.code, s.key, s.currency, count(*) AS items, sum(s.fee)::bigint AS fees,
           sum(abs(l.net))::bigint AS value, max(l.booked) AS last_on
      FROM rc_sure s
      JOIN (SELECT line, net, booked FROM rc_open UNION ALL SELECT line, net, booked FROM rc_bank) l ON l.line = s.line
     GROUP BY s.code, s.key, s.currency""")
_KEEP_SETS = text("""
    INSERT INTO match_set (id, gateway, rule, pass_no, made_at, items, lines, value, last_on, currency, fees)
    SELECT s.id, :gateway, r.id, r.pass_no, :now, s.items, s.items, s.value, s.last_on, s.currency, s.fees
      FROM rc_sure_set s JOIN rc_rule r ON r.code = s.code""")
_KEEP_ITEMS = text("""
    INSERT INTO match_item (match_set, turn, line, attempt, refund, chargeback, batch, payout)
    SELECT s.id, 0, x.line, x.attempt, x.refund, x.chargeback, x.batch, x.payout
      FROM rc_sure x JOIN rc_sure_set s ON (s.code, s.key, s.currency) = (x.code, x.key, x.currency)
     ORDER BY s.id, x.line""")
_NO_MORE_OPEN = (
    text("DELETE FROM rc_open o USING rc_sure s WHERE s.line = o.line"),
    text("UPDATE rc_named n SET taken = true FROM rc_sure s WHERE s.attempt = n.attempt"),
    text("DELETE FROM rc_named n USING rc_sure s WHERE s.line = n.line"),
    text("ANALYZE rc_open"),
    text("ANALYZE rc_named"),
)

RULES: Final = text("""
    CREATE TEMPORARY TABLE rc_rule ON COMMIT DROP AS
    SELECT DISTINCT ON (code) * FROM match_rule ORDER BY code, version DESC""")
_ENABLED = text("DELETE FROM rc_rule WHERE NOT enabled")
TEMPORARY: Final = (
    "rc_rule", "rc_sum", "rc_set", "rc_pair", "rc_twice", "rc_rest", "rc_open", "rc_exact", "rc_names",
    "rc_named", "rc_sure", "rc_sure_set", "rc_alone", "rc_bank", "rc_found", "rc_suggested", "rc_group", "rc_point",
    "rc_cover", "rc_day",
)  # fmt: skip


def begin(session: Session, *, many: bool) -> None:
    """Room for a run: the rules that count, and memory for joins of whole tables when there is much to join."""
    session.execute(text("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TEMPORARY)))
    session.execute(RULES)
    session.execute(_ENABLED)
    session.execute(text("SET LOCAL random_page_cost = 1.1"))  # few lines look for partners in indexes, not in tables
    session.execute(text("SET LOCAL default_statistics_target = 10"))  # how many there are is all that a plan asks here
    if many:
        session.execute(text("SET LOCAL work_mem = '128MB'"))


def new_files(session: Session, gateway: str) -> list[NewFile]:
    """The files of a gateway whose lines nobody has looked at, the first one first."""
    return [NewFile(*row) for row in session.execute(_NEW_FILES, {"gateway": gateway})]


@contextmanager
def whole_tables(session: Session, *, many: bool) -> Iterator[None]:
    """While many rows are joined, each table is read once and no index a million times, whatever the planner expects.

    It knows nothing yet of rows that came a moment ago.
    """
    session.execute(text(f"SET LOCAL enable_nestloop = {'off' if many else 'on'}"))
    yield
    session.execute(text("SET LOCAL enable_nestloop = on"))


@contextmanager
def by_index(session: Session) -> Iterator[None]:
    """While a few rows among many are looked for, no table is read for them, whatever the planner expects."""
    session.execute(text("SET LOCAL enable_hashjoin = off"))
    session.execute(text("SET LOCAL enable_mergejoin = off"))
    yield
    session.execute(text("SET LOCAL enable_hashjoin = on"))
    session.execute(text("SET LOCAL enable_mergejoin = on"))


def pair(session: Session, gateway: str, files: Sequence[UUID], *, many: bool) -> None:
    """Pass 1 by transaction number over the lines of new files.

    Fills `rc_pair`, in which what matched is `exact`, `rc_open`, and `rc_exact`, the sums of what matched by days.
    """
    facts = {"gateway": gateway, "files": list(files)}
    session.execute(_SUMS, facts)
    session.execute(_DAYS, facts)
    session.execute(text("ANALYZE rc_set"))  # else the million is hashed, and its few days are looked up in it
    with whole_tables(session, many=many):
        session.execute(_PAIR_MANY if many else _PAIR, facts | {"confirms": _enabled(session, How.TRANSACTION)})
    session.execute(text("SET LOCAL enable_hashagg = off"))
    session.execute(_TWICE)
    session.execute(text("SET LOCAL enable_hashagg = on"))
    for step in (text("ANALYZE rc_twice"), _REST, text("ANALYZE rc_rest"), _FIRST_ONLY):
        session.execute(step)
    session.execute(_OPEN, {"gateway": gateway})
    session.execute(text("ANALYZE rc_open"))
    session.execute(_EXACT)


def keep_pairs(session: Session, gateway: str, now: object, *, many: bool) -> int:
    """Write the pairs down, one set for each day and currency; returns how many lines found their partner.

    What at least doubles all that is matched is written without indexes, which are built afterwards in one go: a third
    of the time. Whoever reads matches waits for those seconds.
    """
    session.execute(_BATCHES, {"gateway": gateway})
    session.execute(_SETS, {"gateway": gateway, "now": now})
    doubles = many and bool(session.scalar(_DOUBLES))
    if doubles:
        session.execute(text("SELECT match_item_without_indexes()"))
    kept = _count(session, _ITEMS, {})
    if doubles:
        session.execute(text("SELECT match_item_with_indexes()"))
    return kept


def look_up(session: Session, gateway: str) -> None:
    """Fill `rc_names`. Before the million is written: afterwards each page that is looked up first writes another."""
    days = session.scalar(text("SELECT days FROM rc_rule WHERE code = 'exact_tracking'"))
    session.execute(_NAMES)
    for step in _NAMED_BY:
        session.execute(step, {"gateway": gateway, "days": 0 if days is None else days})
    session.execute(text("ANALYZE rc_names"))


def stage_open(session: Session) -> None:
    """Fill `rc_named` and, with what confirms itself besides, `rc_sure`."""
    session.execute(_NAMED)
    session.execute(text("ANALYZE rc_named"))
    for step in (_SURE, _SURE_PAYMENTS, _SURE_REFUNDS, _SURE_CHARGEBACKS, _SURE_UNDONE):
        session.execute(step)


def keep_sure(session: Session, gateway: str, now: object) -> int:
    """Write down what `rc_sure` holds; returns how many lines that were."""
    session.execute(_SURE_SETS)
    session.execute(_KEEP_SETS, {"gateway": gateway, "now": now})
    kept = _count(session, _KEEP_ITEMS, {})
    for step in _NO_MORE_OPEN:
        session.execute(step)
    return kept


def _enabled(session: Session, how: How) -> bool:
    asked = text("SELECT EXISTS (SELECT FROM rc_rule WHERE code = :code AND confirms)")
    return bool(session.scalar(asked, {"code": how.value}))


def _count(session: Session, statement: Executable, facts: dict[str, object]) -> int:
    return session.connection().execute(statement, facts).rowcount
