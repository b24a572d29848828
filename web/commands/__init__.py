"""`karigar`: every command of the house. Each takes --json, has an exit code, and an error that says the mend.

0 done · 1 found something wrong · 2 called wrongly · 75 try again · 78 a setting is missing or unsafe.
"""

import argparse
import sys
from collections.abc import Sequence

from marketplace.foundation.embedded import EmbeddedPostgresUnavailable
from marketplace.foundation.keyfile import KeyFileUnusable
from marketplace.foundation.settings import SettingRefused
from web.commands import bench, demo, gateways, operate, rehearse, seals, serve

CONFIGURATION_WRONG = 78
TRY_AGAIN = 75


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(prog="karigar", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (demo, serve, operate, gateways, rehearse, bench, seals):
        module.declare(commands)
    chosen = parser.parse_args(words)
    try:
        return int(chosen.run(chosen))
    except (SettingRefused, KeyFileUnusable) as refusal:
        sys.stderr.write(f"karigar: {refusal}\n")
        return CONFIGURATION_WRONG
    except EmbeddedPostgresUnavailable as unavailable:
        sys.stderr.write(f"karigar: {unavailable}\n")
        return TRY_AGAIN
