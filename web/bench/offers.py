"""`karigar bench offers`: many set the same person's time aside at once, beside the usual lock on the person's row.

What is measured are statements, not the Python above them: those with which `booking/availability` looks, takes the
day, ends what has run out and writes under the guard, sent by PostgreSQL's own driver (pgbench, prepared) from many
connections. `hold.sql` is what the product does (its reads as one look, without the BEGIN and ROLLBACK that a request
has around it), `row_lock.sql` the same attempt behind a row lock. Every chunk has a person and a day of its own, for
which all connections fight: starts on quarters of an hour, half an hour to two and a half long, given up after a tenth
of a second to one, so that time is sold again and again.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from marketplace.foundation.embedded import programs
from web.bench.place import LIMIT, Place, open_place, speed
from web.bench.rounds import foreign, interleave, quiet

HERE: Final = Path(__file__).parent
CLIENTS: Final = 80
LOOK_SECONDS: Final = 0.2
DAY: Final = "2026-03-02"
_PREPARE: Final = """
    CREATE SCHEMA bench;
    CREATE TABLE bench.person (id uuid PRIMARY KEY, version int NOT NULL);
    CREATE TABLE bench.occupation (LIKE occupation INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    CREATE INDEX ON bench.occupation (specialist_id) WHERE status IN ('held', 'confirmed', 'started');
    CREATE INDEX ON bench.occupation (specialist_id, on_day);
    CREATE INDEX ON bench.occupation (expires_at) WHERE status = 'held';
    CREATE UNIQUE INDEX ON bench.occupation (id);
    CREATE UNIQUE INDEX ON bench.occupation (visit_id) WHERE status IN ('held', 'confirmed', 'started');
    CREATE UNIQUE INDEX ON bench.occupation (visit_id, sequence);
    GRANT USAGE ON SCHEMA bench TO karigar_app;
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA bench TO karigar_app"""
# Two live rows that overlap, at any moment at which somebody looks.
_OVERLAPPING: Final = """
    WITH live AS (SELECT * FROM occupation WHERE status IN ('held', 'confirmed', 'started'))
    SELECT count(*) FROM live a JOIN live b
        ON a.id < b.id AND a.specialist_id = b.specialist_id AND a.during && b.during"""
# A quarter of an hour that was set aside anew before the last one who had it gave it up.
_SOLD_TWICE: Final = """
    SELECT count(*) FROM (
        SELECT written_at, max(expires_at) OVER (
                   PARTITION BY specialist_id, quarter ORDER BY written_at
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM {table}, generate_series(lower(during), upper(during) - interval '15 min', interval '15 min') quarter
    ) sold WHERE written_at < before"""


@dataclass
class Watch:
    """Somebody who looks at the table again and again while all others fight for it."""

    looks: int = 0
    overlaps: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def look(self, url: str) -> None:
        """Until it is over."""
        with psycopg.connect(url, autocommit=True) as connection:
            while not self.over.is_set():
                found = connection.execute(_OVERLAPPING).fetchone()
                self.overlaps += found[0] if found else 0
                self.looks += 1
                time.sleep(LOOK_SECONDS)


def measure(*, attempts: int, rounds: int, clients: int = CLIENTS) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of. The row lock is tried a twentieth as often."""
    with open_place(floors=False) as place:
        return measured(place, attempts=attempts, rounds=rounds, clients=clients)


def measured(place: Place, *, attempts: int, rounds: int, clients: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The same in a database that is migrated."""
    place.run(_PREPARE)
    numbers = count(1)
    each = -(-attempts // (rounds * clients))
    with _watched(place) as watch:
        samples = interleave(
            {
                "hold": _chunk(place, "hold.sql", numbers, clients=clients, each=each),
                "row_lock": _chunk(place, "row_lock.sql", numbers, clients=clients, each=max(1, each // 20)),
            },
            rounds=rounds,
            server=place.pid,
        )
    sold, sold_behind_the_lock = (
        place.number(_SOLD_TWICE.format(table=table)) for table in ("occupation", "bench.occupation")
    )
    booked = place.number("SELECT count(*) FROM occupation")
    speeds = {name: sample.median for name, sample in samples.items()}
    figures = {
        "attempts": each * rounds * clients,
        "double_bookings": sold + watch.overlaps,
        "vs_row_lock": round(speeds["hold"] / speeds["row_lock"], 2),
    }
    return figures, {
        "booked": booked,
        "attempts_per_second": {name: round(value) for name, value in speeds.items()},
        "double_behind_row_lock": sold_behind_the_lock,
        "looks_meanwhile": watch.looks,
        "clients": clients,
        "quiet_samples": quiet(samples),
        "samples": sum(len(sample.speeds) for sample in samples.values()),
        "machine": {"cores": os.cpu_count() or 1, "foreign_cpu": foreign(samples)},
    }


@contextmanager
def _watched(place: Place) -> Iterator[Watch]:
    watch = Watch()
    looker = threading.Thread(target=watch.look, args=(place.url,), daemon=True)
    looker.start()
    try:
        yield watch
    finally:
        watch.over.set()
        looker.join()


def _chunk(place: Place, name: str, numbers: Iterator[int], *, clients: int, each: int) -> Callable[[], float]:
    """A round: all clients fight for one new person's day, `each` so many times; attempts a second."""

    def run() -> float:
        who = UUID(int=next(numbers) << 64 | 0x4000_8000_0000_0000)
        with psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("INSERT INTO route_day (specialist_id, on_day, version) VALUES (%s, %s, 1)", (who, DAY))
            connection.execute("INSERT INTO bench.person VALUES (%s, 1)", (who,))
        words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-t", str(each), "-D", f"who={who}"]
        address = f"{place.url}?options={LIMIT.replace(' ', '%20').replace('=', '%3D')}"
        asked = [str(programs() / "pgbench"), *words, "-D", f"day={DAY}", "-f", str(HERE / name), address]
        return speed(subprocess.run(asked, capture_output=True, text=True, check=False))

    return run
