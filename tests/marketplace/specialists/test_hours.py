"""Weekly hours as moments: exceptions, midnight, and days of 23 and of 25 hours."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.specialists.rules import (
    HoursException,
    HoursOverlap,
    Standing,
    StandingUnchangeable,
    WeeklyHours,
    check_standing,
    check_weekly_hours,
    expand,
    rating_hundredths,
)

MONDAY = date(2026, 11, 23)
NINE_TO_FIVE = [WeeklyHours(weekday, time(9), time(17)) for weekday in (1, 2, 3, 4, 7)]


def week(hours: list[WeeklyHours], exceptions: tuple[HoursException, ...] = (), days: int = 7) -> list[str]:
    periods = expand(hours, exceptions, from_day=MONDAY, to_day=MONDAY + timedelta(days=days), time_zone="Asia/Dhaka")
    return [f"{each.start:%d %H:%M}–{each.end:%d %H:%M}" for each in periods]


def test_wall_time_of_the_town_becomes_moments_in_utc() -> None:
    assert week(NINE_TO_FIVE, days=2) == ["23 03:00–23 11:00", "24 03:00–24 11:00"]


def test_the_last_day_is_not_included() -> None:
    assert len(week(NINE_TO_FIVE)) == 5
    assert week(NINE_TO_FIVE, days=0) == []


def test_an_exception_takes_the_place_of_the_whole_day() -> None:
    off, other = HoursException(MONDAY, None, None), HoursException(MONDAY, time(14), time(16))
    assert week(NINE_TO_FIVE, (off,), days=1) == []
    assert week(NINE_TO_FIVE, (other,), days=1) == ["23 08:00–23 10:00"]


def test_a_night_ends_on_the_next_day_and_touching_stretches_are_one() -> None:
    night = [WeeklyHours(1, time(20), time(0)), WeeklyHours(2, time(0), time(4))]
    assert week(night) == ["23 14:00–23 22:00"]
    assert week([WeeklyHours(1, time(22), time(6))]) == ["23 16:00–24 00:00"]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_when_clocks_change_is_as_long_as_it_is(day: date, hours: int) -> None:
    whole = [WeeklyHours(day.isoweekday(), time(0), time(0))]
    [period] = expand(whole, [], from_day=day, to_day=day + timedelta(days=1), time_zone="Europe/Berlin")
    assert period.length == timedelta(hours=hours)


def test_a_time_that_is_skipped_is_moved_on_by_the_jump() -> None:
    day = date(2026, 3, 29)  # 02:00 becomes 03:00 in Berlin
    hours = [WeeklyHours(7, time(2, 30), time(8))]
    [period] = expand(hours, [], from_day=day, to_day=day + timedelta(days=1), time_zone="Europe/Berlin")
    assert period.start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_opens_at_the_first_and_closes_at_the_second() -> None:
    day = date(2026, 10, 25)  # 03:00 becomes 02:00 in Berlin
    hours = [WeeklyHours(7, time(2), time(2, 30))]
    [period] = expand(hours, [], from_day=day, to_day=day + timedelta(days=1), time_zone="Europe/Berlin")
    assert period.length == timedelta(minutes=90)


def test_iran_has_had_no_summer_time_since_2022() -> None:
    hours = [WeeklyHours(6, time(8), time(16))]
    for day, utc_start in ((date(2021, 6, 26), time(3, 30)), (date(2026, 6, 27), time(4, 30))):
        [period] = expand(hours, [], from_day=day, to_day=day + timedelta(days=1), time_zone="Asia/Tehran")
        assert period.start.time() == utc_start


@pytest.mark.parametrize(
    "hours",
    [
        [WeeklyHours(1, time(9), time(13)), WeeklyHours(1, time(12), time(18))],
        [WeeklyHours(1, time(20), time(4)), WeeklyHours(2, time(3), time(9))],
        [WeeklyHours(7, time(20), time(4)), WeeklyHours(1, time(3), time(9))],
        [WeeklyHours(8, time(9), time(13))],
        [WeeklyHours(2, time(9), time(9)), WeeklyHours(2, time(10), time(12))],
    ],
)
def test_hours_that_overlap_are_refused_over_midnight_and_over_the_week_too(hours: list[WeeklyHours]) -> None:
    with pytest.raises(HoursOverlap):
        check_weekly_hours(hours)


def test_hours_that_touch_are_fine() -> None:
    check_weekly_hours([])
    check_weekly_hours([WeeklyHours(1, time(9), time(13)), WeeklyHours(1, time(13), time(18))])
    check_weekly_hours([WeeklyHours(day, time(0), time(0)) for day in range(1, 8)])


hours_of_a_week = st.lists(
    st.builds(
        WeeklyHours,
        st.integers(1, 7),
        st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    ),
    max_size=6,
)


@given(hours_of_a_week, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["Asia/Tehran", "Europe/Berlin"]))
def test_periods_are_in_order_apart_and_never_empty(hours: list[WeeklyHours], day: date, time_zone: str) -> None:
    periods = expand(hours, [], from_day=day, to_day=day + timedelta(days=14), time_zone=time_zone)
    for before, after in pairwise(periods):
        assert before.end < after.start


def test_standing_changes_only_along_the_known_ways() -> None:
    check_standing(Standing.GOOD, Standing.SUSPENDED)
    for before, wanted in ((Standing.LEFT, Standing.GOOD), (Standing.APPLICANT, Standing.SUSPENDED)):
        with pytest.raises(StandingUnchangeable):
            check_standing(before, wanted)


def test_a_mean_of_no_ratings_is_no_number() -> None:
    assert rating_hundredths(0, 0) is None
    assert rating_hundredths(3, 14) == 466
