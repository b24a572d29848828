"""The house's own way: production's score, batch and soon-free, over what production would know.

Where production asks its database for the nearest who may be asked, this asks arrays; the rules are the same ones.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from booking.dispatch.batch import Pair, assign
from booking.dispatch.rules import Policy, Steps
from booking.dispatch.scoring import ACTIVE_AT_LEAST_MINUTES, Facts, Weights, accept_permille, score, total
from booking.dispatch.soon_free import Running, breaks_promise
from web.simulation.city import BY_KM, OFFER_LIVES, OVERTIME, PROMISE, SPEED, SURE, WILLING, Numbers, Whole, kilometres
from web.simulation.day import OVERRUN_MINUTES, Day

BANDS = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 12.0)  # km, between which accepting is counted apart
USUAL_PERMILLE = 750  # before anybody has answered
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
# What a house in a dense city publishes, found on the days 101 to 103 (decision 0019).
DENSE_CITY = Policy(
    Weights(waiting_permille=150, refusal_hundredths=0, fairness_hundredths=3400, fairness_half_minutes=60),
    Steps(soon_free_minutes=55, nobody_minutes=19),
)
HISTORY = 30  # answers of each person that are known from the days before


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried: a policy as an organization publishes it, and the pace of the loop."""

    policy: Policy = DENSE_CITY
    every_seconds: float = 10.0
    lone: bool = True  # who competes with nobody does not wait for the next batch


def moment(minutes: float) -> datetime:
    """Of the day of the simulation, for rules that are told the time."""
    return MIDNIGHT + timedelta(minutes=float(minutes))


class Answers:
    """How often people accept, as the house has seen it, by distance."""

    def __init__(self, day: Day) -> None:
        """Some answers of earlier days, on which the weather was plain."""
        city = day.city
        of = np.random.default_rng([city.seed, 3])
        people = len(city.start)
        km = of.uniform(0.3, 12.0, (people, HISTORY))
        would = SURE / (1 + np.exp(-(WILLING - BY_KM * km + city.taste[:, None])))
        yes = of.random((people, HISTORY)) < would
        band = np.digitize(km, BANDS)
        self.band_yes = [int((yes & (band == each)).sum()) for each in range(len(BANDS) + 1)]
        self.band_all = [int((band == each).sum()) for each in range(len(BANDS) + 1)]

    def heard(self, km: float, *, answer: bool | None) -> None:
        """An offer that ran out is no answer."""
        if answer is None:
            return
        band = bisect(BANDS, km)
        self.band_yes[band] += answer
        self.band_all[band] += 1

    def permille(self, km: float) -> int:
        """How often people accept at this distance. Nobody's own rate: choosy people would starve."""
        band = bisect(BANDS, km)
        return accept_permille(self.band_yes[band], self.band_all[band], usual_permille=USUAL_PERMILLE)


