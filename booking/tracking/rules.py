"""Where somebody is, as rules: the plane positions are kept on, when one may be taken, and arrival as an interval.

Pure, told the time. The plane is Mercator degrees, so that distances near one place order truly, with each trade in a
strip of its own, 1000 degrees wide (dispatch.md §4). Ratios of ways are percent of the estimate: 120 means that the
way took a fifth longer than estimated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.errors import Refused
from marketplace.foundation.periods import Period
from marketplace.foundation.places import EARTH_METRES, Point

MINUTE = timedelta(minutes=1)
STEP_MINUTES = 5  # what is published falls on five minutes: more would claim to know more
SLIP = timedelta(minutes=5)
PRIOR_WEIGHT = 20  # so many ways of our own it takes to trust them as much as the prior
PRIOR_MIDDLE, PRIOR_LATE = 100, 145
STRIP = 1000  # degrees from one trade's plane to the next
DEGREE_METRES = math.radians(EARTH_METRES)
FRESH = timedelta(minutes=10)  # a position that was not seen for so long is no live one any more
AHEAD = timedelta(minutes=1)  # device clocks run fast


class Basis(StrEnum):
    """What a place is known from."""

    LIVE = "live"  # shared, on shift
    STEP = "step"  # where the last step of their work was
    NEXT = "next"  # the address of the running job: from there they leave at its end
    BASE = "base"  # the home area


class Switch(StrEnum):
    """The three-way switch (promises.md O38). Who has not chosen sends nothing."""

    SHARE = "share"
    HIDE = "hide"  # used for their own offers and arrival notices, shown to nobody
    OFF = "do_not_send"


class Purpose(StrEnum):
    MATCH = "match"  # offers nearby
    ETA = "eta"  # the customer sees when they arrive
    FENCE = "fence"  # suggest that they have arrived, or left


@dataclass(frozen=True, slots=True)
class Trip:
    """How far somebody is with the job they have set out for."""

    departed_at: datetime
    arrived_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """One position as a device measured it. `at` is the device's word for when."""

    point: Point
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """Where somebody was seen, of those whose positions are taken together."""

    specialist: UUID
    point: Point
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """From where and from when somebody could take their next job, as the town knows it without asking a device.

    `skills` are the numbers of their trades. Where nothing is `available` the place is kept and nobody asks there.
    """

    specialist: UUID
    skills: tuple[int, ...]
    point: Point
    free_at: datetime
    seen_at: datetime
    basis: Basis
    available: bool


@dataclass(frozen=True)
class PositionNotTaken(Refused):
    """Positions are not taken now: off shift, or switched off. Nothing was stored."""


def folded(point: Point, skill_no: int) -> tuple[float, float]:
    """The point in the strip of its trade: the one way in which every writer and every reader folds."""
    return point.longitude + skill_no * STRIP, _mercator(point.latitude)


def unfolded(x: float, y: float) -> Point:
    """The point on the earth, whatever trade's strip it lies in."""
    return Point(x - round(x / STRIP) * STRIP, math.degrees(math.atan(math.sinh(math.radians(y)))))


def reach(point: Point, skill_no: int, km: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The lower and the upper corner of a box that holds everything within `km` of the point, in its trade's strip.

    No town lies within reach of a pole or of the line where the date changes.
    """
    degrees = km * 1000 / DEGREE_METRES
    south, north = point.latitude - degrees, point.latitude + degrees
    widest = degrees / math.cos(math.radians(max(abs(south), abs(north))))
    x, _ = folded(point, skill_no)
    return (x - widest, _mercator(south)), (x + widest, _mercator(north))


def at_least_metres(point: Point, skill_no: int, x: float, y: float) -> int:
    """How far whatever lies in the plane as far from the point as (x, y), or further, is on the earth at least.

    The plane stretches most where it is furthest from the equator: nothing within so wide a circle is stretched more.
    """
    here_x, here_y = folded(point, skill_no)
    degrees = math.hypot(x - here_x, y - here_y)
    return max(0, math.floor(degrees * DEGREE_METRES / math.cosh(math.radians(abs(here_y) + degrees))) - 1)


def may_take(switch: Switch, purpose: Purpose, *, shift: Period | None, job: Trip | None, now: datetime) -> bool:
    """Whether a position may leave a device and be taken for this purpose at this moment (dispatch.md §10).

    `shift` is the working time that is on now. Device and server ask the same.
    """
    if switch is Switch.OFF:
        return False
    if purpose is Purpose.MATCH:
        return shift is not None and shift.contains(now)
    if job is None or now < job.departed_at:
        return False
    over = job.arrived_at if purpose is Purpose.ETA else job.completed_at
    return over is None or now < over


def newest(fixes: tuple[Fix, ...], *, now: datetime) -> Fix | None:
    """The last of what a device sent that is neither old nor from the future; None when there is none."""
    good = [fix for fix in fixes if now - FRESH < fix.at <= now + AHEAD]
    return max(good, key=lambda fix: fix.at, default=None)


@dataclass(frozen=True, slots=True)
class Learned:
    """What ways in this zone, hour and mode took of their estimate: the middle one, and what one in ten exceeds."""

    count: int = 0
    middle_percent: int = PRIOR_MIDDLE
    late_percent: int = PRIOR_LATE


@dataclass(frozen=True, slots=True)
class Arrival:
    """The published interval: half of such ways end by about `earliest`, nine in ten by `latest`; full five minutes."""

    earliest: datetime
    latest: datetime


def learned(estimated_and_actual: Sequence[tuple[int, int]]) -> Learned:
    """Quantiles of actual over estimated minutes, drawn towards the prior while there are few of them.

    Ways estimated at no minutes say nothing and are left out.
    """
    ratios = sorted(actual * 100 // estimated for estimated, actual in estimated_and_actual if estimated > 0)
    count = len(ratios)
    if count == 0:
        return Learned()
    return Learned(
        count=count,
        middle_percent=_drawn(ratios[(count - 1) // 2], PRIOR_MIDDLE, count),
        late_percent=_drawn(ratios[(count - 1) * 9 // 10], PRIOR_LATE, count),
    )


def interval(leaves_at: datetime, estimate_minutes: int, *, now: datetime, known: Learned = Learned()) -> Arrival:
    """When somebody who leaves (or left) at `leaves_at` arrives, as the customer reads it.

    Who is late arrives from now on. The interval is widened outwards to full five minutes.
    """
    middle = leaves_at + _minutes(estimate_minutes * known.middle_percent)
    late = leaves_at + _minutes(estimate_minutes * max(known.late_percent, known.middle_percent))
    earliest = _down(max(middle, now))
    return Arrival(earliest, max(_up(max(late, now)), earliest + STEP_MINUTES * MINUTE))


def is_news(published: Arrival | None, current: Arrival) -> bool:
    """Whether the customer is told again: only when the interval leaves the published one by more than five minutes.

    One message for each slip; a way that shortens a little is no news.
    """
    if published is None:
        return True
    return current.latest > published.latest + SLIP or current.earliest < published.earliest - SLIP


def _drawn(own: int, prior: int, count: int) -> int:
    return (own * count + prior * PRIOR_WEIGHT) // (count + PRIOR_WEIGHT)


def _minutes(hundredths: int) -> timedelta:
    return -(-hundredths // 100) * MINUTE


def _down(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // STEP_MINUTES * STEP_MINUTES, second=0, microsecond=0)


def _up(moment: datetime) -> datetime:
    down = _down(moment)
    return down if down == moment else down + STEP_MINUTES * MINUTE


def _mercator(latitude: float) -> float:
    return math.degrees(math.asinh(math.tan(math.radians(latitude))))
