"""Calling off: what is kept and what goes back, the same in the preview and in the act."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from booking.pricing.cancelling import (
    Split,
    fee_table,
    on_cancelling,
    on_failing,
    on_no_show,
    on_our_side,
)
from booking.pricing.policy import CancellationPolicy, Fee, Stage, Tier
from marketplace.foundation.money import Money

START = datetime(2026, 3, 7, 9, tzinfo=UTC)
BOOKED = START - timedelta(days=3)


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


USUAL = CancellationPolicy(
    version="2026-01",
    tiers=(
        Tier("late", Stage.ASSIGNED, timedelta(hours=3), Fee(at_least=bdt(15_000))),
        Tier("en_route", Stage.EN_ROUTE, None, Fee(2_000, at_least=bdt(30_000), at_most=bdt(90_000))),
        Tier("on_site", Stage.ON_SITE, None, Fee(3_000, at_least=bdt(30_000), at_most=bdt(120_000))),
    ),
    grace=timedelta(minutes=5),
    no_show=Fee(3_000, at_least=bdt(30_000), at_most=bdt(120_000)),
    failed_visit=Fee(at_least=bdt(30_000)),
)
EXAMPLE = CancellationPolicy(
    version="example",
    tiers=(Tier("late", Stage.ASSIGNED, timedelta(hours=2), Fee(at_least=bdt(500))),),
    grace=timedelta(0),
    no_show=Fee(at_least=bdt(500)),
    failed_visit=Fee(at_least=bdt(500)),
)

fees = st.builds(
    Fee,
    basis_points=st.integers(0, 10_000),
    at_least=st.none() | st.integers(0, 50_000).map(bdt),
    at_most=st.none() | st.integers(0, 200_000).map(bdt),
)
tiers = st.builds(
    Tier,
    code=st.sampled_from(["a", "b", "c"]),
    stage=st.sampled_from(list(Stage)),
    within=st.none() | st.integers(0, 96).map(lambda hours: timedelta(hours=hours)),
    fee=fees,
)
any_policy = st.builds(
    CancellationPolicy,
    version=st.just("random"),
    tiers=st.lists(tiers, max_size=5).map(tuple),
    grace=st.integers(0, 30).map(lambda minutes: timedelta(minutes=minutes)),
    no_show=fees,
    failed_visit=fees,
    specialist_basis_points=st.integers(0, 10_000),
    tax_basis_points=st.integers(0, 3_000),
)
amounts = st.integers(0, 10_000_000).map(bdt)
moments = st.integers(-72 * 60, 600).map(lambda minutes: START + timedelta(minutes=minutes))
STAGES = [(False, False, False), (True, False, False), (True, True, False), (True, True, True)]


def at(
    held: Money, stage: tuple[bool, bool, bool], now: datetime, policy: CancellationPolicy, booked_at: datetime | None
) -> Split:
    assigned, en_route, on_site = stage
    return on_cancelling(
        held,
        starts_at=START,
        assigned=assigned,
        en_route=en_route,
        on_site=on_site,
        now=now,
        policy=policy,
        booked_at=booked_at,
    )


def test_cancelling_before_anyone_was_assigned_returns_everything() -> None:
    split = at(bdt(150_000), STAGES[0], START - timedelta(minutes=1), USUAL, BOOKED)
    assert (split.back, split.fee, split.reason) == (bdt(150_000), bdt(0), "free")


def test_cancelling_long_before_an_assigned_visit_is_free() -> None:
    assert at(bdt(150_000), STAGES[1], START - timedelta(hours=3, seconds=1), USUAL, BOOKED).fee.is_zero


def test_the_fee_begins_exactly_three_hours_before() -> None:
    split = at(bdt(150_000), STAGES[1], START - timedelta(hours=3), USUAL, BOOKED)
    assert (split.fee, split.reason) == (bdt(15_000), "late")


def test_a_late_booking_can_still_be_taken_back_in_its_first_five_minutes() -> None:
    booked = START - timedelta(hours=1)
    assert at(bdt(150_000), STAGES[1], booked + timedelta(minutes=5), USUAL, booked).reason == "grace"
    assert at(bdt(150_000), STAGES[1], booked + timedelta(minutes=6), USUAL, booked).reason == "late"
    assert at(bdt(150_000), STAGES[2], booked + timedelta(minutes=1), USUAL, booked).reason == "en_route"


def test_the_worked_example_of_payments_splits_500_into_300_and_182_and_18() -> None:
    split = at(bdt(4_000), STAGES[1], START - timedelta(hours=1), EXAMPLE, None)
    assert (split.specialist_share, split.house_share, split.tax) == (bdt(300), bdt(182), bdt(18))
    assert split.back == bdt(3_500)


def test_nobody_is_paid_for_a_visit_that_nobody_was_assigned_to() -> None:
    eager = CancellationPolicy(
        version="eager",
        tiers=(Tier("any", Stage.UNASSIGNED, None, Fee(basis_points=1_000)),),
        grace=timedelta(0),
        no_show=Fee(),
        failed_visit=Fee(),
    )
    split = at(bdt(10_000), STAGES[0], BOOKED, eager, None)
    assert (split.fee, split.specialist_share) == (bdt(1_000), bdt(0))


def test_what_was_not_set_aside_is_not_charged() -> None:
    split = on_cancelling(
        bdt(0), starts_at=START, assigned=True, en_route=True, now=START, policy=USUAL, price=bdt(150_000)
    )
    assert split == Split(bdt(0), bdt(0), bdt(0), bdt(0), bdt(0), "en_route")


def test_a_rate_is_taken_of_the_price_although_only_a_deposit_is_held() -> None:
    split = on_cancelling(
        bdt(100_000), starts_at=START, assigned=True, en_route=True, now=START, policy=USUAL, price=bdt(400_000)
    )
    assert split.fee == bdt(80_000)


def test_a_locked_door_costs_what_the_policy_says_and_our_own_fault_nothing() -> None:
    assert on_no_show(bdt(150_000), policy=USUAL).fee == bdt(45_000)
    assert on_failing(bdt(150_000), policy=USUAL).fee == bdt(30_000)
    assert on_our_side(bdt(150_000), policy=USUAL).back == bdt(150_000)


@given(amounts, st.sampled_from(STAGES), moments, any_policy, st.none() | moments)
def test_every_split_adds_up_to_the_unit(
    held: Money,
    stage: tuple[bool, bool, bool],
    now: datetime,
    policy: CancellationPolicy,
    booked_at: datetime | None,
) -> None:
    for split in (
        at(held, stage, now, policy, booked_at),
        on_no_show(held, policy=policy),
        on_failing(held, policy=policy),
    ):
        assert split.fee + split.back == held
        assert split.specialist_share + split.house_share + split.tax == split.fee
        assert min(split.fee, split.back, split.specialist_share, split.house_share, split.tax) >= bdt(0)


@given(amounts, moments, moments, any_policy, st.none() | moments)
def test_waiting_longer_never_makes_it_cheaper(
    held: Money, one: datetime, two: datetime, policy: CancellationPolicy, booked_at: datetime | None
) -> None:
    for stage in STAGES:
        assert (
            at(held, stage, min(one, two), policy, booked_at).fee
            <= at(held, stage, max(one, two), policy, booked_at).fee
        )


@given(amounts, moments, any_policy, st.none() | moments)
def test_a_later_stage_is_never_cheaper(
    held: Money, now: datetime, policy: CancellationPolicy, booked_at: datetime | None
) -> None:
    paid = [at(held, stage, now, policy, booked_at).fee for stage in STAGES]
    assert paid == sorted(paid, key=lambda fee: fee.minor)


@given(any_policy)
def test_a_policy_survives_storage(policy: CancellationPolicy) -> None:
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(policy))), CancellationPolicy) == policy


@given(amounts, moments, any_policy, st.sampled_from([0, 1, 2, 3]), moments)
def test_the_table_shown_before_booking_foretells_every_fee(
    held: Money, shown_at: datetime, policy: CancellationPolicy, stage: int, cancelled_at: datetime
) -> None:
    if cancelled_at < shown_at:
        return
    table = fee_table(held, starts_at=START, now=shown_at, policy=policy)
    reached = [
        step.split.fee
        for step in table
        if list(Stage).index(step.stage) <= stage and (step.from_at is None or step.from_at <= cancelled_at)
    ]
    assert at(held, STAGES[stage], cancelled_at, policy, None).fee == max(reached, key=lambda fee: fee.minor)
