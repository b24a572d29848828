"""`karigar demo`: from nothing to a running town in one command, until Ctrl-C."""

import argparse
import json
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from web.commands.home import default_home
from web.commands.output import progress, say
from web.commands.town import DAYS_LIVED, Town, running_town, throw_away
from web.towns import TOWNS

DEFAULT_PORT = 8765
LOOK_SECONDS = 0.5


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    demo = commands.add_parser("demo", help="run a whole town on this machine: database, bank, web and worker")
    demo.add_argument("--port", type=int, default=DEFAULT_PORT)
    demo.add_argument("--data", type=Path, help="folder of the town (default: .karigar, or /var/lib/karigar as root)")
    demo.add_argument("--fresh", action="store_true", help="throw the town's data away first")
    demo.add_argument("--town", choices=TOWNS, default="dhaka")
    demo.add_argument("--days", type=int, default=DAYS_LIVED, help="days that a new town has lived before today")
    demo.add_argument("--json", action="store_true", help="print one JSON object when the town answers")
    demo.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Start the town and stay; the exit code is 1 when one of its processes will not stay alive."""
    home = (chosen.data or default_home()).absolute()
    if chosen.fresh:
        throw_away(home)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with running_town(home, town=chosen.town, port=chosen.port, days=chosen.days) as town:
            _announce(town, seconds=time.monotonic() - began, as_json=chosen.json)
            while town.keep():
                time.sleep(LOOK_SECONDS)
            progress("A process of the town will not stay alive; its log tells why: " + str(home / "logs"))
            return 1
    except KeyboardInterrupt:
        progress("The town is closed.")
        return 0


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _announce(town: Town, *, seconds: float, as_json: bool) -> None:
    if as_json:
        people = [{"role": one.role, "username": one.username, "password": one.password} for one in town.named]
        say(json.dumps({"url": town.url, "bank": town.bank_url, "seconds": round(seconds, 1), "people": people}))
        return
    say(f"\nKarigar is open: {town.url}   (ready in {seconds:.1f} s; Ctrl-C closes it)")
    say(f"The sandbox bank: {town.bank_url}   Letters: {town.url}/-/letters   Components: {town.url}/-/components\n")
    say("Sign in as:")
    for one in town.named:
        say(f"  {one.role:<14} {one.username:<16} {one.password:<20} {one.name}")
    say("")
