"""When somebody arrives, as an interval: the estimate of the way, corrected by what such ways really took. Pure.

Ratios are percent of the estimate: 120 means that the way took a fifth longer than estimated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
STEP_MINUTES = 5  # what is published falls on five minutes: more would claim to know more
SLIP = timedelta(minutes=5)
PRIOR_WEIGHT = 20  # so many ways of our own it takes to trust them as much as the prior
PRIOR_MIDDLE, PRIOR_LATE = 100, 145


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
