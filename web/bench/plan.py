"""The day plan beside other solvers: who serves most of the same days in the same time, every plan checked.

Days are drawn by seed: technicians with two of six skills, nine hours from eight to eleven on and a break in the
middle; visits with a skill and a window of two hours. A plan stands: some of its visits are accepted and locked to
their technicians, more are promised. There is more work than can be done.
"""

import os
import time
from collections.abc import Callable, Mapping
from math import hypot
from random import Random
from typing import Any, Final
from uuid import UUID

from booking.dispatch.day_plan import (
    Break,
    DayPlanner,
    Matrix,
    Plan,
    PlannerFailed,
    Problem,
    Span,
    Technician,
    Visit,
    check_plan,
)
from booking.dispatch.day_times import plan_of
from booking.dispatch.vroom_planner import VroomPlanner
from web.bench.other_planners import OrToolsPlanner, PyVrpPlanner, present
from web.bench.telling import progress

SKILLS: Final = ("cooling", "electric", "plumbing", "painting", "cleaning", "carpentry")
KILOMETRES: Final = 12  # from the middle to each side
HOUR: Final = 60
LOCKED, PROMISED = 5, 3  # one in so many of the visits that stand
OURS: Final = "pyvroom"


def draw(technicians: int, visits: int, seed: int) -> Problem:
    """A day, the same for the same seed, with the plan that stands."""
    lot = Random(seed)  # noqa: S311  # drawn, not guessed at
    places = [(lot.uniform(-KILOMETRES, KILOMETRES), lot.uniform(-KILOMETRES, KILOMETRES)) for _ in range(technicians)]
    people = [_technician(lot, number) for number in range(technicians)]
    asked: list[Visit] = []
    for number in range(visits):
        places.append((lot.uniform(-KILOMETRES, KILOMETRES), lot.uniform(-KILOMETRES, KILOMETRES)))
        asked.append(_visit(lot, number, technicians + number))
    matrix = Matrix(tuple(tuple(_minutes(a, b) for b in places) for a in places))
    nothing = Plan({}, (), 0, "nothing")
    plain = Problem(tuple(people), tuple(asked), matrix, nothing)
    first = plan_of(plain, {}, solver="by hand", seed=seed, wishes={})
    standing = {who: route for who, route in first.routes.items() if route}
    served = Plan(standing, (), first.travel_minutes, "standing").served()
    known = [
        _relied_on(each, served[each.id][0] if each.id in served else None, number) for number, each in enumerate(asked)
    ]
    return Problem(tuple(people), tuple(known), matrix, Plan(first.routes, (), first.travel_minutes, "standing"))


def measure(*, technicians: int, visits: int, seconds: float, seeds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures over all days, the worst of each; and what each solver did on each day."""
    planners = _planners()
    days = []
    for seed in range(1, seeds + 1):
        progress(f"day {seed} of {seeds}: {technicians} technicians, {visits} visits")
        problem = draw(technicians, visits, seed)
        days.append({name: _run(name, make(), problem, seconds) for name, make in planners.items()})
    ratios = [day[OURS]["served"] / max(each["served"] for each in day.values()) for day in days]
    figures = {
        "served_vs_best": round(min(ratios), 4),
        "moved_locked": sum(day[OURS]["moved_locked"] for day in days),
        "dropped_promises": sum(day[OURS]["dropped"] for day in days),
        "faults": sum(day[OURS]["faults"] for day in days),
        "served": min(day[OURS]["served"] for day in days),
        "seconds": max(day[OURS]["seconds"] for day in days),
    }
    load = round(os.getloadavg()[0], 2)
    return figures, {"compared": sorted(planners), "days": days, "visits": visits, "seeds": seeds, "load": load}


def _planners() -> Mapping[str, Callable[[], DayPlanner]]:
    found: dict[str, Callable[[], DayPlanner]] = {OURS: VroomPlanner}
    for name, make in (("pyvrp", PyVrpPlanner), ("ortools", OrToolsPlanner)):
        if present(name):
            found[name] = make
        else:
            progress(f"NOT COMPARED WITH {name}: it is not installed (`.venv/bin/uv pip install --group bench`)")
    return found


def _run(name: str, planner: DayPlanner, problem: Problem, seconds: float) -> dict[str, Any]:
    began = time.monotonic()
    try:
        plan = planner.plan_day(problem, seconds=seconds)
    except PlannerFailed as failed:
        progress(f"  {name:<8} failed: {failed.how}")
        return {"served": 0, "faults": 1, "moved_locked": 0, "dropped": 0, "travel_minutes": 0, "seconds": 0.0}
    took = time.monotonic() - began
    faults = check_plan(problem, plan)
    visits = {visit.id for visit in problem.visits}
    told = {
        "served": sum(id in visits for id in plan.served()),
        "travel_minutes": plan.travel_minutes,
        "moved_locked": sum(fault.rule == "locked" for fault in faults),
        "dropped": sum(fault.rule == "dropped" for fault in faults),
        "faults": len(faults),
        "seconds": round(took, 1),
    }
    progress(f"  {name:<8} serves {told['served']}, travels {told['travel_minutes']} min, {len(faults)} faults")
    return told


def _technician(lot: Random, number: int) -> Technician:
    opens = lot.choice((8, 9, 10, 11)) * HOUR
    rest = opens + 4 * HOUR
    skills = frozenset(lot.sample(SKILLS, 2))
    hours = (Span(opens, opens + 9 * HOUR),)
    return Technician(_id(1, number), number, hours, skills, (Break(_id(3, number), rest, rest + HOUR, 45),))


def _visit(lot: Random, number: int, place: int) -> Visit:
    opens = lot.choice((8, 10, 12, 14, 16, 18)) * HOUR
    minutes, skill = lot.choice((30, 45, 60, 90)), lot.choice(SKILLS)
    return Visit(_id(2, number), place, frozenset((skill,)), minutes, (Span(opens, opens + 2 * HOUR),))


def _relied_on(visit: Visit, who: UUID | None, number: int) -> Visit:
    if who is None:
        return visit
    locked = who if number % LOCKED == 0 else None
    promised = locked is not None or number % PROMISED == 0
    return Visit(
        visit.id, visit.place, visit.skills, visit.minutes, visit.windows, visit.priority, locked, promised=promised
    )


def _minutes(start: tuple[float, float], end: tuple[float, float]) -> int:
    """Great circle × 1.3 at 25 km/h, to whole minutes."""
    return round(hypot(start[0] - end[0], start[1] - end[1]) * 1.3 / 25 * HOUR)


def _id(kind: int, number: int) -> UUID:
    return UUID(int=kind << 64 | number)