class Ours:
    """Batches at least cost, with who is about to finish, fair to who earned less."""

    def __init__(self, day: Day, plan: Plan | None = None) -> None:
        self.day, self.plan = day, plan or Plan()
        self.every = self.plan.every_seconds / 60
        self.answers = Answers(day)
        self.waiting: dict[int, None] = {}
        self.people = [UUID(int=(1 << 100) + number) for number in range(len(day.city.start))]
        self.jobs = [UUID(int=(2 << 100) + number) for number in range(len(day.city.asked_at))]

    def requested(self, job: int) -> None:
        """Ask at once if nobody competes; else wait for the batch."""
        day = self.day
        rivals = any(day.city.trade[each] == day.city.trade[job] for each in self.waiting)
        self.waiting[job] = None
        if self.plan.lone and not rivals:
            self._batch([job])

    def turned_down(self, job: int) -> None:
        """Back among those who wait."""
        self.requested(job)

    def heard(self, km: float, *, answer: bool | None) -> None:
        """Learn."""
        self.answers.heard(km, answer=answer)

    def tick(self) -> None:
        """Give out what waits."""
        self._rescue()
        for job in [job for job in self.waiting if not self.day.is_open(job)]:
            del self.waiting[job]
            self.day.rescuing.discard(job)
        if self.waiting:
            self._batch(list(self.waiting))

    def _batch(self, jobs: list[int]) -> None:
        day, steps = self.day, self.plan.policy.steps
        by_trade: dict[int, list[int]] = {}
        for job in jobs:
            by_trade.setdefault(int(day.city.trade[job]), []).append(job)
        pairs, km_of = [], {}
        for trade, some in by_trade.items():
            for job, specialist, km, cost in self._asked_for(trade, some):
                pairs.append(Pair(self.jobs[job], self.people[specialist], cost))
                km_of[self.jobs[job], self.people[specialist]] = job, specialist, km
        if not pairs:
            return
        made = assign(pairs, seed=day.city.seed, nobody=steps.nobody_minutes * 100)
        for each in made.chosen:
            job, specialist, km = km_of[each.job, each.specialist]
            del self.waiting[job]
            day.offer(job, specialist, km)

    def _rescue(self) -> None:
        """Whoever would be late because a running visit lasts: their next job is offered anew, and kept till taken."""
        day, city = self.day, self.day.city
        held = np.flatnonzero((day.turn > day.now) & (day.free > day.turn))
        over = np.maximum(day.believed[held], day.now)
        for specialist, ends in zip(held[over > day.believed[held]], over[over > day.believed[held]], strict=True):
            visit = day.visits[specialist][-1]
            running = Running(moment(ends + OVERRUN_MINUTES), held_next=1)
            promised = moment(city.asked_at[visit.job] + PROMISE)
            travel = timedelta(minutes=visit.km / SPEED)
            if visit.job not in day.rescuing and breaks_promise(
                running, travel=travel, promised_until=promised, now=moment(day.now)
            ):
                day.rescuing.add(visit.job)
                day.until[visit.job] = city.asked_at[visit.job] + PROMISE
                self.waiting[visit.job] = None

    def _asked_for(self, trade: int, jobs: list[int]) -> Iterator[tuple[int, int, float, int]]:
        """The nearest who may be asked for each of these jobs, with their score."""
        day, city, policy = self.day, self.day.city, self.plan.policy
        group = day.by_trade[trade]
        people = day.askable(group, policy.steps.soon_free_minutes)
        if not len(people):
            return
        free = day.expected_free(people)
        rates = self._rates(group[(city.start[group] <= day.now) & (day.now < city.end[group] + OVERTIME)])
        usual = int(rates.sum()) // len(rates)
        for job in jobs:
            near, km = self.nearest(job, people, free)
            for at, far, facts in zip(
                near.tolist(), km.tolist(), self._facts(people[near], km, free[near], usual), strict=True
            ):
                yield job, int(people[at]), far, total(score(facts, policy.weights))

    def _facts(self, people: Whole, km: Numbers, free: Numbers, usual: int) -> Iterator[Facts]:
        """What production's rules are told of these people, in whole minutes as there."""
        travel = np.rint(km / SPEED).astype(np.int64) * 100
        free_in = np.rint(free - self.day.now).astype(np.int64) * 100
        rates, active = self._rates(people), (self.day.now - self.day.city.start[people]).astype(np.int64)
        known = zip(travel.tolist(), free_in.tolist(), km.tolist(), rates.tolist(), active.tolist(), strict=True)
        for way, waits, far, rate, minutes in known:
            likely = self.answers.permille(far)
            yield Facts(way, waits, accept_permille=likely, rate=rate, group_rate=usual, active_minutes=minutes)

    def _rates(self, people: Whole) -> Whole:
        """What the day has brought to each of these, an active hour."""
        active = (self.day.now - self.day.city.start[people]).astype(np.int64)
        return self.day.earned[people] * 60 // np.maximum(active, ACTIVE_AT_LEAST_MINUTES)

    def nearest(self, job: int, people: Whole, free: Numbers) -> tuple[Whole, Numbers]:
        """Places in `people` of the nearest twenty who were not asked, arrive as promised, and end in their shift."""
        day, city = self.day, self.day.city
        km = kilometres(day.place[people], city.place[job])
        there = np.maximum(free, day.now + OFFER_LIVES) + km / SPEED  # also for who answers last
        fits = (there <= city.asked_at[job] + PROMISE) & (there + city.minutes[job] <= city.end[people] + OVERTIME)
        if day.asked[job]:
            fits &= ~np.isin(people, list(day.asked[job]))
        found = np.flatnonzero(fits)
        found = found[np.argsort(km[found], kind="stable")[: self.plan.policy.steps.candidates_most]]
        return found, km[found]
