"""Who is offered how much for their time: figures of groups, the floor, and the rule that explains who fell below."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.availability.tables import ShiftRow
from booking.dispatch import fairness, matching
from booking.dispatch.fairness_rules import Worked, gini_permille, groups, quantile
from booking.jobs import record
from tests.booking.jobs.crew_town import complete, for_three, people
from tests.booking.jobs.town import Town

ZONE = UUID(int=1)


def worked(offered: int, *, minutes: int = 600, zone: UUID = ZONE, trade: str = "ac", earned: int = 0) -> Worked:
    return Worked(uuid4(), trade, zone, minutes, offered, earned)


def test_below_half_of_the_middle_is_below_the_floor_whoever_explains_it() -> None:
    fine, half, low, kept = worked(1_000), worked(450), worked(449), worked(0)
    (group,) = groups([fine, fine, half, low, kept, worked(1_100), worked(900)], {kept.specialist: "shift"})
    assert group.middle_offered == 90
    assert [(each.person, each.rule) for each in group.below] == [(low, None), (kept, "shift")]
    assert group.unexplained == 1


def test_value_counts_by_the_hour_and_who_worked_little_says_nothing() -> None:
    (group,) = groups([worked(1_000), worked(1_000), worked(500, minutes=300), worked(2_000, minutes=1_200)], {})
    assert group.people == 3
    assert group.below == ()


def test_the_few_of_an_area_are_counted_with_the_whole_town() -> None:
    far = [worked(100, zone=uuid4()) for _ in range(4)]
    found = groups([*far, *(worked(100) for _ in range(3)), worked(100, trade="paint")], {})
    assert sorted((each.trade, each.zone is None, each.people) for each in found) == [
        ("ac", False, 3), ("ac", True, 4), ("paint", True, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), [([5, 5, 5], 0), ([0, 0, 0, 8], 750), ([], 0), ([0, 0], 0)])
def test_gini_is_nothing_where_all_have_the_same(values: list[int], expected: int) -> None:
    assert gini_permille(values) == expected


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(1, 9))
def test_gini_knows_no_unit_and_no_order(values: list[int], times: int) -> None:
    assert 0 <= gini_permille(values) < 1000
    assert gini_permille([times * value for value in reversed(values)]) == gini_permille(values)
    assert quantile(values, 10) <= quantile(values, 50)


def test_d5_the_report_tells_who_fell_below_the_floor_and_by_which_rule(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=10_000_000)
    for _ in range(3):
        town.craftsman(session)
    absent = town.craftsman(session)
    for _ in range(3):
        job = town.opened(session, rahima)
        day = record.locked(session, job).window_start
        assert day is not None
        away = delete(ShiftRow).where(ShiftRow.specialist_id == absent.id, ShiftRow.starts_at < day + timedelta(days=1))
        session.execute(away)
        matching.match(session, job, now=town.now)
    (group,) = fairness.report(
        session, town.organization, since=town.now - timedelta(days=1), until=town.now + timedelta(days=14)
    )
    assert group.people == 4
    assert group.middle_offered > 0
    assert [(each.person.specialist, each.percent, each.rule) for each in group.below] == [(absent.id, 0, "shift")]


def test_each_of_a_crew_was_offered_what_their_seat_is_paid(town: Town, session: Session) -> None:
    for_three(session, town)
    people(session, town)
    job = town.opened(session, town.customer(session, money=10_000_000))
    assert len(complete(session, town, job)) == 3
    rows = session.execute(
        fairness._WORKED,
        {"house": town.organization, "since": town.now - timedelta(days=1), "until": town.now + timedelta(days=14)},
    )
    price = record.locked(session, job).price_minor
    assert price is not None
    assert sorted(int(row.offered) for row in rows) == [price * 30 // 100, price * 30 // 100, price * 40 // 100]
