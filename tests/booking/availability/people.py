"""A small town for tests of time: somebody with hours, a place, and the policy they live under."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.rules import Booked, Somebody, TimePolicy
from booking.availability.windows import at_local
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point

DHAKA = "Asia/Dhaka"
MINUTE = timedelta(minutes=1)
POLICY = TimePolicy(time_zone=DHAKA, notice=timedelta(0), frozen=timedelta(minutes=30))
MANY_HOLDS = replace(POLICY, live_holds_most=1_000)
GULSHAN, DHANMONDI, UTTARA = Point(90.41, 23.79), Point(90.37, 23.745), Point(90.39, 23.87)
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # the Sunday before, 18:00 in Dhaka


def local(hour: int, on_day: date = MONDAY, minute: int = 0) -> datetime:
    return at_local(on_day, hour, DHAKA) + timedelta(minutes=minute)


def span(from_hour: int, to_hour: int, on_day: date = MONDAY) -> Period:
    return Period(local(from_hour, on_day), local(to_hour, on_day))


def exactly(hour: int, on_day: date = MONDAY) -> Period:
    """A window of a single start."""
    return Period(local(hour, on_day), local(hour, on_day) + MINUTE)


def somebody() -> PersonId:
    return PersonId(uuid4())


def at_work(
    session: Session,
    specialist: PersonId,
    periods: Sequence[Period] = (span(8, 20),),
    *,
    now: datetime = NOW,
    policy: TimePolicy = POLICY,
) -> Somebody:
    """Give the specialist these hours (on their days) and return them as a candidate."""
    days = sorted({(each.start + timedelta(hours=6)).date() for each in periods})
    actions.expand(
        session,
        specialist,
        periods,
        from_day=days[0] - timedelta(days=1),
        to_day=days[-1] + timedelta(days=1),
        now=now,
        policy=policy,
    )
    return Somebody(specialist, GULSHAN)


def hold(
    session: Session,
    specialists: Sequence[Somebody],
    window: Period,
    *,
    point: Point = GULSHAN,
    minutes: int = 60,
    customer: PersonId | None = None,
    command: UUID | None = None,
    now: datetime = NOW,
    policy: TimePolicy = POLICY,
) -> Booked:
    return actions.hold(
        session,
        command=command or uuid4(),
        customer=customer or somebody(),
        job=None,
        specialists=specialists,
        point=point,
        minutes=minutes,
        window=window,
        now=now,
        policy=policy,
    )


def windows(
    session: Session,
    who: list[Somebody],
    *,
    point: Point = GULSHAN,
    minutes: int = 60,
    on_day: date = MONDAY,
    now: datetime = NOW,
) -> list[str]:
    offers = queries.windows_at(
        session, specialists=who, point=point, minutes=minutes, days=[on_day], now=now, policy=POLICY
    )
    return [offer.window.code for offer in offers]
