"""A second opinion on a day, for `karigar bench slots`: it knows nothing of routes, gaps or insertion.

All orders of a day's visits are searched, each visit as early as it can be in that order; for one person this is exact.
A schedule that is found is a proof that the promises can be kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.availability.pace import Pace, travel_minutes
from marketplace.foundation.places import Point

NEVER = -1


@dataclass(frozen=True)
class Duty:
    """Something to be done: it starts from `opens` to `closes` (minutes), where, how long, at which speed reached."""

    place: Point | None
    opens: int
    closes: int
    minutes: int
    speed: int


@dataclass(frozen=True)
class Shift:
    """When somebody works, in stretches, and where they set out."""

    base: Point | None
    stretches: tuple[tuple[int, int], ...]


def schedule(shift: Shift, duties: Sequence[Duty], pace: Pace) -> list[int] | None:
    """A start for each duty such that all are kept, the ways between them included; None when there is none."""
    order = sorted(range(len(duties)), key=lambda each: (duties[each].closes, duties[each].opens))
    starts = [NEVER] * len(duties)
    been: dict[tuple[int, int], int] = {}

    def follow(done: int, last: int, here: Point | None, free: int) -> bool:
        if done == (1 << len(duties)) - 1:
            return True
        known = been.get((done, last))
        if known is not None and known <= free:
            return False
        been[done, last] = free
        for each in order:
            if done >> each & 1:
                continue
            start = _start(shift, duties[each], here, free, pace)
            if start is None:
                continue
            starts[each] = start
            if follow(done | 1 << each, each, duties[each].place or here, start + duties[each].minutes):
                return True
        return False

    return starts if follow(0, NEVER, shift.base, -(1 << 40)) else None


def keeps(shift: Shift, duties: Sequence[Duty], order: Sequence[int], pace: Pace) -> bool:
    """Whether these duties can be kept in that very order."""
    here, free = shift.base, -(1 << 40)
    for each in order:
        start = _start(shift, duties[each], here, free, pace)
        if start is None:
            return False
        here, free = duties[each].place or here, start + duties[each].minutes
    return True


def _start(shift: Shift, duty: Duty, here: Point | None, free: int, pace: Pace) -> int | None:
    """The first moment at which it can begin after that; None when it is too late."""
    way = travel_minutes(here, duty.place, speed=duty.speed, pace=pace)
    for begins, ends in shift.stretches:
        start = max(duty.opens, max(free, begins) + way)
        if start <= duty.closes and start + duty.minutes <= ends:
            return start
    return None
