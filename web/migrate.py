"""Bring a database to the newest schema, and write the next step when the tables have changed.

`python -m web.migrate revision add_rooms` writes a migration; `karigar migrate` runs them all.
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script
from sqlalchemy import Connection, inspect
from sqlalchemy.dialects.postgresql.base import ischema_names

from booking.tracking.tables import PlanePoint
from marketplace.foundation.database import Table, make_engine
from marketplace.foundation.embedded import open_server
from payments.ledger.tables import TransactionNumber
from web import schema

UNHURRIED = "-c timezone=UTC -c lock_timeout=10s"


def upgrade(url: str) -> None:
    """Run every migration that this database has not seen, one process at a time."""
    schema.load_tables()
    engine = make_engine(url, connections=1, limits=UNHURRIED)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
    engine.dispose()


def drift(connection: Connection) -> list[object]:
    """What the tables say and the migrated database does not have, or the other way round; nothing when they agree."""
    schema.load_tables()
    ischema_names.setdefault("xid8", TransactionNumber)
    ischema_names.setdefault("point", PlanePoint)
    context = MigrationContext.configure(
        connection, opts={"include_schemas": True, "compare_type": True, "target_metadata": Table.metadata}
    )
    return list(compare_metadata(context, Table.metadata))


def is_current(connection: Connection) -> bool:
    """Whether this database has seen every migration."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return MigrationContext.configure(connection).get_current_revision() == schema.newest()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revision(name: str, url: str) -> Path | None:
    """Write a migration from what the migrated database at `url` lacks, to be read and mended by a person; its file,
    or None when nothing is lacking."""
    schema.load_tables()
    engine = make_engine(url, connections=1, limits=UNHURRIED)
    try:
        with engine.begin() as connection:
            if not drift(connection):
                return None
            number = len(list((schema.MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
            made = command.revision(_config(connection), message=name, autogenerate=True, rev_id=f"{number:04d}")
    finally:
        engine.dispose()
    return Path(made.path) if isinstance(made, Script) else None


def main(words: list[str]) -> int:
    """`revision NAME`, compared with a scratch database that every migration made; 2 when called wrongly."""
    if len(words) != 2 or words[0] != "revision" or not re.fullmatch(r"[a-z][a-z0-9_ ]{2,60}", words[1]):
        sys.stderr.write(f'{__doc__}\nNAME says in small letters what changes: make migration NAME="add_rooms"\n')
        return 2
    with tempfile.TemporaryDirectory(prefix="karigar-migration-") as folder:
        Path(folder).chmod(0o755)  # the embedded server runs as a user of its own when we are root
        with open_server(Path(folder) / "postgres", durable=False) as server:
            upgrade(server.url)
            made = revision(words[1], server.url)
    sys.stdout.write(f"{made}\n" if made else "The tables are as the migrations make them: nothing to write.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
