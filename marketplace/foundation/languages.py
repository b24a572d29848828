"""One formatter for everything that a person reads: numbers, money, days, times, phones, in four languages.

`Formatter` is told the reader's language, zone, calendar, digits and region once; everything else is pure. Figures
follow CLDR's patterns (from Babel) with our digits and calendars, and equal what Chromium's Intl shows but for a list
of known differences (`tests/marketplace/foundation/test_languages_intl.py`). What is typed is read by the readers
named below; what `Formatter` shows, they read back. Source: experience.md §5.4.

In HTML put values into `<bdi>` (phones and codes `<bdi dir="ltr">`); in plain text use `Formatter.plain`, which
isolates each value by itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_timedelta, get_timezone_name
from babel.lists import format_list
from babel.numbers import get_minus_sign_symbol

from marketplace.foundation.calendar_names import (
    BENGALI_MONTHS,
    GREGORIAN_MONTHS,
    HIJRI_MONTHS,
    JALALI_MONTHS,
    SHORT_GREGORIAN_MONTHS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
)
from marketplace.foundation.calendars import Calendar, Day, bengali, hijri, in_calendar, parse_date
from marketplace.foundation.money import Money
from marketplace.foundation.reading import (
    RIALS_IN_A_TOMAN,
    parse_money,
    parse_number,
    parse_phone,
    parse_whole,
)
from marketplace.foundation.scripts import (
    LANGUAGES,
    Digits,
    Language,
    ascii_digits,
    clean_text,
    direction,
    isolate,
    isolate_left_to_right,
    isolate_right_to_left,
    language_of,
    native_digits,
    search_text,
)
from marketplace.foundation.unit_names import (
    AMOUNT,
    AMOUNT_IN_TOMAN,
    BENGALI_DAY_PERIODS,
    BENGALI_ERA,
    BETWEEN_SPANS,
    HIJRI_METHOD,
    NOW,
    SPANS,
)

__all__ = [
    "LANGUAGES", "Calendar", "DateStyle", "Digits", "Formatter", "Language", "ascii_digits", "clean_text", "direction",
    "isolate", "isolate_left_to_right", "language_of", "native_digits", "parse_date", "parse_money", "parse_number",
    "parse_phone", "parse_whole", "search_text",
]  # fmt: skip

DateStyle = Literal["short", "long", "numeric"]
Date = date  # the formatter has a method of that name
DayOrMoment = date | datetime

_NUMBERING: Final[dict[Language, str]] = {"en": "latn", "bn": "latn", "fa": "arabext", "ar": "arab"}
_COMMA: Final[dict[Language, str]] = {"en": ", ", "bn": ", ", "fa": "، ", "ar": "، "}
_STEPS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_HIDDEN: Final = "•"
BETWEEN_ARABIC_DIGITS: Final = re.compile(r"(?<=[٠-٩])[^٠-٩]+(?=[٠-٩])")


@lru_cache
def _locale(language: Language) -> Locale:
    return Locale.parse(language)


@dataclass(frozen=True, slots=True)
class Formatter:
    """How one reader reads. `region` is where phones count as national; `toman` shows rials as tomans.

    With `isolates`, each value is wrapped in a Unicode isolate, as plain text needs; see `plain`.
    """

    language: Language
    time_zone: str
    calendar: Calendar = "gregorian"
    digits: Digits = "native"
    region: str = "BD"
    toman: bool = True
    isolates: bool = False

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        return direction(self.language)

    @property
    def plain(self) -> "Formatter":
        """The same reader, for SMS, files, PDF and push: every value keeps its direction in any sentence."""
        return replace(self, isolates=True)

    # Numbers

    def number(self, value: int | Decimal, *, decimals: int | None = None) -> str:
        """`value` with groups; with `decimals`, rounded half to even to exactly so many, else as it is."""
        return self._whole(self._signed(value, self._figure(abs(Decimal(value)), decimals)))

    def percent(self, basis_points: int) -> str:
        """So many hundredths of a percent: 1550 is "15.5%"."""
        sign = "%" if self._latin else {"fa": "٪", "ar": "٪\u061c"}.get(self.language, "%")
        figure = self._figure(abs(Decimal(basis_points)) / 100, None)
        return self._whole(self._signed(basis_points, figure + sign))

    def number_text(self, text: str) -> str:
        """Digits of a text that is no quantity (a house number, a job's short number) in the reader's script."""
        return self._whole(self._script(text))

    def money(self, amount: Money) -> str:
        """The amount with its unit. Rials show as tomans where people count so, unless they would not come out even."""
        return self._read_on(self._amount(amount, in_toman=self.toman and amount.minor % RIALS_IN_A_TOMAN == 0))

    def money_in_full(self, amount: Money) -> str:
        """As `money`, and rials beside their tomans: for every confirmation."""
        if amount.currency != "IRR" or not self.toman or amount.minor % RIALS_IN_A_TOMAN:
            return self.money(amount)
        return self._read_on(f"{self._amount(amount, in_toman=True)} ({self._amount(amount, in_toman=False)})")

    def unit(self, currency: str) -> str:
        """The unit that a bare figure in an input field means, for its label: ৳, تومان, QAR."""
        pattern = AMOUNT_IN_TOMAN if currency == "IRR" and self.toman else AMOUNT[currency]
        return pattern[self.language].replace("{}", "").strip()

    def parse_money(self, text: str, currency: str, *, may_be_negative: bool = False) -> Money:
        """Reads what this reader typed, a bare figure in the unit that `unit` names. Refuses as `parse_money` does."""
        return parse_money(text, currency, in_toman=self.toman, may_be_negative=may_be_negative)

    def parse_date(self, text: str) -> Date:
        """Reads a day in this reader's calendar. Refuses as `parse_date` does."""
        return parse_date(text, self.calendar)

    # Days and times

    def date(self, moment: DayOrMoment, style: DateStyle = "short") -> str:
        """The day in the reader's calendar; of a moment, the day it falls on in the reader's zone."""
        day = self._day(moment)
        counted = in_calendar(day, self.calendar)
        if style == "numeric":
            return self._whole(self._numeric(counted))
        abbreviated = style == "short" and self.language == "en"
        weekday = (SHORT_WEEKDAYS if abbreviated else WEEKDAYS)[self.language][day.isoweekday() - 1]
        return self._whole(f"{weekday} {self._in_words(counted, abbreviated=abbreviated)}")

    def day_month(self, moment: DayOrMoment) -> str:
        """The day without weekday and year, where room is short: 21 Nov, ২১ নভেম্বর, ۳۰ آبان."""
        counted = in_calendar(self._day(moment), self.calendar)
        short = self.language == "en" and self.calendar == "gregorian"
        months = SHORT_GREGORIAN_MONTHS if short else self._months()
        return self._whole(f"{self._script(str(counted.day))} {months[counted.month - 1]}")

    def second_date(self, moment: DayOrMoment) -> str | None:
        """The same day in the calendar that stands beside: Bengali for bn, Hijri (method named) for ar, else None.

        A reader of Jalali sees the Gregorian day.
        """
        day = self._day(moment)
        if self.calendar == "jalali":
            return self._whole(self._in_words(in_calendar(day, "gregorian"), abbreviated=False, calendar="gregorian"))
        if self.language == "bn":
            return self._whole(self._named(bengali(day), BENGALI_MONTHS, BENGALI_ERA))
        if self.language == "ar":
            return self._whole(self._named(hijri(day), HIJRI_MONTHS, HIJRI_METHOD))
        return None

    def weekday(self, moment: DayOrMoment, *, short: bool = False) -> str:
        return (SHORT_WEEKDAYS if short else WEEKDAYS)[self.language][self._day(moment).isoweekday() - 1]

    def month(self, moment: DayOrMoment) -> str:
        """Month and year, as the head of a calendar page: "November 2026", «آبان ۱۴۰۵»."""
        counted = in_calendar(self._day(moment), self.calendar)
        return self._whole(f"{self._months()[counted.month - 1]} {self._script(str(counted.year))}")

    def time(self, moment: datetime, *, zone: str | None = None) -> str:
        """The time of day: 14:10; in Bengali দুপুর ২:১০, in Arabic ٢:١٠ م.

        `zone` is where the work is: when it is not the reader's, the time is told there and the zone is named.
        """
        return self._whole(self._clock(moment, zone) + self._zone_named(moment, zone))

    def whole_hour(self, hour: int) -> str:
        """A full hour of any day, from 0 to 23: 18:00, সন্ধ্যা ৬:০০, ٦:٠٠ م."""
        return self._whole(self._clock(datetime(2000, 1, 1, hour, tzinfo=ZoneInfo(self.time_zone)), None))

    def time_range(self, start: datetime, end: datetime, *, zone: str | None = None) -> str:
        """Two times of a stretch, such as a window of arrival."""
        return self._whole(f"{self._clock(start, zone)} – {self._clock(end, zone)}{self._zone_named(start, zone)}")

    def date_time(self, moment: datetime, style: DateStyle = "short", *, zone: str | None = None) -> str:
        there = replace(self, time_zone=zone or self.time_zone, isolates=False)
        day = there.date(moment, style)
        return self._whole(f"{day}{_COMMA[self.language]}{self._clock(moment, zone)}{self._zone_named(moment, zone)}")

    def duration(self, length: timedelta) -> str:
        """Days, hours and minutes in words; parts of a minute are left out, and less than one is zero minutes."""
        minutes = int(length / timedelta(minutes=1))
        parts = [("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60)]
        worded = [self._counted(count, unit) for unit, count in parts if count] or [self._counted(0, "minute")]
        return self._whole(BETWEEN_SPANS[self.language].join(worded))

    def relative(self, moment: datetime, *, now: datetime) -> str:
        """How long ago, or in how long, in whole units: "4 minutes ago". Weeks are the longest."""
        seconds = int((moment - now).total_seconds())
        unit, length = next((step for step in _STEPS if abs(seconds) >= step[1]), ("now", 1))
        if unit == "now":
            return NOW[self.language]
        count = abs(seconds) // length
        if self.language == "bn" and unit != "week":
            return self._whole(f"{self._counted(count, unit)} {'আগে' if seconds < 0 else 'পরে'}")
        whole = timedelta(seconds=count * length * (-1 if seconds < 0 else 1))
        text = format_timedelta(whole, granularity="minute", threshold=1, add_direction=True, locale=self.language)
        return self._whole(self._script(text))

    # Phones and lists

    def phone(self, number: str) -> str:
        """An E.164 number in groups: national for nationals of `region`, else with its country code."""
        parsed = phonenumbers.parse(number)
        home = phonenumbers.region_code_for_number(parsed) == self.region
        form = phonenumbers.PhoneNumberFormat
        text = phonenumbers.format_number(parsed, form.NATIONAL if home else form.INTERNATIONAL)
        return self._left_to_right(self._in_order(text))

    def mask_phone(self, number: str) -> str:
        """An E.164 number with its country, two of its prefix and its last two: +880 17••••••56."""
        parsed = phonenumbers.parse(number)
        national = phonenumbers.national_significant_number(parsed)
        masked = national[:2] + _HIDDEN * (len(national) - 4) + national[-2:]
        return self._left_to_right(self._in_order(f"+{parsed.country_code} {masked}"))

    def code(self, text: str) -> str:
        """A code or an address of a page, as it is: never in other digits."""
        return self._left_to_right(text)

    def text(self, value: str) -> str:
        """A name or other words of a person, as they are."""
        return self._whole(value)

    def joined(self, items: Sequence[str]) -> str:
        """The items as a list in words: "a, b, and c"."""
        return self._joined([self._whole(item) for item in items])

    # Parts

    @property
    def _latin(self) -> bool:
        return self.language == "en" or self.digits == "latin"

    def _whole(self, text: str) -> str:
        return isolate(text) if self.isolates else text

    def _read_on(self, text: str) -> str:
        """Runs as the reader reads: the first strong sign of an amount below zero is a mark that would turn it."""
        mark = {"rtl": isolate_right_to_left, "ltr": isolate_left_to_right}[self.direction]
        return mark(text) if self.isolates else text

    def _left_to_right(self, text: str) -> str:
        return isolate_left_to_right(text) if self.isolates else text

    def _script(self, text: str) -> str:
        return text if self._latin else native_digits(text, self.language)

    def _in_order(self, text: str) -> str:
        """Groups of digits that stay where they are: Arabic ones would turn round whatever stands between them."""
        text = self._script(text)
        return BETWEEN_ARABIC_DIGITS.sub("\u200e\\g<0>\u200e", text) if self.language == "ar" else text

    def _symbols(self) -> str:
        return "latn" if self._latin else _NUMBERING[self.language]

    def _signed(self, value: int | Decimal, text: str) -> str:
        return _minus(self.language, self._symbols()) + text if value < 0 else text

    def _figure(self, value: int | Decimal, decimals: int | None) -> str:
        exact = Decimal(value)
        if decimals is not None:
            exact = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        whole, _, fraction = f"{exact:f}".partition(".")
        if decimals is None:
            fraction = fraction.rstrip("0")
        group, mark = ("٬", "٫") if self._symbols() != "latn" else (",", ".")
        figure = _grouped(whole, group, _groups(self.language))
        return self._script(f"{figure}{mark}{fraction}" if fraction else figure)

    def _amount(self, amount: Money, *, in_toman: bool) -> str:
        if in_toman and amount.currency == "IRR":
            figure, pattern = self._figure(abs(amount.minor) // RIALS_IN_A_TOMAN, 0), AMOUNT_IN_TOMAN[self.language]
        else:
            figure, pattern = self._figure(abs(amount.decimal), amount.exponent), AMOUNT[amount.currency][self.language]
        return self._signed(amount.minor, pattern.format(figure))

    def _day(self, moment: DayOrMoment) -> Date:
        return moment.astimezone(ZoneInfo(self.time_zone)).date() if isinstance(moment, datetime) else moment

    def _months(self, calendar: Calendar | None = None) -> tuple[str, ...]:
        return (JALALI_MONTHS if (calendar or self.calendar) == "jalali" else GREGORIAN_MONTHS)[self.language]

    def _in_words(self, day: Day, *, abbreviated: bool, calendar: Calendar | None = None) -> str:
        gregorian = (calendar or self.calendar) == "gregorian"
        months = SHORT_GREGORIAN_MONTHS if abbreviated and gregorian else self._months(calendar)
        return self._script(f"{day.day} {months[day.month - 1]} {day.year}")

    def _named(self, day: Day, months: dict[Language, tuple[str, ...]], era: dict[Language, str]) -> str:
        name = months[self.language][day.month - 1]
        return self._script(f"{day.day} {name} {day.year} ({era[self.language]})")

    def _numeric(self, day: Day) -> str:
        if self.language == "fa":
            return self._script(f"{day.year}/{day.month:02}/{day.day:02}")
        return self._script(f"{day.day:02}/{day.month:02}/{day.year}")

    def _clock(self, moment: datetime, zone: str | None) -> str:
        local = moment.astimezone(ZoneInfo(zone or self.time_zone))
        twelve = f"{local.hour % 12 or 12}:{local.minute:02}"
        if self.language == "bn":
            started = [period for hour, period in BENGALI_DAY_PERIODS if hour <= local.hour]
            return f"{started[-1] if started else BENGALI_DAY_PERIODS[-1][1]} {self._script(twelve)}"
        if self.language == "ar":
            half = _locale("ar").day_periods["format"]["abbreviated"]["am" if local.hour < 12 else "pm"]
            return f"{self._script(twelve)} {half}"
        return self._script(f"{local:%H:%M}" if self.language == "en" else f"{local.hour}:{local.minute:02}")

    def _zone_named(self, moment: datetime, zone: str | None) -> str:
        if zone is None or zone == self.time_zone:
            return ""
        name = get_timezone_name(moment.astimezone(ZoneInfo(zone)), locale=_locale(self.language))
        return f" ({name})"

    def _counted(self, count: int, unit: str) -> str:
        forms = SPANS[self.language][unit]
        category = _locale(self.language).plural_form(count)
        return forms.get(category, forms["other"]).format(self._script(str(count)))

    def _joined(self, items: Sequence[str]) -> str:
        text: str = format_list(list(items), locale=_locale(self.language))
        return text


@lru_cache
def _minus(language: Language, symbols: str) -> str:
    minus: str = get_minus_sign_symbol(_locale(language), numbering_system=symbols)
    return minus


@lru_cache
def _groups(language: Language) -> tuple[int, int]:
    """The lengths of the last group and of the others, by CLDR's pattern."""
    first, others = _locale(language).decimal_formats[None].grouping
    return first, others


def _grouped(digits: str, mark: str, lengths: tuple[int, int]) -> str:
    last, others = lengths
    head, tail = digits[:-last], digits[-last:]
    while head:
        tail = f"{head[-others:]}{mark}{tail}"
        head = head[:-others]
    return tail
