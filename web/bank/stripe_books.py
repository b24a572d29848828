"""The simulated Stripe's books: every object as one document in one SQLite file, and the events on their way."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from marketplace.foundation import clock
from web.bank.store import Store
from web.bank.stripe_rules import KEY_LIVES, Doc, Refusal, Switches, new_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE TABLE IF NOT EXISTS answered (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, created INTEGER NOT NULL, status INTEGER, body BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'due', forged INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
CREATE TABLE IF NOT EXISTS switch (
    one INTEGER PRIMARY KEY CHECK (one = 1), faults TEXT NOT NULL, ahead REAL NOT NULL, endpoint TEXT NOT NULL,
    spoilt INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT OR IGNORE INTO switch VALUES (1, '{}', 0.0, '', 0);
"""


class Books:
    """Reads and writes documents inside an act, which is one transaction that no other writer can come between."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, schema=SCHEMA)

    @contextmanager
    def act(self) -> Iterator["Act"]:
        """One transaction: kept when the block ends, undone when it raises."""
        with self._store.act() as connection:
            yield Act(connection)

    def remembered(self, key: str, digest: str) -> tuple[int, bytes] | None:
        """What this key was answered first; None when it is new, and then it is in flight until `remember`.

        Raises Refusal: while the first is in flight, and for other parameters under the same key.
        """
        with self.act() as act:
            now = act.now()
            act.run("DELETE FROM answered WHERE created < ?", (now - KEY_LIVES,))
            row = act.run("SELECT * FROM answered WHERE key = ?", (key,)).fetchone()
            if row is None:
                act.run("INSERT INTO answered (key, digest, created) VALUES (?, ?, ?)", (key, digest, now))
                return None
        if row["digest"] != digest:
            matter = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            raise Refusal(400, matter, type="idempotency_error")
        if row["status"] is None:
            matter = "There is currently another in-progress request using this Idempotent Key."
            raise Refusal(409, matter, type="idempotency_error", code="idempotency_key_in_use")
        return row["status"], row["body"]

    def remember(self, key: str, status: int, body: bytes) -> None:
        with self.act() as act:
            act.run("UPDATE answered SET status = ?, body = ? WHERE key = ?", (status, body, key))

    def forget(self, key: str) -> None:
        """The endpoint had not begun: the key is free again."""
        with self.act() as act:
            act.run("DELETE FROM answered WHERE key = ?", (key,))


class Act:
    """One transaction of the books."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT * FROM switch").fetchone()
        self.ahead: float = row["ahead"]
        self.endpoint: str = row["endpoint"]
        self.switches = msgspec.json.decode(row["faults"], type=Switches)
        self.spoilt: int = row["spoilt"]

    def run(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, tuple(values))

    def exactly(self) -> float:
        """Stripe's own clock, which may be ahead of ours, in seconds since 1970."""
        return clock.now().timestamp() + self.ahead

    def now(self) -> int:
        return int(self.exactly())

    def add(self, prefix: str, kind: str, body: Doc, *, length: int = 24) -> Doc:
        """Write a new object down; with its id, its kind and the time."""
        whole = {"id": new_id(prefix, length), "object": kind, "created": self.now(), "livemode": False, **body}
        values = (whole["id"], kind, whole["created"], json.dumps(whole))
        self.run("INSERT INTO object (id, kind, created, body) VALUES (?, ?, ?, ?)", values)
        return whole

    def keep(self, body: Doc) -> Doc:
        """Write an object down as it is now."""
        self.run("UPDATE object SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        return body

    def find(self, id: str, kind: str) -> Doc:
        """An object by its id. Raises Refusal."""
        row = self.run("SELECT body FROM object WHERE id = ? AND kind = ?", (id, kind)).fetchone()
        if row is None:
            raise Refusal(404, f"No such {kind}: '{id}'", code="resource_missing", param="id")
        found: Doc = json.loads(row["body"])
        return found

    def all(self, kind: str) -> list[Doc]:
        """Every object of a kind, newest first."""
        rows = self.run("SELECT body FROM object WHERE kind = ? ORDER BY seq DESC", (kind,))
        return [json.loads(row["body"]) for row in rows]

    def pages_to_close(self) -> list[Doc]:
        """Open pages whose time is over."""
        return self._due("checkout.session", "open", "expires_at")

    def money_that_comes(self) -> list[Doc]:
        """Payments by a slow way whose money is there now."""
        return self._due("payment_intent", "processing", "settles_at")

    def _due(self, kind: str, status: str, moment: str) -> list[Doc]:
        due = (
            "SELECT body FROM object WHERE kind = ? AND json_extract(body, '$.status') = ?"
            " AND json_extract(body, ?) < ?"
        )
        return [json.loads(row["body"]) for row in self.run(due, (kind, status, f"$.{moment}", self.now()))]

    def happened(self, type: str, about: Doc) -> Doc:
        """Write an event down, and put it into the post as the switches would have it."""
        event = self.add("evt", "event", {
            "type": type, "api_version": "2026-10-28.endive", "data": {"object": about}, "pending_webhooks": 1,
        })  # fmt: skip
        if not self.switches.lost:
            self.post(event["id"], due_at=self.exactly() + self.switches.late_seconds)
        return event

    def post(self, event: str, *, due_at: float, forged: bool = False) -> None:
        self.run("INSERT INTO delivery (event, due_at, forged) VALUES (?, ?, ?)", (event, due_at, int(forged)))
