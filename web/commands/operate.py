"""The operator's commands: migrate, verify, doctor, outbox, promises, keys."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.foundation import audit, outbox, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.embedded import open_server
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.settings import Settings, read
from payments import audits
from payments.ledger.checks import ALL, Scope
from web import doctor, invariants, migrate, promises
from web.commands.database import database
from web.commands.home import default_home
from web.commands.output import progress, report, say


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
        if name == "verify":
            how_much = command.add_mutually_exclusive_group()
            how_much.add_argument("--all", action="store_true", help="the ledger's whole history; so it is unless told")
            how_much.add_argument("--since", type=datetime.fromisoformat, metavar="DATE",
                                  help="only what the ledger has recorded since this moment")  # fmt: skip
            how_much.add_argument("--sample", type=float, metavar="SHARE",
                                  help="this share, from 0 to 1, of the ledger's accounts and transfers")  # fmt: skip
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
    """Every invariant as a figure that must be 0; what is found is said as soon as it is."""
    if chosen.sample is not None and not 0 < chosen.sample <= 1:
        raise SystemExit("karigar: --sample is a share above 0 and up to 1")
    since = chosen.since and (chosen.since if chosen.since.tzinfo else chosen.since.replace(tzinfo=UTC))
    scope = Scope(since=since, permille=chosen.sample and max(1, round(1000 * chosen.sample)))
    with database(chosen.data):
        figures = verified(scope, told=progress)
    report("verify", figures, as_json=chosen.json)
    return 1 if any(figures.values()) else 0


def verified(scope: Scope = ALL, *, told: Callable[[str], None] | None = None) -> dict[str, int]:
    """Each invariant of the open database with the number of cases that break it; one snapshot, nothing written."""
    found: dict[str, int] = {}
    with transaction() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        session.execute(text("SET LOCAL work_mem = '64MB'"))  # beyond it the server sorts on disk
        for name, count in audits.stream(session, scope=scope):
            found[name] = count
            if told and count:
                told(f"broken: {name} ({count})")
        return {**dict(sorted(found.items())), **invariants.figures(session), "journal": audit.verify_journal(session)}


def run_doctor(chosen: argparse.Namespace) -> int:
    """What is used, what is wrong, and the mend."""
    if chosen.ready:
        return 0 if doctor.ready(chosen.url) else 1
    found = doctor.examine(read_softly(), lambda: database(chosen.data))
    if chosen.json:
        told = [dict(zip(("good", "matter", "mend"), (one.good, *one.in_english()), strict=True)) for one in found]
        report("doctor", {"wrong": sum(not one.good for one in found)}, as_json=True, findings=told)
        return 0 if all(each.good for each in found) else 1
    for each in found:
        matter, mend = each.in_english()
        say(f"{'ok ' if each.good else 'BAD'}  {matter}" + (f"\n     → {mend}" if not each.good else ""))
    return 0 if all(each.good for each in found) else 1


def read_softly() -> Settings:
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
    clauses = promises.clauses()
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
