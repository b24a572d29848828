"""A real PostgreSQL for every test: the one in DATABASE_URL, or an embedded one; a clean database for each need."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event, make_url
from sqlalchemy.orm import Session

from marketplace.foundation import clock, vault
from marketplace.foundation.database import driver_url, make_engine, new_session, open_database
from marketplace.foundation.embedded import Server, open_server
from marketplace.foundation.keyfile import read_key_file
from marketplace.people import hashing
from web import migrate

# No deadline: machines are shared. The same examples every time: whether a change lands is for the change to decide,
# not for luck. New examples are looked for with KARIGAR_EXPLORE=1, and what they find is kept as an @example.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, max_examples=60
)
settings.register_profile("explore", settings.get_profile("house"), derandomize=False, max_examples=1_000)
settings.load_profile("explore" if os.environ.get("KARIGAR_EXPLORE") else "house")

# To hash a password takes 64 MiB and a fifth of a second; `slow_passwords` for a test of which that is the matter.
THE_HOUSES_HASHER = hashing._hasher
hashing._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 2**30


def make_folder(prefix: str) -> Path:
    """A new folder that the database's user may enter, in memory where there is room.

    Every test that commits copies a database: on a disk half a second, in memory a sixtieth of one.
    """
    roomy = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=IN_MEMORY if roomy else None))
    folder.chmod(0o755)
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server and prepares the template once; every worker attaches to it."""
    if hasattr(config, "workerinput"):
        return
    top = make_folder("karigar-tests-")
    os.environ["KARIGAR_TEST_HOME"] = str(top)
    config.add_cleanup(lambda: shutil.rmtree(top, ignore_errors=True))  # last to run: cleanups run backwards
    given = os.environ.get("DATABASE_URL")
    if given is None:
        server = open_server(top / "postgres", durable=False)
        config.add_cleanup(lambda: _leave(server))
        os.environ["KARIGAR_TEST_URL"] = server.__enter__().url
    else:
        os.environ["KARIGAR_TEST_URL"] = given
    os.environ["KARIGAR_TEST_TEMPLATE"] = _make_template(os.environ["KARIGAR_TEST_URL"])
    vault.make_key_file(top / "keys")
    config.add_cleanup(lambda: _drop(os.environ["KARIGAR_TEST_TEMPLATE"]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow is begun first, by each worker its part: at the end one of them would be at it alone.

    File by file, so that one worker alone kills processes, and one after the other.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    workers, left = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), len(items)
    ordered: list[pytest.Item] = []
    for others in range(workers, 0, -1):  # xdist gives each worker such a share of the list, and evens out later
        share = left // others
        left -= share
        mine = slow[: -(-len(slow) // others)]
        del slow[: len(mine)]
        ordered += mine + quick[: share - len(mine)]
        del quick[: max(0, share - len(mine))]
    items[:] = ordered + slow + quick


def _leave(server: AbstractContextManager[Server]) -> None:
    server.__exit__(None, None, None)


def _make_template(url: str) -> str:
    name = f"karigar_template_{uuid4().hex[:8]}"
    _run(f"CREATE DATABASE {name}")
    target = make_url(url).set(database=name).render_as_string(hide_password=False)
    migrate.upgrade(target)
    return name


def _run(*statements: str) -> None:
    url = make_url(os.environ["KARIGAR_TEST_URL"]).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


_kept: dict[str, Engine] = {}


def reopen(use: str, url: str, *, connections: int) -> Engine:
    """`open_database`, for databases of which each is dropped before the next of the same use is opened."""
    engine = _lead_on(use, url, lambda: open_database(url, connections=connections))
    new_session.configure(bind=engine)
    return engine


def reopen_vault(use: str, url: str) -> None:
    """`open_vault` in the same way, on a copy of a vault that has its table already."""
    engine = _lead_on(use, url, lambda: make_engine(url, connections=vault.CONNECTIONS))
    vault.close_vault()
    vault._Process.vault = vault._Vault(engine, read_key_file(Path(os.environ["KARIGAR_TEST_HOME"]) / "keys"))


def _lead_on(use: str, url: str, make: Callable[[], Engine]) -> Engine:
    """An engine compiles each statement once and asks the server who it is: anew for every copy, that took long."""
    engine = _kept.get(use)
    if engine is None:
        engine = _kept[use] = make()
        event.listen(engine, "do_connect", _to_the_newest(engine))
    engine.url = make_url(driver_url(url))
    return engine


def _to_the_newest(engine: Engine) -> Callable[..., None]:
    def connect(dialect: object, record: object, words: object, facts: dict[str, object]) -> None:
        facts["dbname"] = engine.url.database

    return connect


def _drop(name: str) -> None:
    _run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def clone() -> tuple[str, str]:
    """A fresh copy of the migrated database: its address and its name."""
    name = f"karigar_{uuid4().hex[:10]}"
    _run(f"CREATE DATABASE {name} TEMPLATE {os.environ['KARIGAR_TEST_TEMPLATE']} STRATEGY FILE_COPY")
    address = make_url(os.environ["KARIGAR_TEST_URL"]).set(database=name)
    return address.render_as_string(hide_password=False), name


@contextmanager
def set_aside() -> Iterator[None]:
    """Room for another town in this process: what was open, database and vault, is open again afterwards."""
    bind, opened = new_session.kw.get("bind"), vault._Process.vault
    vault._Process.vault = None
    try:
        yield
    finally:
        vault.close_vault()
        vault._Process.vault = opened
        new_session.configure(bind=bind)


@pytest.fixture(scope="session")
def keys() -> Iterator[str]:
    """The database of personal keys, one for each test worker, and the vault opened on it."""
    name = f"karigar_keys_{uuid4().hex[:10]}"
    _run(f"CREATE DATABASE {name}")
    url = make_url(os.environ["KARIGAR_TEST_URL"]).set(database=name).render_as_string(hide_password=False)
    vault.open_vault(url, Path(os.environ["KARIGAR_TEST_HOME"]) / "keys")
    yield url
    vault.close_vault()
    _drop(name)


@pytest.fixture(scope="session")
def _shared(keys: str) -> Iterator[Engine]:
    url, name = clone()
    engine = open_database(url, connections=4)
    yield engine
    engine.dispose()
    _drop(name)


@pytest.fixture
def session(_shared: Engine) -> Iterator[Session]:
    """A session on a migrated database; whatever it does is undone after the test."""
    with _shared.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def database(keys: str) -> Iterator[Engine]:
    """A database of its own with real commits, for races: `transaction()` and threads use it."""
    before = new_session.kw.get("bind")
    url, name = clone()
    engine = reopen("database", url, connections=32)
    yield engine
    engine.dispose()
    new_session.configure(bind=before)
    _drop(name)


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """A folder that the embedded server's user may enter; pytest's own are private to root."""
    top = make_folder("karigar-home-")
    yield top
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords cost what they cost in the house."""
    monkeypatch.setattr(hashing, "_hasher", THE_HOUSES_HASHER)
    hashing.nobodys_hash.cache_clear()
    yield
    hashing.nobodys_hash.cache_clear()


@pytest.fixture(autouse=True)
def _time_at_home() -> Iterator[None]:
    yield
    clock.return_home()
