"""What a new plan of a day changes, for whom, and whether that is worth their calm (dispatch.md §9). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from booking.dispatch.day_plan import Plan, Problem, Stop
from marketplace.foundation.errors import Refused

CALM_MINUTES = 60  # nothing is moved this shortly before its departure
WORTH_MINUTES = 5  # of travel that a change saves for each person whose day it changes
DAYS_AHEAD = 14
SECONDS = 10  # that a solver may take for one day


class PlanState(StrEnum):
    """asked → proposed | unchanged | rejected | failed; proposed → published | dropped | superseded."""

    ASKED = "asked"
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"  # the plan that stands is as good
    REJECTED = "rejected"  # the new one breaks a rule: the old one stays
    FAILED = "failed"  # the solver gave no answer
    PUBLISHED = "published"
    DROPPED = "dropped"
    SUPERSEDED = "superseded"  # asked for anew before anybody decided


class Why(StrEnum):
    """What a plan was asked for by."""

    ASKED = "asked"  # a dispatcher
    EVENING = "evening"
    CANCELLATION = "cancellation"
    ABSENCE = "absence"


class Outcome(StrEnum):
    WAITING = "waiting"
    APPLIED = "applied"
    KEPT = "kept"  # this person's day keeps its old plan


class Kept(StrEnum):
    """Why somebody's day keeps its old plan."""

    CHANGED = "changed"  # in between, by somebody else
    TOO_LATE = "too_late"  # its departure is near by now
    TAKEN = "taken"  # a visit has found somebody, or is being offered


@dataclass(frozen=True)
class PlanNotFound(Refused):
    """No such plan of a day."""


@dataclass(frozen=True)
class PlanDecided(Refused):
    """The plan waits for no decision: it is being made, was decided about, or had nothing to decide."""

    state: str


@dataclass(frozen=True)
class NotAPlanningDay(Refused):
    """A day is planned from today on, and not further ahead than bookings settle."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Change:
    """One person's day before and after; whoever shares a `group` changes together or not at all."""

    technician: UUID
    group: int
    before: tuple[Stop, ...]
    after: tuple[Stop, ...]
    travel_before: int
    travel_after: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The plan that results when only what is worth it is changed, and the changes."""

    plan: Plan
    changes: tuple[Change, ...]


def compared(problem: Problem, plan: Plan) -> Compared:
    """What of the new plan is worth changing somebody's day for; everything else stays as it stands.

    People who hand visits to one another form a group. A group changes when it serves more, or when it saves
    WORTH_MINUTES of travel for each person whose day changes.
    """
    old, new = _routes(problem, problem.standing), _routes(problem, plan)
    groups = _groups(problem, old, new)
    merged, changes, number = dict(old), [], 0
    for group in groups:
        changed = [who for who in group if old[who] != new[who]]
        gain = sum(_visits(problem, new[who]) - _visits(problem, old[who]) for who in group)
        before, after = ([travel_of(problem, who, routes[who]) for who in changed] for routes in (old, new))
        if not changed or gain < 0 or (gain == 0 and sum(before) - sum(after) < WORTH_MINUTES * len(changed)):
            continue
        number += 1
        for who, was, will in zip(changed, before, after, strict=True):
            merged[who] = new[who]
            changes.append(Change(who, number, old[who], new[who], was, will))
    served = {stop.visit for route in merged.values() for stop in route}
    reasons = dict(plan.unassigned)
    left_out = tuple((each.id, reasons.get(each.id, "no_time")) for each in problem.visits if each.id not in served)
    travel = sum(travel_of(problem, who, route) for who, route in merged.items())
    return Compared(replace(plan, routes=merged, unassigned=left_out, travel_minutes=travel), tuple(changes))


def too_late(before: Iterable[Stop], after: Iterable[Stop], *, now: int) -> bool:
    """Whether a stop that changes would depart, or would have departed, within CALM_MINUTES of `now`."""
    was, will = {stop.visit: stop for stop in before}, {stop.visit: stop for stop in after}
    moved = [
        stop for id in was.keys() | will.keys() if was.get(id) != will.get(id) for stop in (was.get(id), will.get(id))
    ]
    return any(stop is not None and stop.departs < now + CALM_MINUTES for stop in moved)


def travel_of(problem: Problem, who: UUID, route: Sequence[Stop]) -> int:
    """Minutes of travel of one person's day."""
    places = {visit.id: visit.place for visit in problem.visits}
    here = next(person.start for person in problem.technicians if person.id == who)
    total = 0
    for stop in route:
        if stop.visit in places:
            total += problem.matrix.way(here, places[stop.visit])
            here = places[stop.visit]
    return total


def _routes(problem: Problem, plan: Plan) -> dict[UUID, tuple[Stop, ...]]:
    return {person.id: tuple(plan.routes.get(person.id, ())) for person in problem.technicians}


def _visits(problem: Problem, route: Sequence[Stop]) -> int:
    known = {visit.id for visit in problem.visits}
    return sum(stop.visit in known for stop in route)


def _groups(
    problem: Problem, old: Mapping[UUID, Sequence[Stop]], new: Mapping[UUID, Sequence[Stop]]
) -> list[list[UUID]]:
    """Who hands a visit to whom, taken together; each group in the order of the technicians."""
    leader = {person.id: person.id for person in problem.technicians}

    def lead(who: UUID) -> UUID:
        while leader[who] != who:
            who = leader[who]
        return who

    had = {stop.visit: who for who, route in old.items() for stop in route}
    for who, route in new.items():
        for stop in route:
            leader[lead(had.get(stop.visit, who))] = lead(who)
    found: dict[UUID, list[UUID]] = {}
    for person in problem.technicians:
        found.setdefault(lead(person.id), []).append(person.id)
    return list(found.values())
