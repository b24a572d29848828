"""Planning a day anew: promises stay where they are, and more can be promised than before."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.openings import Span, Ways
from booking.availability.pace import CITY
from booking.availability.replanning import Movable, Probe, replanned
from booking.availability.route import Leg, Minute, Route, Stop, fits, gaps, inserted, is_feasible
from booking.availability.rules import Booked, Somebody, Status
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point
from tests.booking.availability.people import (
    DHANMONDI,
    GULSHAN,
    MONDAY,
    NOW,
    POLICY,
    UTTARA,
    at_work,
    hold,
    local,
    somebody,
    span,
)
from tests.booking.availability.test_openings import PLACES

SPANS = [Span(60 * hour, 60 * hour + 60, 14) for hour in range(8, 20)]


@st.composite
def towns(draw: st.DrawFn) -> tuple[Ways, dict[PersonId, Route], set[UUID]]:
    """People with what they have promised, and the visits that may change hands."""
    ways = Ways(CITY)
    leg = Leg(Minute(480), Minute(1200))
    who = [PersonId(UUID(int=number)) for number in range(1, draw(st.integers(2, 4)))]
    routes = {each: Route(draw(st.sampled_from(PLACES)), (leg,), ()) for each in who}
    free = set()
    for number in range(draw(st.integers(1, 9))):
        person, window = draw(st.sampled_from(who)), draw(st.sampled_from(SPANS))
        place, minutes = draw(st.sampled_from(PLACES)), draw(st.sampled_from([30, 60, 90]))
        route, travel = routes[person], ways.travel
        opens, closes = Minute(window.opens), Minute(window.closes)
        fit = fits(gaps(route, place, travel), place, opens=opens, closes=closes, minutes=minutes, speed=14,
                   travel=travel)  # fmt: skip
        if fit is None:
            continue
        stop = stop_of(number, place, window, minutes)
        stops = inserted(route, stop, fit, travel).stops
        whole = tuple(replace(each, opens=opens, closes=closes) if each.visit == stop.visit else each for each in stops)
        routes[person] = replace(route, stops=whole)
        if draw(st.booleans()):
            free.add(stop.visit)
    return ways, routes, free


def stop_of(number: int, place: Point, window: Span, minutes: int) -> Stop:
    opens, closes = Minute(window.opens), Minute(window.closes)
    return Stop(UUID(int=100 + number), place, opens, closes, minutes, opens, window.speed)


@settings(max_examples=25)
@given(towns(), st.integers(0, 5))
def test_every_promise_is_kept_and_nobody_changes_hands_who_may_not(
    town: tuple[Ways, dict[PersonId, Route], set[UUID]], seed: int
) -> None:
    ways, routes, free = town
    everybody = frozenset(routes)
    stops = {stop.visit: (who, stop) for who, route in routes.items() for stop in route.stops}
    movable = [Movable(visit, everybody if visit in free else frozenset({who})) for visit, (who, _) in stops.items()]
    probes = [Probe(stop.place or GULSHAN, stop.minutes, everybody) for _, stop in stops.values()]
    plans = replanned(routes, movable, probes, SPANS, ways, tries=40, seed=seed)
    assert plans == replanned(routes, movable, probes, SPANS, ways, tries=40, seed=seed)
    after = routes | {
        who: replace(routes[who], stops=tuple(each.stop for each in planned)) for who, planned in plans.items()
    }
    assert sorted(stop.visit for route in after.values() for stop in route.stops) == sorted(stops)
    for who, route in after.items():
        assert is_feasible(route, ways.travel)
        for stop in route.stops:
            had, before = stops[stop.visit]
            assert before.opens <= stop.starts <= before.closes
            assert (stop.opens, stop.closes, stop.minutes) == (before.opens, before.closes, before.minutes)
            assert had == who or stop.visit in free
    for planned in plans.values():
        for first, second in pairwise(planned):
            assert first.ends <= second.departs


def kept(session: Session, visits: Sequence[Booked]) -> list[Booked]:
    return [queries.visit(session, each.visit) for each in visits]


def a_full_day(session: Session) -> tuple[list[Somebody], list[Booked]]:
    """Two people, each with visits on both ends of the town, and a third who has none and could do all of them."""
    who = [at_work(session, somebody()) for _ in range(3)]
    visits = [
        hold(
            session,
            [who[number % 2]],
            span(hour, hour + 3),
            point=(UTTARA, DHANMONDI)[(number // 2 + number) % 2],
            minutes=90,
        )
        for number, hour in enumerate((8, 8, 10, 10, 13, 13, 16, 16))
    ]
    for each in visits:
        actions.consume(session, each.visit, now=NOW, policy=POLICY)
    return who, visits


def test_a_better_plan_is_carried_out_inside_the_promises(session: Session) -> None:
    who, visits = a_full_day(session)
    everybody = frozenset(each.specialist for each in who)
    alike = {each.visit: everybody for each in visits}
    proposal = actions.propose(session, MONDAY, who, alike, free=alike, now=NOW, policy=POLICY, tries=300)
    assert proposal.plans
    assert actions.carry_out(session, proposal, now=NOW)
    after = kept(session, visits)
    assert {each.status for each in after} == {Status.CONFIRMED}
    for before, now in zip(visits, after, strict=True):
        assert now.window == before.window
        assert now.window is not None
        assert now.window.start <= now.starts_at <= now.window.end
    assert {each.specialist for each in after} <= everybody


def test_a_plan_of_a_day_that_has_changed_is_not_carried_out(session: Session) -> None:
    who, visits = a_full_day(session)
    alike = {each.visit: frozenset(each.specialist for each in who) for each in visits}
    proposal = actions.propose(session, MONDAY, who, alike, free=alike, now=NOW, policy=POLICY, tries=300)
    changed = next(iter(proposal.plans))
    mine = next(each for each in kept(session, visits) if each.specialist == changed)
    actions.release(session, mine.visit, now=NOW, policy=POLICY)
    before = kept(session, visits)
    assert not actions.carry_out(session, proposal, now=NOW)
    assert kept(session, visits) == before


def test_what_begins_soon_or_was_accepted_stays_with_its_person(session: Session) -> None:
    who, visits = a_full_day(session)
    soon = local(8)
    alike = {each.visit: frozenset(each.specialist for each in who) for each in visits}
    proposal = actions.propose(session, MONDAY, who, alike, free=(), now=soon, policy=POLICY, tries=200)
    assert actions.carry_out(session, proposal, now=soon)
    for before, now in zip(visits, kept(session, visits), strict=True):
        assert now.specialist == before.specialist
        if before.starts_at <= soon + POLICY.frozen:
            assert now.starts_at == queries.visit(session, before.visit).starts_at
