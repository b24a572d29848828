"""The score, term by term: whole numbers that add up, and no term that hides a rule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.dispatch.scoring import (
    RANGES,
    Facts,
    TermName,
    WeightOutOfRange,
    Weights,
    accept_permille,
    per_active_hour,
    score,
    total,
)

PLAIN = Facts(travel_hundredths=900)
facts = st.builds(
    Facts,
    travel_hundredths=st.integers(0, 9000),
    free_in_hundredths=st.integers(-100, 6000),
    margin_hundredths=st.integers(0, 1000),
    accept_permille=st.none() | st.integers(0, 1000),
    rate=st.integers(0, 10**7),
    group_rate=st.integers(0, 10**7),
    active_minutes=st.none() | st.integers(-10, 700),
    rating_hundredths=st.none() | st.integers(100, 500),
    rating_count=st.integers(0, 60),
    planned=st.booleans(),
    wished_for=st.booleans(),
)
weights = st.builds(Weights, **{name: st.integers(*span) for name, span in RANGES.items()})


PLAINLY = Weights(refusal_hundredths=400, fairness_hundredths=1200, fairness_half_minutes=0)


def terms_of(one: Facts, by: Weights = PLAINLY) -> dict[str, int]:
    return {each.term: each.hundredths for each in score(one, by)}


@given(facts, weights)
def test_terms_are_named_once_add_up_and_stay_within_what_was_published(one: Facts, by: Weights) -> None:
    terms = score(one, by)
    assert len({each.term for each in terms}) == len(terms)
    assert {each.term for each in terms} <= set(TermName)
    assert total(terms) == sum(terms_of(one, by).values())
    known = terms_of(one, by)
    assert abs(known.get("fairness", 0)) <= by.fairness_hundredths
    assert -by.quality_hundredths <= known.get("quality", 0) <= 0
    assert 0 <= known.get("refusal", 0) <= by.refusal_hundredths * 19
    assert all(type(each.hundredths) is int for each in terms)


def test_each_term_says_what_it_is_worth() -> None:
    assert terms_of(PLAIN) == {"travel": 900}
    told = replace(
        PLAIN, free_in_hundredths=2000, margin_hundredths=120, accept_permille=800, rate=90, group_rate=120,
        rating_hundredths=460, rating_count=12, planned=True, wished_for=True,
    )  # fmt: skip
    assert terms_of(told) == {
        "travel": 900, "waiting": 300, "refusal": 100, "fairness": -300, "quality": -270, "planned": -500,
        "same_person": -500, "position": 120,
    }  # fmt: skip


def test_who_earned_more_than_their_group_costs_more_and_a_few_ratings_say_nothing() -> None:
    assert terms_of(replace(PLAIN, rate=180, group_rate=120))["fairness"] == 600
    assert "quality" not in terms_of(replace(PLAIN, rating_hundredths=500, rating_count=9))


def test_a_difference_counts_more_the_longer_it_lasts() -> None:
    by = replace(PLAINLY, fairness_half_minutes=60)
    under = replace(PLAIN, rate=0, group_rate=120)
    said = [terms_of(replace(under, active_minutes=minutes), by).get("fairness", 0) for minutes in (0, 60, 180)]
    assert said == [0, -600, -900]
    assert terms_of(under, by)["fairness"] == -1200  # where nobody knows how long


@pytest.mark.parametrize(("name", "span"), list(RANGES.items()))
def test_no_weight_outside_its_range_can_be_published(name: str, span: tuple[int, int]) -> None:
    with pytest.raises(WeightOutOfRange) as refused:
        Weights(**{name: span[1] + 1})
    assert (refused.value.weight, refused.value.least, refused.value.most) == (name, *span)
    with pytest.raises(WeightOutOfRange):
        Weights(**{name: -1})


def test_one_refusal_is_drawn_towards_what_is_usual_and_nobody_is_certain() -> None:
    assert accept_permille(0, 0, usual_permille=800) == 800
    assert accept_permille(0, 1, usual_permille=800) == 761
    assert accept_permille(0, 10_000, usual_permille=800) == 50
    assert accept_permille(10_000, 10_000, usual_permille=800) == 950


def test_the_first_minutes_of_a_day_do_not_make_somebody_rich() -> None:
    assert per_active_hour(3000, 5) == per_active_hour(3000, 45) == 4000
    assert per_active_hour(3000, 180) == 1000
