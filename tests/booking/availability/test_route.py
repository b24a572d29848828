"""The arithmetic of a day against brute force: nothing offered that does not fit, nothing missed that does."""

import itertools
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.availability.route import (
    Fit,
    Leg,
    Minute,
    Route,
    Stop,
    fits,
    gaps,
    inserted,
    is_feasible,
    plan,
)
from marketplace.foundation.places import Point

NEW = UUID(int=999)


def travel(start: Point | None, end: Point | None, speed: int) -> int:
    """A street with a door every degree: as many minutes as degrees, and one to ring the bell."""
    if end is None:
        return 0
    return 1 if start is None else 1 + abs(round(start.longitude - end.longitude))


def stop(number: int, at: int | None, opens: int, closes: int, minutes: int) -> Stop:
    place = None if at is None else Point(at, 0)
    return Stop(UUID(int=number), place, Minute(opens), Minute(closes), minutes, Minute(opens), 1)


@st.composite
def days(draw: st.DrawFn) -> Route:
    """A day that works out, with stops where they are planned: made by serving stops one after the other."""
    two = draw(st.booleans())
    legs = (Leg(Minute(0), Minute(60)), Leg(Minute(80), Minute(140))) if two else (Leg(Minute(0), Minute(120)),)
    base = draw(st.none() | st.integers(0, 9))
    stops: list[Stop] = []
    for number in range(draw(st.integers(0, 5))):
        at = draw(st.none() | st.integers(0, 9))
        opens = draw(st.integers(78, 90) if two and draw(st.booleans()) else st.integers(0, 130))
        width = 0 if at is None else draw(st.integers(0, 40))
        stops.append(stop(number, at, opens, opens + width, draw(st.integers(1, 25))))
    route = Route(None if base is None else Point(base, 0), legs, ())
    for each in stops:
        found = places(route, each)
        if found:
            route = found[draw(st.integers(0, len(found) - 1))]
    return route


def places(route: Route, new: Stop) -> list[Route]:
    """The route with the stop put in by brute force, at every start that works."""
    found = []
    for start in range(new.opens, new.closes + 1):
        at = Stop(new.visit, new.place, new.opens, new.closes, new.minutes, Minute(start), 1)
        stops = tuple(sorted((*route.stops, at), key=lambda each: each.starts))
        candidate = Route(route.base, route.legs, stops)
        if works(candidate):
            found.append(candidate)
    return found


def works(route: Route) -> bool:
    """Whether the planned starts can be kept: windows, legs, ways. Minute by minute, with no array."""
    free, here = -1_000, route.base
    for each in route.stops:
        way = travel(here, each.place, 1)
        if not each.opens <= each.starts <= each.closes or each.starts - way < free:
            return False
        end = each.starts + each.minutes
        if each.place is not None and not any(leg.start <= each.starts - way and end <= leg.end for leg in route.legs):
            return False
        free, here = end, each.place or here
    return True


def possible_starts(route: Route, new: Stop) -> set[tuple[int, int]]:
    """Every (position, start) at which the new stop can be served with all others kept, by trying them all."""
    found = set()
    for index in range(len(route.stops) + 1):
        for start in range(new.opens, new.closes + 1):
            for leg in route.legs:
                if serve(route, new, index, start, leg):
                    found.add((index, start))
    return found


def serve(route: Route, new: Stop, index: int, start: int, leg: Leg) -> bool:
    """Drive the day greedily: everybody as early as possible, the new one exactly at `start` in that leg."""
    free, here = -1_000, route.base
    stops = [*route.stops[:index], new, *route.stops[index:]]
    for each in stops:
        own = leg if each is new else home_leg(route, each)
        reached = max(free, own.start) + travel(here, each.place, 1)
        begun = max(reached, start if each is new else each.opens)
        if begun > (start if each is new else each.closes) or begun + each.minutes > own.end:
            return False
        free, here = begun + each.minutes, each.place or here
    return True


def home_leg(route: Route, each: Stop) -> Leg:
    for leg in route.legs:
        if leg.start <= each.starts and each.starts + each.minutes <= leg.end:
            return leg
    return Leg(Minute(-1_000), Minute(10_000))


def fit_for(route: Route, new: Stop) -> Fit | None:
    assert new.place is not None
    return fits(
        gaps(route, new.place, travel),
        new.place,
        opens=new.opens,
        closes=new.closes,
        minutes=new.minutes,
        speed=1,
        travel=travel,
    )


asked = st.builds(
    lambda at, opens, width, minutes: Stop(
        NEW, Point(at, 0), Minute(opens), Minute(opens + width), minutes, Minute(opens), 1
    ),
    st.integers(0, 9),
    st.integers(0, 130),
    st.integers(0, 40),
    st.integers(1, 30),
)


@settings(max_examples=600, deadline=None)
@given(days(), asked)
def test_a_visit_fits_exactly_when_brute_force_finds_a_way(route: Route, new: Stop) -> None:
    assert is_feasible(route, travel)
    possible = possible_starts(route, new)
    fit = fit_for(route, new)
    assert (fit is not None) == bool(possible)
    if fit is not None:
        assert {(fit.index, start) for start in range(fit.first, fit.last + 1)} <= possible


@settings(max_examples=600, deadline=None)
@given(days(), asked)
def test_the_plan_with_the_new_visit_keeps_every_promise(route: Route, new: Stop) -> None:
    fit = fit_for(route, new)
    if fit is None:
        return
    after = inserted(route, new, fit, travel)
    assert [each.visit for each in after.stops if each.visit != NEW] == [each.visit for each in route.stops]
    assert works(after)
    planned = plan(after, travel)
    for one, two in itertools.pairwise(planned):
        assert one.ends <= two.departs
    assert all(each.departs <= each.stop.starts < each.ends for each in planned)


@settings(max_examples=300, deadline=None)
@given(days(), asked)
def test_nobody_is_moved_when_there_is_a_start_that_moves_nobody(route: Route, new: Stop) -> None:
    fit = fit_for(route, new)
    if fit is None:
        return
    still = [
        start
        for start in range(fit.first, fit.last + 1)
        if works(
            Route(
                route.base,
                route.legs,
                (
                    *route.stops[: fit.index],
                    Stop(NEW, new.place, new.opens, new.closes, new.minutes, Minute(start), 1),
                    *route.stops[fit.index :],
                ),
            )
        )
    ]
    if still:
        after = {each.visit: each.starts for each in inserted(route, new, fit, travel).stops}
        assert all(after[each.visit] == each.starts for each in route.stops)


def test_the_cheapest_place_is_next_door() -> None:
    route = Route(Point(0, 0), (Leg(Minute(0), Minute(500)),), (stop(1, 9, 60, 60, 30), stop(2, 0, 200, 200, 30)))
    fit = fit_for(route, Stop(NEW, Point(9, 0), Minute(0), Minute(400), 30, Minute(0), 1))
    assert fit is not None
    assert (fit.index, fit.first, fit.extra) == (0, 10, 1)


def test_a_day_that_does_not_work_out_offers_nothing() -> None:
    clash = Route(None, (Leg(Minute(0), Minute(500)),), (stop(1, 0, 60, 60, 30), stop(2, 9, 70, 70, 30)))
    assert not is_feasible(clash, travel)
    assert gaps(clash, Point(0, 0), travel) == []
