"""What a quote may say, what it comes to, and by which hash it is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.jobs import quote_rules
from booking.jobs.quote_rules import (
    LINES_MOST,
    QUANTITY_MOST,
    Content,
    Line,
    LinePriceNeeded,
    LineTextNeeded,
    QuantityOutOfBounds,
    QuoteEmpty,
    QuoteOver,
    QuoteState,
    QuoteTimes,
    QuoteTooLarge,
    QuoteTooLong,
    Sort,
    check_content,
    check_open,
    credit_of,
    digest,
    most_of,
    total_of,
)
from booking.jobs.visit_rules import GroundNeeded, PayOutOfBounds, Verdict, check_verdict, usual_verdict
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def taka(minor: int) -> Money:
    return Money(minor, "BDT")


WALL = Line(Sort.LABOUR, "A wall", 100, taka(1_000_00))
GOOD = Content((WALL,), 120)
money = st.integers(1, 10**9).map(taka)
lines = st.builds(Line, st.sampled_from(Sort), st.just("Work"), st.integers(1, QUANTITY_MOST), money)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (Content((), 120), QuoteEmpty),
        (Content((WALL,) * (LINES_MOST + 1), 120), QuoteTooLong),
        (replace(GOOD, lines=(replace(WALL, unit=taka(0)),)), LinePriceNeeded),
        (replace(GOOD, lines=(replace(WALL, unit=taka(-1)),)), LinePriceNeeded),
        (replace(GOOD, lines=(replace(WALL, unit=Money(1, "QAR")),)), LinePriceNeeded),
        (replace(GOOD, lines=(replace(WALL, quantity=0),)), QuantityOutOfBounds),
        (replace(GOOD, lines=(replace(WALL, quantity=-100),)), QuantityOutOfBounds),
        (replace(GOOD, lines=(replace(WALL, quantity=QUANTITY_MOST + 1),)), QuantityOutOfBounds),
        (replace(GOOD, lines=(replace(WALL, quantity=1, unit=taka(1)),)), QuoteEmpty),
        (replace(GOOD, lines=(replace(WALL, unit=most_of("BDT")), WALL)), QuoteTooLarge),
        (replace(GOOD, lines=(replace(WALL, unit=taka(10**15)),)), QuoteTooLarge),
        (replace(GOOD, lines=(replace(WALL, text="  "),)), LineTextNeeded),
        (replace(GOOD, lines=(replace(WALL, text="card 4242 4242 4242 4242"),)), LineTextNeeded),
        (replace(GOOD, note="card 4242 4242 4242 4242"), LineTextNeeded),
        (replace(GOOD, minutes=0), QuoteTimes),
        (replace(GOOD, minutes=17), QuoteTimes),
        (replace(GOOD, minutes=735), QuoteTimes),
        (replace(GOOD, valid_days=0), QuoteTimes),
        (replace(GOOD, valid_days=31), QuoteTimes),
    ],
)
def test_what_a_quote_may_not_say(content: Content, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        check_content(content, "BDT")


@given(st.lists(lines, max_size=LINES_MOST))
def test_the_total_is_the_sum_of_what_each_line_shows(made: list[Line]) -> None:
    assert total_of(made, "BDT").minor == sum(line.amount.minor for line in made)
    for line in made:
        assert abs(line.amount.minor * 100 - line.quantity * line.unit.minor) <= 50


@given(money, money)
def test_the_fee_of_the_estimate_never_takes_a_price_below_zero(fee: Money, work: Money) -> None:
    left = work - credit_of(fee, work)
    assert left == max(work - fee, taka(0))


@given(st.lists(lines, min_size=1, max_size=3), st.text(max_size=40))
def test_what_is_written_is_read_again(made: list[Line], note: str) -> None:
    content = Content(tuple(made), 240, 5, note)
    text = quote_rules.written(content)
    assert quote_rules.read(text, minutes=240, valid_days=5, currency="BDT") == content


def test_the_hash_covers_everything_that_is_said() -> None:
    quote, job = uuid4(), uuid4()
    until = NOW + timedelta(days=7)
    known = digest(quote, job, GOOD, credit=taka(5), valid_until=until)
    others = [
        digest(uuid4(), job, GOOD, credit=taka(5), valid_until=until),
        digest(quote, uuid4(), GOOD, credit=taka(5), valid_until=until),
        digest(quote, job, GOOD, credit=taka(6), valid_until=until),
        digest(quote, job, GOOD, credit=taka(5), valid_until=until + timedelta(seconds=1)),
        digest(quote, job, replace(GOOD, note="x"), credit=taka(5), valid_until=until),
        digest(quote, job, replace(GOOD, minutes=135), credit=taka(5), valid_until=until),
        digest(quote, job, replace(GOOD, lines=(replace(WALL, text="Another"),)), credit=taka(5), valid_until=until),
    ]
    assert len({known, *others}) == 1 + len(others)


@pytest.mark.parametrize("state", list(QuoteState))
def test_only_a_quote_that_waits_is_answered_and_at_its_end_it_is_over(state: QuoteState) -> None:
    end = NOW + timedelta(days=1)
    if state is QuoteState.SENT:
        check_open(state, end, now=end - timedelta(microseconds=1))
    with pytest.raises(QuoteOver) as over:
        check_open(state, end, now=end)
    assert over.value.state == ("expired" if state is QuoteState.SENT else state.value)


def test_an_own_defect_is_not_paid_and_any_other_by_up_to_what_was_published() -> None:
    most = taka(300_00)
    check_verdict(Verdict.OWN_DEFECT, taka(0), "own_work", most=most)
    check_verdict(Verdict.PAID, most, "other_specialist", most=most)
    for verdict, pay, ground, refusal in (
        (Verdict.OWN_DEFECT, 1, "own_work", PayOutOfBounds),
        (Verdict.PAID, 0, "goodwill", PayOutOfBounds),
        (Verdict.PAID, -1, "goodwill", PayOutOfBounds),
        (Verdict.PAID, 300_01, "goodwill", PayOutOfBounds),
        (Verdict.PAID, 1, "own_work", GroundNeeded),
        (Verdict.OWN_DEFECT, 0, "", GroundNeeded),
    ):
        with pytest.raises(refusal):
            check_verdict(verdict, taka(pay), ground, most=most)
    assert usual_verdict(same_specialist=True, most=most) is Verdict.OWN_DEFECT
    assert usual_verdict(same_specialist=False, most=most) is Verdict.PAID
    assert usual_verdict(same_specialist=False, most=taka(0)) is Verdict.OWN_DEFECT
