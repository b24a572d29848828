"""Who may be asked and in which order: pure, replayable, and without a hidden input."""

from dataclasses import fields, replace
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.dispatch.rules import (
    EVERYBODY_MINUTES,
    FIRST_POLICIES,
    FIRST_POLICY,
    HARD_RULES,
    MINUTE,
    POLICY_VERSION,
    ROUNDS,
    STEP_RANGES,
    Candidate,
    Mode,
    Policy,
    Steps,
    decide,
    ladder,
    near_enough_minutes,
    obstacle,
    policy_of,
    rate_of,
    round_of,
    worth_of_waiting,
)
from booking.dispatch.scoring import RANGES, WeightOutOfRange, Weights

ANYBODY = Candidate(UUID(int=1))
BROKEN = {
    "standing": {"in_good_standing": False}, "skill": {"skilled": False}, "area": {"serves_area": False},
    "shift": {"on_shift": False}, "overlap": {"free": False}, "late": {"in_time": False}, "block": {"blocked": True},
    "already_asked": {"asked_before": True}, "other_offer": {"asked_elsewhere": True},
    "cash_debt": {"cash_allowed": False},
}  # fmt: skip

people = st.lists(
    st.builds(
        Candidate,
        specialist_id=st.uuids(),
        free=st.booleans(),
        travel_minutes=st.integers(0, 90),
        minutes_today=st.integers(0, 600),
        rating_hundredths=st.none() | st.integers(100, 500),
        rating_count=st.integers(0, 50),
        planned=st.booleans(),
        wished_for=st.booleans(),
        amount_today=st.none() | st.integers(0, 900_000),
        active_minutes=st.none() | st.integers(0, 720),
        accept_permille=st.none() | st.integers(0, 1000),
        free_in_minutes=st.integers(0, 40),
        basis=st.sampled_from(["", "live", "next", "step", "base"]),
        in_time=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.specialist_id,
)


@pytest.mark.parametrize("name", [rule.name for rule in HARD_RULES])
def test_every_hard_rule_excludes_by_its_name(name: str) -> None:
    assert obstacle(replace(ANYBODY, **BROKEN[name])) == name  # type: ignore[arg-type]  # one flag each


def test_somebody_against_whom_nothing_speaks_may_be_asked() -> None:
    assert obstacle(ANYBODY) is None


def test_an_open_offer_elsewhere_matters_only_to_an_exclusive_one() -> None:
    busy = replace(ANYBODY, asked_elsewhere=True)
    assert obstacle(busy, exclusive=True) == "other_offer"
    assert obstacle(busy, exclusive=False) is None


anything = st.builds(Weights, **{name: st.integers(*span) for name, span in RANGES.items()})


@given(people, st.integers(0, 2**31 - 1), anything, st.randoms(use_true_random=False))
def test_the_order_in_which_people_come_changes_nothing(
    found: list[Candidate], seed: int, weights: Weights, random: Random
) -> None:
    shuffled = random.sample(found, len(found))
    assert decide(found, seed=seed, weights=weights) == decide(shuffled, seed=seed, weights=weights)


@given(people, st.integers(0, 2**31 - 1), anything)
def test_the_terms_add_up_to_the_score_and_nobody_is_lost(found: list[Candidate], seed: int, weights: Weights) -> None:
    decision = decide(found, seed=seed, weights=weights)
    for ranked in decision.ranked:
        assert sum(term.hundredths for term in ranked.terms) == ranked.score_hundredths
    named = [each.specialist_id for each in decision.ranked] + [each.specialist_id for each in decision.excluded]
    assert sorted(named) == sorted(one.specialist_id for one in found)
    scores = [each.score_hundredths for each in decision.ranked]
    assert scores == sorted(scores)


def test_the_nearest_goes_first_and_the_under_served_overtakes_a_little() -> None:
    near, far = Candidate(uuid4(), travel_minutes=8), Candidate(uuid4(), travel_minutes=20)
    assert decide([far, near], seed=1).ranked[0].specialist_id == near.specialist_id
    busy, idle = replace(near, minutes_today=480), replace(far, minutes_today=0)
    assert decide([busy, idle], seed=1).ranked[0].specialist_id == idle.specialist_id


def test_equal_scores_are_drawn_by_the_seed_and_not_by_age_of_account() -> None:
    equals = [Candidate(uuid4()) for _ in range(5)]
    firsts = {decide(equals, seed=seed).ranked[0].specialist_id for seed in range(200)}
    assert firsts == {one.specialist_id for one in equals}


def test_the_list_of_inputs_is_closed() -> None:
    assert {each.name for each in fields(Candidate)} == {
        "specialist_id", "skilled", "in_good_standing", "serves_area", "on_shift", "free", "blocked", "asked_before",
        "asked_elsewhere", "cash_allowed", "travel_minutes", "minutes_today", "rating_hundredths", "rating_count",
        "planned", "wished_for", "amount_today", "active_minutes", "accept_permille", "free_in_minutes", "basis",
        "in_time",
    }  # fmt: skip


def test_the_ladder_asks_one_after_the_other_first_and_several_at_once_then() -> None:
    rungs = ladder({"offer_expiry_seconds": 30, "find_minutes": 120})
    assert [(rung.mode, rung.at_once, rung.exclusive) for rung in rungs] == [
        (Mode.SEQUENTIAL, 1, True), (Mode.BROADCAST, 5, False),
    ]  # fmt: skip
    assert len({round_of(crews, mode) for crews in range(5) for mode in ROUNDS}) == 5 * len(ROUNDS)


def test_work_that_begins_soon_goes_out_in_batches_and_whom_the_customer_asked_for_comes_before_everybody() -> None:
    settings = {"offer_expiry_seconds": 30, "find_minutes": 120, "same_person_minutes": 10}
    rungs = ladder(settings, Steps(asks_most=3), soon=True, wished=True)
    assert [(rung.mode, rung.asks_most, rung.seconds, rung.exclusive) for rung in rungs] == [
        (Mode.CHOSEN, 1, 600, True), (Mode.BATCH, 3, 30, True), (Mode.BROADCAST, 50, 7200, False),
    ]  # fmt: skip


def test_a_job_waits_for_somebody_near_and_is_worth_more_with_each_minute_beyond_patience() -> None:
    def worth(steps: Steps) -> list[int]:
        return [worth_of_waiting(steps, waited=timedelta(minutes=minutes)) for minutes in (0, 1, 10, 60, 900)]

    assert worth(FIRST_POLICIES["2026-12"].steps) == [6_000, 7_000, 16_000, 66_000, 66_000]
    steps = Steps(nobody_minutes=20, patience_minutes=10)
    assert worth(steps) == [2_000, 2_000, 2_000, 52_000, 62_000]
    told = [worth_of_waiting(steps, waited=MINUTE, near_minutes=near, around_minutes=8) for near in (20, 50)]
    assert told == [2_800, 5_000], "what every way has in common is no reason to wait"


def test_whoever_is_among_the_nearest_of_those_at_work_is_near_enough_however_far_that_is() -> None:
    ways = [9, 30, 45]
    said = [near_enough_minutes(Steps(near_enough=number), ways) for number in (0, 1, 3, 4)]
    assert said == [0, 9, 45, EVERYBODY_MINUTES]


def test_income_for_each_active_hour_decides_over_minutes_where_it_is_known() -> None:
    rich = replace(ANYBODY, minutes_today=0, amount_today=90_000, active_minutes=90)
    assert rate_of(rich) == 60_000
    assert rate_of(replace(ANYBODY, minutes_today=7)) == 7


def test_what_a_house_begins_with_is_frozen_by_the_version_of_the_code() -> None:
    """Whoever changes a default: count POLICY_VERSION up, and leave the old numbers in FIRST_POLICIES."""
    assert FIRST_POLICIES[POLICY_VERSION] is FIRST_POLICY
    assert Policy() == FIRST_POLICY
    assert FIRST_POLICIES["2026-11"] == FIRST_POLICIES["2026-12"] == Policy(
        Weights(refusal_hundredths=400, fairness_hundredths=1_200, fairness_half_minutes=0),
        Steps(soon_free_minutes=40, nobody_minutes=60, near_enough=0, patience_minutes=0, asks_most=8),
    )  # fmt: skip


def test_who_is_under_served_is_said_beside_everybody_on_shift_where_that_is_known() -> None:
    people = [Candidate(UUID(int=number), amount_today=6_000, active_minutes=120) for number in (1, 2)]
    terms = [{term.term for term in decide(people, seed=1, group_rate=rate).ranked[0].terms} for rate in (None, 9_000)]
    assert terms == [{"travel"}, {"travel", "fairness"}]


def test_a_policy_is_its_numbers_and_refuses_those_beyond_their_bounds() -> None:
    numbers = Policy(Weights(fairness_hundredths=0), Steps(soon_minutes=5)).numbers()
    assert policy_of(numbers) == Policy(Weights(fairness_hundredths=0), Steps(soon_minutes=5))
    assert policy_of({}) == FIRST_POLICIES["2026-12"], "what was published before a number had a name"
    for name, span in (RANGES | STEP_RANGES).items():
        for value in (span[0] - 1, span[1] + 1):
            with pytest.raises(WeightOutOfRange):
                policy_of(numbers | {name: value})
