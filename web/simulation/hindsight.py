"""What one who knew the whole day beforehand, and whom nobody refused, could have done: a plan that breaks no rule.

Every visit begins within the promise, every way is driven, nobody works beyond shift and overtime. Found by inserting
each request where it costs the least way, then by taking visits near a request that was left out from their routes and
putting all of them back better. A plan is proof that so much could be done, not that no more could.
"""

import math
from dataclasses import dataclass

import numpy as np

from web.simulation.city import OVERTIME, PROMISE, SPEED, TRADES, City, Whole, kilometres

NONE = -1
REMOVED = 14  # visits around a request that are planned anew together
TRIES = 6  # for each request left out
NEAR_MINUTES, NEAR_KM = 75.0, 6.0


@dataclass(frozen=True, slots=True)
class Hindsight:
    """Share of requests served, and the way for each."""

    match: float
    km_per_job: float


def plan(city: City, *, tries: int = TRIES) -> Hindsight:
    """The plan of all trades; each for itself, for nobody has two."""
    served, km = 0, 0.0
    for trade in range(TRADES):
        one = Routes(city, np.flatnonzero(city.trade == trade), np.flatnonzero(city.trade_of == trade))
        one.build()
        one.mend(np.random.default_rng([city.seed, 4, trade]), tries)
        served += one.served
        km += one.km
    return Hindsight(served / max(1, len(city.asked_at)), km / max(1, served))


class Routes:
    """The routes of one trade. Place `i < n` is after visit `i`; place `n + s` is before the first visit of `s`."""

    def __init__(self, city: City, jobs: Whole, people: Whole) -> None:
        """Nobody has a visit."""
        self.jobs, self.many = jobs, len(jobs)
        self.at = np.concatenate([city.place[jobs], city.base[people]])
        self.opens, self.minutes = city.asked_at[jobs], city.minutes[jobs]
        places = self.many + len(people)
        self.ready = np.full(places, np.inf)  # when somebody can leave this place
        self.ready[self.many :] = city.start[people]
        self.begins = np.full(places, np.inf)
        self.ends = city.end[people] + OVERTIME
        self.next = np.full(places, NONE)
        self.before = np.full(self.many, NONE)
        self.latest = np.full(places, -np.inf)  # when the next visit must begin, or the last be over
        self.latest[self.many :] = self.ends
        self.route = np.full(places, NONE)
        self.route[self.many :] = np.arange(len(people))
        self.onward = np.zeros(places)  # km to the next visit
        self.next_at = np.zeros((places, 2))
        self.has_next = np.zeros(places, bool)

        self._count = 0

    @property
    def served(self) -> int:
        """How many have their visit."""
        return self._count

    @property
    def km(self) -> float:
        """All ways."""
        return float(self.onward.sum())

    def build(self) -> None:
        """Short visits first: more of them fit."""
        for job in np.argsort(self.minutes, kind="stable"):
            self.insert(int(job))

    def insert(self, job: int) -> bool:
        """Where it costs the least way; False where it fits nowhere."""
        last = int(self.opens.searchsorted(self.opens[job] + PROMISE))
        place = min(self._cheapest(job, 0, last), self._cheapest(job, self.many, len(self.at)))[1]
        if place == NONE:
            return False
        after = int(self.next[place])
        self.route[job], self.before[job] = self.route[place], place
        self._joined(job, after)
        self._joined(place, job)
        self._timed(int(self.route[job]))
        self._count += 1
        return True

    def _cheapest(self, job: int, first: int, last: int) -> tuple[float, int]:
        """The additional way, and the place, among these places."""
        here, opens, some = self.at[job], float(self.opens[job]), slice(first, last)
        there = kilometres(self.at[some], here)
        begin = np.maximum(opens, self.ready[some] + there / SPEED)
        onward = np.where(self.has_next[some], kilometres(self.next_at[some], here), 0.0)
        fits = (begin <= opens + PROMISE) & (begin + self.minutes[job] + onward / SPEED <= self.latest[some])
        if not fits.any():
            return math.inf, NONE
        cost = np.where(fits, there + onward - self.onward[some], np.inf)
        best = int(np.argmin(cost))
        return float(cost[best]), first + best

    def remove(self, job: int) -> None:
        """This visit is not made."""
        place, after = int(self.before[job]), int(self.next[job])
        self._joined(place, after)
        self.before[job] = self.route[job] = self.next[job] = NONE
        self.ready[job], self.latest[job], self.onward[job], self.has_next[job] = np.inf, -np.inf, 0.0, False
        self._timed(int(self.route[place]))
        self._count -= 1

    def mend(self, of: np.random.Generator, tries: int) -> None:
        """Plan anew around each request that was left out; keep what serves more, or as many on less way."""
        for _ in range(tries):
            for job in of.permutation(np.flatnonzero(self.before == NONE)):
                if self.before[job] == NONE:
                    self._around(int(job), of)

    def _around(self, job: int, of: np.random.Generator) -> None:
        first, last = self.opens.searchsorted((self.opens[job] - NEAR_MINUTES, self.opens[job] + NEAR_MINUTES))
        close = kilometres(self.at[first:last], self.at[job]) < NEAR_KM
        near = first + np.flatnonzero(close & (self.before[first:last] != NONE))
        if not len(near):
            return
        chosen = of.permutation(near)[:REMOVED]
        taken = [int(each) for each in chosen]
        old = self._count, -self.km
        routes = {int(self.route[each]) for each in chosen}
        kept = {route: self.visits(route) for route in routes}
        for each in taken:
            self.remove(each)
        for each in (job, *(int(one) for one in of.permutation(chosen))):
            if self.insert(each):
                routes.add(int(self.route[each]))
        if (self._count, -self.km) < old:
            self._restore(routes, kept, [job, *taken])
            self._count = old[0]

    def _restore(self, routes: set[int], kept: dict[int, list[int]], moved: list[int]) -> None:
        for each in moved:
            if self.before[each] != NONE:
                self.remove(each)
        for route in sorted(routes & kept.keys()):
            place = self.many + route
            for each in kept[route]:
                self.route[each], self.before[each] = route, place
                self._joined(place, each)
                place = each
            self._joined(place, NONE)
            self._timed(route)

    def visits(self, route: int) -> list[int]:
        """Those of one person, in their order."""
        found, place = [], int(self.next[self.many + route])
        while place != NONE:
            found.append(place)
            place = int(self.next[place])
        return found

    def _joined(self, place: int, after: int) -> None:
        self.next[place] = after
        self.has_next[place] = after != NONE
        if after == NONE:
            self.onward[place] = 0.0
            return
        self.before[after] = place
        self.next_at[place] = self.at[after]
        self.onward[place] = float(kilometres(self.at[place], self.at[after]))

    def _timed(self, route: int) -> None:
        """When each visit of a route can begin at the earliest, and must at the latest."""
        visits = self.visits(route)
        place = self.many + route
        for each in visits:
            begin = max(float(self.opens[each]), float(self.ready[place]) + float(self.onward[place]) / SPEED)
            self.ready[each] = begin + float(self.minutes[each])
            place = each
        latest = float(self.ends[route])
        self.latest[place] = latest
        for each in reversed(visits):
            closes = float(self.opens[each]) + PROMISE
            must = latest - float(self.minutes[each])
            if self.has_next[each]:
                must -= float(self.onward[each]) / SPEED
            latest = min(closes, must)
            self.latest[self.before[each]] = latest
