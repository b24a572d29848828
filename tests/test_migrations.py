"""The migrations make exactly what the tables say, and the application's role may do what it must and no more."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from marketplace.foundation.database import Table
from web import migrate, schema


def test_nothing_has_drifted(database: Engine) -> None:
    with database.connect() as connection:
        assert migrate.drift(connection) == [], "run: make migration NAME=what_changed"
        assert migrate.is_current(connection)


def test_a_second_run_changes_nothing(database: Engine) -> None:
    migrate.upgrade(database.url.render_as_string(hide_password=False))
    with database.connect() as connection:
        assert migrate.is_current(connection)


def test_a_step_is_written_from_what_the_tables_have_become(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.url.render_as_string(hide_password=False)
    assert migrate.revision("add rooms", url) is None
    monkeypatch.setattr(schema, "MIGRATIONS", shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations"))
    room = sa.Table("room", Table.metadata, sa.Column("id", sa.Uuid(), primary_key=True))
    try:
        made = migrate.revision("add rooms", url)
    finally:
        Table.metadata.remove(room)
    assert made is not None
    assert made.parent == tmp_path / "migrations" / "versions"
    assert made.name.endswith("_add_rooms.py")
    assert 'create_table("room"' in made.read_text().replace("'", '"')
    assert "drop_" not in made.read_text()


def test_a_step_has_a_name() -> None:
    assert [migrate.main(words) for words in ([], ["revision"], ["revision", ""], ["revision", "../x"])] == [2] * 4


@pytest.mark.parametrize("statement", ["CREATE TABLE stray (id int)", "DROP TABLE job", "DELETE FROM ledger.entry"])
def test_the_application_cannot_change_the_schema_or_the_books(database: Engine, statement: str) -> None:
    with database.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(statement))
