"""Bring a database to the newest schema."""

import importlib
import pkgutil
import sys
from pathlib import Path

from sqlalchemy import Connection

import booking
import marketplace
import payments
from marketplace.foundation.database import Table, make_engine

SQL = Path(marketplace.__file__).parent / "migrations" / "sql"
FOUNDATION_TABLES = ("audit", "outbox", "repeats")


def load_tables() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for package in (marketplace, payments, booking):
        for feature in pkgutil.iter_modules(package.__path__):
            here = Path(package.__path__[0]) / feature.name
            for module in sorted(here.glob("*tables.py")):
                _load(f"{package.__name__}.{feature.name}.{module.stem}")
    for name in FOUNDATION_TABLES:
        _load(f"marketplace.foundation.{name}")


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception as problem:  # TEMPORARY while rooms are being built
        sys.stderr.write(f"tables of {name} are not there yet: {problem!r}\n")


def upgrade(url: str) -> None:
    load_tables()
    engine = make_engine(url, connections=1, limits="-c timezone=UTC")
    with engine.begin() as connection:
        for path in sorted(SQL.glob("before_*.sql")):
            _run(connection, path)
        Table.metadata.create_all(connection)
        for path in sorted(SQL.glob("after_*.sql")):
            _run(connection, path)
    engine.dispose()


def _run(connection: Connection, path: Path) -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = connection.connection.cursor()
    cursor.execute(path.read_text())
    cursor.close()
