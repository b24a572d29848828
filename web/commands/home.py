"""Where a town on this machine lives."""

import os
from pathlib import Path


def default_home() -> Path:
    """Where a demo town lives unless told: beside the project; for root, where the database's own user may go."""
    given = os.environ.get("KARIGAR_HOME")
    if given:
        return Path(given).absolute()
    return Path("/var/lib/karigar") if os.geteuid() == 0 else Path(".karigar").absolute()
