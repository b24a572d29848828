"""The plane that positions are kept on, and when one may be taken."""

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.tracking.rules import (
    FRESH,
    STRIP,
    Fix,
    Purpose,
    Switch,
    Trip,
    folded,
    may_take,
    newest,
    reach,
    unfolded,
)
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ON_SHIFT = Period(NOW - HOUR, NOW + HOUR)
places = st.builds(Point, st.floats(-179.9, 179.9), st.floats(-70, 70))


@given(places, st.integers(0, 5_000))
def test_what_is_folded_unfolds_to_the_same_place_and_stays_in_its_strip(place: Point, skill_no: int) -> None:
    x, y = folded(place, skill_no)
    assert abs(x - skill_no * STRIP) <= 180
    assert metres_between(unfolded(x, y), place) == 0


@given(places, st.integers(0, 300), st.integers(1, 60), st.integers(0, 2**32))
def test_the_box_holds_everything_in_reach(place: Point, skill_no: int, km: int, seed: int) -> None:
    (west, south), (east, north) = reach(place, skill_no, km)
    dice = random.Random(seed)
    for _ in range(20):
        angle, way = dice.uniform(0, 2 * math.pi), dice.uniform(0, km) / 111.2
        latitude = place.latitude + way * math.sin(angle)
        longitude = place.longitude + way * math.cos(angle) / math.cos(math.radians(latitude))
        if abs(longitude) > 180 or metres_between(place, Point(longitude, latitude)) > km * 1000:
            continue
        x, y = folded(Point(longitude, latitude), skill_no)
        assert west <= x <= east
        assert south <= y <= north


def test_the_plane_orders_a_town_by_distance() -> None:
    dice = random.Random(7)
    here = Point(90.4, 23.8)
    x, y = folded(here, 3)
    town = [Point(90.4 + dice.uniform(-0.2, 0.2), 23.8 + dice.uniform(-0.2, 0.2)) for _ in range(300)]

    def on_the_plane(there: Point) -> float:
        tx, ty = folded(there, 3)
        return math.hypot(tx - x, ty - y)

    metres = [metres_between(here, there) for there in sorted(town, key=on_the_plane)]
    assert all(nearer <= further * 1.003 + 1 for nearer, further in pairwise(metres))


@pytest.mark.parametrize(
    ("switch", "purpose", "shift", "job", "may"),
    [
        (Switch.SHARE, Purpose.MATCH, ON_SHIFT, None, True),
        (Switch.HIDE, Purpose.MATCH, ON_SHIFT, None, True),
        (Switch.OFF, Purpose.MATCH, ON_SHIFT, None, False),
        (Switch.SHARE, Purpose.MATCH, None, None, False),
        (Switch.SHARE, Purpose.MATCH, Period(NOW - HOUR, NOW), None, False),
        (Switch.SHARE, Purpose.ETA, ON_SHIFT, None, False),
        (Switch.SHARE, Purpose.ETA, None, Trip(NOW - HOUR), True),
        (Switch.HIDE, Purpose.ETA, None, Trip(NOW - HOUR, arrived_at=NOW), False),
        (Switch.SHARE, Purpose.ETA, None, Trip(NOW + HOUR), False),
        (Switch.SHARE, Purpose.FENCE, None, Trip(NOW - HOUR, arrived_at=NOW - HOUR), True),
        (Switch.SHARE, Purpose.FENCE, None, Trip(NOW - HOUR, NOW - HOUR, NOW), False),
        (Switch.OFF, Purpose.FENCE, ON_SHIFT, Trip(NOW - HOUR), False),
    ],
)
def test_a_position_is_taken_for_a_purpose_at_its_time_only(
    switch: Switch, purpose: Purpose, shift: Period | None, job: Trip | None, may: bool
) -> None:
    assert may_take(switch, purpose, shift=shift, job=job, now=NOW) is may


def test_of_what_a_device_sends_the_last_that_is_not_stale_counts() -> None:
    here = Point(90.4, 23.8)
    sent = (Fix(here, NOW - 2 * FRESH), Fix(here, NOW - HOUR / 20), Fix(here, NOW - HOUR / 30), Fix(here, NOW + HOUR))
    assert newest(sent, now=NOW) == sent[2]
    assert newest(sent[:1], now=NOW) is None
    assert newest((), now=NOW) is None
