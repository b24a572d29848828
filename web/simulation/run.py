"""All policies over the same days, and what they come to beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import fmean
from types import MappingProxyType

from booking.dispatch.rules import FIRST_POLICIES, POLICY_VERSION
from web.simulation import hindsight
from web.simulation.city import Weather, build
from web.simulation.day import Day
from web.simulation.ours import Ours, Plan
from web.simulation.plain import Broadcast, Nearest
from web.simulation.report import plain, told

OTHERS = MappingProxyType({"greedy": Nearest, "broadcast10": Broadcast})
WEATHERS: Mapping[str, Weather] = MappingProxyType({
    "plain": Weather(),
    "cancellations": Weather(cancelling=0.08),
    "no_shows": Weather(absent=0.03, forgetting=0.02),
    "wrong_durations": Weather(durations=0.3),
    "wrong_acceptance": Weather(reluctant=True),
})  # fmt: skip
HINDSIGHT = "hindsight"
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Task:
    """One policy on one day; `rules` is the version of those that a house begins with, for ours."""

    seed: int
    weather: str
    policy: str
    specialists: int
    requests: int
    rules: str = POLICY_VERSION


def tasks(
    *,
    specialists: int,
    requests: int,
    seeds: Sequence[int],
    weathers: Sequence[str] = tuple(WEATHERS),
    rules: str = POLICY_VERSION,
) -> Iterator[Task]:
    """What is to be played, the longest first; broadcast and hindsight in plain weather only."""
    for seed in seeds:
        yield Task(seed, "plain", HINDSIGHT, specialists, requests)
        for weather in ("plain", *(one for one in weathers if one != "plain")):
            for policy in ("ours", "greedy", *(["broadcast10"] if weather == "plain" else [])):
                yield Task(seed, weather, policy, specialists, requests, rules)


def play(task: Task) -> Figures:
    """One task's figures; the same for the same task, on every machine with the same libraries."""
    city = build(task.seed, specialists=task.specialists, requests=task.requests, weather=WEATHERS[task.weather])
    if task.policy == HINDSIGHT:
        found = hindsight.plan(city)
        return {"match": round(found.match, 4), "km_per_job": round(found.km_per_job, 4)}
    day = Day(city)
    others = OTHERS.get(task.policy)
    policy = Ours(day, Plan(FIRST_POLICIES[task.rules])) if others is None else others(day)
    day.run(policy, every=policy.every)
    return plain(told(day))


def played(some: Sequence[Task], *, processes: int) -> Iterator[tuple[Task, Figures]]:
    """Play all, so many at once."""
    if processes == 1:
        yield from ((task, play(task)) for task in some)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from zip(some, pool.map(play, some), strict=True)


def compared(ours: Figures, greedy: Figures) -> Figures:
    """What every weather tells: ratios to asking the nearest, and what is ours alone."""
    return {
        "km_vs_greedy": _ratio(ours, greedy, "km_per_job"),
        "match_minus_greedy_points": 100 * (ours["match"] - greedy["match"]),
        "p95_accept_vs_greedy": _ratio(ours, greedy, "accept_p95_s"),
        "offers_per_job": ours["offers_per_job"],
        "gini_vs_greedy": _ratio(ours, greedy, "gini"),
        "p10_income_vs_greedy": _ratio(ours, greedy, "p10_income"),
        "accepted_but_lost": ours["accepted_but_lost"],
    }


def of_seed(found: Mapping[tuple[str, str], Figures]) -> Figures:
    """The figures of one seed, in plain weather."""
    ours, greedy = found["plain", "ours"], found["plain", "greedy"]
    return compared(ours, greedy) | {
        "km_vs_broadcast10": _ratio(ours, found["plain", "broadcast10"], "km_per_job"),
        "match_vs_hindsight": _ratio(ours, found["plain", HINDSIGHT], "match"),
    }


def averaged(rows: Sequence[Figures]) -> Figures:
    """Over the seeds; who accepted in vain is added up."""
    means = {name: round(fmean(row[name] for row in rows), 4) for name in rows[0]}
    lost = "accepted_but_lost"
    return means | ({lost: sum(row[lost] for row in rows)} if lost in means else {})


def _ratio(one: Figures, other: Figures, name: str) -> float:
    """1 beside nothing: a city of few may leave a tenth of its people without income."""
    return one[name] / other[name] if other[name] else 1.0
