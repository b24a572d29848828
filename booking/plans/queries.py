"""What the owner reads of their plans and of what they keep at home; another's do not exist for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import CREW_AT_WORK, Event, State
from booking.plans import record
from booking.plans.rules import EquipmentNotFound, Interval, NoSuchPlan, Outcome, PlanState, Why, Wish
from booking.plans.tables import Equipment, EquipmentVisit, PlanVisit, ServicePlan
from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, JobId, PersonId, ServiceId
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.vault import Sealed

DONE = (State.COMPLETED, State.APPROVED, State.CLOSED)
VISITS_MOST = 50


@dataclass(frozen=True, slots=True)
class VisitView:
    """One due day: its job where it came to one, and what became of it; `outcome` None while it goes on."""

    due_on: date
    attempt: int
    job: JobId | None
    as_wished: bool
    outcome: Outcome | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as its customer sees it. `limit` is what a visit may pay by itself; `due_on` the next day's turn."""

    id: UUID
    customer: PersonId
    service: ServiceId
    equipment: UUID | None
    address: AddressId
    state: PlanState
    why: Why | None
    interval: Interval
    wish: Wish
    price: Money
    discount_basis_points: int
    limit: Money | None
    due_on: date
    made_at: datetime
    visits: tuple[VisitView, ...]

    @property
    def visit(self) -> VisitView | None:
        """The visit that goes on."""
        return next((each for each in self.visits if each.outcome is None), None)


@dataclass(frozen=True, slots=True)
class EquipmentView:
    """A piece of equipment in its owner's words."""

    id: UUID
    kind: str
    name: str
    maker: str
    model: str
    installed_on: date | None
    address: AddressId | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """A visit in the history of equipment: what, when, by whom (an id: names are `privacy.reveal`'s), parts, amount."""

    job: JobId
    number: str
    service: ServiceId
    on: datetime | None
    is_done: bool
    specialist: PersonId | None
    parts: Money | None
    price: Money | None


def plans_of(session: Session, customer: PersonId) -> list[PlanView]:
    """A customer's plans, those that go on first, newest first."""
    rows = session.scalars(
        select(ServicePlan).where(ServicePlan.customer_id == customer).order_by(ServicePlan.made_at.desc())
    ).all()
    seen = _visits(session, [row.id for row in rows])
    views = [_plan(session, row, seen.get(row.id, ())) for row in rows]
    return sorted(views, key=lambda each: each.state is PlanState.ENDED)


def plan(session: Session, id: UUID, customer: PersonId) -> PlanView:
    """One plan of this customer. Refuses NoSuchPlan."""
    row = session.scalar(select(ServicePlan).where(ServicePlan.id == id, ServicePlan.customer_id == customer))
    if row is None:
        raise NoSuchPlan()
    return _plan(session, row, _visits(session, [id]).get(id, ()))


def plan_of_job(session: Session, job: UUID) -> UUID | None:
    """The plan that a job is a visit of."""
    return session.scalar(select(PlanVisit.plan_id).where(PlanVisit.job_id == job))


def jobs_in(session: Session, during: Period) -> frozenset[UUID]:
    """The jobs that come from plans whose windows lie in that time or touch it."""
    asked = select(PlanVisit.job_id).join(Job, Job.id == PlanVisit.job_id)
    found = session.scalars(asked.where(Job.window_start < during.end, Job.window_end > during.start))
    return frozenset(each for each in found if each is not None)


def last_day_of(session: Session, job: UUID) -> date | None:
    """The last day on which this visit of a plan may take place; None for a job of no plan."""
    asked = select(PlanVisit.due_on, ServicePlan).join(ServicePlan, ServicePlan.id == PlanVisit.plan_id)
    found = session.execute(asked.where(PlanVisit.job_id == job)).one_or_none()
    return None if found is None else record.interval_of(found[1]).until(found[0]) - timedelta(days=1)


def visit_of(session: Session, id: UUID) -> VisitView | None:
    """One proposal by its id: what a letter speaks of."""
    row = session.get(PlanVisit, id)
    return None if row is None else _visit(row)


def equipment_of(session: Session, customer: PersonId) -> list[EquipmentView]:
    """What a customer keeps, the newest first; what was given up is not among it."""
    asked = select(Equipment).where(Equipment.customer_id == customer, Equipment.ended_at.is_(None))
    return [_equipment(row) for row in session.scalars(asked.order_by(Equipment.added_at.desc(), Equipment.id))]


def equipment(session: Session, id: UUID, customer: PersonId) -> EquipmentView:
    """One piece, given up or not. Refuses EquipmentNotFound, also for another's."""
    row = session.scalar(select(Equipment).where(Equipment.id == id, Equipment.customer_id == customer))
    if row is None:
        raise EquipmentNotFound()
    return _equipment(row)


def equipment_of_job(session: Session, job: UUID, customer: PersonId) -> UUID | None:
    """What this job is about, if its customer has said so."""
    asked = select(EquipmentVisit.equipment_id).where(
        EquipmentVisit.job_id == job, EquipmentVisit.customer_id == customer
    )
    return session.scalar(asked)


def history(session: Session, id: UUID, customer: PersonId, *, limit: int = VISITS_MOST) -> list[Work]:
    """What was done to it and what is booked, latest first; visits that came to nothing are not there."""
    shown = (*DONE, *CREW_AT_WORK, State.OPEN)
    asked = (
        select(Job)
        .join(EquipmentVisit, EquipmentVisit.job_id == Job.id)
        .where(EquipmentVisit.equipment_id == id, EquipmentVisit.customer_id == customer, Job.state.in_(shown))
    )
    rows = session.scalars(asked.order_by(Job.window_start.desc()).limit(limit)).all()
    parts = _parts(session, rows)
    return [_work(row, parts.get(row.id)) for row in rows]


def next_due(session: Session, id: UUID, customer: PersonId) -> date | None:
    """When a plan comes back to it."""
    asked = select(ServicePlan).where(
        ServicePlan.equipment_id == id, ServicePlan.customer_id == customer, ServicePlan.state == PlanState.ACTIVE
    )
    return min((row.due_on for row in session.scalars(asked)), default=None)


def _visits(session: Session, plans: Sequence[UUID]) -> dict[UUID, tuple[VisitView, ...]]:
    asked = select(PlanVisit).where(PlanVisit.plan_id.in_(plans))
    found: dict[UUID, tuple[VisitView, ...]] = {}
    for row in session.scalars(asked.order_by(PlanVisit.due_on.desc(), PlanVisit.attempt.desc())):
        found[row.plan_id] = (*found.get(row.plan_id, ()), _visit(row))
    return found


def _visit(row: PlanVisit) -> VisitView:
    outcome = None if row.outcome is None else Outcome(row.outcome)
    job = None if row.job_id is None else JobId(row.job_id)
    return VisitView(row.due_on, row.attempt, job, row.as_wished, outcome, row.made_at)


def _plan(session: Session, row: ServicePlan, visits: tuple[VisitView, ...]) -> PlanView:
    return PlanView(
        id=row.id,
        customer=PersonId(row.customer_id),
        service=ServiceId(row.service_id),
        equipment=row.equipment_id,
        address=AddressId(row.address_id),
        state=PlanState(row.state),
        why=None if row.why is None else Why(row.why),
        interval=record.interval_of(row),
        wish=record.wish_of(row),
        price=record.price_of(row),
        discount_basis_points=row.discount_basis_points,
        limit=record.limit_of(session, row.id),
        due_on=row.due_on,
        made_at=row.made_at,
        visits=visits[:VISITS_MOST],
    )


def _equipment(row: Equipment) -> EquipmentView:
    installed = _opened(row, "installed_on", row.installed_on)
    return EquipmentView(
        id=row.id,
        kind=row.kind,
        name=_opened(row, "name", row.name),
        maker=_opened(row, "maker", row.maker),
        model=_opened(row, "model", row.model),
        installed_on=date.fromisoformat(installed) if installed else None,
        address=None if row.address_id is None else AddressId(row.address_id),
        ended_at=row.ended_at,
    )


def _opened(row: Equipment, column: str, value: Sealed | None) -> str:
    return "" if value is None else vault.unseal(row.customer_id, vault.place("equipment", column, row.id), value)


def _work(row: Job, parts_minor: int | None) -> Work:
    paid = row.final_minor if row.final_minor is not None else row.price_minor
    return Work(
        job=JobId(row.id),
        number=row.number,
        service=ServiceId(row.service_id),
        on=row.completed_at or row.window_start,
        is_done=State(row.state) in DONE,
        specialist=None if row.specialist_id is None else PersonId(row.specialist_id),
        parts=Money(parts_minor, row.currency) if parts_minor else None,
        price=None if paid is None else Money(paid, row.currency),
    )


def _parts(session: Session, rows: Sequence[Job]) -> dict[UUID, int]:
    """What the parts cost that customers have agreed to, by job: each proposal counts when the next word was yes."""
    answers = (Event.PROPOSE_CHANGE, Event.APPROVE_CHANGE, Event.REFUSE_CHANGE)
    asked = select(JobEvent).where(JobEvent.job_id.in_([row.id for row in rows]), JobEvent.event.in_(answers))
    proposed: dict[UUID, int] = {}
    agreed: dict[UUID, int] = {}
    for each in session.scalars(asked.order_by(JobEvent.job_id, JobEvent.place)):
        if each.event == Event.PROPOSE_CHANGE:
            proposed[each.job_id] = int(each.facts.get("parts_minor", 0))
        elif each.event == Event.APPROVE_CHANGE:
            agreed[each.job_id] = agreed.get(each.job_id, 0) + proposed.pop(each.job_id, 0)
    return agreed
