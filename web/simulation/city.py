"""A city and one day in it: who works where and when, who asks for what, and what nobody but the world knows.

Same seed, same city, same requests, same private answers: each person's answer to each job is drawn once and is the
same under every policy (common random numbers). Places in kilometres from the middle, times in minutes since midnight.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

TRADES = 12
SPEED = 22 / 60  # km a minute, on streets 1.3 times as long as the straight line
DETOUR = 1.3
PATIENCE = 10.0  # minutes until somebody must have accepted
PROMISE = 60.0  # minutes until somebody must be there
OFFER_LIVES = 0.5
OVERTIME = 30.0  # by which a last visit may go beyond the end of a shift
SURE = 0.92  # nobody accepts more often
WILLING, BY_KM = 2.2, 0.30  # of the logistic of accepting
OPENS, HOURS = 7, 14
DEMAND = (0.2, 0.5, 1, 1.3, 1.4, 1.2, 1, 0.9, 1, 1.2, 1.5, 1.4, 0.9, 0.4)  # by the hour, from seven
_BITS = (1 << 64) - 1
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Weather:
    """How far the world strays from what the house believes; all zero in the plain run.

    `durations` is the share by which a visit may last longer or shorter than planned. `reluctant`: people accept less
    often than on all the days from which the house has learned, and far ways much less.
    """

    cancelling: float = 0.0  # share of customers who cancel within twenty minutes
    absent: float = 0.0  # share of customers who are not there
    forgetting: float = 0.0  # share of accepted visits to which nobody comes
    durations: float = 0.0
    reluctant: bool = False


@dataclass(frozen=True)
class City:
    """Everything about one day, as arrays by specialist and by request (in the order of their time)."""

    seed: int
    weather: Weather
    base: Numbers
    trade_of: Whole
    start: Numbers
    end: Numbers
    taste: Numbers
    asked_at: Numbers
    place: Numbers
    trade: Whole
    minutes: Numbers  # as planned
    lasts: Numbers  # as it will be
    pay: Whole  # in hundredths
    cancels_at: Numbers  # infinite where nobody cancels
    absent: NDArray[np.bool_]

    def chance(self, specialist: int, km: float, job: int) -> float:
        """How likely this person accepts; nobody in the house knows it."""
        base, by_km = (1.5, 0.42) if self.weather.reluctant else (WILLING, BY_KM)
        inclined = base - by_km * km + float(self.taste[specialist]) + 0.02 * (float(self.pay[job]) / 100 - 15)
        return SURE / (1 + math.exp(-inclined))

    def answer(self, specialist: int, km: float, job: int) -> tuple[bool | None, float]:
        """Yes or no and after how many minutes; None when the offer runs out unanswered."""
        first, second, third = drawn(self.seed, specialist, job, 3)
        delay = min(0.03 + 0.13 * math.exp(_NORMAL.inv_cdf(min(max(second, 1e-9), 1 - 1e-9))), 9.0)
        if delay >= OFFER_LIVES:
            return None, OFFER_LIVES
        if first < self.chance(specialist, km, job):
            return True, delay
        return (False, delay) if third > 0.25 else (None, OFFER_LIVES)  # a quarter of refusals is silence

    def forgets(self, specialist: int, job: int) -> bool:
        """Whether who accepted this job will not come."""
        if not self.weather.forgetting:
            return False
        return drawn(self.seed + 7_000_003, specialist, job, 1)[0] < self.weather.forgetting


def build(seed: int, *, specialists: int, requests: int, weather: Weather | None = None) -> City:
    """The city of this seed: thirty neighbourhoods, supply that lives elsewhere than demand, two peaks."""
    weather = weather or Weather()
    of = np.random.default_rng(seed)
    many = 30
    centres = of.uniform(-20, 20, (many, 2))
    wanted = of.dirichlet(np.ones(many) * 2)
    lived = 0.5 * wanted + 0.5 * of.dirichlet(np.ones(many) * 2)
    popular = 1 / np.arange(1, TRADES + 1) ** 0.6
    popular /= popular.sum()
    base = _places(of, centres, lived, specialists)
    trade_of = of.choice(TRADES, specialists, p=0.9 * popular + 0.1 / TRADES)
    start = of.choice([7, 8, 9, 10, 12, 14], specialists, p=[0.15, 0.3, 0.25, 0.1, 0.1, 0.1]) * 60.0
    start = start + of.uniform(0, 30, specialists)
    end = start + of.normal(9, 1, specialists).clip(5, 11) * 60
    taste = of.normal(0, 0.7, specialists)
    by_hour = np.array(DEMAND) / sum(DEMAND)
    asked_at = np.sort((OPENS + of.choice(HOURS, requests, p=by_hour) + of.random(requests)) * 60)
    place = _places(of, centres, wanted, requests)
    trade = of.choice(TRADES, requests, p=popular)
    minutes = of.lognormal(math.log(30), 0.5, requests).clip(10, 150)
    pay = np.rint(100 * (5 + minutes * 0.35 * of.lognormal(0, 0.15, requests))).astype(np.int64)
    return City(
        seed, weather, base, trade_of, start, end, taste, asked_at, place, trade, minutes, pay=pay,
        **_astray(seed, weather, asked_at, minutes),
    )  # fmt: skip


def kilometres(one: Numbers, other: Numbers) -> Numbers:
    """Along streets, between places or rows of places."""
    apart = one - other
    far: Numbers = DETOUR * np.sqrt((apart * apart).sum(-1))
    return far


def drawn(seed: int, specialist: int, job: int, many: int) -> list[float]:
    """Numbers from 0 to 1 that belong to this pair, whoever asks and when."""
    state = _mixed((_mixed((_mixed(seed & _BITS) + specialist) & _BITS) + job) & _BITS)
    found = []
    for _ in range(many):
        state = (state + 0x9E3779B97F4A7C15) & _BITS
        found.append((_mixed(state) >> 11) / (1 << 53))
    return found


def _mixed(number: int) -> int:
    number = (number + 0x9E3779B97F4A7C15) & _BITS
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _BITS
    return number ^ (number >> 31)


def _places(of: np.random.Generator, centres: Numbers, weights: Numbers, many: int) -> Numbers:
    chosen = of.choice(len(centres), many, p=weights)
    return np.clip(centres[chosen] + of.normal(0, 2.5, (many, 2)), -25, 25)


def _astray(seed: int, weather: Weather, asked_at: Numbers, minutes: Numbers) -> dict[str, Any]:
    """Cancellations, absences and true durations: from numbers of their own, so that the rest stays as it was."""
    of = np.random.default_rng([seed, 2])
    many = len(asked_at)
    cancels, after, absent, strays = of.random(many), of.uniform(0, 20, many), of.random(many), of.uniform(-1, 1, many)
    return {
        "lasts": minutes * (1 + weather.durations * strays),
        "cancels_at": np.where(cancels < weather.cancelling, asked_at + after, np.inf),
        "absent": absent < weather.absent,
    }
