"""The adapter to the solver: what it may never do, and what happens when its process fails."""

import subprocess
import sys
import time
from dataclasses import replace
from uuid import UUID

import pytest

from booking.dispatch.day_plan import Plan, PlannerFailed, Problem, Span, check_plan
from booking.dispatch.vroom_planner import VroomPlanner
from tests.booking.dispatch.test_day_plan import AYSHA, BABUL, FOUR, ONE, PROBLEM, TEA, THREE, TWO
from web.bench.plan import draw

NOBODY = Plan({}, (), 0, "nothing")


def test_the_solver_serves_what_it_may_and_leaves_locked_ones_where_they_are() -> None:
    plan = VroomPlanner().plan_day(replace(PROBLEM, standing=NOBODY), seconds=3)
    assert check_plan(PROBLEM, plan) == []
    assert {id: who for id, (who, _) in plan.served().items() if id in (ONE, THREE, TEA)} == {
        ONE: AYSHA, THREE: BABUL, TEA: AYSHA,
    }  # fmt: skip
    assert TWO in plan.served()
    assert plan.unassigned == ((FOUR, "no_skill"),)
    assert plan.solver == "vroom"


def test_a_full_day_keeps_every_promise_and_every_break() -> None:
    problem = draw(8, 60, 3)
    plan = VroomPlanner().plan_day(problem, seconds=4)
    assert check_plan(problem, plan) == []
    visits = {visit.id for visit in problem.visits}
    assert len(plan.served().keys() & visits) >= len(problem.standing.served().keys() & visits)


def test_a_solver_that_would_drop_a_promise_is_not_followed() -> None:
    lazy = sys.executable, "-c", "print('{}')"
    only = replace(PROBLEM.visits[1], windows=(Span(770, 770),))
    rival = replace(only, id=UUID(int=77), promised=False, priority=100)
    problem = Problem(PROBLEM.technicians[:1], (PROBLEM.visits[0], only, rival), PROBLEM.matrix,
                      replace(PROBLEM.standing, routes={AYSHA: PROBLEM.standing.routes[AYSHA]}))  # fmt: skip
    plan = VroomPlanner(lazy).plan_day(problem, seconds=2)
    assert check_plan(problem, plan) == []
    assert only.id in plan.served()


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("import os; os.abort()", "crashed"),
        ("import sys; sys.exit(3)", "crashed"),
        ("import time; time.sleep(20)", "too_long"),
        ("print('nonsense')", "not_understood"),
        ("print('{\"7\": [1]}')", "not_understood"),
    ],
)
def test_a_solver_that_fails_takes_nobody_along(script: str, how: str) -> None:
    began = time.monotonic()
    with pytest.raises(PlannerFailed) as failed:
        VroomPlanner((sys.executable, "-c", script), grace=0.5).plan_day(PROBLEM, seconds=1)
    assert failed.value.how == how
    assert time.monotonic() - began < 10


def test_no_process_but_the_solvers_own_imports_it() -> None:
    asked = "import sys, booking.dispatch.vroom_planner; print(*{'vroom', 'pandas', 'numpy'} & sys.modules.keys())"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
