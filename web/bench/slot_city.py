"""The day and the place that `karigar bench slots` plays in."""

import random
from datetime import UTC, date, datetime

from marketplace.foundation.places import Point

ZONE = "Asia/Dhaka"
ON_DAY = date(2026, 3, 2)
WHEN = datetime(2026, 3, 1, 6, tzinfo=UTC)  # the noon before
HOME = Point(90.40, 23.78)
WIDE = 0.08  # degrees to each side: some sixteen kilometres across


def around(middle: Point, chance: random.Random) -> Point:
    """Somewhere in town."""
    return Point(middle.longitude + chance.uniform(-WIDE, WIDE), middle.latitude + chance.uniform(-WIDE, WIDE))
