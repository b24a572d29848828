"""Where things stand on the board: moments of a day as steps of five minutes, lanes of time, the map. Pure.

Steps become classes (`h9 q3 a1 b6`: from a quarter past nine, for an hour and a half), for pages carry no styles; the
stylesheet turns them into lengths from the inline start, so a day runs from right to left where its readers do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from booking.dispatch.board import Person
from marketplace.foundation.periods import Period
from marketplace.foundation.places import CELL_DEGREES, Point

STEP: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
STEPS: Final = 12  # in an hour
USUAL: Final = (8, 18)  # hours that are always shown
MOST_WAY: Final = 24  # steps of a way that are drawn


@dataclass(frozen=True, slots=True)
class Axis:
    """The part of a local day that is drawn: whole hours after its midnight, also on days of 23 or 25 hours."""

    midnight: datetime
    first: int
    last: int

    @property
    def hours(self) -> range:
        return range(self.first, self.last)

    def at(self, hour: int) -> datetime:
        return self.midnight + hour * HOUR

    def step_of(self, moment: datetime) -> int:
        """Whole steps after midnight, kept inside of what is drawn."""
        steps = (moment - self.midnight) // STEP
        return min(max(steps, self.first * STEPS), self.last * STEPS)

    def shows(self, moment: datetime) -> bool:
        return self.at(self.first) <= moment < self.at(self.last)


@dataclass(frozen=True, slots=True)
class Lane:
    """A stretch on the axis: its first step and how many; at least one, or it could not be seen."""

    start: int
    steps: int

    @property
    def classes(self) -> str:
        hour, rest = divmod(self.start, STEPS)
        hours, more = divmod(self.steps, STEPS)
        return f"h{hour} q{rest} a{hours} b{more}"


def axis_of(day: Period, people: Iterable[Person]) -> Axis:
    """The usual hours, and as much of the day before and after as anybody works or is visited."""
    first, last = USUAL
    whole = -(-day.length // HOUR)
    for person in people:
        spans = [*person.shifts, *(Period(each.departs_at, each.ends_at) for each in person.times)]
        for span in spans:
            first = min(first, max(0, (span.start - day.start) // HOUR))
            last = max(last, min(whole, -(-(span.end - day.start) // HOUR)))
    return Axis(day.start, first, last)


def lane(axis: Axis, start: datetime, end: datetime) -> Lane | None:
    """Where a stretch is drawn; None where none of it is."""
    first, last = axis.step_of(start), axis.step_of(end + STEP - timedelta(microseconds=1))
    edge = axis.last * STEPS
    if end <= axis.at(axis.first) or start >= axis.at(axis.last):
        return None
    first = min(first, edge - 1)
    return Lane(first, max(1, last - first))


def way_steps(axis: Axis, departs: datetime, starts: datetime) -> int:
    """How many steps of a drawn visit are the way to it."""
    return min(MOST_WAY, max(0, axis.step_of(starts) - axis.step_of(departs)))


@dataclass(frozen=True, slots=True)
class Plane:
    """Degrees as units of a drawing that is `width` wide; north is up, and neither script turns it round."""

    west: float
    north: float
    scale: float
    squeeze: float  # a degree of longitude beside one of latitude
    width: int
    height: int

    def at(self, point: Point) -> tuple[int, int]:
        x = (point.longitude - self.west) * self.squeeze * self.scale
        return round(x), round((self.north - point.latitude) * self.scale)

    def cell(self, centre: Point) -> tuple[int, int, int, int]:
        """The square of a coarse cell: x, y, width, height."""
        x, y = self.at(centre)
        across, down = round(CELL_DEGREES * self.squeeze * self.scale), round(CELL_DEGREES * self.scale)
        return x - across // 2, y - down // 2, across, down


def plane_of(points: Sequence[Point], *, squeeze: float, width: int = 600, margin: float = CELL_DEGREES) -> Plane:
    """A drawing that holds all the points with a margin of degrees around; `squeeze` is the cosine of the latitude."""
    west, east = min(p.longitude for p in points) - margin, max(p.longitude for p in points) + margin
    south, north = min(p.latitude for p in points) - margin, max(p.latitude for p in points) + margin
    scale = width / ((east - west) * squeeze)
    return Plane(west, north, scale, squeeze, width, round((north - south) * scale))
