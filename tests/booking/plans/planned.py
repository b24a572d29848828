"""Plans of people in the small town, and what is seen of them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries as availability_queries
from booking.jobs import queries as jobs
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import SYSTEM
from booking.jobs.words import Event
from booking.plans import actions as plans
from booking.plans import queries
from booking.plans.actions import NewPlan
from booking.plans.queries import PlanView
from booking.plans.rules import (
    Interval,
    Unit,
    Wish,
)
from booking.plans.tables import PlanVisit
from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.foundation.ids import uuid7
from marketplace.notices.tables import DeliveryRow
from marketplace.specialists import queries as specialists
from tests.booking.jobs.town import Somebody, Town
from web.towns import read

FIRST = date(2026, 11, 24)  # a Tuesday, two days from the town's now
ANY_MORNING = Wish(band="morning")


def works_on(session: Session, town: Town, somebody: Somebody, *, days: int) -> None:
    """Open somebody's hours so many days ahead."""
    policy, first = availability_queries.policy(session), town.now.date()
    last = first + timedelta(days=days)
    periods = specialists.working_periods(session, somebody.id, first, last, policy.time_zone)
    availability.expand(session, somebody.id, periods, from_day=first, to_day=last, now=town.now, policy=policy)


def wanted(
    session: Session,
    town: Town,
    customer: Somebody,
    *,
    first: date = FIRST,
    every: int = 1,
    unit: Unit = Unit.MONTHS,
    wish: Wish = ANY_MORNING,
) -> NewPlan:
    assert customer.address is not None
    return NewPlan(town.service, town.answers(session), customer.address, Interval(every, unit, first), wish)


def begun(town: Town, session: Session, *, money: int = 0) -> tuple[Somebody, UUID]:
    """A customer with a monthly plan, and somebody who has time."""
    rahima = town.customer(session, money=money)
    town.craftsman(session)
    return rahima, started(session, town, rahima)


def make_dearer(session: Session, town: Town) -> None:
    """A new price book, in which everything costs twice as much."""
    there = read("dhaka")
    lines = {
        service.key: [replace(line, amount=line.amount + line.amount)
                      for line in content.priced(trade, service, there.prices)]
        for trade in content.categories() for service in trade.services
    }  # fmt: skip
    catalogue.publish_price_book(
        session, town.organization, currency="BDT", lines=lines, valid_from=town.now, by=None, reason="dearer",
        now=town.now,
    )  # fmt: skip


def started(session: Session, town: Town, customer: Somebody, *, equipment: UUID | None = None, **said: Any) -> UUID:
    new = wanted(session, town, customer, **said)
    new = NewPlan(new.service, new.answers, new.address, new.interval, new.wish, equipment)
    price = plans.price(session, new, now=town.now).total
    return plans.start(session, new, customer=customer.id, shown=price, command_id=uuid7(), now=town.now)


def seen(session: Session, plan: UUID, customer: Somebody) -> PlanView:
    session.flush()
    return queries.plan(session, plan, customer.id)


def visit(session: Session, plan: UUID, customer: Somebody, town: Town) -> CustomerJob:
    going_on = seen(session, plan, customer).visit
    assert going_on is not None
    assert going_on.job is not None
    return jobs.for_customer(session, going_on.job, customer.id, now=town.now)


def end_by_the_clock(session: Session, plan: UUID, town: Town) -> None:
    job = session.scalars(select(PlanVisit.job_id).where(PlanVisit.plan_id == plan)).one()
    assert job is not None
    town.fire(session, job, Event.EXPIRE, SYSTEM, reason="unfunded")


def letters(session: Session, somebody: Somebody) -> list[str]:
    """The letters about plans that were asked for, in order."""
    asked = select(DeliveryRow.letter).where(DeliveryRow.person_id == somebody.id, DeliveryRow.letter.like("plan%"))
    return list(session.scalars(asked.order_by(DeliveryRow.id)))
