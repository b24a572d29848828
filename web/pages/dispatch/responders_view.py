"""The map of a place and of those who could be there soonest, and the words for what is known of them. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from booking.alarms.rules import Responder, Why
from booking.tracking.rules import Basis
from marketplace.catalogue.queries import Zone
from marketplace.foundation.places import Point
from web.pages.dispatch.board_layout import Plane, plane_of
from web.pages.dispatch.board_view import METRES_OF_A_DEGREE
from web.sentences.marking import N_

WIDTH: Final = 600
TALL: Final = 0.75  # of the width
AROUND: Final = 0.006  # degrees about the outermost, some 600 metres
BASES: Final[dict[Basis, str]] = {
    Basis.LIVE: N_("their phone"),
    Basis.STEP: N_("their last visit"),
}
WHY: Final[dict[Why, str]] = {
    Why.NOT_SHARING: N_("Not sharing"),
    Why.HIDDEN: N_("Shares, and is shown to nobody"),
    Why.SILENT: N_("Shares, and nothing fresh has come"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """An area behind it all: the points of its shape or a circle, and where its name stands, if it can be seen."""

    name: str
    shape: str
    circle: tuple[int, int, int]
    shows_name: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """Somebody on the map by their rank; `rough` where the place is known to about two kilometres."""

    rank: int
    x: int
    y: int
    rough: bool


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing of the place in the middle of those who could be there."""

    width: int
    height: int
    site: tuple[int, int]
    spots: tuple[Spot, ...]
    grounds: tuple[Ground, ...]


def drawn(site: Point, near: Sequence[Responder], zones: Sequence[Zone], language: str) -> Map:
    """A frame that holds the site and everybody found, and what can be seen of the areas."""
    squeeze = math.cos(math.radians(site.latitude))
    plane = plane_of(framed([site, *(each.point for each in near)], squeeze), squeeze=squeeze, width=WIDTH, margin=0)
    spots = tuple(
        Spot(rank, *plane.at(each.point), each.basis is not Basis.LIVE) for rank, each in enumerate(near, start=1)
    )
    grounds = tuple(_ground(zone, plane, zone.name[language]) for zone in zones)
    return Map(plane.width, plane.height, plane.at(site), spots, grounds)


def framed(points: Iterable[Point], squeeze: float) -> list[Point]:
    """Two corners around the points, with some air, and never narrower or flatter than the page draws."""
    known = list(points)
    west, east = min(each.longitude for each in known), max(each.longitude for each in known)
    south, north = min(each.latitude for each in known), max(each.latitude for each in known)
    across = max((east - west) * squeeze, (north - south) / TALL) / 2 + AROUND
    middle = Point((west + east) / 2, (south + north) / 2)
    wide, high = across / squeeze, across * TALL
    return [
        Point(middle.longitude - wide, middle.latitude - high), Point(middle.longitude + wide, middle.latitude + high),
    ]  # fmt: skip


def _ground(zone: Zone, plane: Plane, name: str) -> Ground:
    x, y = plane.at(zone.centre)
    radius = round(zone.radius_metres / METRES_OF_A_DEGREE * plane.scale)
    inside = WIDTH // 10 < x < plane.width - WIDTH // 10 and 0 < y < plane.height - WIDTH // 20
    return Ground(name, " ".join(f"{x},{y}" for x, y in map(plane.at, zone.ring)), (x, y, radius), inside)
