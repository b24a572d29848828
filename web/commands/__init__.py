"""`karigar`: every command of the house. Each takes --json, has an exit code, and an error that says the mend.

0 done · 1 found something wrong · 2 called wrongly · 75 try again · 78 a setting is missing or unsafe.
Only the module of the command that was asked is imported: a town of five processes opens three times as fast.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from marketplace.foundation.embedded import EmbeddedPostgresUnavailable
from marketplace.foundation.keyfile import KeyFileUnusable
from marketplace.foundation.settings import SettingRefused

CONFIGURATION_WRONG = 78
TRY_AGAIN = 75

# module of web.commands: the commands that its `declare` adds, in the order of `karigar --help`
COMMANDS = {
    "demo": ("demo",),
    "serve": ("serve", "worker", "relay"),
    "operate": ("migrate", "verify", "doctor", "promises", "outbox", "keys"),
    "gateways": ("gateways",),
    "people": ("people",),
    "rehearse": ("rehearse",),
    "bench": ("bench",),
    "seals": ("seal",),
    "statements": ("statements",),
    "simulate": ("simulate",),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="karigar", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = [module for module, names in COMMANDS.items() if words and words[0] in names]
    for module in asked or COMMANDS:
        import_module(f"web.commands.{module}").declare(commands)
    chosen = parser.parse_args(words)
    try:
        return int(chosen.run(chosen))
    except (SettingRefused, KeyFileUnusable) as refusal:
        sys.stderr.write(f"karigar: {refusal}\n")
        return CONFIGURATION_WRONG
    except EmbeddedPostgresUnavailable as unavailable:
        sys.stderr.write(f"karigar: {unavailable}\n")
        return TRY_AGAIN
