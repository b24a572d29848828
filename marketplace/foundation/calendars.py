"""Days in the calendars that people use: Gregorian and Jalali to read and type, Bengali and Hijri to read beside them.

Stored days are always `datetime.date`; the calendar is chosen at the edge, by the reader. Source: experience.md §5.4.
"""

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from persiantools.jdatetime import JalaliDate

from marketplace.foundation.calendar_names import (
    GREGORIAN_MONTHS,
    JALALI_MONTHS,
    SHORT_GREGORIAN_MONTHS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
)
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits, clean_text, search_text

Calendar = Literal["gregorian", "jalali"]
YEARS: Final[dict[Calendar, tuple[int, int]]] = {"gregorian": (1900, 2199), "jalali": (1250, 1579)}


@dataclass(frozen=True, order=True)
class Day:
    """A day as one calendar counts it; months and days from 1."""

    year: int
    month: int
    day: int


@dataclass(frozen=True)
class NotADate(Refused):
    """What was typed is not one day, month and four-digit year."""


@dataclass(frozen=True)
class NoSuchDay(Refused):
    """The month has not that many days, or the year not that many months."""

    year: int
    month: int
    day: int
    calendar: str


@dataclass(frozen=True)
class YearOutOfRange(Refused):
    year: int
    first: int
    last: int


@dataclass(frozen=True)
class AnotherWeekday(Refused):
    """The weekday that was typed is not that day's; ISO numbers, Monday is 1."""

    typed: int
    actual: int


def in_calendar(day: date, calendar: Calendar) -> Day:
    if calendar == "gregorian":
        return Day(day.year, day.month, day.day)
    jalali = JalaliDate(day)  # type: ignore[no-untyped-call]  # persiantools annotates methods, not __init__
    return Day(jalali.year, jalali.month, jalali.day)


def from_calendar(day: Day, calendar: Calendar) -> date:
    """The day that stands under this number in `calendar`. Refuses NoSuchDay, YearOutOfRange."""
    first, last = YEARS[calendar]
    if not first <= day.year <= last:
        raise YearOutOfRange(day.year, first, last)
    try:
        if calendar == "gregorian":
            return date(day.year, day.month, day.day)
        jalali = JalaliDate(day.year, day.month, day.day)  # type: ignore[no-untyped-call]  # as above
    except ValueError:
        raise NoSuchDay(day.year, day.month, day.day, calendar) from None
    return jalali.to_gregorian()


REVISED_FROM = 1426  # the year in which Bangladesh gave Ashwin a thirty-first day (16 October 2019)


def bengali(day: date) -> Day:
    """The day by the calendar of the Bangla Academy, as Bangladesh prints it: the year turns on 14 April.

    From 1426 the first six months have 31 days and Falgun 29 (30 in a leap year); before, the first five had 31 and
    Falgun 30 (31). Poush begins on 16 December and 21 February is 8 Falgun, in every year since.
    """
    starts_in = day.year if (day.month, day.day) >= (4, 14) else day.year - 1
    year, leap = starts_in - 593, gregorian.isleap(starts_in + 1)
    lengths = [31] * 6 + [30] * 4 + [29 + leap, 30] if year >= REVISED_FROM else [31] * 5 + [30] * 5 + [30 + leap, 30]
    left = (day - date(starts_in, 4, 14)).days
    for month, length in enumerate(lengths, start=1):
        if left < length:
            return Day(year, month, left + 1)
        left -= length
    raise AssertionError("the lengths of a Bengali year add up to the days between two 14 Aprils")


_HIJRI_EPOCH = date(622, 7, 19)  # Friday, 16 July 622 in the Julian calendar
_LONG_YEARS = frozenset({2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29})  # of thirty


def hijri(day: date) -> Day:
    """The day by the tabular (arithmetic, "civil") Islamic calendar, which may be a day beside the seen moon."""
    days = (day - _HIJRI_EPOCH).days
    cycles, left = divmod(days, 30 * 354 + len(_LONG_YEARS))
    year = 1
    while left >= (length := 354 + (year in _LONG_YEARS)):
        left -= length
        year += 1
    month = min(left * 2 // 59, 11)  # months of 30 and 29 days take turns; the last may have a thirtieth
    return Day(cycles * 30 + year, month + 1, left - (month * 59 + 1) // 2 + 1)


def parse_date(text: str, calendar: Calendar) -> date:
    """The day that was typed by a reader of `calendar`, in any of four digit scripts and languages.

    Reads 2026-11-21, 21/11/2026, "Sat 21 Nov 2026", ۱۴۰۵/۰۸/۳۰, "شنبه ۳۰ آبان ۱۴۰۵"; a day comes before its month
    unless the year comes first. The year has four digits and says which calendar when a Jalali reader types 2026
    (as browsers do); a month's name says it too. Refuses NotADate, NoSuchDay, YearOutOfRange, AnotherWeekday.
    """
    if len(text) > 60:
        raise NotADate
    words, numbers = _tokens(ascii_digits(clean_text(text)))
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    weekdays = [_WEEKDAYS[word] for word in words if word in _WEEKDAYS]
    if len(months) + len(weekdays) != len(words) or len(months) > 1 or len(weekdays) > 1:
        raise NotADate
    if months:
        named, month = months[0]
        year, number = _year_and_day(numbers)
        found = from_calendar(Day(year, month, number), named)
    else:
        asked = _in_figures(numbers)
        found = from_calendar(asked, "gregorian" if asked.year >= YEARS["gregorian"][0] else calendar)
    if weekdays and weekdays[0] != found.isoweekday():
        raise AnotherWeekday(typed=weekdays[0], actual=found.isoweekday())
    return found


def _tokens(text: str) -> tuple[list[str], list[str]]:
    text = re.sub(r"(?<=\d)(st|nd|rd|th|শে|লা|রা|ঠা|ই)(?=[\s,]|$)", "", text.casefold())
    text = re.sub("(یک|دو|سه|چهار|پنج) (?=شنبه)", r"\1", clean_text(text, "fa"))
    parts = re.findall(r"\d+|[^\d\s/.,،\-\u2010-\u2015]+", text)
    words = [search_text(part) for part in parts if not part.isdigit()]
    return words, [part for part in parts if part.isdigit()]


def _year_and_day(numbers: list[str]) -> tuple[int, int]:
    if sorted(len(number) for number in numbers) not in ([1, 4], [2, 4]):
        raise NotADate
    day, year = sorted(numbers, key=len)
    return int(year), int(day)


def _in_figures(numbers: list[str]) -> Day:
    lengths = [len(number) for number in numbers]
    if len(numbers) == 3 and lengths[0] == 4 and max(lengths[1:]) <= 2:
        return Day(*map(int, numbers))
    if len(numbers) == 3 and lengths[2] == 4 and max(lengths[:2]) <= 2:
        return Day(*map(int, reversed(numbers)))
    raise NotADate


def _months() -> dict[str, tuple[Calendar, int]]:
    known: dict[str, tuple[Calendar, int]] = {}
    tables: tuple[tuple[Calendar, list[tuple[str, ...]]], ...] = (
        ("gregorian", [*GREGORIAN_MONTHS.values(), SHORT_GREGORIAN_MONTHS]),
        ("jalali", list(JALALI_MONTHS.values())),
    )
    for calendar, rows in tables:
        for names in rows:
            known |= {search_text(name): (calendar, n) for n, name in enumerate(names, start=1)}
    return known


_MONTHS: Final = _months()
_WEEKDAYS: Final = {
    search_text(name): number
    for names in (*WEEKDAYS.values(), *SHORT_WEEKDAYS.values())
    for number, name in enumerate(names, start=1)
}
