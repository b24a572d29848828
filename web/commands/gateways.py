"""`karigar gateways`: which gateways there are, whether they are on, what they can, and when they were last heard."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import read
from payments.gateways import adapters, directory
from payments.gateways import queries as inbox
from payments.gateways.protocol import Abilities
from payments.topups import queries as topups
from web.commands.database import database
from web.commands.output import report, say
from web.commands.town import gateway_settings

ABLE = ("live", "partial_refund", "signed_notice", "sweep", "lines")


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("gateways", help="state, abilities, last notice and oldest unknown of each gateway")
    one.add_argument("--json", action="store_true", help="one JSON object on standard output")
    one.add_argument("--data", type=Path, help="folder of a demo town whose gateways to list")
    one.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """One line for each gateway; 1 when money is open at one that nobody can ask. Raises SettingRefused."""
    town = {} if os.environ.get("DATABASE_URL") else gateway_settings(chosen.data)
    adapters.connect(read({"KARIGAR_MODE": "demo", **town, **os.environ} if town else os.environ))
    with database(chosen.data):
        rows = listed()
    figures = {state: sum(row["state"] == state for row in rows) for state in ("on", "off", "not connected")}
    stranded = [row["gateway"] for row in rows if row["state"] == "not connected" and row["open"]]
    report("gateways", figures, as_json=chosen.json, gateways=rows, stranded=stranded)
    if not chosen.json:
        for row in rows:
            _tell(row)
    return 1 if stranded else 0


def listed() -> list[dict[str, Any]]:
    """Every gateway that is known here or that an open attempt names, by name."""
    with transaction() as session:
        heard = inbox.last_notices(session)
        waiting = {each.gateway: each for each in topups.open_by_gateway(session)}
    names = sorted({*adapters.FIRST_SETTING, *heard, *waiting})
    return [_row(name, heard.get(name), waiting.get(name)) for name in names]


def _row(name: str, heard: object, waiting: topups.OpenCount | None) -> dict[str, Any]:
    on = sorted(directory.currencies_on(name))
    can = directory.by_name(name).can if name in {each.name for each in directory.connected()} else None
    return {
        "gateway": name,
        "state": "not connected" if can is None else "on" if on else "off",
        "currencies": on,
        "abilities": _abilities(can),
        "last_notice": heard,
        "open": waiting.open if waiting else 0,
        "oldest_unknown": waiting.oldest if waiting else None,
    }


def _abilities(can: Abilities | None) -> Mapping[str, object]:
    """As data: lengths of time in seconds, sets in order."""
    if can is None:
        return {}
    plain = asdict(can)
    return {
        name: sorted(value) if isinstance(value, frozenset) else getattr(value, "total_seconds", lambda v=value: v)()
        for name, value in plain.items()
    }


def _tell(row: Mapping[str, Any]) -> None:
    age = clock.now() - row["oldest_unknown"] if row["oldest_unknown"] else None
    able = [name for name in ABLE if row["abilities"].get(name)]
    words = [
        f"{row['gateway']:<12} {row['state']:<14} {','.join(row['currencies']) or '-'}",
        f"can: {', '.join(able) or '-'}",
        f"last notice: {row['last_notice']:%Y-%m-%d %H:%M}" if row["last_notice"] else "last notice: never",
        f"open: {row['open']}" + (f", the oldest for {int(age.total_seconds()) // 60} minutes" if age else ""),
    ]
    say("  ".join(words))
