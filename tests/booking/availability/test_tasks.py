"""From the weekly plan to what can be booked, and the timers of holds, through the outbox."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.availability import queries, tasks
from booking.availability.rules import Somebody, Status
from booking.availability.windows import at_local, day_period
from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.foundation import clock, outbox, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.periods import Period
from marketplace.foundation.tasks import run_all_due
from marketplace.organizations import actions as organizations
from marketplace.specialists import actions as specialists
from marketplace.specialists.rules import WeeklyHours
from tests.booking.availability.people import GULSHAN, exactly, hold

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME = {"en": "Town", "bn": "শহর", "fa": "شهر", "ar": "مدينة"}
EVERY_DAY = [WeeklyHours(day, time(9), time(18)) for day in range(1, 8)]


def somebody_with_hours(session: Session, *, time_zone: str, now: datetime) -> PersonId:
    home = organizations.found(
        session, town="town", name=NAME, region="BD", currency="BDT", time_zone=time_zone, language="en",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings={}, now=now,
    )  # fmt: skip
    catalogue.stock(session, content.skills(), content.categories(), now=now)
    zone = catalogue.draw_zone(session, home, key="zone", name=NAME, centre=GULSHAN, radius_metres=2_000)
    person, manager = PersonId(uuid7()), PersonId(uuid7())
    vault.make_key(person)
    vault.make_key(manager)
    specialists.enrol(session, person, home, home=GULSHAN, home_zone=zone, now=now)
    skill = content.skills()[0].key
    specialists.verify_skill(session, person, skill, by=manager, expires_on=None, now=now)
    specialists.set_weekly_hours(session, person, EVERY_DAY, now=now)
    return person


@pytest.fixture
def afternoon() -> None:
    clock.travel_to(NOW)


def test_a_weekly_plan_is_expanded_sixty_days_ahead_by_the_outbox(database: Engine, afternoon: None) -> None:
    with transaction() as session:
        person = somebody_with_hours(session, time_zone="Asia/Dhaka", now=clock.now())
    run_all_due()
    with transaction() as session:
        shifts = queries.shifts_of(session, person, within=Period(NOW - timedelta(days=2), NOW + timedelta(days=90)))
    assert len(shifts) == tasks.DAYS_AHEAD
    assert {shift.period.length for shift in shifts} == {timedelta(hours=9)}


def test_hours_stay_the_same_on_the_wall_when_the_clock_is_put_forward(database: Engine) -> None:
    clock.travel_to(datetime(2026, 3, 20, 12, tzinfo=UTC))
    with transaction() as session:
        person = somebody_with_hours(session, time_zone="Europe/Berlin", now=clock.now())
    run_all_due()
    with transaction() as session:
        for on_day in (datetime(2026, 3, 28).date(), datetime(2026, 3, 29).date()):
            shift = queries.shifts_of(session, person, within=day_period(on_day, "Europe/Berlin"))[0]
            assert shift.period.start == at_local(on_day, 9, "Europe/Berlin")


def test_another_day_of_hours_is_carried_forward_as_the_days_go_by(database: Engine, afternoon: None) -> None:
    with transaction() as session:
        person = somebody_with_hours(session, time_zone="Asia/Dhaka", now=clock.now())
    run_all_due()
    clock.move(timedelta(days=3))
    with transaction() as session:
        outbox.enqueue(session, "availability.expand")
    run_all_due()
    with transaction() as session:
        ahead = Period(clock.now() + timedelta(days=58), clock.now() + timedelta(days=90))
        assert queries.shifts_of(session, person, within=ahead)


def test_a_hold_ends_by_its_own_timer(database: Engine, afternoon: None) -> None:
    with transaction() as session:
        person = somebody_with_hours(session, time_zone="Asia/Dhaka", now=clock.now())
    run_all_due()
    with transaction() as session:
        held = hold(session, [Somebody(person, GULSHAN)], exactly(11), now=clock.now())
    run_all_due()
    assert _status(held.visit) is Status.HELD
    clock.move(timedelta(minutes=15, seconds=1))
    run_all_due()
    assert _status(held.visit) is Status.LAPSED


def test_the_sweep_ends_what_its_timer_forgot(database: Engine, afternoon: None) -> None:
    with transaction() as session:
        person = somebody_with_hours(session, time_zone="Asia/Dhaka", now=clock.now())
    run_all_due()
    with transaction() as session:
        held = hold(session, [Somebody(person, GULSHAN)], exactly(11), now=clock.now() - timedelta(hours=1))
        tasks.sweep(session)
    assert _status(held.visit) is Status.LAPSED


def _status(visit: UUID) -> Status:
    with transaction() as session:
        return queries.visit(session, visit).status
