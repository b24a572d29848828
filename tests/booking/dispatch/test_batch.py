"""The batch: as cheap as trying everything, the same in every order, and honest about its gap."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.dispatch import batch
from booking.dispatch.batch import NOBODY, Pair, assign, lot

JOBS = [UUID(int=number) for number in range(1, 6)]
PEOPLE = [UUID(int=number) for number in range(101, 107)]
pairs = st.lists(
    st.builds(Pair, st.sampled_from(JOBS), st.sampled_from(PEOPLE), st.integers(-1500, 7000) | st.integers(0, 3)),
    max_size=18,
    unique_by=lambda each: (each.job, each.specialist),
)
seeds = st.integers(0, 2**31 - 1)


def least(found: Sequence[Pair], jobs: Sequence[UUID], taken: frozenset[UUID] = frozenset()) -> int:
    """By trying everything."""
    if not jobs:
        return 0
    first, rest = jobs[0], jobs[1:]
    mine = [each for each in found if each.job == first and each.specialist not in taken]
    ways = [each.hundredths + least(found, rest, taken | {each.specialist}) for each in mine]
    return min([NOBODY + least(found, rest, taken), *ways])


@settings(max_examples=60, deadline=None)
@given(pairs, seeds, st.randoms(use_true_random=False))
def test_it_costs_what_trying_everything_finds_in_whatever_order_pairs_come(
    found: list[Pair], seed: int, random: Random
) -> None:
    made = assign(found, seed=seed, jobs=JOBS)
    assert made.value_hundredths == least(found, JOBS) == made.bound_hundredths
    assert made.value_hundredths == sum(each.hundredths for each in made.chosen) + NOBODY * len(made.waiting)
    assert sorted([each.job for each in made.chosen] + list(made.waiting)) == JOBS
    assert len({each.specialist for each in made.chosen}) == len(made.chosen)
    assert made == assign(random.sample(found, len(found)), seed=seed, jobs=reversed(JOBS))


def test_among_equals_the_lot_decides_with_a_rival_and_without() -> None:
    first, second = JOBS[:2]
    chosen = []
    for seed in range(24):
        alone = assign([Pair(first, person, 300) for person in PEOPLE], seed=seed)
        assert alone.chosen[0].specialist == min(PEOPLE, key=lambda each: lot(seed, each))
        both = assign([Pair(job, person, 300) for job in (first, second) for person in PEOPLE], seed=seed)
        assert {each.specialist for each in both.chosen} == set(sorted(PEOPLE, key=lambda each: lot(seed, each))[:2])
        chosen.append(alone.chosen[0].specialist)
    assert len(set(chosen)) == len(PEOPLE)


def test_whoever_is_wanted_goes_where_leaving_costs_more() -> None:
    first, second = JOBS[:2]
    found = [Pair(first, PEOPLE[0], 500), Pair(second, PEOPLE[0], 900)]
    assert [each.job for each in assign(found, seed=1).chosen] == [first]
    urgent = assign(found, seed=1, nobody_of={second: 12_000})
    assert [each.job for each in urgent.chosen] == [second]
    assert urgent.waiting == (first,)
    assert assign([Pair(first, PEOPLE[0], NOBODY + 1)], seed=1).waiting == (first,)


@settings(max_examples=40, deadline=None)
@given(pairs, seeds)
def test_the_bound_sees_the_pairs_that_were_left_out_and_is_never_beaten(found: list[Pair], seed: int) -> None:
    few = [each for each in found if each.specialist in PEOPLE[:2]]
    made = assign(few, seed=seed, jobs=JOBS, wider=found)
    assert made.exact
    assert made.bound_hundredths == least(found, JOBS) <= made.value_hundredths
    assert made.gap_percent >= 0
    costs = dict.fromkeys(JOBS, NOBODY)
    loose = batch._relaxed(batch._cheapest(found), costs)
    assert loose <= made.bound_hundredths


def test_the_gap_is_said_in_percent() -> None:
    first, second = JOBS[:2]
    few = [Pair(first, PEOPLE[0], 1000), Pair(second, PEOPLE[1], 1100)]
    made = assign(few, seed=1, wider=[Pair(second, PEOPLE[2], 1000)])
    assert (made.value_hundredths, made.bound_hundredths, made.gap_percent) == (2100, 2000, Decimal("5.0000"))
    assert assign(few, seed=1).gap_percent == 0
