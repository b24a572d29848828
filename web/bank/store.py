"""The bank's books: one SQLite file. Every act is one transaction that no other writer can come between."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS merchant (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, secret TEXT NOT NULL, terminal TEXT NOT NULL,
    faults TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), ahead_seconds REAL NOT NULL) STRICT;
INSERT OR IGNORE INTO clock VALUES (1, 0.0);
CREATE TABLE IF NOT EXISTS payment (
    token TEXT PRIMARY KEY, merchant TEXT NOT NULL REFERENCES merchant, reference TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, label TEXT NOT NULL,
    return_url TEXT NOT NULL, notify_url TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', account TEXT, pays_at TEXT,
    number TEXT UNIQUE, tracking TEXT UNIQUE, trace TEXT, paid_at TEXT, verified_at TEXT, day TEXT,
    fee INTEGER, refunded INTEGER NOT NULL DEFAULT 0,
    UNIQUE (merchant, reference)
) STRICT;
CREATE INDEX IF NOT EXISTS payment_day ON payment (merchant, day);
CREATE TABLE IF NOT EXISTS refund (
    key TEXT PRIMARY KEY, merchant TEXT NOT NULL, token TEXT NOT NULL REFERENCES payment, amount INTEGER NOT NULL,
    line TEXT NOT NULL, day TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bell (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, secret TEXT NOT NULL,
    copies INTEGER NOT NULL, due_at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'due'
) STRICT;
CREATE INDEX IF NOT EXISTS bell_due ON bell (state, due_at);
"""


class Store:
    """Opens the file for each act; safe to share between threads."""

    def __init__(self, path: Path, *, schema: str = SCHEMA) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(schema)

    @contextmanager
    def act(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept when the block ends, undone when it raises."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection
