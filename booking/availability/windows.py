"""Local days and windows: wall time of the place to moments, also on days of 23 and of 25 hours."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.availability.rules import Band, Shift, Window
from marketplace.foundation.periods import Period, union

DAY = timedelta(days=1)


def at_local(on_day: date, hour: int, time_zone: str) -> datetime:
    """The moment of that full hour on the wall; hour 24 is the midnight after.

    A time that the clock skips is taken as the moment it jumps to; of a time that comes twice the first is taken.
    """
    day, hour = (on_day + DAY, hour - 24) if hour >= 24 else (on_day, hour)
    return datetime.combine(day, time(hour), ZoneInfo(time_zone)).astimezone(UTC)


def local_day(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


def day_period(on_day: date, time_zone: str) -> Period:
    """From one local midnight to the next: 23, 24 or 25 hours."""
    return Period(at_local(on_day, 0, time_zone), at_local(on_day, 24, time_zone))


def windows_of(on_day: date, *, bands: Sequence[Band], time_zone: str) -> list[Window]:
    """The bands of a local day and the single hours in them, in order of time, the longer first."""
    found: list[Window] = []
    hours = sorted({hour for band in bands for hour in range(band.from_hour, band.to_hour)})
    spans = [(band.code, band.from_hour, band.to_hour) for band in bands]
    spans += [(f"{hour:02d}", hour, hour + 1) for hour in hours]
    for code, from_hour, to_hour in spans:
        start, end = at_local(on_day, from_hour, time_zone), at_local(on_day, to_hour, time_zone)
        if start < end:  # an hour that the clock skips is no hour
            found.append(Window(code, on_day, Period(start, end)))
    return sorted(found, key=lambda window: (window.period.start, -window.period.length, window.code))


def shifts_of(periods: Iterable[Period], time_zone: str) -> list[Shift]:
    """Working periods as shifts, each on the local day it starts; touching ones of one day are joined."""
    by_day: dict[date, list[Period]] = {}
    for period in periods:
        by_day.setdefault(local_day(period.start, time_zone), []).append(period)
    return [Shift(day, period) for day in sorted(by_day) for period in union(by_day[day])]
