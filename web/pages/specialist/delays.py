"""The new times that a specialist may promise instead, each with the very words that the customer will read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from marketplace.foundation.languages import Formatter
from marketplace.foundation.periods import Period
from web.letters.facts import Address, Facts
from web.letters.rendering import Site, render

STEP = timedelta(minutes=5)  # new promises begin on five minutes
SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FURTHEST = timedelta(days=30)
SECONDS_DIGITS = 10  # of seconds since 1970, until the year 2286
LATER: Mapping[str, timedelta] = {"30": timedelta(minutes=30), "60": timedelta(hours=1), "120": timedelta(hours=2)}


@dataclass(frozen=True)
class Promise:
    """A new window, how it is named ("30", "60", "120" minutes, "tomorrow"), and what the customer reads."""

    name: str
    period: Period
    letter: str

    @property
    def value(self) -> str:
        """The window itself: what was shown is what is promised, however long the page stood open."""
        return f"{int(self.period.start.timestamp())}-{int(self.period.end.timestamp())}"


def offered(window: Period, service: str, formatter: Formatter, house: str, *, now: datetime) -> list[Promise]:
    """The new windows for a promise that cannot be kept: some time later, or the same hours tomorrow."""
    windows = {name: _later(window, by, now=now) for name, by in LATER.items()}
    windows["tomorrow"] = _tomorrow(window, formatter.time_zone, now=now)
    site = Site(house, "")
    return [Promise(name, each, _letter(each, service, formatter, site)) for name, each in windows.items()]


def chosen(value: str) -> Period | None:
    """The window that a form sent back; None for anything that is none, or that nobody promises."""
    start, _, end = value.partition("-")
    if not all(each.isascii() and each.isdigit() and len(each) <= SECONDS_DIGITS for each in (start, end)):
        return None
    first, last = (datetime.fromtimestamp(int(each), UTC) for each in (start, end))
    return Period(first, last) if timedelta(0) < last - first <= LONGEST else None


def is_near(period: Period, *, now: datetime) -> bool:
    """Whether the window lies ahead, and not further than visits are promised."""
    return now < period.end and period.start < now + FURTHEST


def _later(window: Period, by: timedelta, *, now: datetime) -> Period:
    start = _rounded(max(window.start, now) + by)
    return Period(start, max(_rounded(max(window.end, now) + by), start + SHORTEST))


def _tomorrow(window: Period, time_zone: str, *, now: datetime) -> Period:
    """The same hours on the wall, on the day after the promised one, or after today when that is over."""
    zone = ZoneInfo(time_zone)
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    days = max(1, (now.astimezone(zone).date() - start.date()).days + 1)
    first, last = (each + timedelta(days=days) for each in (start, end))
    return Period(first.astimezone(UTC), last.astimezone(UTC))


def _rounded(moment: datetime) -> datetime:
    over = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - over + STEP if over else moment


def _letter(period: Period, service: str, formatter: Formatter, site: Site) -> str:
    facts: Facts = {"service": service, "until": period.start, "page": Address("jobs")}
    return render("delayed", formatter, facts, site=site).short
