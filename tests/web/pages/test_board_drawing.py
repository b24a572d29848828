"""What the board draws and means, without a page: steps of time, whole days, drops, why a job is open, many chosen."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from booking.availability.rules import Kind, Status
from booking.availability.windows import day_period
from booking.dispatch.board import Because, Person, Time, why_open
from booking.dispatch.board_rules import (
    HasItAlready,
    Means,
    NothingChosen,
    OutsideThePromise,
    TooManyAtOnce,
    may_set_aside,
    meaning,
)
from booking.jobs.words import State
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point
from web.forms.fields import NotOffered
from web.pages.dispatch.board_acts import MOST, selected
from web.pages.dispatch.board_layout import Axis, Lane, axis_of, lane, plane_of, way_steps

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
AXIS = Axis(MIDNIGHT, 8, 18)


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def test_a_stretch_stands_on_steps_of_five_minutes() -> None:
    assert lane(AXIS, at(9.25), at(10.75)) == Lane(111, 18)
    assert Lane(111, 18).classes == "h9 q3 a1 b6"
    assert lane(AXIS, at(9), at(9)) == Lane(108, 1)  # whatever is short can be seen
    assert lane(AXIS, at(9) + timedelta(minutes=2), at(10) + timedelta(minutes=2)) == Lane(108, 13)  # never too short
    assert lane(AXIS, at(6), at(9)) == Lane(96, 12)
    assert lane(AXIS, at(17), at(23)) == Lane(204, 12)
    assert lane(AXIS, at(4), at(8)) is None
    assert lane(AXIS, at(18), at(19)) is None
    assert (way_steps(AXIS, at(9), at(9.5)), way_steps(AXIS, at(7), at(8))) == (6, 0)


@pytest.mark.parametrize(
    ("on_day", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
)
def test_a_day_has_the_hours_that_its_clock_gives_it(on_day: date, hours: int) -> None:
    day = day_period(on_day, "Europe/Berlin")
    someone = Person(uuid4(), uuid4(), (Period(day.end - timedelta(hours=3), day.end + timedelta(hours=5)),), ())
    axis = axis_of(day, [someone])
    assert (axis.first, axis.last, axis.at(axis.last)) == (8, hours, day.end)


def test_the_axis_holds_everybodys_time_and_the_usual_hours() -> None:
    day = Period(MIDNIGHT, MIDNIGHT + timedelta(days=1))
    assert axis_of(day, []) == AXIS
    early = Time(uuid4(), Kind.VISIT, Status.CONFIRMED, at(5.5), at(6), at(7), None)
    assert axis_of(day, [Person(uuid4(), uuid4(), (Period(at(9), at(19.5)),), (early,))]) == Axis(MIDNIGHT, 5, 20)


def test_what_a_drop_means() -> None:
    crew, other, window = uuid4(), uuid4(), Period(at(10), at(12))
    assert meaning(State.OPEN, crew=None, specialist=other, window=window, at=at(11)) is Means.GIVE
    assert meaning(State.OPEN, crew=None, specialist=other, window=window, at=None) is Means.GIVE
    assert meaning(State.ASSIGNED, crew=crew, specialist=other, window=window, at=at(10)) is Means.HAND_OVER
    assert meaning(State.ASSIGNED, crew=crew, specialist=crew, window=window, at=at(15)) is Means.MOVE
    with pytest.raises(HasItAlready):
        meaning(State.ASSIGNED, crew=crew, specialist=crew, window=window, at=at(11))
    for state, had in ((State.OPEN, None), (State.ASSIGNED, crew)):
        with pytest.raises(OutsideThePromise):
            meaning(state, crew=had, specialist=other, window=window, at=at(12))


def test_only_soft_rules_give_way_and_only_to_a_reason_from_the_list() -> None:
    assert may_set_aside("area", "customer_wish")
    for rule, reason in (
        ("area", None),
        ("area", "because"),
        ("block", "other"),
        ("skill", "other"),
        ("overlap", "other"),
    ):
        assert not may_set_aside(rule, reason)


def test_why_a_job_is_open() -> None:
    assert why_open(live=1, asked=3, declined=2, crews=0, ranked=0) is Because.ASKING
    assert why_open(live=0, asked=0, declined=0, crews=0, ranked=None) is Because.NOT_ASKED
    assert why_open(live=0, asked=0, declined=0, crews=1, ranked=None) is Because.HANDED_BACK
    assert why_open(live=0, asked=2, declined=1, crews=0, ranked=4) is Because.SAID_NO
    assert why_open(live=0, asked=2, declined=0, crews=0, ranked=4) is Because.NO_ANSWER
    assert why_open(live=0, asked=2, declined=1, crews=0, ranked=0) is Because.NOBODY


def test_many_are_chosen_once_each_and_not_without_end() -> None:
    one, two = uuid4(), uuid4()
    assert selected([str(one), str(two), str(one)]) == [one, two]
    with pytest.raises(NothingChosen):
        selected([])
    with pytest.raises(NotOffered):
        selected(["x"])
    with pytest.raises(TooManyAtOnce):
        selected([str(uuid4()) for _ in range(MOST + 1)])


def test_the_map_has_north_up_and_cells_no_finer_than_cells() -> None:
    plane = plane_of([Point(90.0, 23.0), Point(90.4, 23.4)], squeeze=0.92)
    assert plane.at(Point(90.2, 23.3))[1] < plane.at(Point(90.2, 23.1))[1]
    assert plane.at(Point(90.1, 23.2))[0] < plane.at(Point(90.3, 23.2))[0]
    x, y, width, height = plane.cell(Point(90.2, 23.2))
    assert (width, height) == (round(0.02 * 0.92 * plane.scale), round(0.02 * plane.scale))
    assert 0 < x < plane.width
    assert 0 < y < plane.height
