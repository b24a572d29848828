"""`karigar statements import`: take files of banks and gateways in, or only say what they hold."""

import argparse
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import read
from marketplace.people import queries as people
from payments.gateways import adapters, directory
from payments.statements import queries
from payments.statements.queries import Preview
from payments.statements.readers import How
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged, Source
from web import answers, statement_files
from web.commands.database import database
from web.commands.output import report, say
from web.commands.town import gateway_settings


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("statements", help="files of banks and gateways")
    verbs = one.add_subparsers(dest="verb", required=True, metavar="VERB")
    bring = verbs.add_parser("import", help="take files in, each whole or not at all; the same again changes nothing")
    bring.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bring.add_argument("--gateway", help="whose they are; needed when there are several gateways")
    bring.add_argument("--source", choices=[each.value for each in Source], help="unless the file says it by its form")
    bring.add_argument("--profile", help="name of the mapping profile by which tables are read")
    bring.add_argument("--dry-run", action="store_true", help="read and check only; nothing is written")
    bring.add_argument("--json", action="store_true", help="one JSON object on standard output")
    bring.add_argument("--data", type=Path, help="folder of a demo town whose database to use")
    bring.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """One file after the other; 1 when any of them is refused. Raises SettingRefused."""
    town = {} if os.environ.get("DATABASE_URL") else gateway_settings(chosen.data)
    adapters.connect(read({"KARIGAR_MODE": "demo", **town, **os.environ} if town else os.environ))
    gateway = chosen.gateway or _only_gateway()
    with database(chosen.data):
        by, profile = _finance(), _profile(chosen.profile)
        rows = [_one(path, gateway, profile, chosen, by) for path in chosen.files]
    refused = sum("refused" in row for row in rows)
    figures = {
        "files": len(rows), "refused": refused,
        **{name: sum(row.get(name, 0) for row in rows) for name in ("lines", "new_lines", "matched")},
    }  # fmt: skip
    report("statements import", figures, as_json=chosen.json, dry_run=chosen.dry_run, rows=rows)
    if not chosen.json:
        for row in rows:
            say(f"{row['file']}: {row.get('refused') or row['told']}")
    return 1 if refused else 0


def _one(
    path: Path, gateway: str, profile: queries.Profile | None, chosen: argparse.Namespace, by: UUID
) -> dict[str, Any]:
    try:
        file = statement_files.on_disk(path)
        how = statement_files.likely(file, gateway, profile.mapping if profile else None)
        if chosen.source and profile is None:
            how = How(gateway, Source(chosen.source))
        if chosen.dry_run:
            return {"file": path.name, **_seen(queries.look(file, how))}
        done, matched, left = statement_files.bring_in(file, how, by=by, profile=profile.id if profile else None)
    except OSError as trouble:
        return {"file": path.name, "refused": trouble.strerror or "cannot be read"}
    except (FileNotUnderstood, BalanceGap, LineChanged) as refusal:
        return {
            "file": path.name,
            "refused": statement_files.said(refusal),
            "why": type(refusal).__name__,
            **answers.facts_of(refusal),
        }
    told = "was here before" if done.again else f"{done.new_lines} of {done.lines} lines were new"
    return {
        "file": path.name, "told": told, "lines": done.lines, "new_lines": done.new_lines, "again": done.again,
        "matched": matched, "exceptions": left,
    }  # fmt: skip


def _seen(found: Preview) -> dict[str, Any]:
    return {
        "told": f"{found.lines} lines, {found.form.value}", "lines": found.lines, "form": found.form.value,
        "totals": [[each.minor, each.currency] for each in found.totals],
        "accounts": [
            {
                "account": each.account, "lines": each.lines,
                "opening": None if each.opening is None else each.opening.minor,
                "closing": None if each.closing is None else each.closing.minor,
            }
            for each in found.accounts
        ],
        "first": [[key, on.isoformat(), amount.minor] for key, on, amount in found.first],
    }  # fmt: skip


def _only_gateway() -> str:
    names = [each.name for each in directory.connected()]
    if len(names) != 1:
        raise SystemExit(f"karigar: name the gateway with --gateway; there are: {', '.join(names) or 'none'}")
    return names[0]


def _finance() -> UUID:
    """Who owns what is left over: the first of those who hold the role of finance."""
    with transaction() as session:
        found = people.people_with_role(session, "finance", now=clock.now())
    if not found:
        raise SystemExit("karigar: nobody holds the role of finance yet, and exceptions need an owner")
    return found[0]


def _profile(name: str | None) -> queries.Profile | None:
    if name is None:
        return None
    with transaction() as session:
        try:
            return queries.profile_named(session, name)
        except queries.ProfileNotFound:
            there = ", ".join(each.name for each in queries.profiles(session)) or "none"
            raise SystemExit(f"karigar: there is no profile {name!r}; there are: {there}") from None
