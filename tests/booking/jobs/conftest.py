"""The small town: founded once, then copied for each test; undone after it, or with real commits for races."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from marketplace.foundation.database import new_session, open_database, transaction
from tests.booking.jobs import town as towns
from tests.booking.jobs.town import Town
from tests.conftest import _drop, _run, clone, reopen

__all__ = ["busy_town", "founded", "session", "town"]


@pytest.fixture(scope="session")
def founded(keys: str) -> Iterator[tuple[str, str, Town]]:
    """The address and the name of a database with the town in it."""
    url, name = clone()
    before = new_session.kw.get("bind")
    engine = open_database(url, connections=1)
    with transaction() as session:
        town = towns.build(session)
    engine.dispose()
    new_session.configure(bind=before)
    yield url, name, town
    _drop(name)


@pytest.fixture(scope="session")
def _town_engine(founded: tuple[str, str, Town]) -> Iterator[Engine]:
    before = new_session.kw.get("bind")
    engine = open_database(founded[0], connections=2)
    new_session.configure(bind=before)
    yield engine
    engine.dispose()


@pytest.fixture
def session(_town_engine: Engine) -> Iterator[Session]:
    """A session in the town; whatever it does is undone after the test."""
    with _town_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def town(founded: tuple[str, str, Town]) -> Town:
    return replace(founded[2], specialists=[])


@pytest.fixture
def busy_town(founded: tuple[str, str, Town], _town_engine: Engine) -> Iterator[Town]:
    """The town in a database of its own with real commits; `transaction()` and threads use it."""
    _town_engine.dispose()  # nobody may be connected to a database while it is copied
    name = f"karigar_{uuid4().hex[:10]}"
    _run(f"CREATE DATABASE {name} TEMPLATE {founded[1]} STRATEGY FILE_COPY")
    before = new_session.kw.get("bind")
    url = make_url(founded[0]).set(database=name).render_as_string(hide_password=False)
    engine = reopen("town", url, connections=32)
    yield replace(founded[2], specialists=[])
    engine.dispose()
    new_session.configure(bind=before)
    _drop(name)
