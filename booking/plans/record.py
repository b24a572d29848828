"""A plan's row and what hangs on it: locked, read as rules see it, looked at again later."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.plans.rules import Interval, NoSuchPlan, Unit, Wish
from booking.plans.tables import PlanPermission, PlanVisit, ServicePlan
from marketplace.catalogue.rules import Answer
from marketplace.foundation import vault
from marketplace.foundation.calendars import Calendar
from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue


def locked(session: Session, id: UUID, *, customer: UUID | None = None) -> ServicePlan:
    """The plan's row, ours until the transaction ends. Refuses NoSuchPlan, also for another's."""
    asked = select(ServicePlan).where(ServicePlan.id == id)
    if customer is not None:
        asked = asked.where(ServicePlan.customer_id == customer)
    row = session.scalar(asked.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise NoSuchPlan()
    return row


def interval_of(row: ServicePlan) -> Interval:
    return Interval(row.every, Unit(row.unit), row.first_on, cast("Calendar", row.calendar))


def wish_of(row: ServicePlan) -> Wish:
    return Wish(frozenset(row.weekdays), row.band, row.same_person)


def price_of(row: ServicePlan) -> Money:
    """What the customer has agreed to for each visit."""
    return Money(row.price_minor, row.currency)


def answers_of(row: ServicePlan) -> dict[str, Answer]:
    """What was answered when the plan was made. Raises vault.Erased."""
    if row.answers is None:
        return {}
    text = vault.unseal(row.customer_id, vault.place("service_plan", "answers", row.id), row.answers)
    found: dict[str, Answer] = json.loads(text)
    return found


def sealed_answers(customer: UUID, id: UUID, answers: Mapping[str, Answer]) -> vault.Sealed | None:
    if not answers:
        return None
    text = json.dumps(dict(answers), ensure_ascii=False, sort_keys=True)
    return vault.seal(customer, vault.place("service_plan", "answers", id), text)


def going_on(session: Session, plan: UUID) -> PlanVisit | None:
    """The visit of the plan that has not ended; there is one at most."""
    asked = select(PlanVisit).where(PlanVisit.plan_id == plan, PlanVisit.outcome.is_(None))
    return session.scalar(asked.execution_options(populate_existing=True))


def limit_of(session: Session, plan: UUID) -> Money | None:
    """Up to how much a visit may pay for itself; None without permission."""
    asked = select(PlanPermission).where(PlanPermission.plan_id == plan, PlanPermission.ended_at.is_(None))
    found = session.scalar(asked)
    return None if found is None else Money(found.limit_minor, found.currency)


def visit_id(plan: UUID, due: date, attempt: int) -> UUID:
    """The command of a due day's try: its job, and whatever is done to it first, is derived from this."""
    return derived("plan_visit", plan, due.isoformat(), attempt)


def look_again(session: Session, plan: UUID, at: datetime) -> None:
    """Have the plan looked at then: asking twice for one second is asking once."""
    enqueue(session, "plans.look", due_at=at, key=derived("plans.look", plan, int(at.timestamp())), id=plan)
