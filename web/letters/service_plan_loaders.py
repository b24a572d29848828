"""What the letters about plans of visits tell."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs.rules import JobNotFound
from booking.plans import queries as plans
from booking.plans.queries import PlanView
from booking.plans.rules import NoSuchPlan, PlanState
from marketplace.catalogue import queries as catalogue
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from marketplace.specialists.queries import local_day
from web.letters.facts import Address, Facts, Gone, Span, facts_for


@facts_for("plan_visit")
def _visit(session: Session, delivery: Delivery, now: datetime) -> Facts:
    """A visit that has paid for itself, or was let go meanwhile, is told of by its own letters."""
    plan, visit = _plan(session, delivery), plans.visit_of(session, UUID(delivery.ids["visit"]))
    if visit is None or visit.job is None or visit.outcome is not None:
        raise Gone
    try:
        mine = jobs.for_customer(session, visit.job, delivery.person_id, now=now)
    except JobNotFound:
        raise Gone from None
    window, amount, until = mine.job.window, mine.job.price, mine.slot_until
    if mine.job.funded or window is None or amount is None or until is None:
        raise Gone
    return {
        "service": _service(session, plan, delivery),
        "day": local_day(window.start, home(session).time_zone),
        "window": Span(window.start, window.end),
        "amount": amount,
        "until": until,
        "usual": visit.as_wished,
        "page": _page(plan),
    }


@facts_for("plan_no_time")
def _no_time(session: Session, delivery: Delivery, _: datetime) -> Facts:
    plan = _plan(session, delivery)
    if plan.state is not PlanState.ACTIVE or plan.visit is not None:
        raise Gone
    return {"service": _service(session, plan, delivery), "day": plan.due_on, "page": _page(plan)}


@facts_for("plan_paused")
def _paused(session: Session, delivery: Delivery, _: datetime) -> Facts:
    plan = _plan(session, delivery)
    if plan.state is not PlanState.PAUSED:
        raise Gone
    return {"service": _service(session, plan, delivery), "page": _page(plan)}


@facts_for("plan_by_phone")
def _by_phone(session: Session, delivery: Delivery, _: datetime) -> Facts:
    plan = _plan(session, delivery)
    return {
        "service": _service(session, plan, delivery), "day": plan.due_on, "amount": plan.price, "page": _page(plan),
        "rules": Address("policy"),
    }  # fmt: skip


def _plan(session: Session, delivery: Delivery) -> PlanView:
    try:
        return plans.plan(session, UUID(delivery.ids["plan"]), delivery.person_id)
    except NoSuchPlan:
        raise Gone from None


def _service(session: Session, plan: PlanView, delivery: Delivery) -> str:
    return catalogue.titles(session, [plan.service])[plan.service][person(session, delivery.person_id).language]


def _page(plan: PlanView) -> Address:
    return Address(f"plans/{plan.id}")
