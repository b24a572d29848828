"""A town that really listens: the application behind Granian, its relay and worker, and a bank of its own.

It runs in this process, so that a journey may move the clock from the booking to the visit; the bank's clock follows.
"""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from sqlalchemy import make_url, text

from marketplace.foundation import clock, vault
from marketplace.foundation.database import open_database, transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings, read
from marketplace.people import actions as people
from tests.conftest import _run, set_aside
from tests.web.bank.running import SECRET, RunningBank, running_bank
from tests.web.conftest import SECRET as SESSION_SECRET
from tests.web.pages.walking import hang_up
from web import cast, home
from web.app import create_app
from web.cast import Cast
from web.commands.process import free_port
from web.live import Listener
from web.opening import close_house, load_tasks
from web.relay import Relay
from web.worker import make_broker, make_worker, sender

PATIENCE_SECONDS = 60


@dataclass
class Live:
    """The running town."""

    url: str
    bank: RunningBank
    cast: Cast
    settings: Settings
    time_zone: ZoneInfo
    works: bool

    def travel_to(self, moment: datetime) -> None:
        """The clock of the town and of its bank; then everything that has become due is done."""
        self.bank.advance((moment - clock.now()).total_seconds())
        clock.travel_to(moment)
        if self.works:
            self.settle()

    def settle(self) -> None:
        """Wait until relay and worker have nothing left to do."""
        waiting = text("SELECT count(*) FROM outbox WHERE state = 'sent' OR (state = 'ready' AND due_at <= :now)")
        calm, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while calm < 2:
            assert time.monotonic() < deadline, "the worker does not come to an end"
            with transaction() as session:
                calm = calm + 1 if session.scalar(waiting, {"now": clock.now()}) == 0 else 0
            time.sleep(0.1)

    def token_of(self, person: PersonId) -> str:
        """A session of somebody who has no password."""
        with transaction() as session:
            return people.start_session(session, person=person, now=clock.now()).token


def _address(name: str) -> str:
    return make_url(os.environ["KARIGAR_TEST_URL"]).set(database=name).render_as_string(hide_password=False)


def _found(town: str, main: str, keys: str, key_file: Path) -> None:
    """Found the town in a fresh database."""
    engine = open_database(_address(main), connections=2)
    vault.open_vault(_address(keys), key_file)
    load_tasks()
    hashes = cast.password_hashes(town)
    with transaction() as session:
        cast.build_town(session, town, hashes=hashes, now=clock.now())
    vault.close_vault()
    engine.dispose()


@contextmanager
def living(town: str, folder: Path, like: tuple[str, str] | None = None, *, works: bool = True) -> Iterator[Live]:
    """Open the town on a Tuesday at ten, close everything afterwards.

    `like`: databases where it stands already. Without `works` it answers, and what is to happen later waits.
    """
    main, keys = (f"karigar_live_{uuid4().hex[:10]}" for _ in range(2))
    data, secrets = like or (os.environ["KARIGAR_TEST_TEMPLATE"], "template1")
    pairs = ((main, data), (keys, secrets))
    _run(*(f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY FILE_COPY" for new, old in pairs))
    key_file = Path(os.environ["KARIGAR_TEST_HOME"]) / "keys"
    try:
        with set_aside(), running_bank(folder) as bank:
            if like is None:
                _found(town, main, keys, key_file)
            with _open(_settings(bank, folder, key_file, main, keys), bank, works=works) as live:
                yield live
    finally:
        clock.return_home()
        home.forget()
        _run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in (main, keys)))


def _settings(bank: RunningBank, folder: Path, key_file: Path, main: str, keys: str) -> Settings:
    return read(
        {
            "KARIGAR_MODE": "demo", "DATABASE_URL": _address(main), "KEYS_DATABASE_URL": _address(keys),
            "KARIGAR_KEY_FILE": str(key_file), "KARIGAR_HOME": str(folder / "home"), "KARIGAR_LOG": "error",
            "KARIGAR_THREADS": "8", "SESSION_SECRET": SESSION_SECRET, "BASE_URL": f"http://127.0.0.1:{free_port()}",
            "SANDBOX_BANK_URL": bank.url, "SANDBOX_BANK_SECRET": SECRET,
        }
    )  # fmt: skip


@contextmanager
def _open(settings: Settings, bank: RunningBank, *, works: bool) -> Iterator[Live]:
    """The town answers; it is Tuesday, ten o'clock."""
    home.forget()
    app = create_app(settings)
    try:
        with transaction() as session:
            found = cast.find(session)
        assert found is not None
        live = Live(settings.base_url, bank, found, settings, ZoneInfo(found.town.time_zone), works)
        with _serving(app, urlsplit(settings.base_url).port or 0), _working(settings) if works else nullcontext():
            today = clock.now().astimezone(live.time_zone).replace(hour=10, minute=0, second=0, microsecond=0)
            live.travel_to(today + timedelta(days=(1 - today.weekday()) % 7 or 7))
            yield live
    finally:
        hang_up()
        close_house()


@contextmanager
def _serving(app: object, port: int) -> Iterator[None]:
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    loops: list[asyncio.AbstractEventLoop] = []

    async def answer() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(answer()), name="granian", daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/-/live", timeout=2).status_code == 200:
                break
        except httpx.TransportError:
            assert time.monotonic() < deadline, "Granian does not listen"
        time.sleep(0.1)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(server.stop)
        thread.join(timeout=30)
    assert not thread.is_alive(), "Granian does not stop"


@contextmanager
def _working(settings: Settings) -> Iterator[None]:
    listener = Listener(settings.database_url)
    broker = make_broker(settings)
    worker = make_worker(broker, threads=2)
    relay = Relay(sender(broker))
    listener.start()
    worker.start()
    relay.start()
    try:
        yield
    finally:
        relay.leave()
        worker.stop()
        broker.close()
        listener.leave()
