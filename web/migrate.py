"""Bring a database to the newest schema, and write the next step when the tables have changed.

`python -m web.migrate revision add_rooms` writes a migration; `karigar migrate` runs them all.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.dialects.postgresql.base import ischema_names

import booking
import marketplace
import payments
from marketplace.foundation.database import Table, make_engine
from payments.ledger.tables import TransactionNumber

MIGRATIONS = Path(marketplace.__file__).parent / "migrations"
FOUNDATION_TABLES = ("audit", "outbox", "repeats")
UNHURRIED = "-c timezone=UTC -c lock_timeout=10s"


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
    """Run every migration that this database has not seen, one process at a time."""
    load_tables()
    engine = make_engine(url, connections=1, limits=UNHURRIED)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
    engine.dispose()


def drift(connection: Connection) -> list[object]:
    """What the tables say and the migrated database does not have, or the other way round; nothing when they agree."""
    load_tables()
    ischema_names.setdefault("xid8", TransactionNumber)
    context = MigrationContext.configure(
        connection, opts={"include_schemas": True, "compare_type": True, "target_metadata": Table.metadata}
    )
    return list(compare_metadata(context, Table.metadata))


def is_current(connection: Connection) -> bool:
    """Whether this database has seen every migration."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    heads = {path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}
    return MigrationContext.configure(connection).get_current_revision() == max(heads)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revision(name: str, url: str) -> None:
    """Write a migration from what the migrated database at `url` lacks; to be read and mended by a person."""
    load_tables()
    engine = make_engine(url, connections=1, limits=UNHURRIED)
    with engine.begin() as connection:
        number = len(list((MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
        command.revision(_config(connection), message=name, autogenerate=True, rev_id=f"{number:04d}")
    engine.dispose()


if __name__ == "__main__":
    revision(sys.argv[2], sys.argv[3])
