"""A person's day as a route, and whether one more visit fits into it (dispatch.md §3). Pure.

Moments are whole minutes since 1970 UTC, so that the arithmetic is exact. Two arrays say how far each stop can move:
`earliest` forward from the start of the day, `latest` backward from its end. A new visit fits between two stops when
the time between the earliest end of the one and the latest start of the other holds the way there, the visit, and the
way on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

from marketplace.foundation.places import Point

Minute = NewType("Minute", int)
Travel = Callable[[Point | None, Point | None, int], int]  # from, to, km/h → minutes

EVER = Minute(1 << 40)
NEVER = Minute(-(1 << 40))


def minute(moment: datetime) -> Minute:
    """The minute that holds this moment."""
    return Minute(int(moment.timestamp()) // 60)


def minute_up(moment: datetime) -> Minute:
    """The first whole minute not before this moment."""
    return Minute(-(-int(moment.timestamp() * 1_000_000) // 60_000_000))


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at * 60, UTC)


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of working time: the way to a stop and the stop itself lie in one leg."""

    start: Minute
    end: Minute


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit or a break in a route. It may start from `opens` to `closes`, and is planned at `starts`.

    `place` None is where the person was before (a break). `speed` is that of the way to it, in km/h.
    """

    visit: UUID
    place: Point | None
    opens: Minute
    closes: Minute
    minutes: int
    starts: Minute
    speed: int


@dataclass(frozen=True, slots=True)
class Route:
    """One person's working day: from `base` through `stops`, in the order they are planned."""

    base: Point | None
    legs: tuple[Leg, ...]
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a new visit could go: before stop number `index`, within `leg`.

    The way there may begin at `leaves`; the visit is over by `ends_by` at the latest.
    """

    index: int
    leg: Leg
    leaves: Minute
    ends_by: Minute
    before: Point | None
    after: Point | None
    after_speed: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A feasible place for a visit: it may start from `first` to `last`, and adds `extra` minutes of travel."""

    index: int
    first: Minute
    last: Minute
    extra: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A stop with its way: the person is taken from `departs` up to `ends`."""

    stop: Stop
    departs: Minute
    ends: Minute


def earliest(route: Route, travel: Travel) -> list[Minute]:
    """The earliest possible start of each stop, forward."""
    found: list[Minute] = []
    free, here = NEVER, route.base
    for stop in route.stops:
        way = travel(here, stop.place, stop.speed)
        leg = leg_of(route, stop)
        found.append(Minute(max(stop.opens, max(free, leg.start) + way)))
        free, here = Minute(found[-1] + stop.minutes), stop.place or here
    return found


def latest(route: Route, travel: Travel) -> list[Minute]:
    """The latest possible start of each stop, backward."""
    places = _places(route.stops, route.base)
    found: list[Minute] = []
    bound = EVER
    for n in range(len(route.stops) - 1, -1, -1):
        stop = route.stops[n]
        leg = leg_of(route, stop)
        start = Minute(min(stop.closes, leg.end - stop.minutes, bound - stop.minutes))
        found.append(start)
        bound = Minute(start - travel(places[n], stop.place, stop.speed))
    return found[::-1]


def is_feasible(route: Route, travel: Travel) -> bool:
    """Whether every stop can still be reached in its window."""
    return all(e <= t for e, t in zip(earliest(route, travel), latest(route, travel), strict=True))


def gaps(route: Route, place: Point, travel: Travel) -> list[Gap]:
    """Every position and leg that a visit at `place` could take. Nothing when the day does not work out as it is."""
    forward = earliest(route, travel)
    if not all(e <= t for e, t in zip(forward, latest(route, travel), strict=True)):
        return []
    places = [*_places(route.stops, route.base)]
    places.append((route.stops[-1].place or places[-1]) if route.stops else route.base)
    found: list[Gap] = []
    for index in range(len(route.stops) + 1):
        rest = Route(place, route.legs, route.stops[index:])
        ends_by = _reachable(rest, travel)
        if ends_by is None:
            continue
        free = Minute(forward[index - 1] + route.stops[index - 1].minutes) if index else NEVER
        following = next((stop for stop in rest.stops if stop.place is not None), None)
        found += [
            Gap(
                index=index,
                leg=leg,
                leaves=Minute(max(free, leg.start)),
                ends_by=Minute(min(ends_by, leg.end)),
                before=places[index],
                after=following.place if following else None,
                after_speed=following.speed if following else 1,
            )
            for leg in route.legs
        ]
    return found


def fits(
    found: Sequence[Gap], place: Point, *, opens: Minute, closes: Minute, minutes: int, speed: int, travel: Travel
) -> Fit | None:
    """The place with the least extra travel for a visit that starts between `opens` and `closes`; None without one."""
    best: Fit | None = None
    for gap in found:
        there = travel(gap.before, place, speed)
        first, last = max(opens, gap.leaves + there), min(closes, gap.ends_by - minutes)
        if first > last:
            continue
        on = travel(place, gap.after, gap.after_speed) - travel(gap.before, gap.after, gap.after_speed)
        fit = Fit(gap.index, Minute(first), Minute(last), max(0, there + on))
        if best is None or (fit.extra, fit.first) < (best.extra, best.first):
            best = fit
    return best


def inserted(route: Route, new: Stop, fit: Fit, travel: Travel) -> Route:
    """The route with the new stop in it, moving as little as possible of what is planned already.

    The new stop takes the first start that moves nobody, else the one that moves those after it least. Stops before
    it are pulled forward, stops behind it pushed back, no further than their windows allow.
    """
    before, after = route.stops[: fit.index], route.stops[fit.index :]
    here = _place_before(before, route.base)
    free = before[-1].starts + before[-1].minutes if before else NEVER
    start = Minute(min(max(fit.first, free + travel(here, new.place, new.speed)), fit.last))
    stops = (*before, replace(new, opens=fit.first, closes=fit.last, starts=start), *after)
    places = _places(stops, route.base)
    pulled: list[Stop] = []
    bound = EVER
    for n in range(fit.index, -1, -1):
        stop = replace(stops[n], starts=Minute(min(stops[n].starts, bound - stops[n].minutes)))
        pulled.append(stop)
        bound = Minute(stop.starts - travel(places[n], stop.place, stop.speed))
    return pushed(replace(route, stops=(*pulled[::-1], *after)), travel)


def pushed(route: Route, travel: Travel) -> Route:
    """The same stops in order, each no earlier than the one before it allows."""
    stops: list[Stop] = []
    free, here = NEVER, route.base
    for stop in route.stops:
        reached = max(free, leg_of(route, stop).start) + travel(here, stop.place, stop.speed)
        moved = replace(stop, starts=Minute(max(stop.starts, min(reached, stop.closes))))
        stops.append(moved)
        free, here = Minute(moved.starts + moved.minutes), moved.place or here
    return replace(route, stops=tuple(stops))


def plan(route: Route, travel: Travel) -> tuple[Planned, ...]:
    """The stops with their ways: everybody leaves just in time, and never before the stop before is over."""
    planned: list[Planned] = []
    free, here = NEVER, route.base
    for stop in route.stops:
        departs = Minute(min(stop.starts, max(free, stop.starts - travel(here, stop.place, stop.speed))))
        free, here = Minute(stop.starts + stop.minutes), stop.place or here
        planned.append(Planned(stop, departs, free))
    return tuple(planned)


def leg_of(route: Route, stop: Stop) -> Leg:
    """The working time a stop is planned in; all of time for what was promised outside of it."""
    for leg in route.legs:
        if leg.start <= stop.starts and stop.starts + stop.minutes <= leg.end:
            return leg
    return Leg(NEVER, EVER)


def _places(stops: Sequence[Stop], base: Point | None) -> list[Point | None]:
    """Where the person is before each stop."""
    found, here = [], base
    for stop in stops:
        found.append(here)
        here = stop.place or here
    return found


def _place_before(stops: Sequence[Stop], base: Point | None) -> Point | None:
    return next((stop.place for stop in reversed(stops) if stop.place is not None), base)


def _reachable(rest: Route, travel: Travel) -> Minute | None:
    """When a visit at `rest.base` must be over so that all stops behind it can be reached; None if they cannot.

    The way to the first stop behind has to fit into that stop's own leg too, hence the earliest starts.
    """
    bounds = latest(rest, travel)
    if any(e > t for e, t in zip(earliest(rest, travel), bounds, strict=True)):
        return None
    if not rest.stops:
        return EVER
    first = rest.stops[0]
    return Minute(bounds[0] - travel(rest.base, first.place, first.speed))
