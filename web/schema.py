"""Where the steps of the schema lie, and which is the newest. Imports nothing: a town that opens looks here first."""

from pathlib import Path

import marketplace

MIGRATIONS = Path(marketplace.__file__).parent / "migrations"


def newest() -> str:
    """The number of the last step."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
