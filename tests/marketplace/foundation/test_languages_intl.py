"""Our figures and days equal those of Chromium's Intl, ten thousand values for each language.

What is compared are the parts (digits, separators, sign, day, month, year, weekday). The order of a date and the word
for a unit of money are our own (experience.md §5.4). Where we differ in a part on purpose, it is in one of the tables
below, and a difference that has gone away fails too.
"""

import json
import os
import random
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from marketplace.foundation.calendar_names import GREGORIAN_MONTHS, HIJRI_MONTHS, JALALI_MONTHS, WEEKDAYS
from marketplace.foundation.calendars import Calendar, hijri, in_calendar
from marketplace.foundation.languages import LANGUAGES, Formatter, Language, native_digits
from marketplace.foundation.money import EXPONENTS, Money

CHROMIUM = os.environ.get("KARIGAR_CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
VALUES = 10_000
TAGS: dict[Language, str] = {"en": "en", "bn": "bn", "fa": "fa", "ar": "ar-u-nu-arab"}
PARTS = ("integer", "group", "decimal", "fraction", "minusSign", "percentSign")

# Ours → Chromium's. Bengali: spellings in use in Bangladesh, where CLDR has other sounds or a slip («বাজার», a market,
# for Azar). Arabic: CLDR has slips of the pen («آيان» for Aban).
OTHER_JALALI: dict[Language, dict[str, str]] = {
    "en": {},
    "fa": {},
    "bn": {
        "ফারভারদিন": "ফ্যাভার্ডিন", "ওরদিবেহেশত": "অরডিবেহেশ্ত", "খোরদাদ": "খোর্দ্দ", "মোরদাদ": "মর্যাদ",
        "শাহরিভার": "শাহরিবার", "আজার": "বাজার", "দেই": "দে", "এসফান্দ": "এসফ্যান্ড",
    },
    "ar": {
        "فروردين": "فرفردن", "أرديبهشت": "أذربيهشت", "تير": "تار",
        "شهريور": "شهرفار", "آبان": "آيان", "إسفند": "اسفندار",
    },
}  # fmt: skip
OTHER_HIJRI: dict[Language, dict[str, str]] = {
    "en": {},
    "fa": {},
    "bn": {"শাবান": "শা‘বান", "জিলকদ": "জ্বিলকদ", "জিলহজ": "জ্বিলহজ্জ"},
    "ar": {},
}

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="NO CHROMIUM: figures are not compared with Intl; set KARIGAR_CHROMIUM to its path"
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    sandbox = ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS + sandbox)
        yield browser.new_page()
        browser.close()


def intl(page: Page, code: str, values: list[Any]) -> list[dict[str, str]]:
    """The parts that Intl gives each value, those of one type joined; composed as our own texts are."""
    script = f"""values => {{
        const format = {code};
        return JSON.stringify(values.map(value => {{
            const found = {{}};
            for (const part of format(value)) found[part.type] = (found[part.type] ?? "") + part.value;
            return found;
        }}));
    }}"""
    rows: list[dict[str, str]] = json.loads(page.evaluate(script, values))
    return [{kind: unicodedata.normalize("NFC", text) for kind, text in row.items()} for row in rows]


def reader(language: Language, calendar: Calendar = "gregorian") -> Formatter:
    return Formatter(language, "Asia/Dhaka", calendar, toman=False)


def figure_parts(text: str) -> dict[str, str]:
    """The parts of a figure that we show, in any script; the unit of money and marks of direction left aside."""
    found = re.search(r"(?P<integer>\d+(?:[,٬]\d+)*)(?:(?P<decimal>[.٫])(?P<fraction>\d+))?", text)
    assert found is not None
    parts = {"integer": re.sub("[,٬]", "", found["integer"]), "group": re.sub(r"\d", "", found["integer"])}
    parts |= {"decimal": found["decimal"] or "", "fraction": found["fraction"] or ""}
    parts |= {"minusSign": "".join(re.findall("[-−]", text)), "percentSign": "".join(re.findall("[%٪]", text))}
    return parts


def only(parts: dict[str, str]) -> dict[str, str]:
    return {kind: parts.get(kind, "") for kind in PARTS}


