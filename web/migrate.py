"""Bring a database to the newest schema."""

import importlib
import pkgutil
from pathlib import Path

from sqlalchemy import Connection

import booking
import marketplace
import payments
from marketplace.foundation.database import Table, make_engine

SQL = Path(marketplace.__file__).parent / "migrations" / "sql"
FOUNDATION_TABLES = ("audit", "outbox", "vault")


def load_tables() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for package in (marketplace, payments, booking):
        for feature in pkgutil.iter_modules(package.__path__):
            here = Path(package.__path__[0]) / feature.name
            for module in sorted(here.glob("*tables.py")):
                importlib.import_module(f"{package.__name__}.{feature.name}.{module.stem}")
    for name in FOUNDATION_TABLES:
        importlib.import_module(f"marketplace.foundation.{name}")


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
