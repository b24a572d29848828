"""Verbs of the day plan: ask for one, write down what a solver made of it, drop it. `planning_publish` applies it.

Between asking and writing down lies the solver, outside of every transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.windows import local_day
from booking.dispatch.day_plan import Plan, Stop, check_plan
from booking.dispatch.day_plan_tables import DayPlan, DayPlanRoute
from booking.dispatch.planning_problem import Collected, collect
from booking.dispatch.planning_rules import (
    DAYS_AHEAD,
    Change,
    NotAPlanningDay,
    PlanDecided,
    PlanNotFound,
    PlanState,
    Why,
    compared,
)
from marketplace.foundation.ids import PersonId, derived, uuid7
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue

NEWS = "day_plan"


class StopTold(msgspec.Struct, frozen=True):
    """A stop as a plan keeps it: minutes since 1970 UTC; no job for a break."""

    visit: UUID
    job: UUID | None
    departs: int
    starts: int
    ends: int

    @property
    def stop(self) -> Stop:
        return Stop(self.visit, self.departs, self.starts, self.starts, self.ends)


def ask(
    session: Session, on_day: date, *, why: Why, by: PersonId | None, now: datetime, command_id: UUID | None = None
) -> UUID:
    """Ask for a plan of a day. While one is being made it is that one; one that waits for a decision gives way.

    Refuses NotAPlanningDay.
    """
    today = local_day(now, availability.policy(session).time_zone)
    last = today + timedelta(days=DAYS_AHEAD)
    if not today <= on_day <= last:
        raise NotAPlanningDay(today, last)
    id = uuid7() if command_id is None else derived("day_plan", command_id)
    if session.get(DayPlan, id) is not None:
        return id
    waits = select(DayPlan).where(DayPlan.on_day == on_day, DayPlan.state.in_((PlanState.ASKED, PlanState.PROPOSED)))
    waiting = session.scalars(waits.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if waiting is not None and waiting.state == PlanState.ASKED:
        return waiting.id
    if waiting is not None:
        waiting.state = PlanState.SUPERSEDED.value
        session.flush()
        announce(session, NEWS, waiting.id)
    row = {"id": id, "on_day": on_day, "state": PlanState.ASKED, "why": why, "asked_by": by, "asked_at": now}
    written = session.scalar(insert(DayPlan).values(row).on_conflict_do_nothing().returning(DayPlan.id))
    if written is None:  # two asked at once: theirs is the one
        return session.scalars(waits).one().id
    enqueue(session, "dispatch.plan_day", key=derived("plan_day", id), id=id)
    return id


def begin(session: Session, plan_id: UUID, *, now: datetime) -> Collected | None:
    """The problem of a plan that was asked for; None when it was made before, or given up."""
    row = session.get(DayPlan, plan_id)
    if row is None or row.state != PlanState.ASKED:
        return None
    return collect(session, row.on_day, now=now)


def propose(session: Session, plan_id: UUID, collected: Collected, plan: Plan, *, now: datetime) -> PlanState:
    """Write down what was made: proposed, unchanged, or rejected with the rules it breaks. The old plan stands on.

    Checked here whatever the planner says. Only what is worth somebody's calm is proposed (`planning_rules.compared`).
    """
    row = _locked(session, plan_id)
    if row.state != PlanState.ASKED:
        return PlanState(row.state)
    problem = collected.problem
    faults = check_plan(problem, plan)
    outcome = None if faults else compared(problem, plan)
    if outcome is not None:
        faults = check_plan(problem, outcome.plan)
    row.made_at, row.solver, row.seed, row.people = now, plan.solver, plan.seed, len(problem.technicians)
    visits = {visit.id for visit in problem.visits}
    row.served_before = row.served_after = len(visits & problem.standing.served().keys())
    row.travel_before = row.travel_after = problem.standing.travel_minutes
    row.faults = sorted({fault.rule for fault in faults})
    if outcome is None or faults:
        row.state, row.reason = PlanState.REJECTED.value, "faults"
    else:
        row.served_after = len(visits & outcome.plan.served().keys())
        row.travel_after = outcome.plan.travel_minutes
        left_out = [(collected.jobs[visit], why) for visit, why in outcome.plan.unassigned]
        row.left_out = [[str(job), why] for job, why in left_out]
        row.left_out += [[str(job), "to_hand_on"] for job in collected.to_hand_on]
        session.add_all(_routes(plan_id, collected, outcome.changes))
        row.state = (PlanState.PROPOSED if outcome.changes else PlanState.UNCHANGED).value
    session.flush()
    announce(session, NEWS, plan_id)
    return PlanState(row.state)


def fail(session: Session, plan_id: UUID, reason: str, *, now: datetime) -> None:
    """The solver gave no answer: the plan that stands is the plan."""
    row = _locked(session, plan_id)
    if row.state == PlanState.ASKED:
        row.state, row.reason, row.made_at = PlanState.FAILED.value, reason, now
        session.flush()
        announce(session, NEWS, plan_id)


def drop(session: Session, plan_id: UUID, *, by: PersonId, now: datetime) -> None:
    """Decide against a proposed plan; twice is once. Refuses PlanNotFound, PlanDecided."""
    row = _locked(session, plan_id)
    if row.state == PlanState.DROPPED:
        return
    if row.state != PlanState.PROPOSED:
        raise PlanDecided(row.state)
    row.state, row.decided_by, row.decided_at = PlanState.DROPPED.value, by, now
    session.flush()
    announce(session, NEWS, plan_id)


def give_up_old(session: Session, *, now: datetime) -> None:
    """Plans of days that are over wait for nobody any more."""
    today = local_day(now, availability.policy(session).time_zone)
    waiting = (PlanState.ASKED, PlanState.PROPOSED)
    over = update(DayPlan).where(DayPlan.on_day < today, DayPlan.state.in_(waiting))
    session.execute(over.values(state=PlanState.SUPERSEDED))


def _routes(plan_id: UUID, collected: Collected, changes: Sequence[Change]) -> list[DayPlanRoute]:
    """A row for each person whose day changes; and for whoever is away and had one of the visits."""
    groups = {stop.visit: change.group for change in changes for stop in change.after}
    together = {change.group: change.group for change in changes}
    from_away = []
    for who, stops in collected.away.items():
        gone = tuple(stop for stop in stops if stop.visit in groups)
        touched = {together[groups[stop.visit]] for stop in gone}
        if touched:  # whoever takes over from one person changes together with the others who do
            together = {group: min(touched) if now in touched else now for group, now in together.items()}
            from_away.append(Change(who, groups[gone[0].visit], gone, (), 0, 0))
    return [
        _route(plan_id, collected, replace(change, group=together[change.group])) for change in (*changes, *from_away)
    ]


def _route(plan_id: UUID, collected: Collected, change: Change) -> DayPlanRoute:
    before, after = (_told(stops, collected) for stops in (change.before, change.after))
    was, will = (
        {stop for stop in stops if stop.visit in collected.accepted} for stops in (change.before, change.after)
    )
    return DayPlanRoute(
        plan_id=plan_id, specialist_id=change.technician, version=collected.versions[change.technician],
        together=change.group, before=before, after=after, travel_before=change.travel_before,
        travel_after=change.travel_after, told=was != will, outcome="waiting",
    )  # fmt: skip


def _told(stops: Sequence[Stop], collected: Collected) -> list[dict[str, Any]]:
    told = [
        StopTold(stop.visit, collected.jobs.get(stop.visit), stop.departs, stop.starts, stop.ends) for stop in stops
    ]
    plain: list[dict[str, Any]] = msgspec.to_builtins(told, str_keys=True)
    return plain


def _locked(session: Session, plan_id: UUID) -> DayPlan:
    asked = select(DayPlan).where(DayPlan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    row = session.scalars(asked).one_or_none()
    if row is None:
        raise PlanNotFound()
    return row
