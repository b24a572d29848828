"""The application and the worker of a town under fire: visits of three acts each, written down before and after.

An act is acknowledged when its transaction has committed, and only then written to the log; whoever is started after a
kill goes on with what the log says was begun. Everything here runs in processes that are killed at any moment.
"""

import json
import os
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import payments.wallets.tasks  # noqa: F401  # the worker knows them
from marketplace.foundation import tasks
from marketplace.foundation.database import new_session, open_database, transaction
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from payments.wallets import actions as wallets
from payments.wallets.rules import split

THREADS = 3
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
STEPS = ("topup", "hold", "tip")
TOPUP, HELD, PRICE, TIP = 9_000, 5_000, 4_000, 300


def customer_of(visit: UUID) -> UUID:
    """A few customers share all visits, so that their rows are fought over."""
    return derived("fire", "customer", visit.int % 7)


def specialist_of(visit: UUID) -> UUID:
    """Likewise the specialists."""
    return derived("fire", "specialist", visit.int % 5)


def top_up(session: Session, visit: UUID) -> None:
    wallets.credit_topup(
        session, attempt=derived("fire", visit, "attempt"), owner=customer_of(visit), owner_kind="customer",
        gateway="sandbox", amount=Money(TOPUP, "BDT"), now=NOW,
    )  # fmt: skip


def hold(session: Session, visit: UUID) -> None:
    """Set the price aside, and leave the capture to the worker: one transaction for both."""
    enqueue(session, "fire.settle", key=derived("fire", visit, "settle"), visit=str(visit))
    wallets.hold_for_job(session, job=visit, customer=customer_of(visit), amount=Money(HELD, "BDT"), now=NOW)


def tip(session: Session, visit: UUID) -> None:
    wallets.tip(
        session, job=visit, customer=customer_of(visit), specialist=specialist_of(visit), amount=Money(TIP, "BDT"),
        now=NOW,
    )  # fmt: skip


ACTS: dict[str, Callable[[Session, UUID], None]] = {"topup": top_up, "hold": hold, "tip": tip}


@tasks.task("fire.settle")
def settle(session: Session, visit: str) -> None:
    """What the worker does: capture, with commission and tax, and give the rest back."""
    job = UUID(visit)
    share = split(Money(PRICE, "BDT"), commission_basis_points=1_500, tax_basis_points=1_000)
    wallets.capture_job(
        session, job=job, customer=customer_of(job), specialist=specialist_of(job), share=share, now=NOW,
        warranty_until=NOW + timedelta(days=7),
    )  # fmt: skip


class Line:
    """The database at the address that the file says now; opened again when it has gone away."""

    def __init__(self, home: Path, connections: int) -> None:
        self.home, self.connections = home, connections
        self.lock = threading.Lock()
        self.engine: Engine | None = None
        self.address = ""

    def call(self, work: Callable[[], None]) -> None:
        """Do the work until it has been done once; each try may have been the one that did it."""
        while True:
            try:
                self.connect()
                work()
            except (DBAPIError, OSError):  # the server was killed, or a lock was waited for too long
                time.sleep(0.02)
            else:
                return

    def connect(self) -> None:
        with self.lock:
            address = (self.home / "address").read_text()
            if address != self.address:
                engine = open_database(address, connections=self.connections)
                if self.engine is not None:
                    self.engine.dispose()
                new_session.configure(bind=engine)
                self.engine, self.address = engine, address


def applicate(home: str, life: int) -> None:
    """The application: finish what an earlier life began, then visits without end."""
    line = Line(Path(home), THREADS)
    log = os.open(Path(home) / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    begun = unfinished(Path(home))
    threads = [
        threading.Thread(target=_visits, args=(line, log, begun[n::THREADS], random.Random(f"{life} {n}")))
        for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _visits(line: Line, log: int, begun: list[tuple[UUID, list[str]]], chance: random.Random) -> None:
    for visit, steps in begun:
        _visit(line, log, visit, steps)
    while True:
        _visit(line, log, uuid7(), list(STEPS))
        if chance.random() < 0.1:
            time.sleep(0.001)


def _visit(line: Line, log: int, visit: UUID, steps: list[str]) -> None:
    for step in steps:
        os.write(log, f"{json.dumps(['begun', str(visit), step])}\n".encode())

        def work(step: str = step) -> None:
            with transaction() as session:
                ACTS[step](session, visit)

        line.call(work)
        os.write(log, f"{json.dumps(['done', str(visit), step])}\n".encode())


def read_log(home: Path) -> tuple[set[tuple[UUID, str]], set[tuple[UUID, str]]]:
    """What was begun and what was acknowledged; a line that a kill cut in two says nothing."""
    begun: set[tuple[UUID, str]] = set()
    done: set[tuple[UUID, str]] = set()
    for text in (home / "log").read_text().splitlines() if (home / "log").exists() else []:
        try:
            word, visit, step = json.loads(text)
        except ValueError:
            continue
        (begun if word == "begun" else done).add((UUID(visit), step))
    return begun, done


def unfinished(home: Path) -> list[tuple[UUID, list[str]]]:
    """Visits with the steps that nobody has acknowledged."""
    begun, done = read_log(home)
    visits = sorted({visit for visit, _ in begun})
    left = [(visit, [step for step in STEPS if (visit, step) not in done]) for visit in visits]
    return [(visit, steps) for visit, steps in left if steps]


def labour(home: str, _life: int) -> None:
    """The worker: whatever is due, without end."""
    line = Line(Path(home), 2)

    def round_of_work() -> None:
        if tasks.deliver_due(_run_quietly, limit=20) == 0:
            time.sleep(0.01)

    while True:
        line.call(round_of_work)


def _run_quietly(outbox_id: UUID) -> object:
    try:
        return tasks.run(outbox_id)
    except DBAPIError:
        raise
    except Exception:  # noqa: BLE001  # noted in the row, which will be tried again
        return False
