"""Who is asked for which job, for all open jobs at once: the cheapest way to serve as many as are worth it. Pure.

Each job is given to one person or to nobody, each person one job at most; the sum of the scores is least. Nobody costs
`NOBODY`: beyond that it is better to wait. The same pairs and seed give the same batch in whatever order they come, and
each batch says how far from the best it can be (dispatch.md §6). scipy is loaded by the first batch in which two jobs
want the same person, and by nothing else: a web process does not pay for it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from types import MappingProxyType
from typing import Any
from uuid import UUID

NOBODY = 6000  # hundredths of a minute
EXACT_PAIRS = 500_000  # so many pairs are solved whole for the bound, in about 4 s; beyond, a relaxation answers
STEPS = 20  # of the relaxation
MOST_GAP = Decimal(99_999)  # what is told of a bound near zero
Asked = dict[UUID, dict[UUID, int]]  # job, person, cost
NO_JOBS: Mapping[UUID, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One person who may be asked for one job, and what that costs in hundredths of a minute."""

    job: UUID
    specialist: UUID
    hundredths: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Who is asked for what; jobs that wait; what it costs, and the least that anything could have cost.

    `bound_hundredths` looks at every pair known, also those left out to keep the problem small.
    """

    chosen: tuple[Pair, ...]
    waiting: tuple[UUID, ...]
    value_hundredths: int
    bound_hundredths: int
    exact: bool  # whether the bound is an optimum or a relaxation

    @property
    def gap_percent(self) -> Decimal:
        """How much dearer than the bound, in percent with four digits; 0 is proven to be the best."""
        over = Decimal(100 * (self.value_hundredths - self.bound_hundredths))
        return min(over / max(1, abs(self.bound_hundredths)), MOST_GAP).quantize(Decimal("0.0001"))


def assign(
    pairs: Sequence[Pair],
    *,
    seed: int,
    jobs: Iterable[UUID] = (),
    nobody: int = NOBODY,
    nobody_of: Mapping[UUID, int] = NO_JOBS,
    wider: Sequence[Pair] = (),
) -> Batch:
    """The cheapest assignment. `jobs` names jobs that may have no pair at all; `nobody_of` what leaving one costs.

    `wider` holds pairs that were left out of `pairs`: only the bound looks at them. Of equally cheap assignments the
    one whose people come first by a hash of seed and id: nobody is first for having registered first.
    """
    asked = _cheapest(pairs)
    costs = {job: nobody_of.get(job, nobody) for job in {*jobs, *(each.job for each in pairs)}}
    chosen = _given_out(asked, costs, seed)
    value = _worth(asked, costs, chosen)
    bound, exact = value, True
    if wider:
        bound, exact = _bound(_cheapest([*wider, *pairs]), costs, seed)
    made = tuple(Pair(job, chosen[job], asked[job][chosen[job]]) for job in sorted(chosen))
    return Batch(made, tuple(sorted(costs.keys() - chosen.keys())), value, min(bound, value), exact)


def lot(seed: int, id: UUID) -> bytes:
    """The order among equals."""
    return hashlib.sha256(f"{seed}:{id}".encode()).digest()


def _cheapest(pairs: Iterable[Pair]) -> Asked:
    found: Asked = {}
    for each in pairs:
        of_job = found.setdefault(each.job, {})
        of_job[each.specialist] = min(each.hundredths, of_job.get(each.specialist, each.hundredths))
    return found


def _worth(asked: Asked, costs: Mapping[UUID, int], chosen: Mapping[UUID, UUID]) -> int:
    return sum(asked[job][chosen[job]] if job in chosen else alone for job, alone in costs.items())


def _given_out(asked: Asked, costs: Mapping[UUID, int], seed: int) -> dict[UUID, UUID]:
    """Each job's own best, where no two want the same person; else what the solver finds."""
    best: dict[UUID, UUID] = {}
    for job, people in asked.items():
        least = min(people.values())
        if least < costs[job]:
            equal = [person for person, cost in people.items() if cost == least]
            best[job] = equal[0] if len(equal) == 1 else min(equal, key=lambda each: lot(seed, each))
    return best if len(set(best.values())) == len(best) else _solved(asked, costs, seed)