def drawn(language: Language, draw: Callable[[random.Random], int]) -> list[int]:
    """The same values on every run, others for each language; zero and the edges of groups among them."""
    source = random.Random(f"karigar {language}")
    edges = [0, 1, -1, 9, 10, 99, 100, 999, 1000, -1000, 9999, 10_000, 99_999, 100_000, 999_999, 1_000_000, 10_000_000]
    return edges + [draw(source) for _ in range(VALUES - len(edges))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_equal_those_of_chromium(page: Page, language: Language) -> None:
    values = [
        Decimal(n).scaleb(-3)
        for n in drawn(language, lambda source: source.randint(-(10 ** source.randint(1, 15)), 10**15))
    ]
    code = f"(f => v => f.formatToParts(v))(new Intl.NumberFormat('{TAGS[language]}'))"
    theirs = intl(page, code, [str(value) for value in values])
    ours = [figure_parts(reader(language).number(value)) for value in values]
    assert [(v, o) for v, o, t in zip(values, ours, theirs, strict=True) if o != only(t)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_percents_equal_those_of_chromium(page: Page, language: Language) -> None:
    points = drawn(language, lambda source: source.randint(-1_000_000, 1_000_000))
    options = "{style: 'percent', maximumFractionDigits: 2}"
    code = f"(f => v => f.formatToParts(v))(new Intl.NumberFormat('{TAGS[language]}', {options}))"
    theirs = intl(page, code, [str(Decimal(point).scaleb(-4)) for point in points])
    ours = [figure_parts(reader(language).percent(point)) for point in points]
    differing = [p for p, o, t in zip(points, ours, theirs, strict=True) if o != only(t)]
    # From a hundred thousand percent on, CLDR groups Bengali percents by three, and ours as every Bengali number.
    assert differing == ([10_000_000] if language == "bn" else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_equal_those_of_chromium_but_for_the_unit(page: Page, language: Language) -> None:
    for currency, exponent in EXPONENTS.items():
        minors = drawn(language, lambda source: source.randint(-(10 ** source.randint(1, 12)), 10**12))[: VALUES // 5]
        code = (
            "(f => v => f.formatToParts(v))"
            f"(new Intl.NumberFormat('{TAGS[language]}', {{style: 'currency', currency: '{currency}'}}))"
        )
        theirs = intl(page, code, [str(Decimal(minor).scaleb(-exponent)) for minor in minors])
        ours = [figure_parts(reader(language).money(Money(minor, currency))) for minor in minors]
        assert [(m, o, t) for m, o, t in zip(minors, ours, theirs, strict=True) if o != only(t)] == []


def days() -> list[date]:
    """Every day of twenty-seven years around now, then days as far as people are born and warranties run."""
    near = [date(2010, 1, 1) + timedelta(days=n) for n in range(VALUES - 1_000)]
    source = random.Random("karigar days")
    return near + [date(1930, 1, 1) + timedelta(days=source.randrange(60_000)) for _ in range(1_000)]


def dates_of_chromium(page: Page, language: Language, calendar: str, chosen: list[date]) -> list[dict[str, str]]:
    options = "{timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'}"
    tag = f"{language}-u-ca-{calendar}" + ("-nu-arab" if language == "ar" else "")
    code = f"(f => v => f.formatToParts(new Date(v)))(new Intl.DateTimeFormat('{tag}', {options}))"
    return intl(page, code, [day.isoformat() for day in chosen])


@pytest.mark.parametrize("language", LANGUAGES)
def test_gregorian_days_equal_those_of_chromium(page: Page, language: Language) -> None:
    chosen = days()
    for day, parts in zip(chosen, dates_of_chromium(page, language, "gregory", chosen), strict=True):
        expected = f"{parts['weekday']} {parts['day']} {parts['month']} {parts['year']}"
        assert unicodedata.normalize("NFC", reader(language).date(day, "long")) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_jalali_days_equal_those_of_chromium_but_for_known_names(page: Page, language: Language) -> None:
    chosen, other = days(), composed(OTHER_JALALI[language])
    seen = set()
    for day, parts in zip(chosen, dates_of_chromium(page, language, "persian", chosen), strict=True):
        month = JALALI_MONTHS[language][in_calendar(day, "jalali").month - 1]
        seen.add((nfc(month), parts["month"]))
        expected = f"{parts['weekday']} {parts['day']} {nfc(month)} {parts['year']}"
        assert nfc(reader(language, "jalali").date(day, "long")) == expected
    assert {ours: theirs for ours, theirs in seen if ours != theirs} == other


@pytest.mark.parametrize("language", LANGUAGES)
def test_hijri_days_equal_those_of_chromiums_civil_calendar_but_for_known_names(page: Page, language: Language) -> None:
    chosen, other = days(), composed(OTHER_HIJRI[language])
    seen = set()
    for day, parts in zip(chosen, dates_of_chromium(page, language, "islamic-civil", chosen), strict=True):
        counted = hijri(day)
        seen.add((nfc(HIJRI_MONTHS[language][counted.month - 1]), parts["month"]))
        ours = native_digits(f"{counted.day} {counted.year}", language)
        assert ours == f"{parts['day']} {parts['year']}", day
    assert {ours: theirs for ours, theirs in seen if ours != theirs} == other
    assert len(seen) == 12


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def composed(names: dict[str, str]) -> dict[str, str]:
    return {nfc(ours): nfc(theirs) for ours, theirs in names.items()}


def test_every_month_and_weekday_has_a_name_of_its_own() -> None:
    for language in LANGUAGES:
        for names, count in ((GREGORIAN_MONTHS, 12), (JALALI_MONTHS, 12), (HIJRI_MONTHS, 12), (WEEKDAYS, 7)):
            assert len(set(names[language])) == count


def test_times_of_day_equal_those_of_chromium(page: Page) -> None:
    """Arabic halves of the day, and the hours of Bengali's parts; «রাত» is CLDR's «রাত্রি» as people say it."""
    moments = [datetime(2026, 11, 21, hour, 5, tzinfo=UTC) for hour in range(24)]
    for language, options in (("bn", "dayPeriod: 'short', "), ("ar", "")):
        code = (
            f"(f => v => f.formatToParts(new Date(v)))(new Intl.DateTimeFormat('{TAGS[language]}', "  # type: ignore[index]
            f"{{timeZone: 'UTC', {options}hour: 'numeric', minute: 'numeric', hour12: true}}))"
        )
        at_utc = replace(reader("bn" if language == "bn" else "ar"), time_zone="UTC")
        for moment, parts in zip(moments, intl(page, code, [m.isoformat() for m in moments]), strict=True):
            period = parts["dayPeriod"].replace("রাত্রি", "রাত")
            clock = f"{parts['hour']}:{parts['minute']}"
            assert at_utc.time(moment) == (f"{period} {clock}" if language == "bn" else f"{clock} {period}")
