"""Bids, as rules: the ranking term by term, its ties, its bounds; who may be awarded, and what arrives too late."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.dispatch import bid_rules
from booking.dispatch.bid_rules import (
    BID_MOVES,
    ROUND_MOVES,
    Announced,
    AwardNeedsReason,
    BidNotFound,
    BidOutOfBounds,
    BidState,
    BidTooLate,
    BidTooLateByDevice,
    Entry,
    MayNotDeviate,
    RoundNumbers,
    RoundState,
    RoundTimes,
    check,
    check_amount,
    check_arrival,
    check_choice,
    rank,
    succession,
)
from booking.dispatch.rules import Candidate
from booking.dispatch.scoring import RATED_ENOUGH
from booking.pricing.awarding import agreed, as_accepted
from booking.pricing.policy import PricePolicy
from booking.pricing.rules import canonical, is_genuine, quote
from marketplace.catalogue.rules import LineKind, PriceLine
from marketplace.foundation.money import Money

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENTRIES = st.lists(
    st.builds(
        Entry,
        bid_id=st.uuids(version=4),
        amount_minor=st.integers(1, 10**7),
        travel_minutes=st.integers(0, 120),
        rating_hundredths=st.none() | st.integers(100, 500),
        rating_count=st.integers(0, 40),
        final_at=st.integers(0, 600).map(lambda minutes: NOW + minutes * MINUTE),
    ),
    max_size=8,
    unique_by=lambda each: each.bid_id,
)


def entry(number: int, amount: int, travel: int = 0, *, rating: int | None = None, at: int = 0) -> Entry:
    return Entry(UUID(int=number), amount, travel, rating, RATED_ENOUGH, NOW + at * MINUTE)


def announced(**said: Any) -> Announced:
    facts: dict[str, Any] = {
        "sealed": True, "opens_at": NOW, "closes_at": NOW + 30 * MINUTE, "minimum_bids": 2, "value_of_minute": 500,
        "quality_hundredths": 300, "may_deviate": True,
    }  # fmt: skip
    return Announced(**(facts | said))


@given(ENTRIES, st.integers(0, 10_000), st.integers(0, 300), st.randoms(use_true_random=False))
def test_the_terms_are_the_score_and_the_order_is_nobodys_luck(
    entries: list[Entry], value: int, quality: int, chance: Random
) -> None:
    ranked = rank(entries, value_of_minute=value, quality_hundredths=quality)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert rank(shuffled, value_of_minute=value, quality_hundredths=quality) == ranked
    by_id = {each.bid_id: each for each in entries}
    assert {each.bid_id for each in ranked} == set(by_id)
    for each in ranked:
        assert sum(term.hundredths for term in each.terms) == each.score_hundredths
        said = {term.term: term.hundredths for term in each.terms}
        mine = by_id[each.bid_id]
        assert said["amount"] == mine.amount_minor * 100
        assert said.get("travel", 0) == mine.travel_minutes * value * 100
        assert 0 >= said.get("quality", 0) >= -quality * value
    for first, second in pairwise(ranked):
        left = (first.score_hundredths, by_id[first.bid_id].final_at)
        assert left <= (second.score_hundredths, by_id[second.bid_id].final_at)


@given(ENTRIES.filter(bool), st.integers(0, 7), st.integers(1, 10**6))
def test_who_bids_less_stands_no_lower(entries: list[Entry], which: int, less: int) -> None:
    chosen = entries[which % len(entries)]
    cheaper = Entry(
        chosen.bid_id, max(1, chosen.amount_minor - less), chosen.travel_minutes, chosen.rating_hundredths,
        chosen.rating_count, chosen.final_at,
    )  # fmt: skip

    def place(of: list[Entry]) -> int:
        order = [each.bid_id for each in rank(of, value_of_minute=500, quality_hundredths=300)]
        return order.index(chosen.bid_id)

    assert place([cheaper if each is chosen else each for each in entries]) <= place(entries)


def test_a_near_bid_beats_a_cheap_one_and_the_earlier_final_revision_breaks_a_tie() -> None:
    ranked = rank(
        [entry(1, 90_000, 40), entry(2, 100_100, 10), entry(3, 105_000, 0, at=1), entry(4, 105_000, 0)],
        value_of_minute=500, quality_hundredths=0,
    )  # fmt: skip
    assert [each.bid_id.int for each in ranked] == [4, 3, 2, 1]
    better = rank([entry(1, 100_100, rating=500), entry(2, 99_000)], value_of_minute=500, quality_hundredths=300)
    assert [each.bid_id.int for each in better] == [1, 2]  # three minutes' worth, and no more


def test_a_round_says_nothing_that_cannot_be_kept() -> None:
    ends = NOW + 120 * MINUTE
    check(announced(), ends=ends, now=NOW)
    for said in (
        {"closes_at": NOW + 4 * MINUTE}, {"closes_at": NOW + 100 * MINUTE}, {"opens_at": NOW - 10 * MINUTE},
        {"opens_at": NOW + 28 * MINUTE},
    ):  # fmt: skip
        with pytest.raises(RoundTimes):
            check(announced(**said), ends=ends, now=NOW)
    check(announced(closes_at=NOW + 100 * MINUTE, may_deviate=False), ends=ends, now=NOW)
    for numbers in ({"minimum_bids": 0}, {"value_of_minute": -1}, {"quality_hundredths": 301}, {"minimum_bids": 21}):
        with pytest.raises(RoundNumbers):
            check(announced(**numbers), ends=ends, now=NOW)


def test_a_bid_lies_within_its_bounds() -> None:
    least, most = Money(1, "BDT"), Money(150_000, "BDT")
    for minor in (0, -5, 150_001):
        with pytest.raises(BidOutOfBounds):
            check_amount(Money(minor, "BDT"), least=least, most=most)
    for minor in (1, 150_000):
        check_amount(Money(minor, "BDT"), least=least, most=most)


def test_the_deadline_is_ours_and_says_by_how_much_it_was_missed() -> None:
    check_arrival(NOW, arrived=NOW - timedelta(microseconds=1))
    with pytest.raises(BidTooLate) as late:
        check_arrival(NOW, arrived=NOW)
    assert late.value.late_seconds == 0
    with pytest.raises(BidTooLateByDevice) as slow:
        check_arrival(NOW, arrived=NOW + timedelta(seconds=2.5), device_at=NOW - timedelta(seconds=60))
    assert (slow.value.late_seconds, slow.value.offset_seconds) == (3, -62)


def test_only_what_was_announced_lets_an_award_deviate_and_only_with_words() -> None:
    first, second = UUID(int=1), UUID(int=2)
    for chosen in (None, first):
        assert not check_choice(announced(may_deviate=False), [first, second], chosen, None)
    with pytest.raises(MayNotDeviate):
        check_choice(announced(may_deviate=False), [first, second], second, "They know the house.")
    for words in (None, "", "  "):
        with pytest.raises(AwardNeedsReason):
            check_choice(announced(), [first, second], second, words)
    with pytest.raises(BidNotFound):
        check_choice(announced(), [first, second], UUID(int=3), "They know the house.")
    assert check_choice(announced(), [first, second], second, "They know the house.")
    assert succession([first, second], second) == (second, first)


def test_only_rules_about_a_person_keep_them_out_for_a_bid_takes_nobodys_time() -> None:
    someone = UUID(int=1)
    assert bid_rules.barred_by(Candidate(someone, free=False, on_shift=False, asked_elsewhere=True)) is None
    assert bid_rules.barred_by(Candidate(someone, skilled=False)) == "skill"
    assert bid_rules.barred_by(Candidate(someone, blocked=True)) == "block"


def test_ends_are_ends() -> None:
    for state in (RoundState.AWARDED, RoundState.VOID):
        assert not ROUND_MOVES[state]
    for mine in (BidState.WITHDRAWN, BidState.AWARDED, BidState.REJECTED, BidState.EXPIRED):
        assert not BID_MOVES[mine]
    assert set(ROUND_MOVES) == set(RoundState)
    assert set(BID_MOVES) == set(BidState)


def test_an_agreed_price_is_one_more_line_and_no_surprise() -> None:
    line = PriceLine("base", LineKind.BASE, {"en": "Visit"}, Money(150_000, "BDT"), 60, None, None, 0)
    policy = PricePolicy(version="1")
    shown = quote([line], {}, service="ac", currency="BDT", book_version="1", policy=policy, now=NOW)
    made = agreed(shown, Money(120_000, "BDT"), policy)
    assert sum((each.amount for each in made.lines), start=Money.zero("BDT")) == made.total == Money(120_000, "BDT")
    assert (made.deposit, as_accepted(made)) == (shown.deposit, shown.total)
    assert is_genuine(made)
    assert canonical(made) != canonical(shown)
    assert agreed(shown, shown.total, policy) == shown
    with pytest.raises(ValueError, match="no higher"):
        agreed(shown, Money(150_001, "BDT"), policy)
