"""States, limits, comparisons and the schedule of questions. Pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.protocol import Abilities, Refs, RefundKey, Verdict
from payments.gateways.rules import Outcome
from payments.topups.rules import (
    CREDITED,
    MOVES,
    Asked,
    Decision,
    Difference,
    State,
    TopUpDayLimitReached,
    TopUpTooLarge,
    TopUpTooSmall,
    What,
    check_limits,
    decide,
    next_question,
    state_of_top_up,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AMOUNT = Money(150_000, "BDT")
DAY = timedelta(hours=24)
CAN = Abilities(
    currencies=frozenset({"BDT"}),
    live=False,
    verify_within=DAY,
    reverse_within=None,
    partial_refund=True,
    refund_key=RefundKey.NATIVE,
    signed_notice=True,
    sweep=True,
    lines=True,
    settles_in=DAY,
    terminal="T1",
)
REFS = Refs(ours="ours", txn="SB1", bank="123456789012", terminal="T1")


def asked(state: State = State.PENDING) -> Asked:
    return Asked(uuid7(), AMOUNT, "ours", state, NOW + timedelta(minutes=30))


def said(outcome: Outcome, *, refs: Refs = REFS, amount: Money = AMOUNT, live: bool = False) -> Verdict:
    return Verdict(outcome, refs, amount=amount, at=NOW, live=live, final=True)


def decided(state: State, verdict: Verdict) -> Decision:
    return decide(asked(state), verdict, CAN, now=NOW)


def test_paid_and_equal_in_everything_is_credited() -> None:
    assert decided(State.PENDING, said(Outcome.PAID)) == Decision(State.PAID, What.PAID, credit=AMOUNT)


@pytest.mark.parametrize(
    ("verdict", "difference", "suspense"),
    [
        (said(Outcome.PAID, amount=Money(150_001, "BDT")), Difference.AMOUNT, Money(150_001, "BDT")),
        (said(Outcome.PAID, amount=Money(149_999, "BDT")), Difference.AMOUNT, Money(149_999, "BDT")),
        (said(Outcome.PAID, amount=Money(1_500_000, "BDT")), Difference.AMOUNT, Money(1_500_000, "BDT")),
        (said(Outcome.PAID, amount=Money(150_000, "USD")), Difference.CURRENCY, Money(150_000, "USD")),
        (said(Outcome.PAID, refs=Refs("theirs", txn="SB1", terminal="T1")), Difference.OURS, None),
        (said(Outcome.PAID, refs=Refs("ours", txn="SB1", terminal="T2")), Difference.TERMINAL, None),
        (said(Outcome.PAID, live=True), Difference.LIVE, None),
    ],
)
def test_any_difference_is_a_mismatch_and_only_our_money_is_booked(
    verdict: Verdict, difference: Difference, suspense: Money | None
) -> None:
    found = decided(State.PENDING, verdict)
    assert (found.state, found.differences, found.credit) == (State.MISMATCH, (difference,), None)
    assert found.suspense == suspense


def test_paid_without_its_number_is_unknown() -> None:
    assert decided(State.PENDING, said(Outcome.PAID, refs=Refs("ours", terminal="T1"))).state is State.UNKNOWN


@pytest.mark.parametrize("state", sorted(CREDITED))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_nothing_that_is_said_after_the_credit_changes_it(state: State, outcome: Outcome) -> None:
    found = decided(state, said(outcome))
    assert (found.state, found.credit) == (None, None)


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED])
def test_money_that_comes_late_is_credited_and_marked(state: State) -> None:
    found = decided(state, said(Outcome.PAID))
    assert (found.state, found.credit, found.late) == (State.PAID, AMOUNT, True)


def test_money_reversed_before_it_was_credited_is_never_credited() -> None:
    found = decided(State.PENDING, said(Outcome.REVERSED))
    assert (found.state, found.credit) == (State.FAILED, None)


def test_a_mismatch_waits_for_a_person() -> None:
    assert decided(State.MISMATCH, said(Outcome.PAID)).state is None


@given(st.sampled_from(State), st.sampled_from(Outcome))
def test_every_decision_is_a_move_that_the_table_allows(state: State, outcome: Outcome) -> None:
    found = decided(state, said(outcome))
    assert found.state is None or found.state in MOVES[state]


@given(st.lists(st.sampled_from(State), min_size=1, max_size=5))
def test_a_top_up_is_paid_when_any_attempt_is(states: list[State]) -> None:
    assert (state_of_top_up(states) is State.PAID) == (State.PAID in states)


def test_limits_of_one_top_up_and_of_a_day() -> None:
    none = Money.zero("BDT")
    check_limits(Money(50_00, "BDT"), taken=none)
    with pytest.raises(TopUpTooSmall):
        check_limits(Money(49_99, "BDT"), taken=none)
    with pytest.raises(TopUpTooLarge):
        check_limits(Money(50_000_01, "BDT"), taken=none)
    with pytest.raises(TopUpDayLimitReached) as refused:
        check_limits(Money(40_000_00, "BDT"), taken=Money(70_000_00, "BDT"))
    assert refused.value.left == Money(30_000_00, "BDT")


def test_questions_come_after_1_3_10_and_30_minutes_then_hourly_then_once_more_then_never() -> None:
    at, asked_at = NOW, []
    for number in range(100):
        due = next_question(NOW, asked=number, within=DAY, now=at)
        if due is None:
            break
        asked_at.append((due - NOW).total_seconds() / 60)
        at = due
    assert asked_at[:6] == [1, 3, 10, 30, 90, 150]
    assert asked_at[-2] <= 24 * 60 < asked_at[-1]
    assert len(asked_at) < 32
