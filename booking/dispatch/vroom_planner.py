"""The adapter to VROOM: a day in the solver's numbers, solved in a process of its own, and back (dispatch.md §9).

What the solver cannot know is seen to here: a locked visit carries a private skill, so that it fits nobody else; its
orders are timed anew by the rules of a working day; and where it would drop a promise, the plan that stands is filled
up instead.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import msgspec

from booking.dispatch.day_plan import MOST_PRIORITY, Plan, PlannerFailed, Problem, Technician, Visit
from booking.dispatch.day_times import must, plan_of

SOLVER = (sys.executable, "-m", "booking.dispatch.vroom_solver")
HOUSE = Path(__file__).parents[2]
PRIVATE = 10_000  # and the technician's number: the skill of who has accepted a visit
MENDING_SECONDS = 1.0  # kept of the time for what comes after the solver
GRACE_SECONDS = 5.0  # beyond the time, for a busy machine
PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
# One thread; and libraries that start one for each core reserve address space for each.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class VroomPlanner:
    """Plans days with VROOM; `command` starts the solver."""

    command: Sequence[str] = SOLVER
    grace: float = GRACE_SECONDS

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        """As DayPlanner says, in about so many seconds. Raises PlannerFailed."""
        until = time.monotonic() + max(0.0, seconds - MENDING_SECONDS)
        orders = self._solved(problem, until) if problem.visits and problem.technicians else {}
        stood = {stop.visit: stop.starts for route in problem.standing.routes.values() for stop in route}
        made = plan_of(problem, orders, solver="vroom", seed=0, wishes=stood)
        relied_on = {visit.id for visit in problem.visits if must(visit)}
        served = made.served().keys()
        if relied_on & problem.standing.served().keys() <= served:
            return made
        return plan_of(problem, _standing(problem), solver="standing", seed=0, wishes=stood)

    def _solved(self, problem: Problem, until: float) -> dict[UUID, list[Visit]]:
        asked = msgspec.json.encode(_told(problem, until))
        limit = max(0.0, until - time.monotonic()) + self.grace
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | ALONE
        try:
            done = subprocess.run(
                self.command, input=asked, capture_output=True, timeout=limit, cwd=HOUSE, env=environment, check=False
            )
        except subprocess.TimeoutExpired:
            raise PlannerFailed("too_long") from None
        if done.returncode != 0:
            raise PlannerFailed("crashed")
        try:
            orders = msgspec.json.decode(done.stdout, type=dict[int, list[int]])
            return {
                problem.technicians[who].id: [problem.visits[visit] for visit in order] for who, order in orders.items()
            }
        except (msgspec.DecodeError, IndexError):
            raise PlannerFailed("not_understood") from None


def _standing(problem: Problem) -> dict[UUID, list[Visit]]:
    visits = {visit.id: visit for visit in problem.visits}
    return {
        who: [visits[stop.visit] for stop in route if stop.visit in visits]
        for who, route in problem.standing.routes.items()
    }


def _told(problem: Problem, until: float) -> dict[str, object]:
    """The problem in small numbers, counted from the day's first minute."""
    moments = [span.opens for person in problem.technicians for span in person.hours]
    zero = min(moments, default=0)
    skills = {name: number for number, name in enumerate(sorted(_skills(problem)), start=1)}
    numbers = {person.id: number for number, person in enumerate(problem.technicians)}
    return {
        "matrix": problem.matrix.minutes,
        "until": until,
        "vehicles": [
            _vehicle(number, person, skills, zero) for number, person in enumerate(problem.technicians) if person.hours
        ],
        "jobs": [
            each
            for number, visit in enumerate(problem.visits)
            if (each := _job(number, visit, skills, numbers, zero)) is not None
        ],
    }


def _skills(problem: Problem) -> set[str]:
    return {name for visit in problem.visits for name in visit.skills}


def _vehicle(number: int, person: Technician, skills: Mapping[str, int], zero: int) -> dict[str, object]:
    hours = sorted(person.hours, key=lambda span: span.opens)
    first, last = hours[0].opens - zero, hours[-1].closes - zero
    taken = [(each.opens - zero, each.closes - zero, each.minutes) for each in person.breaks]
    taken += [
        (before.closes - zero, before.closes - zero, after.opens - before.closes)
        for before, after in pairwise(hours)
        if after.opens > before.closes
    ]
    inside = [each for each in sorted(taken) if each[0] < last and each[1] >= first]
    return {
        "id": number,
        "start": person.start,
        "opens": first,
        "closes": last,
        "skills": [*(skills[name] for name in person.skills if name in skills), PRIVATE + number],
        "breaks": [
            (number * 100 + n, max(first, opens), closes, minutes)
            for n, (opens, closes, minutes) in enumerate(inside)
        ],
    }  # fmt: skip


def _job(
    number: int, visit: Visit, skills: Mapping[str, int], numbers: Mapping[UUID, int], zero: int
) -> dict[str, object] | None:
    windows = [(max(0, span.opens - zero), span.closes - zero) for span in visit.windows if span.closes >= zero]
    if not windows or (visit.locked_to is not None and visit.locked_to not in numbers):
        return None
    needs = [skills[name] for name in visit.skills]
    if visit.locked_to is not None:
        needs.append(PRIVATE + numbers[visit.locked_to])
    return {
        "id": number,
        "place": visit.place,
        "minutes": visit.minutes,
        "skills": needs,
        "windows": windows,
        "priority": MOST_PRIORITY if must(visit) else visit.priority // 10,
    }
