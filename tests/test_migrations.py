"""The migrations make exactly what the tables say, and the application's role may do what it must and no more."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from web import migrate


def test_nothing_has_drifted(database: Engine) -> None:
    with database.connect() as connection:
        assert migrate.drift(connection) == [], "run: make migration NAME=what_changed"
        assert migrate.is_current(connection)


def test_a_second_run_changes_nothing(database: Engine) -> None:
    migrate.upgrade(database.url.render_as_string(hide_password=False))
    with database.connect() as connection:
        assert migrate.is_current(connection)


@pytest.mark.parametrize("statement", ["CREATE TABLE stray (id int)", "DROP TABLE job", "DELETE FROM ledger.entry"])
def test_the_application_cannot_change_the_schema_or_the_books(database: Engine, statement: str) -> None:
    with database.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(statement))
