"""Stretches of time and distances on the earth."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.foundation.periods import Period, union
from marketplace.foundation.places import Point, cell, cell_centre, metres_between

DAY = datetime(2026, 3, 1, tzinfo=UTC)
minutes = st.integers(0, 1440)
periods = st.builds(
    lambda start, length: Period(DAY + timedelta(minutes=start), DAY + timedelta(minutes=start + length)),
    minutes,
    st.integers(1, 300),
)
points = st.builds(Point, st.floats(-180, 180), st.floats(-85, 85))


def inside(moment: datetime, some: list[Period]) -> bool:
    return any(each.contains(moment) for each in some)


@given(periods, st.lists(periods, max_size=6), st.integers(0, 1800))
def test_what_is_left_is_the_whole_without_what_is_taken(whole: Period, taken: list[Period], minute: int) -> None:
    moment = DAY + timedelta(minutes=minute)
    left = whole.subtract(taken)
    assert inside(moment, left) == (whole.contains(moment) and not inside(moment, taken))
    assert inside(moment, union(taken)) == inside(moment, taken)


@given(periods, periods)
def test_two_periods_meet_when_they_overlap(a: Period, b: Period) -> None:
    assert a.overlaps(b) == b.overlaps(a) == (a.meet(b) is not None)


def test_touching_periods_do_not_overlap() -> None:
    first = Period(DAY, DAY + timedelta(hours=1))
    second = Period(first.end, first.end + timedelta(hours=1))
    assert not first.overlaps(second)
    assert union([second, first]) == [Period(first.start, second.end)]
    with pytest.raises(ValueError, match="ends after"):
        Period(DAY, DAY)


@given(points, points)
def test_distance_is_the_same_both_ways(a: Point, b: Point) -> None:
    assert metres_between(a, b) == metres_between(b, a)
    assert metres_between(a, a) == 0


def test_a_degree_is_as_long_as_geography_says() -> None:
    assert abs(metres_between(Point(0, 0), Point(0, 1)) - 111_195) < 10
    assert abs(metres_between(Point(0, 60), Point(1, 60)) - 55_597) < 10


@given(points)
@example(Point(180, 0))
@example(Point(-180, 90))
def test_a_cell_tells_the_quarter_and_not_the_house(point: Point) -> None:
    assert cell(cell_centre(cell(point))) == cell(point)
    assert metres_between(point, cell_centre(cell(point))) < 1_700
