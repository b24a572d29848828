"""The only call to the system clock. Tests and simulations move it; nothing else asks the machine for the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class _Moved:
    by = timedelta(0)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC) + _Moved.by


def move(by: timedelta) -> None:
    """Move this process's clock, for a simulation or a test; forwards or back."""
    _Moved.by += by


def moved_by() -> timedelta:
    """How far this process's clock has been moved: for who reads another clock beside it."""
    return _Moved.by


def travel_to(moment: datetime) -> None:
    """Let `now()` answer `moment` from here on, ticking as before."""
    move(moment - now())


def return_home() -> None:
    """Undo every move."""
    _Moved.by = timedelta(0)


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Move the clock for the length of a block."""
    move(by)
    try:
        yield
    finally:
        move(-by)
