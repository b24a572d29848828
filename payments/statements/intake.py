"""Lines on their way into the database: streamed into a temporary table, judged there as a set, then taken in at once.

However many there are, this process holds a few thousand of them. Nothing is written that the judgement has not passed.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments.statements.rules import FileNotUnderstood, LineChanged, Source, Stated, derived_key

PIECE = 10_000  # lines in one COPY, and from one word of progress to the next
Row = tuple[object, ...]

COLUMNS = (
    "n", "id", "section", "own", "line_key", "kind", "currency", "gross", "fee", "net", "booked", "value", "txn",
    "bank", "ours", "account", "batch", "reference", "reversal", "digest", "place",
)  # fmt: skip
TEMPORARY = """
CREATE TEMP TABLE staged (
    n integer, id uuid, section text, own boolean, line_key text, kind text, currency text, gross bigint, fee bigint,
    net bigint, booked date, value date, txn text, bank text, ours text, account text, batch text, reference text,
    reversal boolean, digest bytea, place integer
) ON COMMIT DROP"""
# An equal line of the same day is another line: the second of them has a number of its own.
JUDGED = """
CREATE TEMP TABLE judged ON COMMIT DROP AS
SELECT n, id, section, own, place, kind, currency, gross, fee, net, booked, value, txn, bank, ours, account, batch,
       reference, reversal, line_key AS first_key,
       CASE WHEN again = 1 THEN line_key ELSE line_key || '~' || again END AS line_key,
       coalesce(digest, sha256(convert_to(concat_ws(E'\\n', kind, currency, gross, fee, net, booked,
           coalesce(value::text, ''), coalesce(txn, ''), coalesce(bank, ''), coalesce(ours, ''), coalesce(account, ''),
           coalesce(batch, ''), coalesce(reference, ''), reversal), 'UTF8'))) AS digest
  FROM (SELECT *, row_number() OVER (PARTITION BY section, line_key ORDER BY n) AS again FROM staged) AS numbered"""
TWICE = "SELECT place FROM judged WHERE own AND line_key <> first_key ORDER BY n LIMIT 1"
TAKEN = """
INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, txn, bank, ours, account, batch,
                            reference, reversal, currency, gross, fee, net, booked, value)
SELECT j.id, f.file, :source, :gateway, f.scope, j.line_key, j.digest, j.kind, j.txn, j.bank, j.ours,
       coalesce(f.account, j.account), j.batch, j.reference, j.reversal, j.currency, j.gross, j.fee, j.net, j.booked,
       j.value
  FROM judged j JOIN placed f ON f.section = j.section
 ORDER BY j.n
ON CONFLICT (source, scope, line_key) DO NOTHING"""
CHANGED = """
SELECT j.line_key
  FROM judged j JOIN placed f ON f.section = j.section
  JOIN statement_line l ON l.source = :source AND l.scope = f.scope AND l.line_key = j.line_key
 WHERE l.digest <> j.digest
 ORDER BY j.n LIMIT 1"""


def stage(session: Session, lines: Iterable[tuple[Stated, str | None, int | None]], told: Callable[[int], None]) -> int:
    """Bring lines into the temporary table as they come. `told` hears how many there are so far. Returns how many."""
    for name in ("staged", "judged", "placed"):
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))
    session.execute(text(TEMPORARY))
    cursor = session.connection().connection.cursor()
    count, rows = 0, _rows(lines)
    try:
        while piece := list(islice(rows, PIECE)):
            with cursor.copy(f"COPY staged ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in piece:
                    copy.write_row(row)
            count += len(piece)
            told(count)
    finally:
        cursor.close()
    return count


def judge(session: Session, *, strict: bool) -> None:
    """Number the lines and take their digests. Refuses FileNotUnderstood: in a `strict` file a key comes once."""
    session.execute(text("ANALYZE staged"))
    session.execute(text(JUDGED))
    session.execute(text("ANALYZE judged"))
    twice = session.scalar(text(TWICE)) if strict else None
    if twice is not None:
        raise FileNotUnderstood("lines without a reference of their own", int(twice))


def take(session: Session, *, source: Source, gateway: str, placed: list[tuple[str, UUID, str, str | None]]) -> int:
    """Take in what is new; returns how many lines that is. `placed`: of each section its file, scope and account.

    Refuses LineChanged.
    """
    session.execute(text("CREATE TEMP TABLE placed (section text, file uuid, scope text, account text) ON COMMIT DROP"))
    session.execute(
        text("INSERT INTO placed VALUES (:section, :file, :scope, :account)"),
        [{"section": each[0], "file": each[1], "scope": each[2], "account": each[3]} for each in placed],
    )
    facts = {"source": source.value, "gateway": gateway}
    new = session.connection().execute(text(TAKEN), facts).rowcount
    there = session.scalar(text("SELECT count(*) FROM judged")) or 0
    if new < there:
        changed = session.scalar(text(CHANGED), {"source": source.value})
        if changed is not None:
            raise LineChanged(key=str(changed))
    return new


def section_of(account: str | None, currency: str | None) -> str:
    """What lines of one account have in common in the temporary table."""
    return f"{account or ''}|{currency or ''}"


def _rows(lines: Iterable[tuple[Stated, str | None, int | None]]) -> Iterator[Row]:
    for n, (line, account, balance) in enumerate(lines):
        key = line.key
        section = "|" if account is None else section_of(account, line.currency)
        yield (
            n, uuid7(), section, key is not None, key or derived_key(line, balance), line.kind.value, line.currency,
            line.gross, line.fee, line.net, line.booked, line.value, line.txn, line.bank, line.ours, line.account,
            line.batch, line.reference, line.reversal, line.digest, line.place,
        )  # fmt: skip


def stored_sum(session: Session, account: str, currency: str) -> int:
    """What all lines of an account come to."""
    found = session.scalar(
        text("SELECT coalesce(sum(net), 0) FROM statement_line WHERE account = :account AND currency = :currency"
             " AND source = 'statement'"),
        {"account": account, "currency": currency},
    )  # fmt: skip
    return int(found or 0)


def edges(session: Session, account: str, currency: str) -> tuple[set[int], set[int]] | None:
    """The balances with which an account's statements may begin and end; None where one told none."""
    rows = session.execute(
        text("SELECT first_on, last_on, opening, closing FROM statement_file WHERE account = :account"
             " AND currency = :currency AND first_on IS NOT NULL"),
        {"account": account, "currency": currency},
    ).all()  # fmt: skip
    if not rows or any(opening is None or closing is None for _, _, opening, closing in rows):
        return None
    first: date = min(row.first_on for row in rows)
    last: date = max(row.last_on for row in rows)
    return {row.opening for row in rows if row.first_on == first}, {row.closing for row in rows if row.last_on == last}
