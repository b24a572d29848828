"""A plan becomes the day: person by person, where nothing has changed since it was made (dispatch.md §9, rule 5).

One lock order as everywhere: the plan, jobs, people's days. Whoever hands visits to one another changes together, in a
savepoint, or keeps the old plan together. Planned times are never updated in place: rows are released and written anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.actions.day_plans import clear_overdue, take_day
from booking.availability.days import Entry
from booking.availability.route import minute, moment
from booking.availability.rules import Kind, Status
from booking.availability.tables import Occupation
from booking.dispatch.day_plan_tables import DayPlan, DayPlanRoute
from booking.dispatch.planning import NEWS, StopTold
from booking.dispatch.planning_facts import looks_for_somebody, offered_to
from booking.dispatch.planning_rules import Kept, Outcome, PlanDecided, PlanNotFound, PlanState, too_late
from booking.jobs import record
from booking.jobs.slots import place_of
from booking.jobs.tables import Job
from marketplace.foundation import audit
from marketplace.foundation.ids import PersonId, derived, uuid7
from marketplace.foundation.news import announce
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.places import cell
from marketplace.notices import actions as notices


@dataclass(frozen=True, slots=True)
class Published:
    """For how many people the plan now is the day, and how many keep their old one."""

    applied: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Route:
    """One person's change as it was proposed."""

    row: DayPlanRoute
    before: tuple[StopTold, ...]
    after: tuple[StopTold, ...]

    @property
    def moved(self) -> list[tuple[StopTold | None, StopTold]]:
        """What is to be written for this person: each visit that stands otherwise afterwards, with how it stood."""
        was = {stop.visit: stop for stop in self.before}
        return [
            (was.get(stop.visit), stop) for stop in self.after if stop.job is not None and was.get(stop.visit) != stop
        ]


@dataclass(frozen=True, slots=True)
class _Acting:
    session: Session
    plan: DayPlan
    jobs: Mapping[UUID, Job]  # those that change hands, locked
    changed: frozenset[UUID]  # people whose day is not the one the plan was made from
    offered: frozenset[tuple[UUID, UUID]]
    now: datetime


