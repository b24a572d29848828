"""kill -9 of application, worker and PostgreSQL during money traffic: nothing acknowledged is lost, nothing is doubled.

Thirty rounds here; KARIGAR_KILL_ROUNDS=1000 for a release.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from marketplace.foundation import clock, tasks
from marketplace.foundation.database import new_session, open_database, transaction
from marketplace.foundation.embedded import EmbeddedPostgresUnavailable, Server, open_server
from marketplace.foundation.ids import derived
from payments import audits
from tests.faults.money import traffic
from web import migrate

ROUNDS = int(os.environ.get("KARIGAR_KILL_ROUNDS", "30"))
TRAFFIC_SECONDS = (0.1, 0.4)
LOOKS = 100  # rounds between two looks in a long run
SPAWN = multiprocessing.get_context("forkserver")


@dataclass
class Town:
    """A durable PostgreSQL, an application and a worker, each of which may be killed and is started again."""

    home: Path
    servers: list[AbstractContextManager[Server]] = field(default_factory=list)
    server: Server | None = None
    lives: int = 0
    processes: dict[str, BaseProcess] = field(default_factory=dict)

    def start_server(self) -> None:
        deadline = time.monotonic() + 30
        while True:  # what the killed one left in shared memory takes a moment to go
            opening = open_server(self.home / "postgres")
            try:
                self.server = opening.__enter__()
            except EmbeddedPostgresUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                break
        self.servers.append(opening)
        assert self.server.owned

    def tell_address(self) -> None:
        assert self.server is not None
        fresh = self.home / "address.new"
        fresh.write_text(self.server.url)
        fresh.replace(self.home / "address")

    def start(self, name: str) -> None:
        self.lives += 1
        work: Callable[[str, int], None] = {"application": traffic.applicate, "worker": traffic.labour}[name]
        self.processes[name] = SPAWN.Process(target=work, args=(str(self.home), self.lives), daemon=True)
        self.processes[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL, to PostgreSQL with every one of its processes, and start it again."""
        if name == "server":
            assert self.server is not None
            for pid in [self.server.pid, *children(self.server.pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self.server.pid, 0)  # while it is a zombie, the next one takes it for alive
            self.start_server()
            self.tell_address()
            return
        self.processes[name].kill()
        self.processes[name].join()
        self.start(name)

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.join()
        for opening in reversed(self.servers):
            opening.__exit__(None, None, None)


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
    return found


@pytest.fixture
def town(fresh_home: Path) -> Iterator[Town]:
    SPAWN.set_forkserver_preload(["tests.faults.money.traffic"])
    town = Town(fresh_home)
    bind = new_session.kw.get("bind")
    try:
        town.start_server()
        assert town.server is not None
        migrate.upgrade(town.server.url)
        town.tell_address()
        for name in ("application", "worker"):
            town.start(name)
        yield town
    finally:
        town.close()
        new_session.configure(bind=bind)


@pytest.mark.slow
def test_whoever_is_killed_no_money_is_lost_and_none_doubled(town: Town) -> None:
    chance = random.Random(11)
    victims = ["application", "worker", "server"]
    wait_for_traffic(town.home)
    for number in range(1, ROUNDS + 1):
        time.sleep(chance.uniform(*TRAFFIC_SECONDS))
        town.kill(victims[number % 3])
        if number % LOOKS == 0:
            look(town)
    for name in ("application", "worker"):
        town.processes.pop(name).kill()
    with opened(town):
        finish_the_work()
    begun, done = look(town)
    assert len(done) > ROUNDS, "there was hardly any traffic"
    with opened(town):
        the_work_is_whole(begun, done)


@contextmanager
def opened(town: Town) -> Iterator[None]:
    """The town's database for `transaction()`."""
    assert town.server is not None
    engine = open_database(town.server.url, connections=2)
    yield
    engine.dispose()


def wait_for_traffic(home: Path) -> None:
    deadline = time.monotonic() + 60
    while not traffic.read_log(home)[1]:
        assert time.monotonic() < deadline, "nobody paid anything"
        time.sleep(0.05)


def finish_the_work() -> None:
    """What was left over by the last lives: a worker comes back when the leases have run out."""
    for _ in range(20):
        clock.move(timedelta(minutes=5))
        with transaction() as session:
            left = session.scalars(
                text("SELECT id FROM outbox WHERE task = 'fire.settle' AND state IN ('ready', 'sent')")
            ).all()
        if not left:
            return
        for each in left:
            tasks.run(each)
    raise AssertionError("the worker never finishes")


def look(town: Town) -> tuple[set[tuple[UUID, str]], set[tuple[UUID, str]]]:
    """Every invariant holds; whatever was acknowledged is there; nothing is there twice."""
    begun, done = traffic.read_log(town.home)  # before the database: what is acknowledged later may be there, too
    with opened(town), transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        found = {name: count for name, count in audits.figures(session).items() if count}
        assert found.keys() <= {"07_holds_past_their_time"}, found
        rows = session.execute(
            text("SELECT subject, kind, count(*) FROM ledger.transfer WHERE subject IS NOT NULL GROUP BY 1, 2")
        ).all()
    counts = {(subject, kind): many for subject, kind, many in rows}
    assert set(counts.values()) <= {1}, "an act was done twice"
    for visit, step in done:
        subject = derived("fire", visit, "attempt") if step == "topup" else visit
        assert (subject, step) in counts, f"{step} of {visit} was acknowledged and is lost"
    return begun, done


def the_work_is_whole(begun: set[tuple[UUID, str]], done: set[tuple[UUID, str]]) -> None:
    """Each hold that was made has been captured by the worker; each wallet is worth what was done with it."""
    with transaction() as session:
        uncaptured = session.scalar(
            text(
                "SELECT count(*) FROM ledger.transfer h WHERE h.kind = 'hold' AND NOT EXISTS"
                " (SELECT FROM ledger.transfer c WHERE c.kind = 'capture' AND c.subject = h.subject)"
            )
        )
        dead = session.scalar(text("SELECT count(*) FROM outbox WHERE task = 'fire.settle' AND state = 'dead'"))
        rows = session.execute(text("SELECT kind, count(*) FROM ledger.transfer GROUP BY kind"))
        many: dict[str, int] = {kind: count for kind, count in rows}  # noqa: C416  # rows are no pairs to mypy
        worth = session.scalar(
            text("SELECT sum(posted) FROM ledger.account WHERE kind = 'wallet' AND owner_kind = 'customer'")
        )
        open_holds = session.scalar(text("SELECT count(*) FROM ledger.hold WHERE purpose = 'job' AND state = 'open'"))
    assert (uncaptured, dead, open_holds) == (0, 0, 0)
    expected = traffic.TOPUP * many["topup"] - traffic.PRICE * many.get("capture", 0) - traffic.TIP * many.get("tip", 0)
    assert worth == expected
    assert many["topup"] >= sum(step == "topup" for _, step in done)
    assert many["topup"] <= sum(step == "topup" for _, step in begun)
