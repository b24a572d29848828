"""When visits are due, which times fit, what comes next."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.jobs.words import State
from booking.plans.engine import opens_at
from booking.plans.rules import (
    BANDS,
    DAYS_AT_LEAST,
    PROPOSED_AT,
    Found,
    Interval,
    IntervalOutOfBounds,
    Outcome,
    Unit,
    Wish,
    WishImpossible,
    best,
    check_interval,
    check_wish,
    comes_next,
    days_to_try,
    may_pay,
    outcome_of,
)
from marketplace.foundation.calendars import Calendar, Day, from_calendar, in_calendar
from marketplace.foundation.money import Money

NEW_YEAR_1405 = date(2026, 3, 21)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
WEEKS = st.builds(Interval, st.integers(1, 52), st.just(Unit.WEEKS), DAYS)
MONTHS = st.builds(Interval, st.integers(1, 24), st.just(Unit.MONTHS), DAYS, st.sampled_from(["gregorian", "jalali"]))
WISHES = st.builds(Wish, st.frozensets(st.integers(1, 7)), st.one_of(st.none(), st.sampled_from(BANDS)), st.booleans())


def taka(minor: int) -> Money:
    return Money(minor, "BDT")


@pytest.mark.parametrize(
    ("calendar", "first", "expected"),
    [
        ("gregorian", date(2026, 1, 31), [(2, 28), (3, 31), (4, 30), (5, 31)]),
        ("gregorian", date(2028, 1, 30), [(2, 29), (3, 30), (4, 30), (5, 30)]),
        ("jalali", NEW_YEAR_1405 + timedelta(days=185), [(7, 30), (8, 30), (9, 30), (10, 30), (11, 30), (12, 29)]),
    ],
)
def test_the_last_day_of_a_shorter_month_stands_for_the_day_it_lacks(
    calendar: Calendar, first: date, expected: list[tuple[int, int]]
) -> None:
    monthly = Interval(1, Unit.MONTHS, first, calendar)
    found = [in_calendar(monthly.day(nth), calendar) for nth in range(1, len(expected) + 1)]
    assert [(each.month, each.day) for each in found] == expected


def test_in_a_leap_year_the_last_month_of_the_jalali_year_has_its_thirtieth_day() -> None:
    monthly = Interval(1, Unit.MONTHS, from_calendar(Day(1403, 6, 31), "jalali"), "jalali")
    assert in_calendar(monthly.day(6), "jalali") == Day(1403, 12, 30)
    assert in_calendar(monthly.day(7), "jalali") == Day(1404, 1, 31)


@given(st.one_of(WEEKS, MONTHS), st.integers(0, 40))
def test_due_days_never_stand_still_and_none_is_passed_over(interval: Interval, nth: int) -> None:
    day, following = interval.day(nth), interval.day(nth + 1)
    assert day < following
    assert interval.after(day) == following
    assert interval.after(following - timedelta(days=1)) == following
    if interval.unit is Unit.MONTHS:
        here, there = in_calendar(day, interval.calendar), in_calendar(following, interval.calendar)
        assert there.year * 12 + there.month - here.year * 12 - here.month == interval.every


@given(st.one_of(WEEKS, MONTHS), st.integers(0, 20), st.integers(0, 500), WISHES)
def test_a_visit_is_proposed_within_its_time_and_within_the_wish(
    interval: Interval, nth: int, late: int, wish: Wish
) -> None:
    due, today = interval.day(nth), interval.day(nth) + timedelta(days=late - 10)
    turn = interval.current(due, today)
    assert turn >= due
    days = days_to_try(interval, turn, today=today)
    assert days == sorted(set(days))
    assert days
    assert max(turn, today) == days[0]
    assert days[-1] < interval.after(turn)
    if today <= turn:
        assert len(days) >= DAYS_AT_LEAST or interval.after(turn) - turn <= timedelta(days=DAYS_AT_LEAST)
    found = [Found(day, band, nth, by_them=nth % 3 == 0) for nth, (day, band) in
             enumerate((day, band) for day in days for band in BANDS)]  # fmt: skip
    chosen = best(found, wish)
    assert chosen is not None
    if len(days) >= DAYS_AT_LEAST:
        assert wish.fits(chosen.on_day, chosen.band)


def test_whoever_looks_weeks_late_finds_one_visit_due_and_the_rest_in_the_future() -> None:
    monthly = Interval(1, Unit.MONTHS, date(2026, 1, 10))
    assert monthly.current(date(2026, 1, 10), date(2026, 3, 12)) == date(2026, 3, 10)
    assert monthly.current(date(2026, 1, 10), date(2026, 3, 29)) == date(2026, 4, 10)


def test_the_same_person_is_waited_for_a_week_and_no_longer() -> None:
    wish = Wish(frozenset({2}), "morning", same_person=True)
    soon, later, too_late = (Found(date(2026, 12, day), "morning", day, day != 1) for day in (1, 1, 8))
    noon = Found(date(2026, 12, 1), "noon", 0, by_them=True)
    assert best([noon, soon, too_late], wish) == soon
    assert best([noon, soon, later], wish) == later
    assert best([noon], wish) == noon
    assert best([], wish) is None


@pytest.mark.parametrize(
    ("state", "reason", "outcome"),
    [
        (State.OPEN, None, None),
        (State.COMPLETED, None, Outcome.DONE),
        (State.EXPIRED, "nobody_found", Outcome.NOT_FOUND),
        (State.EXPIRED, "unfunded", Outcome.UNPAID),
        (State.CANCELLED, None, Outcome.CALLED_OFF),
        (State.CANCELLED, "by_house", Outcome.WITHDRAWN),
        (State.NO_SHOW, None, Outcome.NO_SHOW),
    ],
)
def test_what_became_of_a_visit(state: State, reason: str | None, outcome: Outcome | None) -> None:
    assert outcome_of(state, reason) is outcome


def test_what_the_house_could_not_do_is_tried_again_and_what_the_customer_let_go_is_not() -> None:
    monthly, due = Interval(1, Unit.MONTHS, date(2026, 1, 10)), date(2026, 1, 10)
    soon, late = date(2026, 1, 11), date(2026, 1, 30)
    assert comes_next(Outcome.NOT_FOUND, due, 1, monthly, today=soon) == (due, 2)
    assert comes_next(Outcome.NOT_FOUND, due, 3, monthly, today=soon) == (date(2026, 2, 10), 1)
    assert comes_next(Outcome.NOT_FOUND, due, 1, monthly, today=late) == (date(2026, 2, 10), 1)
    assert comes_next(Outcome.CALLED_OFF, due, 1, monthly, today=soon) == (date(2026, 2, 10), 1)


def test_nothing_is_paid_by_itself_above_the_permission_or_the_price_of_the_plan() -> None:
    agreed = taka(120_000)
    assert may_pay(agreed, agreed, agreed=agreed, limit=agreed)
    assert not may_pay(agreed, agreed, agreed=agreed, limit=None)
    assert not may_pay(agreed, agreed, agreed=agreed, limit=taka(119_999))
    assert not may_pay(taka(120_001), agreed, agreed=agreed, limit=taka(500_000))


@pytest.mark.parametrize("every", [0, -1, 53])
def test_an_interval_has_bounds(every: int) -> None:
    with pytest.raises(IntervalOutOfBounds):
        check_interval(Interval(every, Unit.WEEKS, date(2026, 1, 1)), today=date(2026, 1, 1))


@pytest.mark.parametrize("wish", [Wish(frozenset({0})), Wish(frozenset({8})), Wish(band="night")])
def test_a_wish_names_days_and_parts_of_days_that_exist(wish: Wish) -> None:
    with pytest.raises(WishImpossible):
        check_wish(wish)


@given(st.one_of(WEEKS, MONTHS), st.integers(0, 20), st.integers(1, 30))
def test_visits_are_proposed_at_one_hour_on_the_wall_whatever_the_clock_does(
    interval: Interval, nth: int, ahead: int
) -> None:
    first, second = (
        opens_at(interval.day(each), days_ahead=ahead, time_zone="Europe/Berlin") for each in (nth, nth + 1)
    )
    assert first < second
    for each in (first, second):
        assert each.astimezone(ZoneInfo("Europe/Berlin")).hour == PROPOSED_AT
