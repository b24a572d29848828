"""`karigar rehearse`: a day of a town through its HTTP API."""

from typing import Any


def declare(commands: Any) -> None:
    """Add the command to the parser."""
