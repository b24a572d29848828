"""Two weeks of a town's life, played through the real actions with the clock moved back."""

from collections.abc import Callable
from datetime import datetime

from web.cast import Cast


def live_through(cast: Cast, *, days: int, now: datetime, progress: Callable[[str], None]) -> None:
    """To be lived."""