def publish(session: Session, plan_id: UUID, *, by: PersonId, now: datetime) -> Published:
    """Let a proposed plan be the day. Twice is once, with the first answer.

    A day that changed in between, a departure that has come near, a visit that has found somebody: there the old plan
    stays, for everybody who would have changed together. Each person whose accepted visits move gets one notice.
    Refuses PlanNotFound, PlanDecided.
    """
    asked = select(DayPlan).where(DayPlan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    plan = session.scalars(asked).one_or_none()
    if plan is None:
        raise PlanNotFound()
    routes = _routes(session, plan_id)
    if plan.state == PlanState.PUBLISHED:
        return _told(routes)
    if plan.state != PlanState.PROPOSED:
        raise PlanDecided(plan.state)
    acting = _locked(session, plan, routes, now=now)
    for group in sorted({route.row.together for route in routes}):
        mine = [route for route in routes if route.row.together == group]
        kept = _obstacle(acting, mine) or _apply(acting, mine)
        for route in mine:
            route.row.outcome = (Outcome.KEPT if kept else Outcome.APPLIED).value
            route.row.kept_because = kept.value if kept else None
    plan.state, plan.decided_by, plan.decided_at = PlanState.PUBLISHED.value, by, now
    session.flush()
    _tell(session, plan, routes, now=now)
    outcome = _told(routes)
    audit.record(
        session, action="dispatch.day_plan_published", actor=by, subject=None, reason=None, now=now, plan=plan.id,
        applied=outcome.applied, kept=outcome.kept,
    )  # fmt: skip
    return outcome


def _routes(session: Session, plan_id: UUID) -> list[_Route]:
    rows = select(DayPlanRoute).where(DayPlanRoute.plan_id == plan_id).order_by(DayPlanRoute.specialist_id)
    kind = tuple[StopTold, ...]
    return [
        _Route(row, msgspec.convert(row.before, kind), msgspec.convert(row.after, kind))
        for row in session.scalars(rows.execution_options(populate_existing=True))
    ]


def _told(routes: Sequence[_Route]) -> Published:
    applied = sum(route.row.outcome == Outcome.APPLIED for route in routes)
    return Published(applied, len(routes) - applied)


def _locked(session: Session, plan: DayPlan, routes: Sequence[_Route], *, now: datetime) -> _Acting:
    """Lock the jobs that change hands, then every day that changes, each in one order."""
    ids = sorted({stop.job for route in routes for was, stop in route.moved if was is None and stop.job is not None})
    jobs = {id: record.locked(session, id) for id in ids}
    changed = set()
    for route in routes:
        who = PersonId(route.row.specialist_id)
        if take_day(session, who, plan.on_day) != route.row.version + 1:
            changed.add(route.row.specialist_id)
        clear_overdue(session, who, plan.on_day, now=now)
    return _Acting(session, plan, jobs, frozenset(changed), frozenset(offered_to(session, ids)), now)


def _obstacle(acting: _Acting, group: Sequence[_Route]) -> Kept | None:
    if any(route.row.specialist_id in acting.changed for route in group):
        return Kept.CHANGED
    given = {stop.visit: route.row.specialist_id for route in group for stop in route.before}
    for route in group:
        for was, stop in route.moved:
            if was is None and stop.job is not None:
                holder = given.get(stop.visit)
                offered = holder is not None and (stop.job, holder) in acting.offered
                if offered or not looks_for_somebody(acting.jobs[stop.job]):
                    return Kept.TAKEN
    soon = minute(acting.now)
    if any(too_late(_stops(route.before), _stops(route.after), now=soon) for route in group):
        return Kept.TOO_LATE
    return None


def _apply(acting: _Acting, group: Sequence[_Route]) -> Kept | None:
    """Write the group's days; nothing is written when a row is not what it was."""
    session = acting.session
    savepoint = session.begin_nested()
    old: list[UUID] = []
    rows: list[Mapping[str, Any]] = []
    for route in group:
        for _, stop in route.moved:
            entry = availability.find(session, stop.visit)
            if not _as_planned(acting, group, entry, stop):
                savepoint.rollback()
                return Kept.CHANGED
            if entry is not None and entry.booked.holds:
                old.append(entry.row)
            rows.append(_row(acting, PersonId(route.row.specialist_id), stop, entry))
    session.execute(update(Occupation).where(Occupation.id.in_(old)).values(status=Status.RELEASED))
    if rows:
        written = session.scalars(insert(Occupation).values(rows).on_conflict_do_nothing().returning(Occupation.id))
        if len(list(written)) != len(rows):
            savepoint.rollback()
            return Kept.CHANGED
    for who, stop in _handed(group):
        columns = {"planned_specialist_id": who, "occupation_id": stop.visit, "slot_until": None}
        record.swap(session, acting.jobs[UUID(str(stop.job))], columns)
        enqueue(session, "dispatch.match", key=derived("planned", acting.plan.id, stop.visit), id=str(stop.job))
    savepoint.commit()
    return None


def _handed(group: Sequence[_Route]) -> Iterator[tuple[UUID, StopTold]]:
    """The visits that come into other hands, or into any."""
    for route in group:
        for was, stop in route.moved:
            if was is None:
                yield route.row.specialist_id, stop


def _as_planned(acting: _Acting, group: Sequence[_Route], entry: Entry | None, stop: StopTold) -> bool:
    """Whether the visit still stands where the plan found it: in the group's hands at that minute, or nowhere."""
    stood = next(
        ((route.row.specialist_id, each) for route in group for each in route.before if each.visit == stop.visit), None
    )
    if stood is None:
        job = acting.jobs.get(stop.job) if stop.job else None
        return (
            entry is None and job is not None and (job.occupation_id is None or not _holds(acting, job.occupation_id))
        )
    who, before = stood
    if entry is None or entry.booked.status not in (Status.HELD, Status.CONFIRMED):
        return False
    return entry.booked.specialist == who and minute(entry.booked.starts_at) == before.starts


def _holds(acting: _Acting, visit: UUID) -> bool:
    entry = availability.find(acting.session, visit)
    return entry is not None and entry.booked.holds


def _row(acting: _Acting, who: PersonId, stop: StopTold, entry: Entry | None) -> Mapping[str, Any]:
    """The visit as it stands from now on."""
    row: dict[str, Any] = {
        "id": uuid7(), "visit_id": stop.visit, "specialist_id": who, "job_id": stop.job, "kind": Kind.VISIT,
        "on_day": acting.plan.on_day, "during": Range(moment(stop.departs), moment(stop.ends)),
        "starts_at": moment(stop.starts), "minutes": stop.ends - stop.starts, "written_at": acting.now,
    }  # fmt: skip
    if entry is None:
        job = acting.jobs[UUID(str(stop.job))]
        return row | {
            "customer_id": job.customer_id, "status": Status.CONFIRMED, "window_start": job.window_start,
            "window_end": job.window_end, "cell": cell(place_of(acting.session, job)), "expires_at": None,
            "extended": False, "sequence": 0,
        }  # fmt: skip
    booked, window = entry.booked, entry.booked.window
    return row | {
        "customer_id": booked.customer, "status": booked.status, "window_start": window.start if window else None,
        "window_end": window.end if window else None, "cell": entry.cell, "expires_at": booked.expires_at,
        "extended": entry.extended, "sequence": entry.sequence + 1,
    }  # fmt: skip


def _tell(session: Session, plan: DayPlan, routes: Sequence[_Route], *, now: datetime) -> None:
    announce(session, NEWS, plan.id)
    for route in routes:
        if route.row.outcome == Outcome.APPLIED:
            who = PersonId(route.row.specialist_id)
            enqueue(session, "dispatch.presence", key=derived("presence", plan.id, who), person=who)
            for job in {stop.job for stop in (*route.before, *route.after) if stop.job is not None}:
                announce(session, "job", job)
            if route.row.told:
                key = derived("letter", "day_changed", plan.id, who)
                notices.send(session, to=who, letter="day_changed", key=key, now=now, plan=plan.id)


def _stops(told: Sequence[StopTold]) -> list[Any]:
    return [each.stop for each in told]
