"""An arrival is an interval, and it is told anew only when it slips."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.tracking.rules import Arrival, Learned, interval, is_news, learned

AT = datetime(2026, 3, 2, 8, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_way_of_twenty_minutes_is_told_as_a_stretch_on_full_five_minutes() -> None:
    assert interval(AT, 20, now=AT) == Arrival(AT.replace(minute=20), AT.replace(minute=35))


def test_ways_that_took_longer_move_the_next_ones_but_a_few_do_not_decide() -> None:
    few, many = learned([(20, 30)] * 3), learned([(20, 30)] * 400)
    assert (few.middle_percent, few.late_percent) == (106, 145)
    assert (many.middle_percent, many.late_percent) == (147, 149)
    assert interval(AT, 20, now=AT, known=many).earliest > interval(AT, 20, now=AT).earliest


def test_ways_without_an_estimate_teach_nothing() -> None:
    assert learned([(0, 9)]) == Learned()


def test_who_is_late_arrives_from_now_on() -> None:
    now = AT + 90 * MINUTE
    assert interval(AT, 20, now=now).latest > now


def test_a_small_slip_is_no_news_and_a_larger_one_is() -> None:
    told = interval(AT, 20, now=AT)
    assert is_news(None, told)
    assert not is_news(told, interval(AT + 3 * MINUTE, 20, now=AT))
    assert is_news(told, interval(AT + 12 * MINUTE, 20, now=AT))


@given(
    st.integers(0, 600), st.integers(-60, 60), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 300)), max_size=50)
)
def test_every_interval_has_length_and_reaches_into_the_future(
    estimate: int, left_ago: int, ways: list[tuple[int, int]]
) -> None:
    told = interval(AT - left_ago * MINUTE, estimate, now=AT, known=learned(ways))
    assert told.earliest < told.latest
    assert told.latest > AT
    assert told.earliest.minute % 5 == told.latest.minute % 5 == 0


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_longer_way_never_arrives_earlier(one: int, more: int) -> None:
    near, far = interval(AT, one, now=AT), interval(AT, one + more, now=AT)
    assert near.earliest <= far.earliest
    assert near.latest <= far.latest
