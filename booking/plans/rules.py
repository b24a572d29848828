"""When a plan's visits are due, which times fit its wish, what became of a visit and what comes next. Pure.

Days are counted in the plan's own calendar, so a month is a month as its customer counts: the k-th visit is k
intervals after the first day, on the same day of the month, or on the last where the month is shorter. Because it is
counted from the first day and not from the last visit, the 31st comes back after a month of thirty.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from booking.jobs.words import State
from marketplace.foundation.calendars import Calendar, Day, NoSuchDay, from_calendar, in_calendar
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

MONTHS_OF_A_YEAR = 12
DAYS_AT_LEAST = 7  # every weekday comes up once
LOOK_AHEAD_DAYS = 14  # so long after the due day a window is looked for, at most
SAME_PERSON_DAYS = 7  # so much later a visit may be for the sake of the same person
TRIES_MOST = 3  # proposals for one due day, where it was not the customer who let it go
PLANS_MOST = 20  # of one customer, not ended
EQUIPMENT_MOST = 50
FIRST_DAY_MOST = timedelta(days=400)
BANDS = ("morning", "noon", "afternoon", "evening")
PROPOSED_AT = 10  # the hour on the wall of the town at which a visit is proposed


class PlanState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Why(StrEnum):
    """Why a plan is paused or has ended: its customer, or what the house cannot do any more."""

    CUSTOMER = "customer"
    ADDRESS_GONE = "address_gone"
    NOT_SERVED = "not_served"
    SERVICE_GONE = "service_gone"
    ANSWERS = "answers"  # the service asks for something else now
    ERASED = "erased"


class Outcome(StrEnum):
    """What became of a due day."""

    DONE = "done"
    SKIPPED = "skipped"
    UNPAID = "unpaid"
    NOT_FOUND = "not_found"  # nobody accepted
    CALLED_OFF = "called_off"  # by the customer
    WITHDRAWN = "withdrawn"  # by the house
    FAILED = "failed"
    NO_SHOW = "no_show"
    NO_TIME = "no_time"  # no window was free


TRY_AGAIN = frozenset({Outcome.NOT_FOUND, Outcome.WITHDRAWN})


class Unit(StrEnum):
    WEEKS = "weeks"
    MONTHS = "months"


UNITS_MOST: Mapping[Unit, int] = {Unit.WEEKS: 52, Unit.MONTHS: 24}


@dataclass(frozen=True)
class NoSuchPlan(Refused):
    """There is no such plan of this customer."""


@dataclass(frozen=True)
class EquipmentNotFound(Refused):
    """There is no such equipment of this customer."""


@dataclass(frozen=True)
class UnknownEquipment(Refused):
    """The catalogue knows no such kind of equipment."""

    kind: str


@dataclass(frozen=True)
class EquipmentInPlan(Refused):
    """A plan that goes on names it: stop that first."""


@dataclass(frozen=True)
class TooMuchKept(Refused):
    """As many plans, or as much equipment, as one customer may have."""

    most: int


@dataclass(frozen=True)
class IntervalOutOfBounds(Refused):
    """Every so many weeks or months, within bounds."""

    least: int
    most: int


@dataclass(frozen=True)
class WishImpossible(Refused):
    """Weekdays are 1 (Monday) to 7, the part of the day one of BANDS."""


@dataclass(frozen=True)
class FirstDayRefused(Refused):
    """The first day lies in the past, or too far ahead."""

    first: date
    last: date


@dataclass(frozen=True)
class NotPlannable(Refused):
    """The work is priced by an estimate each time, or done by a crew: its price or its people are settled anew."""


@dataclass(frozen=True)
class PlanPriceChanged(Refused):
    """The price is no longer the one that was shown."""

    shown: Money | None
    price: Money


@dataclass(frozen=True)
class PlanEnded(Refused):
    """An ended plan stays as it was."""


@dataclass(frozen=True)
class NothingToSkip(Refused):
    """The plan is not active, so nothing is due."""


@dataclass(frozen=True)
class SkipCosts(Refused):
    """The visit is paid and its own terms keep a fee now: it is called off on its own page, where that is shown."""

    fee: Money


@dataclass(frozen=True)
class PermissionRefused(Refused):
    """A standing permission is for one visit's price at least, and no more than the plan's own."""

    least: Money
    most: Money


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many weeks or months from `first`, counted in `calendar`."""

    every: int
    unit: Unit
    first: date
    calendar: Calendar = "gregorian"

    def day(self, nth: int) -> date:
        """The day of the nth visit; the 0th is the first day itself."""
        if self.unit is Unit.WEEKS:
            return self.first + timedelta(weeks=self.every * nth)
        start = in_calendar(self.first, self.calendar)
        months = start.year * MONTHS_OF_A_YEAR + start.month - 1 + self.every * nth
        year, month = divmod(months, MONTHS_OF_A_YEAR)
        return _in_month(year, month + 1, start.day, self.calendar)

    def after(self, day: date) -> date:
        """The first due day after this day, whether it is one or not."""
        nth = max(0, self._about(day) - 1)
        while self.day(nth) <= day:
            nth += 1
        return self.day(nth)

    def until(self, due: date) -> date:
        """The day before which the visit of this due day takes place, if at all: a week, or half of the way to the
        next one, but no more than LOOK_AHEAD_DAYS; the next due day at the latest."""
        following = self.after(due)
        half = (following - due).days // 2
        return min(following, due + timedelta(days=max(DAYS_AT_LEAST, min(LOOK_AHEAD_DAYS, half))))

    def current(self, due: date, today: date) -> date:
        """The due day whose turn it is: `due`, or the first that is not over, where nobody has looked for long."""
        while self.until(due) <= today:
            due = self.after(due)
        return due

    def _about(self, day: date) -> int:
        """No more than so many intervals have passed: months have 29 days at least."""
        length = 7 if self.unit is Unit.WEEKS else 31
        return max(0, (day - self.first).days // (length * self.every))


def _in_month(year: int, month: int, day: int, calendar: Calendar) -> date:
    for last in range(day, day - 4, -1):  # no month of either calendar has fewer than 28 days
        try:
            return from_calendar(Day(year, month, last), calendar)
        except NoSuchDay:
            continue
    raise AssertionError("a month has 28 days")


def check_interval(interval: Interval, *, today: date) -> None:
    """Refuses IntervalOutOfBounds, FirstDayRefused."""
    most = UNITS_MOST[interval.unit]
    if not 1 <= interval.every <= most:
        raise IntervalOutOfBounds(1, most)
    if not today <= interval.first <= today + FIRST_DAY_MOST:
        raise FirstDayRefused(today, today + FIRST_DAY_MOST)


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody likes to be visited: on these weekdays (1 is Monday; none: any), in this part of the day, by whom
    they had last."""

    weekdays: frozenset[int] = frozenset()
    band: str | None = None
    same_person: bool = False

    def fits(self, on_day: date, band: str) -> bool:
        """Whether a window of that day and part of it is what was wished."""
        return (not self.weekdays or on_day.isoweekday() in self.weekdays) and self.band in (None, band)


def check_wish(wish: Wish) -> None:
    """Refuses WishImpossible."""
    if not wish.weekdays <= frozenset(range(1, 8)) or wish.band not in (None, *BANDS):
        raise WishImpossible()


def days_to_try(interval: Interval, due: date, *, today: date) -> list[date]:
    """The days on which this due day's visit may take place, soonest first: never before the due day or in the past."""
    first = max(due, today)
    return [first + timedelta(days=ahead) for ahead in range((interval.until(due) - first).days)]


@dataclass(frozen=True, slots=True)
class Found:
    """A free window: its day, its part of the day, its number in order of time, and whether the wished person has
    time in it."""

    on_day: date
    band: str
    order: int
    by_them: bool


def best(found: Collection[Found], wish: Wish) -> Found | None:
    """The first window that fits the wish; one with the same person counts first for a week. Where none fits, the
    nearest."""
    fitting = sorted((each for each in found if wish.fits(each.on_day, each.band)), key=lambda each: each.order)
    if not fitting:
        return min(found, key=lambda each: each.order, default=None)
    until = fitting[0].on_day + timedelta(days=SAME_PERSON_DAYS)
    theirs = (each for each in fitting if wish.same_person and each.by_them and each.on_day < until)
    return next(theirs, fitting[0])


def outcome_of(state: State, reason: str | None) -> Outcome | None:
    """What became of a visit; None while it goes on. `reason` is that of its end, `by_house` where the house did it."""
    match state:
        case State.COMPLETED | State.APPROVED | State.CLOSED:
            return Outcome.DONE
        case State.EXPIRED:
            return Outcome.NOT_FOUND if reason == "nobody_found" else Outcome.UNPAID
        case State.CANCELLED:
            return Outcome.WITHDRAWN if reason == "by_house" else Outcome.CALLED_OFF
        case State.FAILED:
            return Outcome.FAILED
        case State.NO_SHOW:
            return Outcome.NO_SHOW
    return None


def comes_next(outcome: Outcome, due: date, attempt: int, interval: Interval, *, today: date) -> tuple[date, int]:
    """The due day and the try after a visit has ended so."""
    if outcome in TRY_AGAIN and attempt < TRIES_MOST and today < interval.until(due):
        return due, attempt + 1
    return interval.after(due), 1


def may_pay(price: Money, due_now: Money, *, agreed: Money, limit: Money | None) -> bool:
    """Whether a visit pays for itself: permission is given, the price is within it and not above the plan's."""
    return limit is not None and price <= agreed and price <= limit and due_now <= limit
