"""`karigar bench balance`: what a balance costs when its account is old, and how fast everything is verified."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text

from marketplace.foundation.database import WORKER_LIMITS, open_database, transaction
from payments import audits
from payments.ledger import queries
from web.bench.place import Place, open_place
from web.bench.rounds import processor_seconds
from web.bench.telling import progress

FEW = 10_000
CHUNK = 500_000
SEALED = 10_000  # transfers of one seal
READS = 150  # of each kind and account in each round
UNHURRIED = WORKER_LIMITS.replace("statement_timeout=60s", "statement_timeout=0")

# Entries of one account, a second apart, without the transfers: enough for reading.
_LONG = """
    INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
    SELECT {account}, i, ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 1, 0, i, 0,
           timestamptz '2020-01-01' + i * interval '1 second'
      FROM generate_series({first}, {last}) i"""
# Sound books of tips between a thousand wallets: transfers, their entries with running balances, the balances.
_TIPS = """
    INSERT INTO ledger.transfer (id, kind, fingerprint, effective_at, recorded_at)
    SELECT ('00000000-0000-4000-a000-' || lpad(to_hex(i), 12, '0'))::uuid, 'topup', sha256(int8send(i)),
           timestamptz '2020-01-01' + i * interval '1 second', timestamptz '2020-01-01' + i * interval '1 second'
      FROM generate_series({first}, {last}) i;
    WITH moved AS (
        SELECT i, t.account, t.amount,
               ('00000000-0000-4000-a000-' || lpad(to_hex(i), 12, '0'))::uuid AS transfer
          FROM generate_series({first}, {last}) i,
               LATERAL (VALUES ({clearing} + 0, -1), ({wallets} + i % 1000, 1)) t (account, amount)),
    summed AS (
        SELECT m.*, row_number() OVER w AS nth, sum(m.amount) OVER w AS total
          FROM moved m WINDOW w AS (PARTITION BY m.account ORDER BY m.i)),
    written AS (
        INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
        SELECT s.account, a.version + s.nth, s.transfer, s.amount, 0, a.posted + s.total, 0,
               timestamptz '2020-01-01' + s.i * interval '1 second'
          FROM summed s JOIN ledger.account a ON a.id = s.account ORDER BY s.i
        RETURNING account_id, d_posted)
    UPDATE ledger.account a SET posted = a.posted + w.posted, version = a.version + w.many
      FROM (SELECT account_id, sum(d_posted) AS posted, count(*) AS many FROM written GROUP BY account_id) w
     WHERE a.id = w.account_id"""


def measure(*, rounds: int, seconds: float, entries: int, verified: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of."""
    with open_place(floors=False) as place:
        engine = open_database(place.url, connections=2, limits=UNHURRIED)
        try:
            (speed, processor_speed), peak, violations = _verify(place, verified)
            small, large = _wallet(place, 1), _wallet(place, 2)
            _lengthen(place, small, min(FEW, entries))
            _lengthen(place, large, entries)
            times = _reads(small, large, min(FEW, entries), entries, rounds=rounds, seconds=seconds)
        finally:
            engine.dispose()
    figures = {
        "balance_10m_vs_10k": round(times["balance_large"] / times["balance_small"], 3),
        "as_of_10m_vs_10k": round(times["as_of_large"] / times["as_of_small"], 3),
        "verify_entries_per_second": round(speed),
        "verify_entries_per_processor_second": round(processor_speed),  # what neighbours disturb least
        "verify_peak_megabytes": round(peak),
        "violations": violations,
    }
    more: dict[str, Any] = {"entries": entries, "verified": verified}
    return figures, more | {"milliseconds": {name: round(value * 1000, 4) for name, value in times.items()}}


def _wallet(place: Place, number: int, kind: str = "'wallet', 'customer'") -> int:
    owner = f"'00000000-0000-4000-8000-{number:012x}'"
    return place.number(f"SELECT ledger.open_account({kind}, {owner}, 'BDT', NULL)")


