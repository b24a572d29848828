"""A peopled town for each test that asks, and visitors who walk through it over HTTP."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine, make_url, text

from marketplace.foundation import clock, tasks, vault
from marketplace.foundation.database import new_session, open_database, transaction
from marketplace.foundation.settings import Settings, read
from marketplace.people import actions as people
from payments.gateways import directory, sandbox
from tests.conftest import _run, reopen, reopen_vault, set_aside
from web import cast, home
from web.app import create_app
from web.cast import Cast
from web.identity import form_token
from web.letters import delivery
from web.opening import load_tasks

SECRET = "tests-only-" + "0123456789abcdefghijklmnopqrstuv"


def _address(name: str) -> str:
    return make_url(os.environ["KARIGAR_TEST_URL"]).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def town_template() -> tuple[str, str]:
    """Names of a database with a peopled Dhaka and of its keys; made by whichever worker is first."""
    here = Path(os.environ["KARIGAR_TEST_HOME"])
    suffix = os.environ["KARIGAR_TEST_TEMPLATE"].removeprefix("karigar_template_")
    names = (f"karigar_town_{suffix}", f"karigar_town_keys_{suffix}")
    with (here / "town.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (here / "town.made").exists():
            _make_town(*names)
            (here / "town.made").touch()
    return names


def _make_town(main: str, keys: str) -> None:
    pairs = ((main, os.environ["KARIGAR_TEST_TEMPLATE"]), (keys, "template1"))
    _run(*(f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY FILE_COPY" for new, old in pairs))
    hashes = cast.password_hashes("dhaka")
    with set_aside():
        engine = open_database(_address(main), connections=4)
        vault.open_vault(_address(keys), Path(os.environ["KARIGAR_TEST_HOME"]) / "keys")
        load_tasks()
        with transaction() as session:
            cast.build_town(session, "dhaka", hashes=hashes, now=clock.now())
        tasks.run_all_due()  # everybody's hours, once for all tests
        engine.dispose()


@dataclass
class Town:
    """A town of its own for one test."""

    engine: Engine
    url: str
    keys_url: str
    cast: Cast


@pytest.fixture
def town(town_template: tuple[str, str]) -> Iterator[Town]:
    """A fresh copy of Dhaka with real commits; dropped after the test."""
    main, keys = (f"karigar_{uuid4().hex[:10]}" for _ in range(2))
    pairs = zip((main, keys), town_template, strict=True)
    _run(*(f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY FILE_COPY" for new, old in pairs))
    with set_aside():
        engine = reopen("town of the web", _address(main), connections=24)
        reopen_vault("town of the web's keys", _address(keys))
        load_tasks()
        home.forget()
        yield Town(engine, _address(main), _address(keys), _cast_of_the_template())
        engine.dispose()
    home.forget()
    _run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in (main, keys)))


@cache
def _cast_of_the_template() -> Cast:
    """Everybody has the same id in every copy: looked for once by each worker, in the first."""
    with transaction() as session:
        found = cast.find(session)
    assert found is not None
    return found


@pytest.fixture
def settings(town: Town) -> Settings:
    return read(
        {
            "KARIGAR_MODE": "demo",
            "DATABASE_URL": town.url,
            "KEYS_DATABASE_URL": town.keys_url,
            "KARIGAR_KEY_FILE": str(Path(os.environ["KARIGAR_TEST_HOME"]) / "keys"),
            "KARIGAR_HOME": str(Path(os.environ["KARIGAR_TEST_HOME"]) / "home"),
            "SESSION_SECRET": SECRET,
            "BASE_URL": "http://testserver.local",
            "KARIGAR_THREADS": "12",
            "KARIGAR_LOG": "error",
        }
    )


class _Built:
    """The application of this worker: built once, then shown one town after another."""

    app: Litestar | None = None


@pytest.fixture
def app(town: Town, settings: Settings) -> Litestar:
    """The real application on the test's own town."""
    if _Built.app is None:
        _Built.app = create_app(settings)
        opened = new_session.kw["bind"]
        new_session.configure(bind=town.engine)
        opened.dispose()
    _Built.app.state.settings = settings
    bank = sandbox.from_settings(settings)
    directory.connect(*([bank] if bank else []))
    delivery.open_channels(settings)
    return _Built.app


@dataclass
class Visitor:
    """Somebody with a browser without scripts: follows links, fills in forms, keeps cookies."""

    client: httpx.Client
    settings: Settings
    language: str = "en"
    last: httpx.Response = field(init=False)

    def get(self, path: str, **more: Any) -> httpx.Response:
        headers = {"accept-language": self.language, "accept": "text/html", **more.pop("headers", {})}
        self.last = self.client.get(path, headers=headers, **more)
        return self.last

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Send a form as its page would: with the form's token and a command id (give one to send it twice)."""
        if "session" not in self.client.cookies:
            self.get("/")
        token = form_token(self.settings, self.client.cookies["session"])
        body = {"form_token": token, "command_id": str(uuid4()), **(data or {})}
        headers = {"accept-language": self.language, "accept": "text/html", **more.pop("headers", {})}
        self.last = self.client.post(path, data=body, headers=headers, **more)
        return self.last

    def sign_in(self, username: str | None, password: str | None) -> "Visitor":
        answer = self.post("/sign-in", {"account": username, "password": password})
        assert answer.status_code == 303, answer.text[:500]
        return self


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def visitor(client: TestClient[Litestar], settings: Settings) -> Visitor:
    """Nobody yet."""
    return Visitor(client, settings)


@pytest.fixture
def somebody(client: TestClient[Litestar], settings: Settings, town: Town) -> Any:
    """`somebody("agent")`: a visitor of their own, signed in as the first of the cast with that role."""

    def sign_in(role: str, number: int = 0) -> Visitor:
        one = [person for person in town.cast.people if person.role == role][number]
        browser = another_browser(client)
        with transaction() as session:
            started = people.start_session(session, person=one.id, now=clock.now())
        browser.cookies.set("session", started.token, domain="testserver.local", path="/")
        return Visitor(browser, settings)

    return sign_in


def another_browser(client: TestClient[Litestar]) -> httpx.Client:
    """Cookies of its own, on the same running application: several that each start it would wait for one another."""
    return httpx.Client(transport=client._transport, base_url=client.base_url, follow_redirects=False, trust_env=False)


@pytest.fixture
def work_off() -> Any:
    """Runs everything that is due, as relay and worker would."""
    return tasks.run_all_due


def count(session: Any, table: str) -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")))
