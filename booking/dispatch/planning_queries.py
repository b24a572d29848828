"""Plans of days as the dispatcher reads them: figures, what changes for whom, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.route import moment
from booking.dispatch.day_plan_tables import DayPlan, DayPlanRoute
from booking.dispatch.planning import StopTold
from booking.dispatch.planning_rules import Kept, Outcome, PlanNotFound, PlanState, Why
from booking.jobs import lists
from booking.jobs.lists import JobCard
from marketplace.foundation.ids import PersonId, ZoneId
from marketplace.specialists.tables import SpecialistRow


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan in a list; figures count visits and minutes of travel over everybody who works that day."""

    id: UUID
    on_day: date
    state: PlanState
    why: Why
    asked_at: datetime
    made_at: datetime | None
    decided_at: datetime | None
    reason: str | None
    people: int
    served_before: int
    served_after: int
    travel_before: int
    travel_after: int

    @property
    def saves(self) -> int:
        """Minutes of travel that the plan saves; below zero where it serves more by travelling more."""
        return self.travel_before - self.travel_after


@dataclass(frozen=True, slots=True)
class Moved:
    """One visit of somebody's day that a plan changes; None where it was, or will be, not theirs."""

    job: JobCard | None
    was: datetime | None
    will: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a plan changes for one person, and what became of it. `told`: they get a notice when it is published."""

    specialist: PersonId
    group: int
    moved: tuple[Moved, ...]
    stays: int
    travel_before: int
    travel_after: int
    told: bool
    outcome: Outcome
    kept_because: Kept | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with everything that is shown before it is decided about."""

    card: PlanCard
    solver: str | None
    faults: tuple[str, ...]
    changes: tuple[Changed, ...]
    left_out: tuple[tuple[JobCard | None, str], ...]


def plans(session: Session, *, limit: int = 30) -> list[PlanCard]:
    """Plans, the newest first."""
    return [_card(row) for row in session.scalars(select(DayPlan).order_by(DayPlan.asked_at.desc()).limit(limit))]


def plan(session: Session, id: UUID) -> PlanView:
    """One plan, whatever became of it. Refuses PlanNotFound."""
    row = session.get(DayPlan, id, populate_existing=True)
    if row is None:
        raise PlanNotFound()
    asked = select(DayPlanRoute).where(DayPlanRoute.plan_id == id)
    routes = list(session.scalars(asked.order_by(DayPlanRoute.together, DayPlanRoute.specialist_id)))
    told = [(route, _stops(route.before), _stops(route.after)) for route in routes]
    named = {stop.job for _, *both in told for stops in both for stop in stops.values() if stop.job is not None}
    cards = lists.cards_by_id(session, [*named, *(UUID(job) for job, _ in row.left_out)])
    return PlanView(
        _card(row),
        row.solver,
        tuple(row.faults),
        tuple(_changed(route, before, after, cards) for route, before, after in told),
        tuple((cards.get(UUID(job)), why) for job, why in row.left_out),
    )


def changed_for(session: Session, plan_id: UUID, specialist: PersonId) -> tuple[date, Changed]:
    """What a published plan changed for one person. Refuses PlanNotFound where it changed nothing for them."""
    row, route = session.get(DayPlan, plan_id), session.get(DayPlanRoute, (plan_id, specialist))
    if row is None or route is None or route.outcome != Outcome.APPLIED:
        raise PlanNotFound()
    return row.on_day, _changed(route, _stops(route.before), _stops(route.after), {})


def home_zones(session: Session, people: Sequence[PersonId]) -> dict[PersonId, ZoneId]:
    """Where each of these specialists is at home."""
    asked = select(SpecialistRow.person_id, SpecialistRow.home_zone_id).where(SpecialistRow.person_id.in_(people))
    return {PersonId(person): ZoneId(zone) for person, zone in session.execute(asked)}


def _card(row: DayPlan) -> PlanCard:
    return PlanCard(
        row.id, row.on_day, PlanState(row.state), Why(row.why), row.asked_at, row.made_at, row.decided_at, row.reason,
        row.people, row.served_before, row.served_after, row.travel_before, row.travel_after,
    )  # fmt: skip


def _stops(told: list[dict[str, object]]) -> dict[UUID, StopTold]:
    return {stop.visit: stop for stop in msgspec.convert(told, list[StopTold])}


def _changed(
    route: DayPlanRoute,
    before: Mapping[UUID, StopTold],
    after: Mapping[UUID, StopTold],
    cards: Mapping[UUID, JobCard],
) -> Changed:
    moved, stays = [], 0
    for visit in sorted(before.keys() | after.keys(), key=lambda each: (after.get(each) or before[each]).starts):
        was, will = before.get(visit), after.get(visit)
        stop = will or was
        if stop is None or stop.job is None:
            continue
        if was is not None and will is not None and was.starts == will.starts:
            stays += 1
            continue
        moved.append(
            Moved(cards.get(stop.job), moment(was.starts) if was else None, moment(will.starts) if will else None)
        )
    return Changed(
        PersonId(route.specialist_id), route.together, tuple(moved), stays, route.travel_before, route.travel_after,
        route.told, Outcome(route.outcome), Kept(route.kept_because) if route.kept_because else None,
    )  # fmt: skip
