"""The small town of the jobs' tests, and a plan in it."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries as availability_queries
from booking.plans.actions import NewPlan
from booking.plans.rules import Interval, Unit, Wish
from marketplace.foundation import clock
from marketplace.specialists import queries as specialists
from tests.booking.jobs.conftest import _town_engine, busy_town, founded, session, town
from tests.booking.jobs.town import Somebody, Town

__all__ = ["_town_engine", "busy_town", "founded", "session", "town"]

FIRST = date(2026, 11, 24)  # a Tuesday, two days from the town's now


@pytest.fixture(autouse=True)
def _town_time(town: Town) -> None:
    clock.travel_to(town.now)


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
    wish: Wish = Wish(band="morning"),  # noqa: B008  frozen
) -> NewPlan:
    assert customer.address is not None
    return NewPlan(town.service, town.answers(session), customer.address, Interval(every, unit, first), wish)
