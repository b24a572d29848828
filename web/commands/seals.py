"""`karigar seal`: seal the ledger's history up to this moment, and publish the head of the chain elsewhere."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from payments.ledger import actions, queries
from payments.ledger.queries import Head
from web.commands.database import database
from web.commands.output import progress, report, say


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    seal = commands.add_parser("seal", help="seal the ledger and say the head of the chain; 1 when history was changed")
    seal.add_argument("--publish", type=Path, metavar="FILE", help="add the head to this file, kept elsewhere")
    seal.add_argument("--check", type=Path, metavar="FILE", help="every head of this file must still be in the chain")
    seal.add_argument("--json", action="store_true", help="one JSON object on standard output")
    seal.add_argument("--data", type=Path, help="folder of a demo town whose database to use")
    seal.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Seal, check what was published, publish, tell."""
    with database(chosen.data):
        sealed = _seal()
        changed = _changed(chosen.check) if chosen.check else 0
        with transaction() as session:
            head = queries.head(session)
            changed += _unlike_the_mailed(session)
    if head and chosen.publish:
        with chosen.publish.open("a") as file:
            file.write(json.dumps(asdict(head), default=str) + "\n")
    figures = {"sealed": sealed, "seals": head.no if head else 0, "changed": changed}
    report("seal", figures, as_json=chosen.json, head=asdict(head) if head else None)
    if head and not chosen.json:
        say(f"{head.sealed_at:%Y-%m-%d %H:%M} UTC  seal {head.no}  {head.hash}")
    return 1 if changed else 0


def _seal() -> int:
    total = 0
    while True:
        with transaction() as session:
            sealed = actions.seal(session)
        if not sealed:
            return total
        total += sealed
        progress(f"  {total} transfers sealed")


def _unlike_the_mailed(session: Session) -> int:
    """How many of the heads that were mailed to finance are no longer in the chain."""
    now = ((each, queries.head(session, each.no)) for each in queries.published(session))
    return sum(1 for each, found in now if found is None or (found.hash, found.count) != (each.hash, each.count))


def _changed(published: Path) -> int:
    """How many of the heads that were published are no longer in the chain."""
    changed = 0
    with transaction() as session:
        for line in published.read_text().splitlines():
            told = json.loads(line)
            found: Head | None = queries.head(session, int(told["no"]))
            if found is None or (found.hash, found.count) != (told["hash"], told["count"]):
                progress(f"seal {told['no']} is not what was published: {told['hash']}")
                changed += 1
    return changed