def _order(seed: int, ids: Iterable[UUID]) -> dict[UUID, int]:
    return {id: place for place, id in enumerate(sorted(ids, key=lambda each: lot(seed, each)))}


def _solved(asked: Asked, costs: Mapping[UUID, int], seed: int) -> dict[UUID, UUID]:
    """Sparse min-cost matching with a private column of nobody for each job.

    Costs come first and places by lot second, both exact: costs are multiplied beyond any sum of places. Rows and
    columns stand in the order of the lot, so that even what is still equal does not depend on who came first.
    """
    useful = [
        (job, person, cost) for job, people in asked.items() for person, cost in people.items() if cost < costs[job]
    ]
    people, rows = _order(seed, {person for _, person, _ in useful}), _order(seed, costs)
    many = len(people)
    step = len(rows) * (many + 1) + 1
    low = min(*(cost for _, _, cost in useful), *costs.values())
    cells = [(rows[job], people[person], (cost - low) * step + people[person] + 1) for job, person, cost in useful]
    cells += [(row, many + row, (costs[job] - low) * step + many + 1) for job, row in rows.items()]
    named = {place: person for person, place in people.items()}
    jobs = {row: job for job, row in rows.items()}
    return {jobs[row]: named[column] for row, column in _matching(sorted(cells), len(rows), many) if column < many}


def _matching(cells: Sequence[tuple[int, int, int]], rows: int, columns: int) -> list[tuple[int, int]]:
    """Every row once, at least cost; cells are positive, for an absent one is 0.

    The solver reckons in floats, which hold whole numbers up to 2**53: 5,000 jobs, 10,000 people and a thousand minutes
    between the dearest and the cheapest make cells of 5e12.
    """
    sparse: Any = import_module("scipy.sparse")
    csgraph: Any = import_module("scipy.sparse.csgraph")
    at_row, at_column, weight = zip(*cells, strict=True)
    graph = sparse.csr_matrix(([float(each) for each in weight], (at_row, at_column)), shape=(rows, columns + rows))
    chosen_rows, chosen_columns = csgraph.min_weight_full_bipartite_matching(graph)
    return [(int(row), int(column)) for row, column in zip(chosen_rows, chosen_columns, strict=True)]


def _bound(asked: Asked, costs: Mapping[UUID, int], seed: int) -> tuple[int, bool]:
    """The least that any assignment of all these pairs can cost, and whether one does cost it."""
    if sum(len(people) for people in asked.values()) > EXACT_PAIRS:
        return _relaxed(asked, costs), False
    return _worth(asked, costs, _given_out(asked, costs, seed)), True


def _relaxed(asked: Asked, costs: Mapping[UUID, int]) -> int:
    """Each job takes its cheapest, people have a price, and prices rise for whom several want: a bound at every step.

    Lagrangian relaxation of "each person one job at most", in whole numbers.
    """
    price: dict[UUID, int] = defaultdict(int)
    best = None
    for step in range(1, STEPS + 1):
        wanted: dict[UUID, int] = defaultdict(int)
        least = -sum(price.values())
        for job, alone in costs.items():
            asks = [(cost + price[person], person) for person, cost in asked.get(job, {}).items()]
            cheapest = min(asks, default=None)
            if cheapest is None or cheapest[0] >= alone:
                least += alone
            else:
                least += cheapest[0]
                wanted[cheapest[1]] += 1
        best = least if best is None else max(best, least)
        rise = max(1, 400 // step)
        for person in {*wanted, *price}:
            price[person] = max(0, price[person] + rise * (wanted[person] - 1))
    return best or 0
