"""Who may be called, who shows no place, who comes first: by the rules alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from booking.alarms import rules
from booking.alarms.rules import Guard, Known, OnDuty, Way, Why
from booking.availability.pace import CITY, Pace
from booking.tracking.rules import FRESH, Basis, Switch, at_least_metres, folded
from marketplace.foundation.places import Point, metres_between

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SITE, ZONE, OTHER = Point(90.4160, 23.7925), UUID(int=1), UUID(int=2)
ONE = Guard(UUID(int=11), ZONE)
WAY = Way(20, CITY)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, None), ({"in_good_standing": False}, "standing"), ({"skilled": False}, "skill"),
        ({"on_duty": False}, "shift"), ({"at_work": True}, "at_work"), ({"answering": True}, "answering"),
        ({"serves": False, "switch": Switch.OFF}, None),
    ],
)  # fmt: skip
def test_one_rule_keeps_somebody_from_being_called(changed: dict[str, object], rule: str | None) -> None:
    assert rules.obstacle(replace(ONE, **changed)) == rule  # type: ignore[arg-type]  # each case changes what it names


@pytest.mark.parametrize(
    ("switch", "basis", "age", "why"),
    [
        (Switch.SHARE, Basis.LIVE, 0, None), (Switch.SHARE, Basis.STEP, 9, None),
        (Switch.SHARE, Basis.LIVE, 10, Why.SILENT), (Switch.SHARE, Basis.BASE, 0, Why.SILENT),
        (Switch.SHARE, Basis.NEXT, 0, Why.SILENT), (Switch.HIDE, Basis.LIVE, 0, Why.HIDDEN),
        (Switch.OFF, Basis.LIVE, 0, Why.NOT_SHARING),
    ],
)  # fmt: skip
def test_a_place_is_shown_only_fresh_and_shared(switch: Switch, basis: Basis, age: int, why: Why | None) -> None:
    known = Known(SITE, basis, NOW - timedelta(minutes=age))
    assert timedelta(minutes=10) == FRESH
    assert rules.why_no_place(switch, known, at=NOW) is why
    assert rules.why_no_place(Switch.SHARE, None, at=NOW) is Why.SILENT


def test_a_roughly_known_place_counts_as_further_away() -> None:
    near = Known(Point(90.4200, 23.7925), Basis.STEP, NOW)
    further = Known(Point(90.4260, 23.7925), Basis.LIVE, NOW)
    step, live = (rules.responder(UUID(int=n), known, site=SITE, way=WAY) for n, known in enumerate((near, further)))
    assert (step.metres < live.metres, step.minutes < live.minutes) == (True, True)
    assert (step.margin_hundredths, live.margin_hundredths) == (300, 0)
    assert rules.ranked([step, live]) == (live, step)
    twins = [replace(live, specialist=UUID(int=n)) for n in (9, 7, 8)]
    assert [each.specialist.int for each in rules.ranked(twins)] == [7, 8, 9]


def test_nobody_is_sure_to_be_first_while_somebody_unread_could_be_as_soon() -> None:
    here = rules.responder(ONE.specialist, Known(Point(90.4200, 23.7925), Basis.LIVE, NOW), site=SITE, way=WAY)
    assert rules.is_sure((here,), 1, beyond_metres=here.metres + 1, way=WAY)
    assert not rules.is_sure((here,), 1, beyond_metres=here.metres, way=WAY)
    assert not rules.is_sure((here,), 2, beyond_metres=100_000, way=WAY)
    rough = replace(here, margin_hundredths=300)
    assert not rules.is_sure((rough,), 1, beyond_metres=here.metres + 1, way=WAY)


def test_those_of_the_zone_are_listed_first() -> None:
    found = [OnDuty(UUID(int=n), zone, serves, Why.SILENT) for n, (zone, serves) in enumerate(
        [(OTHER, False), (OTHER, True), (ZONE, False), (ZONE, True)]
    )]  # fmt: skip
    assert [each.specialist.int for each in rules.by_post(found, ZONE)] == [3, 2, 1, 0]


@pytest.mark.parametrize("here", [SITE, Point(51.5, 25.3), Point(25.0, 69.0), Point(-70.0, -53.0), Point(0.0, 0.0)])
def test_what_is_further_in_the_plane_is_no_nearer_on_the_earth_than_said(here: Point) -> None:
    for east, north in ((0.01, 0), (0, 0.01), (0, -0.3), (0.4, 0.4), (-2.0, 1.0), (3.0, -3.0)):
        there = Point(here.longitude + east, here.latitude + north)
        said = at_least_metres(here, 7, *folded(there, 7))
        assert said <= metres_between(here, there)
        assert said >= metres_between(here, there) * 0.8 - 2


def test_the_way_is_the_towns_own() -> None:
    walk = Way(60, Pace((60,) * 24, detour_percent=100, around_minutes=0))
    assert [walk.minutes(metres) for metres in (0, 1, 1_000, 1_001)] == [0, 1, 1, 2]