def _lengthen(place: Place, account: int, entries: int) -> None:
    for first in range(1, entries + 1, CHUNK):
        last = min(first + CHUNK - 1, entries)
        place.run(_LONG.format(account=account, first=first, last=last))
        progress(f"  {last} of {entries} entries")
    place.run(f"UPDATE ledger.account SET posted = {entries}, version = {entries} WHERE id = {account}")  # noqa: S608  # numbers
    place.run("VACUUM ANALYZE ledger.entry")
    place.run("CHECKPOINT")


def _reads(small: int, large: int, few: int, many: int, *, rounds: int, seconds: float) -> dict[str, float]:
    """Median seconds of each read; the accounts take turns."""
    start = datetime.fromisoformat("2020-01-01T00:00:00+00:00").timestamp()
    chance = random.Random(1)  # noqa: S311  # which moment is asked for
    took: dict[str, list[float]] = {
        f"{kind}_{size}": [] for kind in ("balance", "as_of") for size in ("small", "large")
    }
    until = time.monotonic() + rounds * seconds
    done = 0
    with transaction() as session:
        while done < READS * rounds or time.monotonic() < until:
            done += 1
            for name, account, entries in (("small", small, few), ("large", large, many)):
                moment = datetime.fromtimestamp(start + chance.randint(1, entries), tz=UTC)
                reads: tuple[tuple[str, Callable[[], object]], ...] = (
                    ("balance", partial(queries.balance, session, account)),
                    ("as_of", partial(queries.balance_as_of, session, account, moment)),
                )
                for kind, read in reads:
                    began = time.perf_counter()
                    read()
                    took[f"{kind}_{name}"].append(time.perf_counter() - began)
    return {name: median(each) for name, each in took.items()}


def _verify(place: Place, entries: int) -> tuple[tuple[float, float], float, int]:
    """Every audit over sealed, sound books: entries per second, and per second of a processor; the most private memory
    meanwhile; what it found."""
    clearing = _wallet(place, 9, "'bank', 'bank'")
    wallets = min(_wallet(place, number) for number in range(1000, 2000))
    for first in range(1, entries // 2 + 1, SEALED):  # what is written in one transaction is sealed in one piece
        last = min(first + SEALED - 1, entries // 2)
        place.run(_TIPS.format(first=first, last=last, clearing=clearing, wallets=wallets))
        if 2 * last % CHUNK == 0:
            progress(f"  books of {2 * last} entries")
    place.run("VACUUM ANALYZE")
    while place.number(f"SELECT ledger.seal({SEALED})"):
        pass
    memory = _Memory(place.pid)
    memory.start()
    began = time.monotonic()
    with transaction() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        session.execute(text("SET LOCAL work_mem = '64MB'"))
        found: dict[str, int] = {}
        last_told, worked = began, processor_seconds(place.pid)
        for name, count in audits.stream(session):
            found[name] = count
            progress(f"  {time.monotonic() - last_told:6.2f} s  {name}")
            last_told = time.monotonic()
        worked = processor_seconds(place.pid) - worked
    took = time.monotonic() - began
    memory.leave()
    for name, count in found.items():
        if count:
            progress(f"broken: {name} ({count})")
    return (entries / took, entries / worked), memory.most / 1024, sum(found.values())


class _Memory(threading.Thread):
    """The most private memory of the server's processes together, in kilobytes, looked at ten times a second."""

    def __init__(self, postmaster: int) -> None:
        super().__init__(daemon=True)
        self.postmaster, self.most = postmaster, 0
        self._leaving = threading.Event()

    def run(self) -> None:
        while not self._leaving.wait(0.1):
            self.most = max(self.most, sum(_private(pid) for pid in _children(self.postmaster)))

    def leave(self) -> None:
        """Stop looking."""
        self._leaving.set()
        self.join()


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[1]) == parent:
                found.append(int(entry.name))
    return found


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
