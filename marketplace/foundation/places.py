"""Points on the earth, the distance between them, and the coarse area that may be shown before acceptance."""

import math
from dataclasses import dataclass

EARTH_METRES = 6_371_008.8  # mean radius
CELL_DEGREES = 0.02  # about two kilometres: tells a quarter of a city, never a house


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84."""

    longitude: float
    latitude: float

    def __post_init__(self) -> None:
        if not (-180 <= self.longitude <= 180 and -90 <= self.latitude <= 90):
            raise ValueError("a point lies on the earth")


def metres_between(a: Point, b: Point) -> int:
    """Great-circle distance, rounded to the metre."""
    up, across = math.radians(b.latitude - a.latitude), math.radians(b.longitude - a.longitude)
    half = (
        math.sin(up / 2) ** 2
        + math.cos(math.radians(a.latitude)) * math.cos(math.radians(b.latitude)) * math.sin(across / 2) ** 2
    )
    return round(2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half))))


def cell(point: Point) -> str:
    """The name of the coarse grid cell the point lies in, as `row.column`."""
    return f"{_step(point.latitude, 90)}.{_step(point.longitude, 180)}"


def _step(degrees: float, edge: int) -> int:
    """The upper edge of the map belongs to the last cell: one beyond it would have its centre off the earth."""
    return min(math.floor(degrees / CELL_DEGREES), round(edge / CELL_DEGREES) - 1)


def cell_centre(name: str) -> Point:
    """The middle of a cell: all that is known of a place before acceptance."""
    row, column = (int(part) for part in name.split("."))
    return Point((column + 0.5) * CELL_DEGREES, (row + 0.5) * CELL_DEGREES)
