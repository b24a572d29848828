"""The map of a place: whoever was found is on it, whatever lies between them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from booking.alarms.rules import Responder
from booking.tracking.rules import Basis
from marketplace.foundation.places import Point
from web.pages.dispatch.responders_view import TALL, WIDTH, drawn

SITE = Point(90.416, 23.7925)


@pytest.mark.parametrize("away", [(0, 0), (0.0001, 0), (0, 0.4), (-0.6, 0.01), (3, -4)])
def test_everybody_is_on_the_map_and_it_keeps_its_shape(away: tuple[float, float]) -> None:
    there = Point(SITE.longitude + away[0], SITE.latitude + away[1])
    at = datetime(2026, 11, 22, 4, tzinfo=UTC)
    one = Responder(UUID(int=1), there, 10, 9, 0, Basis.LIVE, at)
    rough = Responder(UUID(int=2), SITE, 0, 8, 300, Basis.STEP, at)
    made = drawn(SITE, (one, rough), (), "en")
    assert (made.width, made.height) == (WIDTH, round(WIDTH * TALL))
    for x, y in (made.site, *((each.x, each.y) for each in made.spots)):
        assert 0 < x < made.width
        assert 0 < y < made.height
    assert [(each.rank, each.rough) for each in made.spots] == [(1, False), (2, True)]
    assert made.spots[1].x == made.site[0]
    assert (made.spots[0].y <= made.site[1]) == (away[1] >= 0), "north is up"
