"""How long the way takes: metres to minutes by the hour of the day. Data of a town, no map server.

Great circle × 1.3 ÷ the speed of the slowest hour that the arrival may fall into, plus some minutes for the last
street, the door and the coarse cell (dispatch.md §5). A wrong guess makes a window too narrow, never a false promise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from marketplace.foundation.places import Point, metres_between

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """`kilometres_an_hour` for each local hour from 0 to 23; the detour is what streets add to the straight line."""

    kilometres_an_hour: tuple[int, ...]
    detour_percent: int = 130
    around_minutes: int = 8

    def __post_init__(self) -> None:
        if len(self.kilometres_an_hour) != 24 or min(self.kilometres_an_hour) < 1:
            raise ValueError("a pace needs a speed above zero for each of 24 hours")


# A dense city: free nights, slow mornings and evenings. Replaced by what the town measures itself.
CITY = Pace((35, 35, 35, 35, 35, 30, 25, 20, 14, 13, 14, 16, 17, 17, 16, 15, 13, 11, 11, 13, 17, 22, 28, 32))


def slowest(pace: Pace, opens: datetime, closes: datetime, time_zone: str) -> int:
    """The slowest speed, in km/h, among the local hours from one before `opens` up to `closes`."""
    zone = ZoneInfo(time_zone)
    moment = opens - HOUR
    speeds = [pace.kilometres_an_hour[closes.astimezone(zone).hour]]
    while moment <= closes:
        speeds.append(pace.kilometres_an_hour[moment.astimezone(zone).hour])
        moment += HOUR
    return min(speeds)


def travel_minutes(start: Point | None, end: Point | None, *, speed: int, pace: Pace) -> int:
    """Whole minutes from one place to the next, rounded up. An unknown start counts as being around already."""
    if end is None:
        return 0
    if start is None:
        return pace.around_minutes
    return way_minutes(metres_between(start, end), speed=speed, pace=pace)


def way_minutes(metres: int, *, speed: int, pace: Pace) -> int:
    """Whole minutes of a way that is so long in a straight line; as `travel_minutes` between two points."""
    return pace.around_minutes + -(-metres * pace.detour_percent * 60 // (speed * 100_000))
