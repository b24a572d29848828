"""The ledger's own invariants in three walks: over accounts, over transfers, over seals (payments.md §10).

Each walk is one statement that sorts or hashes within `work_mem` and spills beyond it, so that memory stays the same
however long the history is; of each it answers how many cases break each invariant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of history is walked: all of it, what was recorded since a moment, or every so-manieth of a thousand.

    A sample takes whole accounts and whole transfers, the same ones each time for the same `permille`.
    """

    since: datetime | None = None
    permille: int | None = None


ALL = Scope()

# Entries along each account. `before` is what stood before the first one that is looked at.
_ACCOUNTS = """
    WITH walked AS (
        SELECT e.account_id, e.version, e.d_posted, e.d_held, e.posted, e.held, e.recorded_at,
               lag(e.version) OVER w AS version_before, lag(e.posted) OVER w AS posted_before,
               lag(e.held) OVER w AS held_before, lag(e.recorded_at) OVER w AS recorded_before
          FROM ledger.entry e WHERE {entries} WINDOW w AS (PARTITION BY e.account_id ORDER BY e.version)),
    summed AS (
        SELECT account_id,
               count(*) FILTER (WHERE CASE WHEN version_before IS NULL
                   THEN {whole} AND (version <> 1 OR posted <> d_posted OR held <> d_held)
                   ELSE version <> version_before + 1 OR posted <> posted_before + d_posted
                        OR held <> held_before + d_held END) AS breaks,
               count(*) FILTER (WHERE recorded_at < recorded_before) AS late,
               sum(d_posted) AS posted, sum(d_held) AS held,
               sum(posted - d_posted) FILTER (WHERE version_before IS NULL AND NOT {whole}) AS posted_then,
               sum(held - d_held) FILTER (WHERE version_before IS NULL AND NOT {whole}) AS held_then,
               min(posted - held) AS least, min(held) AS least_held, max(posted) AS most
          FROM walked GROUP BY account_id)
    SELECT coalesce(sum(s.breaks), 0), coalesce(sum(s.late), 0),
           count(*) FILTER (WHERE a.posted <> s.posted + coalesce(s.posted_then, 0)
                               OR a.held <> s.held + coalesce(s.held_then, 0)),
           count(*) FILTER (WHERE s.least_held < 0 OR s.least < a.floor OR s.most > a.ceil)
      FROM summed s JOIN ledger.account a ON a.id = s.account_id"""
_OF_ACCOUNTS = (
    "04_breaks_in_running_balances", "11_entries_recorded_out_of_order",
    "03_accounts_unlike_the_sum_of_their_entries", "05_entries_beyond_floor_or_ceiling",
)  # fmt: skip

# Transfers beside their entries, whichever of the two is missing.
_TRANSFERS = """
    WITH legs AS (
        SELECT e.transfer_id, sum(e.d_posted) AS total, count(*) FILTER (WHERE e.d_posted <> 0) AS moved,
               min(a.currency) <> max(a.currency) AS mixed
          FROM ledger.entry e JOIN ledger.account a ON a.id = e.account_id WHERE {legs} GROUP BY e.transfer_id),
    wanted AS (SELECT t.id FROM ledger.transfer t WHERE {transfers})
    SELECT count(*) FILTER (WHERE w.id IS NOT NULL AND (l.transfer_id IS NULL OR l.total <> 0 OR l.moved = 1)),
           count(*) FILTER (WHERE w.id IS NULL), count(*) FILTER (WHERE l.mixed)
      FROM legs l FULL JOIN wanted w ON w.id = l.transfer_id"""
_OF_TRANSFERS = (
    "01_unbalanced_transfers", "01_entries_without_transfer", "10_transfers_of_two_currencies",
)  # fmt: skip

_SEALS = {"18_broken_seals": "SELECT ledger.broken_seals(CAST(:since AS timestamptz))"}

_KEYS = "(get_byte(uuid_send({key}), 14) * 256 + get_byte(uuid_send({key}), 15)) % 1000 < :permille"
_CLAUSES: Mapping[str, dict[str, str]] = {
    "all": {"entries": "true", "legs": "true", "transfers": "true", "whole": "true"},
    "since": {
        "entries": "e.recorded_at >= :since",
        "legs": "e.transfer_id IN (SELECT t.id FROM ledger.transfer t WHERE t.recorded_at >= :since)",
        "transfers": "t.recorded_at >= :since",
        "whole": "false",
    },
    "sample": {
        "entries": "mod(e.account_id * 2654435761 % 1000003, 1000) < :permille",
        "legs": _KEYS.format(key="e.transfer_id"),
        "transfers": _KEYS.format(key="t.id"),
        "whole": "true",
    },
}
NAMES = (*_OF_ACCOUNTS, *_OF_TRANSFERS, *_SEALS)


def stream(session: Session, scope: Scope = ALL) -> Iterator[tuple[str, int]]:
    """Each invariant with the number of cases that break it, as soon as its walk is done. Reads only."""
    how = "since" if scope.since else "sample" if scope.permille else "all"
    facts = {"since": scope.since, "permille": scope.permille}
    for names, walk in ((_OF_ACCOUNTS, _ACCOUNTS), (_OF_TRANSFERS, _TRANSFERS)):
        statement = text(walk.format(**_CLAUSES[how]))
        counts = session.execute(statement, _named(statement.text, facts)).one()
        yield from ((name, int(count)) for name, count in zip(names, counts, strict=True))
    for name, query in _SEALS.items():
        yield name, int(session.execute(text(query), {"since": scope.since}).scalar_one())


def _named(query: str, facts: Mapping[str, object]) -> dict[str, object]:
    return {name: fact for name, fact in facts.items() if f":{name}" in query}
