"""The operator's commands: migrate, verify, doctor, outbox, promises, keys."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.foundation import audit, outbox, vault
from marketplace.foundation.database import WORKER_LIMITS, new_session, open_database, transaction
from marketplace.foundation.embedded import open_server
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.settings import read
from payments import audits
from web import checks, migrate
from web.commands.demo import default_home
from web.commands.output import report, say


def declare(commands: Any) -> None:
    """Add the commands to the parser."""
    for name, run, help in (
        ("migrate", run_migrate, "bring the database to the newest schema"),
        ("verify", run_verify, "check every invariant of money, jobs and journal; 1 when one is broken"),
        ("doctor", run_doctor, "say what this machine has, what is wrong, and the mend"),
        ("promises", run_promises, "list the clauses of the five policies with their tests"),
    ):
        command = commands.add_parser(name, help=help)
        _common(command)
        command.set_defaults(run=run)
        if name == "doctor":
            command.add_argument("--ready", action="store_true", help="only ask whether the town answers")
            command.add_argument("--url", default=os.environ.get("BASE_URL", "http://127.0.0.1:8000"))
    box = commands.add_parser("outbox", help="what waits, what failed for good; replay ID gives it another life")
    _common(box)
    box.add_argument("replay", nargs="?", type=UUID, help="id of a dead row")
    box.set_defaults(run=run_outbox)
    keys = commands.add_parser("keys", help="make FILE: a new file with the key-encryption and look-up keys")
    keys.add_argument("verb", choices=["make"])
    keys.add_argument("file", type=Path)
    keys.set_defaults(run=run_keys)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.add_argument("--data", type=Path, help="folder of a demo town whose database to use")


@contextmanager
def database(data: Path | None) -> Iterator[str]:
    """Open the database that DATABASE_URL or the demo's folder names; yields which one it is, in words."""
    url = os.environ.get("DATABASE_URL")
    if url:
        yield from _opened(url, "the server of DATABASE_URL")
        return
    home = (data or default_home()).absolute()
    if not (home / "postgres" / "data").is_dir():
        raise SystemExit(f"karigar: no town in {home}; start one with `karigar demo`, or set DATABASE_URL")
    with open_server(home / "postgres") as server:
        yield from _opened(server.url, f"the embedded server of {home} (port {server.port})")


def _opened(url: str, words: str) -> Iterator[str]:
    migrate.load_tables()
    engine = open_database(url, connections=4, limits=WORKER_LIMITS)
    try:
        yield words
    finally:
        engine.dispose()
        new_session.configure(bind=None)


def run_migrate(chosen: argparse.Namespace) -> int:
    """Upgrade to the newest schema."""
    url = os.environ.get("DATABASE_URL")
    if url:
        migrate.upgrade(url)
    else:
        with open_server((chosen.data or default_home()).absolute() / "postgres") as server:
            migrate.upgrade(server.url)
    say("The schema is up to date.")
    return 0


def run_verify(chosen: argparse.Namespace) -> int:
    """Every invariant as a figure that must be 0."""
    with database(chosen.data), transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        figures = {**audits.figures(session), **checks.figures(session), "journal": audit.verify_journal(session)}
    report("verify", figures, as_json=chosen.json)
    return 1 if any(figures.values()) else 0


def run_doctor(chosen: argparse.Namespace) -> int:
    """What is used, what is wrong, and the mend."""
    if chosen.ready:
        return checks.ready(chosen.url)
    found = checks.doctor(read_softly(), lambda: database(chosen.data))
    for each in found:
        say(f"{'ok ' if each.good else 'BAD'}  {each.matter}" + (f"\n     → {each.mend}" if not each.good else ""))
    return 0 if all(each.good for each in found) else 1


def read_softly() -> Any:
    """The settings as a demo would read them: a doctor looks at a machine before it is configured, too."""
    return read({"KARIGAR_MODE": "demo", **os.environ})


def run_outbox(chosen: argparse.Namespace) -> int:
    """Counts by state and the dead rows; with an id, give that row another life."""
    with database(chosen.data), transaction() as session:
        if chosen.replay:
            revived = outbox.replay(session, chosen.replay)
            say("It will run again." if revived else "No dead row has this id.")
            return 0 if revived else 1
        figures = outbox.counts(session)
        dead = session.scalars(select(Outbox).where(Outbox.state == "dead").order_by(Outbox.created_at).limit(50)).all()
        rows = [
            {"id": str(row.id), "task": row.task, "attempts": row.attempts, "error": row.last_error} for row in dead
        ]
    report("outbox", figures, as_json=chosen.json, dead_rows=rows)
    if not chosen.json:
        for row in rows:
            say(f"dead  {row['id']}  {row['task']}  {row['attempts']} attempts  {row['error'] or 'killed its process'}")
    return 1 if figures["dead"] else 0


def run_promises(chosen: argparse.Namespace) -> int:
    """Clause, test and state; 1 when a clause has neither a test nor a reason to wait."""
    clauses = checks.promises()
    figures = {state: sum(clause.state == state for clause in clauses) for state in ("tested", "waiting", "missing")}
    rows = [{"clause": one.id, "test": one.test, "state": one.state, "reason": one.reason} for one in clauses]
    report("promises", figures, as_json=chosen.json, clauses=rows)
    if not chosen.json:
        for one in clauses:
            say(f"{one.id:<4} {one.state:<8} {one.test or one.reason}")
    return 1 if figures["missing"] else 0


def run_keys(chosen: argparse.Namespace) -> int:
    """Make a key file; it is never overwritten."""
    vault.make_key_file(chosen.file)
    sys.stderr.write(f"{chosen.file} is made: keep it apart from both databases and from every backup of them.\n")
    return 0
