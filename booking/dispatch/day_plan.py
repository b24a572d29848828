"""The plan of a day: what a planner is told, what it gives, and what must be true of that (dispatch.md §9). Pure.

Moments are whole minutes since 1970 UTC. A visit or a technician's start is a row of the matrix, so that a way may cost
more at the hour of the visit it leads to. A running job is not in the problem: the technician starts at its address, at
its expected end. `check_plan` knows nothing of how a plan was made and believes no planner.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

MOST_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, both ends included."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Break:
    """A rest, or time that is taken for something else: it begins within the span, wherever the person is then."""

    id: UUID
    opens: int
    closes: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody who works that day: from the row `start`, in these stretches of working time."""

    id: UUID
    start: int
    hours: tuple[Span, ...]
    skills: frozenset[str]
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit at the row `place`. It begins in one of the windows; whoever goes has all its skills.

    `locked_to` is who has accepted it: nobody else may go. `promised` says that a customer relies on it.
    `priority` from 0 to 100.
    """

    id: UUID
    place: int
    skills: frozenset[str]
    minutes: int
    windows: tuple[Span, ...]
    priority: int = 0
    locked_to: UUID | None = None
    promised: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """Minutes of travel from row to row."""

    minutes: tuple[tuple[int, ...], ...]

    def way(self, start: int, end: int) -> int:
        return self.minutes[start][end]


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit or a break in somebody's day; a break has no way."""

    visit: UUID
    departs: int
    arrives: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where and when, who is not visited and why (`no_skill`, `no_time`), and who made it."""

    routes: Mapping[UUID, tuple[Stop, ...]]
    unassigned: tuple[tuple[UUID, str], ...]
    travel_minutes: int
    solver: str
    seed: int = 0

    def served(self) -> dict[UUID, tuple[UUID, Stop]]:
        """Each stop by its visit (or break), with whoever makes it."""
        return {stop.visit: (who, stop) for who, route in self.routes.items() for stop in route}


@dataclass(frozen=True, slots=True)
class Problem:
    """A day to be planned, and the plan that stands: what it serves of what was promised must stay served."""

    technicians: tuple[Technician, ...]
    visits: tuple[Visit, ...]
    matrix: Matrix
    standing: Plan


class DayPlanner(Protocol):
    """What makes plans; one adapter for each solver."""

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        """Serve as many visits as possible, then travel least.

        Never drops, moves out of its window or hands over a visit that is locked. Raises PlannerFailed.
        """


class PlannerFailed(Exception):
    """The solver gave no answer: it `crashed`, took `too_long`, or said what was `not_understood`."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule of the port that a plan breaks, where."""

    rule: str
    visit: UUID | None = None
    technician: UUID | None = None


def check_plan(problem: Problem, plan: Plan) -> list[Fault]:
    """Every rule that the plan breaks: none for a plan that may be used."""
    visits = {visit.id: visit for visit in problem.visits}
    people = {person.id: person for person in problem.technicians}
    faults = [*_whole(problem, plan, visits)]
    travelled = 0
    for who, route in plan.routes.items():
        person = people.get(who)
        if person is None:
            faults.append(Fault("unknown_person", technician=who))
            continue
        travelled += _ways(problem.matrix, person, route, visits)
        faults += _walk(problem.matrix, person, route, visits)
    faults += [
        Fault("break", each.id, person.id)
        for person in problem.technicians
        if person.id not in plan.routes
        for each in person.breaks
    ]
    if travelled != plan.travel_minutes:
        faults.append(Fault("travel"))
    return faults


def _whole(problem: Problem, plan: Plan, visits: Mapping[UUID, Visit]) -> Iterator[Fault]:
    """Everybody once: each visit is served once or said to be left out, and no promise that stands is dropped."""
    breaks = {each.id for person in problem.technicians for each in person.breaks}
    told = [stop.visit for route in plan.routes.values() for stop in route if stop.visit not in breaks]
    left_out = [visit for visit, _ in plan.unassigned]
    stood = problem.standing.served()
    for id in {*told, *left_out} - visits.keys():
        yield Fault("unknown_visit", id)
    for id, visit in visits.items():
        if told.count(id) + left_out.count(id) > 1:
            yield Fault("twice", id)
        if id not in told and id not in left_out:
            yield Fault("missing", id)
        if id not in told and id in stood and (visit.promised or visit.locked_to is not None):
            yield Fault("dropped", id)


def _walk(matrix: Matrix, person: Technician, route: Sequence[Stop], visits: Mapping[UUID, Visit]) -> Iterator[Fault]:
    """One person's day from its start: ways, windows, hours, skills and breaks."""
    here, free = person.start, min((span.opens for span in person.hours), default=0)
    breaks = {each.id: each for each in person.breaks}
    for id in breaks.keys() - {stop.visit for stop in route}:
        yield Fault("break", id, person.id)
    for stop in route:
        if stop.departs < free or not stop.departs <= stop.arrives <= stop.starts <= stop.ends:
            yield Fault("order", stop.visit, person.id)
        rest, visit = breaks.pop(stop.visit, None), visits.get(stop.visit)
        if rest is not None:
            if not rest.opens <= stop.starts <= rest.closes or stop.ends - stop.departs < rest.minutes:
                yield Fault("break", rest.id, person.id)
        elif visit is not None:
            for rule in _at_the_door(matrix, person, visit, stop, here):
                yield Fault(rule, visit.id, person.id)
            here = visit.place
        else:
            yield Fault("unknown_visit", stop.visit, person.id)
        free = stop.ends


def _at_the_door(matrix: Matrix, person: Technician, visit: Visit, stop: Stop, here: int) -> Iterator[str]:
    if not visit.skills <= person.skills:
        yield "skill"
    if visit.locked_to not in (None, person.id):
        yield "locked"
    if not any(span.opens <= stop.starts <= span.closes for span in visit.windows):
        yield "window"
    if stop.ends - stop.starts != visit.minutes:
        yield "length"
    if stop.arrives - stop.departs < matrix.way(here, visit.place):
        yield "way"
    if not any(span.opens <= stop.departs and stop.ends <= span.closes for span in person.hours):
        yield "hours"


def _ways(matrix: Matrix, person: Technician, route: Sequence[Stop], visits: Mapping[UUID, Visit]) -> int:
    places = [visits[stop.visit].place for stop in route if stop.visit in visits]
    return sum(matrix.way(here, there) for here, there in zip([person.start, *places], places, strict=False))
