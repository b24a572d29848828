"""Where one more visit could go, worked out once for each change of a day and asked of many days at once. Pure.

`route.gaps` answers for one place, `route.fits` for one window. Here a day is turned into openings that hold for every
place: whatever does not depend on it is in them, and one question is then additions and comparisons. Both agree to the
minute (tests/booking/availability/test_openings.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from booking.availability.pace import Pace
from booking.availability.route import EVER, NEVER, Minute, Route, earliest, latest, leg_of
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point, metres_between

NOBODY = PersonId(UUID(int=0))
NOWHERE = -1  # the number of a place that is not known


class Opening(NamedTuple):
    """One position in one leg. Places are numbers of `Ways`; a plain tuple, for thousands are walked through at once.

    The way there may begin at `leaves`, the visit is over by `cap`; `room` is the most there can be between them. With
    a visit `after` it, reached with the breaks between them (`taken` minutes): whoever leaves for it at `sets_out` must
    be there by `starts_by`. `way_on` numbers the way to it, in `Ways`.
    """

    room: int
    leaves: int
    cap: int
    starts_by: int
    sets_out: int
    taken: int
    before: int
    way_on: int
    between: int


class Span(NamedTuple):
    """A window as minutes: a visit starts from `opens` to `closes`; `speed` is that of the way to it."""

    opens: int
    closes: int
    speed: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody's day can still take, the widest opening first. `order` decides between equals."""

    specialist: PersonId
    order: int
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Who can come in a window with the least extra travel."""

    extra: int
    order: int
    specialist: PersonId


class Ways:
    """The distances between the places of a town, each computed once: all of them are middles of coarse cells."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._lock = Lock()
        self._numbers: dict[Point, int] = {}
        self._points: list[Point] = []
        self._rows: dict[int, list[int]] = {}
        self._on: dict[tuple[int, int], int] = {}
        self.on: list[tuple[int, int]] = []  # by number: to which place, at which speed

    def way_on(self, place: Point | None, speed: int) -> int:
        """The number of the way to that place at that speed."""
        if place is None:
            return NOWHERE
        key = self.number(place), speed
        with self._lock:
            if key not in self._on:
                self.on.append(key)
                self._on[key] = len(self.on) - 1
        return self._on[key]

    def number(self, place: Point | None) -> int:
        """The number that a place has here from now on."""
        if place is None:
            return NOWHERE
        found = self._numbers.get(place)
        if found is not None:
            return found
        with self._lock:
            if place not in self._numbers:
                self._points.append(place)
                self._numbers[place] = len(self._points) - 1
        return self._numbers[place]

    def row(self, number: int) -> list[int]:
        """From that place to every other, by their numbers: metres × percent of detour × 60."""
        row, here = self._rows.get(number, []), self._points[number]
        if len(row) < len(self._points):
            scale = self.pace.detour_percent * 60
            row = row + [metres_between(here, there) * scale for there in self._points[len(row) :]]
            self._rows[number] = row
        return row

    def travel(self, start: Point | None, end: Point | None, speed: int) -> int:
        """As `pace.travel_minutes`, with the distance from memory."""
        if end is None:
            return 0
        if start is None:
            return self.pace.around_minutes
        there = self.number(end)
        return self.pace.around_minutes + -(-self.row(self.number(start))[there] // (speed * 100_000))


@lru_cache(maxsize=8)
def ways_of(pace: Pace) -> Ways:
    """The ways of a town: one memory for this process."""
    return Ways(pace)


def openings(route: Route, ways: Ways) -> tuple[Opening, ...]:
    """All positions and legs with any room. Nothing when the day does not work out as it is."""
    forward, backward = earliest(route, ways.travel), latest(route, ways.travel)
    if any(e > t for e, t in zip(forward, backward, strict=True)):
        return ()
    found: list[Opening] = []
    here = route.base
    free = NEVER
    for index in range(len(route.stops) + 1):
        found += _at(route, index, here, free=free, backward=backward, ways=ways)
        if index < len(route.stops):
            stop = route.stops[index]
            free, here = Minute(forward[index] + stop.minutes), stop.place or here
    return tuple(sorted(found, reverse=True))


def _at(
    route: Route, index: int, here: Point | None, *, free: int, backward: Sequence[int], ways: Ways
) -> Iterable[Opening]:
    """The openings before stop number `index`, with the breaks that come first behind it folded in."""
    cap, taken, sets_out, n = int(EVER), 0, int(NEVER), index
    while n < len(route.stops) and route.stops[n].place is None:
        pause, leg = route.stops[n], leg_of(route, route.stops[n])
        cap = min(cap, min(pause.closes, leg.end - pause.minutes) - taken)
        taken += pause.minutes
        sets_out = max(pause.opens, sets_out, leg.start) + pause.minutes
        n += 1
    after, speed, between, starts_by = None, 1, 0, int(EVER)
    if n < len(route.stops):
        following = route.stops[n]
        after, speed, starts_by = following.place, following.speed, backward[n]
        between = ways.travel(here, after, speed)
        sets_out = max(sets_out, leg_of(route, following).start)
    before, way_on = ways.number(here), ways.way_on(after, speed)
    for leg in route.legs:
        leaves, until = max(free, leg.start), min(cap, leg.end)
        room = min(until, starts_by - taken) - leaves
        if room > 0:
            yield Opening(room, leaves, until, starts_by, sets_out, taken, before, way_on, between)


def cheapest(
    outlooks: Sequence[Outlook], place: Point, minutes: int, spans: Sequence[Span], ways: Ways
) -> list[Found | None]:
    """For each span the person to whom the visit adds the least travel; None where nobody can come.

    Openings are looked at in the order of the least they can cost, each for the spans that nobody serves for less.
    """
    asked = Question(place, minutes, spans, ways)
    possible: list[Possible] = []
    for outlook in outlooks:
        asked.take(outlook, possible)
    possible.sort()
    best: list[Found | None] = [None] * len(spans)
    open_spans = asked.spans
    for least, order, way_there, more, leaves, last, specialist in possible:
        if any((found := best[span[3]]) is not None and found.extra < least for span in open_spans):
            open_spans = [span for span in open_spans if (found := best[span[3]]) is None or found.extra >= least]
        for opens, closes, speed, number in open_spans:
            if opens > last:
                break
            way = way_there[speed]
            first = leaves + way
            if first <= last and first <= closes:
                extra = max(0, way + more)
                found = best[number]
                if found is None or (extra, order) < (found.extra, found.order):
                    best[number] = Found(extra, order, specialist)
    return best


Possible = tuple[int, int, list[int], int, int, int, PersonId]


class Question:
    """One place, one length, several windows: the ways to and from it are computed once for all days.

    Every place is known to `ways` before: openings are made first.
    """

    def __init__(self, place: Point, minutes: int, spans: Sequence[Span], ways: Ways) -> None:
        self.minutes, self.around, self.ways = minutes, ways.pace.around_minutes, ways
        self.row = ways.row(ways.number(place))
        self.speeds = sorted({span.speed for span in spans})
        self.spans = sorted((span.opens, span.closes, self.speeds.index(span.speed), n) for n, span in enumerate(spans))
        self.opens = min((span.opens for span in spans), default=0)
        self.closes = max((span.closes for span in spans), default=0)
        self.there: dict[int, list[int]] = {NOWHERE: [self.around] * len(self.speeds)}
        self.on: dict[int, int] = {}

    def take(self, outlook: Outlook, possible: list[Possible]) -> None:
        """Add the openings of that day in which the visit might fit, with the least travel it could add."""
        if not self.spans:  # late in the evening nothing of the day is left to ask for
            return
        minutes, least_room = self.minutes, self.minutes + self.around
        for room, leaves, cap, starts_by, sets_out, taken, before, way_on, between in outlook.openings:
            if room < least_room:
                break
            more, last = 0, cap - minutes
            if way_on >= 0:
                on = self.on.get(way_on) or self._on(way_on)
                if sets_out + on > starts_by:
                    continue
                more, last = on - between, min(last, starts_by - taken - on - minutes)
            way_there = self.there.get(before) or self._there(before)
            first = leaves + way_there[-1]  # the fastest
            if first <= last and last >= self.opens and first <= self.closes:
                least = max(0, way_there[-1] + more)
                possible.append((least, outlook.order, way_there, more, leaves, last, outlook.specialist))

    def open_spans(self, places: Iterable[Opening]) -> set[int]:
        """The numbers of the spans that these openings can keep."""
        possible: list[Possible] = []
        self.take(Outlook(NOBODY, 0, tuple(places)), possible)
        return {
            number
            for _, _, way_there, _, leaves, last, _ in possible
            for opens, closes, speed, number in self.spans
            if max(opens, leaves + way_there[speed]) <= min(last, closes)
        }

    def _on(self, number: int) -> int:
        after, speed = self.ways.on[number]
        way = self.on[number] = self.around + -(-self.row[after] // (speed * 100_000))
        return way

    def _there(self, before: int) -> list[int]:
        metres = self.row[before]
        ways = self.there[before] = [self.around + -(-metres // (speed * 100_000)) for speed in self.speeds]
        return ways
