"""The checker of day plans finds every rule that is broken, once; and whatever is timed by us breaks none."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.dispatch.day_plan import (
    Break,
    Fault,
    Matrix,
    Plan,
    Problem,
    Span,
    Stop,
    Technician,
    Visit,
    check_plan,
)
from booking.dispatch.day_times import must, plan_of, timed
from web.bench.plan import draw

AYSHA, BABUL = UUID(int=1), UUID(int=2)
TEA, ONE, TWO, THREE, FOUR = (UUID(int=n) for n in range(11, 16))
NINE, TEN, NOON, SIX = 540, 600, 720, 1080
WAYS = Matrix(tuple(tuple(0 if a == b else 20 for b in range(6)) for a in range(6)))
DAY = (Span(NINE, SIX),)


def visit(id: UUID, place: int, **more: Any) -> Visit:
    plain = Visit(id, place, frozenset({"cooling"}), 60, (Span(TEN, SIX),))
    return replace(plain, **more)


PEOPLE = (
    Technician(AYSHA, 0, DAY, frozenset({"cooling"}), (Break(TEA, NOON, NOON, 30),)),
    Technician(BABUL, 1, DAY, frozenset({"cooling", "electric"})),
)
VISITS = (
    visit(ONE, 2, locked_to=AYSHA, promised=True),
    visit(TWO, 3, promised=True),
    visit(THREE, 4, skills=frozenset({"electric"})),
    visit(FOUR, 5, skills=frozenset({"painting"})),
)
GOOD = Plan(
    {
        AYSHA: (Stop(ONE, 580, TEN, TEN, 660), Stop(TEA, NOON, NOON, NOON, 750), Stop(TWO, 750, 770, 770, 830)),
        BABUL: (Stop(THREE, 600, 620, 620, 680),),
    },
    ((FOUR, "no_skill"),),
    60,
    "by hand",
)
PROBLEM = Problem(PEOPLE, VISITS, WAYS, GOOD)


def with_aysha(*stops: Stop, travel: int = 60) -> Plan:
    return replace(GOOD, routes={**GOOD.routes, AYSHA: stops}, travel_minutes=travel)


A, REST, C = GOOD.routes[AYSHA]


def test_a_plan_that_keeps_every_rule_has_no_fault() -> None:
    assert check_plan(PROBLEM, GOOD) == []


def moved(stop: Stop, by: int) -> Stop:
    return replace(stop, departs=stop.departs + by, arrives=stop.arrives + by, starts=stop.starts + by,
                   ends=stop.ends + by)  # fmt: skip


BROKEN: dict[str, tuple[Plan, set[Fault]]] = {
    "to another person": (
        replace(GOOD, routes={AYSHA: (REST, C), BABUL: (A, moved(GOOD.routes[BABUL][0], 60))}),
        {Fault("locked", ONE, BABUL)},
    ),
    "a promise is dropped": (
        replace(with_aysha(A, REST, travel=40), unassigned=((FOUR, "no_skill"), (TWO, "no_time"))),
        {Fault("dropped", TWO)},
    ),
    "an accepted one is dropped": (
        replace(with_aysha(REST, C, travel=40), unassigned=((FOUR, "no_skill"), (ONE, "no_time"))),
        {Fault("dropped", ONE)},
    ),
    "before its window": (with_aysha(moved(A, -10), REST, C), {Fault("window", ONE, AYSHA)}),
    "without the skill": (
        replace(GOOD, routes={AYSHA: (*GOOD.routes[AYSHA], Stop(THREE, 830, 850, 850, 910)), BABUL: ()}),
        {Fault("skill", THREE, AYSHA)},
    ),
    "no time for the way": (
        with_aysha(A, REST, replace(C, arrives=760, starts=760, ends=820)), {Fault("way", TWO, AYSHA)},
    ),
    "two at once": (with_aysha(A, REST, moved(C, -10)), {Fault("order", TWO, AYSHA)}),
    "cut short": (with_aysha(A, REST, replace(C, ends=820)), {Fault("length", TWO, AYSHA)}),
    "no break": (with_aysha(A, C), {Fault("break", TEA, AYSHA)}),
    "a short break": (with_aysha(A, replace(REST, ends=740), C), {Fault("break", TEA, AYSHA)}),
    "a break at another time": (with_aysha(A, moved(REST, 20), moved(C, 20)), {Fault("break", TEA, AYSHA)}),
    "after hours": (with_aysha(A, REST, moved(C, 255)), {Fault("hours", TWO, AYSHA)}),
    "somebody else": (
        replace(GOOD, routes={**GOOD.routes, UUID(int=9): ()}), {Fault("unknown_person", technician=UUID(int=9))},
    ),
    "twice": (replace(GOOD, unassigned=(*GOOD.unassigned, (TWO, "no_time"))), {Fault("twice", TWO)}),
    "not told of": (replace(GOOD, unassigned=()), {Fault("missing", FOUR)}),
    "unheard of": (
        replace(GOOD, unassigned=(*GOOD.unassigned, (UUID(int=99), "no_time"))), {Fault("unknown_visit", UUID(int=99))},
    ),
    "a wrong sum": (replace(GOOD, travel_minutes=59), {Fault("travel")}),
    "a person forgotten with their break": (
        replace(GOOD, routes={BABUL: GOOD.routes[BABUL]}, travel_minutes=20,
                unassigned=(*GOOD.unassigned, (ONE, "no_time"), (TWO, "no_time"))),
        {Fault("dropped", ONE), Fault("dropped", TWO), Fault("break", TEA, AYSHA)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_each_rule_that_is_broken_is_found(how: str) -> None:
    plan, faults = BROKEN[how]
    assert set(check_plan(PROBLEM, plan)) == faults


def test_a_stop_stays_as_near_to_where_it_stood_as_can_be() -> None:
    order = [VISITS[0], VISITS[1]]
    stops = timed(PEOPLE[1], [replace(each, locked_to=None) for each in order], WAYS, {ONE: 700, TWO: 1200})
    assert stops is not None
    assert [stop.starts for stop in stops] == [700, 780]  # the second cannot begin after hours: as early as can be


def test_a_way_is_not_begun_before_a_break_that_it_would_go_on_after() -> None:
    late = Technician(AYSHA, 0, DAY, frozenset({"cooling"}), (Break(TEA, 555, 555, 60),))
    plan = plan_of(
        Problem((late,), (visit(TWO, 3, windows=(Span(TEN, 625),)),), WAYS, Plan({}, (), 0, "")),
        {AYSHA: [visit(TWO, 3, windows=(Span(TEN, 625),))]}, solver="", seed=0, wishes={},
    )  # fmt: skip
    assert plan.unassigned == ((TWO, "no_time"),)  # home by bicycle at 9:00, tea 9:15 to 10:15, there at 10:35


@given(st.data())
def test_whatever_order_a_solver_gives_the_plan_made_of_it_keeps_every_rule(data: st.DataObject) -> None:
    problem = draw(3, 14, data.draw(st.integers(1, 40)))
    lot = data.draw(st.permutations(problem.visits))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lot)), min_size=2, max_size=2)))
    pieces = lot[: cuts[0]], lot[cuts[0] : cuts[1]], lot[cuts[1] :]
    orders = {person.id: piece for person, piece in zip(problem.technicians, pieces, strict=True)}
    plan = plan_of(problem, orders, solver="at random", seed=0, wishes={})
    assert {fault.rule for fault in check_plan(problem, plan)} <= {"dropped"}


def test_a_day_is_the_same_for_the_same_seed_and_its_plan_stands() -> None:
    first, again = draw(5, 30, 7), draw(5, 30, 7)
    assert first == again
    assert any(map(must, first.visits))
    unserved = [(each.id, "no_time") for each in first.visits if each.id not in first.standing.served()]
    assert check_plan(first, replace(first.standing, unassigned=tuple(unserved))) == []
