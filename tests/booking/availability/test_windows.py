"""Local days and windows, also on the days when the clock is put forward or back."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.availability.pace import CITY, Pace, slowest, travel_minutes
from booking.availability.rules import BANDS, Band
from booking.availability.windows import at_local, day_period, local_day, shifts_of, windows_of
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
WHOLE_DAY = (Band("day", 0, 24),)


@pytest.mark.parametrize(("on_day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_local_day_is_as_long_as_the_clock_makes_it(on_day: date, hours: int) -> None:
    assert day_period(on_day, BERLIN).length == timedelta(hours=hours)


def test_the_hour_that_the_clock_skips_is_never_offered() -> None:
    codes = [window.code for window in windows_of(SPRING, bands=WHOLE_DAY, time_zone=BERLIN)]
    assert "02" not in codes
    assert {"01", "03", "23"} <= set(codes)


def test_the_hour_that_comes_twice_is_one_window_of_two_hours() -> None:
    twice = next(each for each in windows_of(AUTUMN, bands=WHOLE_DAY, time_zone=BERLIN) if each.code == "02")
    assert twice.period.length == timedelta(hours=2)


def test_a_midnight_that_does_not_exist_begins_when_the_clock_has_jumped() -> None:
    jump = date(2021, 3, 22)  # in Tehran the clock went from 00:00 to 01:00
    assert at_local(jump, 0, "Asia/Tehran") == at_local(jump, 1, "Asia/Tehran")
    assert day_period(jump, "Asia/Tehran").length == timedelta(hours=23)


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from([BERLIN, "Asia/Dhaka", "Asia/Tehran", "Africa/Cairo"])
)
def test_the_hours_of_a_day_follow_each_other_without_gap_or_overlap(on_day: date, zone: str) -> None:
    hours = [each for each in windows_of(on_day, bands=WHOLE_DAY, time_zone=zone) if each.code != "day"]
    assert hours[0].period.start == day_period(on_day, zone).start
    assert hours[-1].period.end == day_period(on_day, zone).end
    for one, two in itertools.pairwise(hours):
        assert one.period.end == two.period.start


def test_bands_stand_before_their_first_hour_in_wall_time() -> None:
    windows = windows_of(date(2026, 3, 2), bands=BANDS, time_zone="Asia/Dhaka")
    assert [each.code for each in windows[:3]] == ["morning", "08", "09"]
    assert windows[0].period.start == datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    night = Period(at_local(SPRING, 22, BERLIN), at_local(SPRING, 30, BERLIN))
    assert [(each.on_day, each.period) for each in shifts_of([night], BERLIN)] == [(SPRING, night)]
    assert local_day(night.end, BERLIN) == SPRING + timedelta(days=1)


def test_touching_stretches_of_one_day_are_one_shift() -> None:
    zone = "Asia/Dhaka"
    on_day = date(2026, 3, 2)
    parts = [
        Period(at_local(on_day, 9, zone), at_local(on_day, 12, zone)),
        Period(at_local(on_day, 12, zone), at_local(on_day, 15, zone)),
    ]
    assert [each.period for each in shifts_of(parts, zone)] == [Period(parts[0].start, parts[1].end)]


def test_the_way_is_reckoned_at_the_slowest_hour_it_may_fall_into() -> None:
    zone = ZoneInfo("Asia/Dhaka")
    opens, closes = datetime(2026, 3, 2, 15, tzinfo=zone), datetime(2026, 3, 2, 18, tzinfo=zone)
    assert slowest(CITY, opens, closes, "Asia/Dhaka") == 11
    assert slowest(CITY, opens.replace(hour=3), closes.replace(hour=4), "Asia/Dhaka") == 35


def test_the_way_takes_a_third_more_than_the_straight_line_and_the_minutes_around() -> None:
    ten_kilometres = Point(0, 0), Point(0, 0.0899320)
    pace = Pace((20,) * 24, around_minutes=5)
    assert travel_minutes(*ten_kilometres, speed=20, pace=pace) == 5 + 39
    assert travel_minutes(None, ten_kilometres[1], speed=20, pace=pace) == 5
    assert travel_minutes(ten_kilometres[0], None, speed=20, pace=pace) == 0


@given(*(st.tuples(st.floats(90, 90.6), st.floats(23.5, 24)) for _ in range(3)), st.integers(5, 60))
def test_a_detour_never_shortens_the_way(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], speed: int
) -> None:
    one, two, three = Point(*a), Point(*b), Point(*c)
    pace = Pace((speed,) * 24, around_minutes=2)

    def way(start: Point, end: Point) -> int:
        return travel_minutes(start, end, speed=speed, pace=pace)

    assert way(one, two) + way(two, three) >= way(one, three)
