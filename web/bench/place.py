"""Where a benchmark runs: a durable PostgreSQL of its own in a folder that is thrown away, and pgbench on it."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import text

from marketplace.foundation.database import WORKER_LIMITS, open_database, transaction
from marketplace.foundation.embedded import open_server, programs
from payments import audits
from web import migrate
from web.bench.telling import progress

LIMIT = "-c role=karigar_app"
FLOORS = Path(__file__).parent / "floors.sql"


@dataclass(frozen=True)
class Place:
    """A running server: its address, its postmaster, and a folder for scripts."""

    url: str
    pid: int
    folder: Path

    def run(self, sql: str) -> None:
        """As the owner, outside any transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql)

    def number(self, sql: str) -> int:
        """The one number that a query answers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def violations(self) -> int:
        """How many cases every audit finds together; each is told."""
        engine = open_database(self.url, connections=1, limits=WORKER_LIMITS)
        try:
            with transaction() as session:
                session.execute(text("SET LOCAL statement_timeout = 0"))
                found = {name: count for name, count in audits.stream(session) if count}
        finally:
            engine.dispose()
        for name, count in found.items():
            progress(f"broken: {name} ({count})")
        return sum(found.values())

    def pgbench(self, name: str, script: str, *, clients: int, seconds: float) -> float:
        """Transactions per second of a script, each client on a connection with the application's role."""
        file = self.folder / f"{name}.sql"
        file.write_text(script)
        words: list[str | Path] = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "1",
            "-T",
            str(max(1, round(seconds))),
            "-f",
            file,
        ]
        address = f"{self.url}?options={LIMIT.replace(' ', '%20').replace('=', '%3D')}"
        asked: list[str | Path] = [programs() / "pgbench", *words, address]
        return speed(subprocess.run(asked, capture_output=True, text=True, check=False))


def speed(done: subprocess.CompletedProcess[str]) -> float:
    """What a driver printed as `tps = …`. Raises RuntimeError with what it said instead."""
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or done.returncode:
        raise RuntimeError(f"a driver of the benchmark failed: {done.stderr[-600:] or done.stdout[-600:]}")
    return float(found[1])


@contextmanager
def open_place(*, floors: bool = True) -> Iterator[Place]:
    """A migrated database on a server of its own, with fsync, for as long as the block runs."""
    top = Path(tempfile.mkdtemp(prefix="karigar-bench-"))
    top.chmod(0o755)
    try:
        progress("A PostgreSQL of its own …")
        with open_server(top / "postgres", durable=True) as server:
            migrate.upgrade(server.url)
            place = Place(server.url, server.pid, top)
            if floors:
                place.run(FLOORS.read_text())
                place.run("VACUUM ANALYZE")
            yield place
    finally:
        shutil.rmtree(top, ignore_errors=True)
