"""The house's own way: production's score, batch and soon-free, over what production would know.

Where production asks its database for the nearest who may be asked, this asks arrays; the rules are the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from booking.dispatch.batch import Pair, assign
from booking.dispatch.candidates import LOOKED_AT
from booking.dispatch.decisions import kept
from booking.dispatch.relief import LEAD
from booking.dispatch.rules import FIRST_POLICY, MARGIN_HUNDREDTHS, Policy, near_enough_minutes, worth_of_waiting
from booking.dispatch.scoring import (
    ACTIVE_AT_LEAST_MINUTES,
    WAY_BANDS,
    Facts,
    accept_permille,
    score,
    total,
    usual_rate,
    way_band,
)
from booking.dispatch.soon_free import OVERRUN, Running, breaks_promise
from booking.tracking.rules import Basis
from web.simulation.city import BY_KM, OFFER_LIVES, OVERTIME, PROMISE, SPEED, SURE, WILLING, Numbers, Whole, kilometres
from web.simulation.day import Day

PEOPLE, JOBS = 1 << 100, 2 << 100  # from which their ids are counted
MARGIN = MARGIN_HUNDREDTHS[Basis.NEXT]  # who is at work leaves from there; everybody else shares where they are
USUAL_PERMILLE = 750  # before anybody has answered
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY = 30  # answers of each person that are known from the days before


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried: a policy as an organization publishes it, and the pace of the loop."""

    policy: Policy = FIRST_POLICY
    every_seconds: float = 10.0
    lone: bool = True  # who competes with nobody does not wait for the next batch


def moment(minutes: float) -> datetime:
    """Of the day of the simulation, for rules that are told the time."""
    return MIDNIGHT + timedelta(minutes=float(minutes))


def way_minutes(km: Numbers) -> Whole:
    """As `pace.way_minutes` in the city's pace: whole minutes, rounded up."""
    return np.ceil(km / SPEED - 1e-9).astype(np.int64)


class Answers:
    """How often people accept, as the house has seen it, by the length of the way."""

    def __init__(self, day: Day) -> None:
        """Some answers of earlier days, on which the weather was plain."""
        city = day.city
        of = np.random.default_rng([city.seed, 3])
        people = len(city.start)
        km = of.uniform(0.3, 12.0, (people, HISTORY))
        would = SURE / (1 + np.exp(-(WILLING - BY_KM * km + city.taste[:, None])))
        yes = of.random((people, HISTORY)) < would
        bands = np.searchsorted(WAY_BANDS, way_minutes(km), side="right")
        self.yes = [int((yes & (bands == each)).sum()) for each in range(len(WAY_BANDS) + 1)]
        self.all = [int((bands == each).sum()) for each in range(len(WAY_BANDS) + 1)]

    def heard(self, minutes: int, *, answer: bool | None) -> None:
        """An offer that ran out is no answer."""
        if answer is None:
            return
        self.yes[way_band(minutes)] += answer
        self.all[way_band(minutes)] += 1

    def permille(self, minutes: int) -> int:
        """How often people accept so long a way. Nobody's own rate: choosy people would starve."""
        band = way_band(minutes)
        return accept_permille(self.yes[band], self.all[band], usual_permille=USUAL_PERMILLE)


class Ours:
    """Batches at least cost, with who is about to finish, fair to who earned less."""

    def __init__(self, day: Day, plan: Plan | None = None) -> None:
        self.day, self.plan = day, plan or Plan()
        self.every = self.plan.every_seconds / 60
        self.answers = Answers(day)
        self.waiting: dict[int, None] = {}
        self.people = [UUID(int=PEOPLE + number) for number in range(len(day.city.start))]
        self.jobs = [UUID(int=JOBS + number) for number in range(len(day.city.asked_at))]
        self.most = self.plan.policy.steps.candidates_most

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
        self.answers.heard(int(way_minutes(np.array(km))), answer=answer)

    def tick(self) -> None:
        """Give out what waits."""
        self._rescue()
        for job in [job for job in self.waiting if not (self.day.is_open(job) and self._asks_on(job))]:
            del self.waiting[job]
            self.day.rescuing.discard(job)
        if self.waiting:
            self._batch(list(self.waiting))

    def _asks_on(self, job: int) -> bool:
        """Beyond so many the house asks several at once, which is not played: the job counts as lost."""
        return len(self.day.asked[job]) < self.plan.policy.steps.asks_most

    def _batch(self, jobs: list[int]) -> None:
        day, steps = self.day, self.plan.policy.steps
        by_trade: dict[int, list[int]] = {}
        for job in jobs:
            by_trade.setdefault(int(day.city.trade[job]), []).append(job)
        pairs: list[Pair] = []
        nobody_of: dict[UUID, int] = {}
        self.most = kept(steps, len(jobs))
        for trade, some in by_trade.items():
            at_work = self._at_work(trade)
            for job, people in self._asked_for(trade, at_work, some):
                pairs += [Pair(self.jobs[job], self.people[each], cost) for cost, each in people]
                waited = timedelta(minutes=int(day.now - day.city.asked_at[job]))
                nobody_of[self.jobs[job]] = worth_of_waiting(
                    steps, waited=waited, near_minutes=near_enough_minutes(steps, self._ways(job, at_work))
                )
        if not pairs:
            return
        for each in assign(pairs, seed=day.city.seed, nobody_of=nobody_of).chosen:
            job, specialist = each.job.int - JOBS, each.specialist.int - PEOPLE
            del self.waiting[job]
            day.offer(job, specialist, float(kilometres(day.place[specialist], day.city.place[job])))

    def _at_work(self, trade: int) -> Whole:
        """Everybody of a trade who is on shift, also who is busy."""
        day, group = self.day, self.day.by_trade[trade]
        return group[(day.city.start[group] <= day.now) & (day.now < day.city.end[group] + OVERTIME)]

    def _ways(self, job: int, at_work: Whole) -> list[int]:
        """The ways of those at work who are nearest to this job, in order."""
        many = self.plan.policy.steps.near_enough
        km = kilometres(self.day.place[at_work], self.day.city.place[job])
        nearest = np.partition(km, many - 1)[:many] if 0 < many < len(km) else km
        ways: list[int] = way_minutes(np.sort(nearest)).tolist()
        return ways

    def _rescue(self) -> None:
        """Whoever would be late because a running visit lasts: their next job is offered anew, and kept till taken."""
        day, city = self.day, self.day.city
        held = np.flatnonzero((day.turn > day.now) & (day.free > day.turn))
        over = np.maximum(day.believed[held], day.now)
        for specialist, ends in zip(held[over > day.believed[held]], over[over > day.believed[held]], strict=True):
            visit = day.visits[specialist][-1]
            running = Running(moment(ends) + OVERRUN, held_next=1)
            promised = moment(city.asked_at[visit.job] + PROMISE) - LEAD
            travel = timedelta(minutes=visit.km / SPEED)
            if visit.job not in day.rescuing and breaks_promise(
                running, travel=travel, promised_until=promised, now=moment(day.now)
            ):
                day.rescuing.add(visit.job)
                day.until[visit.job] = city.asked_at[visit.job] + PROMISE
                self.waiting[visit.job] = None

    def _asked_for(self, trade: int, at_work: Whole, jobs: list[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Who may be asked for each of these jobs: of the nearest the best by their score."""
        day, policy = self.day, self.plan.policy
        people = day.askable(day.by_trade[trade], policy.steps.soon_free_minutes)
        if not len(people):
            return
        free = day.expected_free(people)
        usual = usual_rate(self._rates(at_work).tolist())
        for job in jobs:
            near, km = self.nearest(job, people, free)
            facts = self._facts(people[near], km, free[near], usual)
            scored = [
                (total(score(each, policy.weights)), who)
                for who, each in zip(people[near].tolist(), facts, strict=True)
            ]
            if scored:
                yield job, sorted(scored)[: self.most]

    def _facts(self, people: Whole, km: Numbers, free: Numbers, usual: int) -> Iterator[Facts]:
        """What production's rules are told of these people, in whole minutes as there."""
        ways, free_in = way_minutes(km), np.ceil(free - self.day.now).astype(np.int64)
        rates, active = self._rates(people), (self.day.now - self.day.city.start[people]).astype(np.int64)
        known = zip(ways.tolist(), free_in.tolist(), rates.tolist(), active.tolist(), strict=True)
        for way, waits, rate, minutes in known:
            yield Facts(
                way * 100, waits * 100, margin_hundredths=MARGIN if waits else 0,
                accept_permille=self.answers.permille(way), rate=rate, group_rate=usual, active_minutes=minutes,
            )  # fmt: skip

    def _rates(self, people: Whole) -> Whole:
        """What the day has brought to each of these, an active hour."""
        active = (self.day.now - self.day.city.start[people]).astype(np.int64)
        return self.day.earned[people] * 60 // np.maximum(active, ACTIVE_AT_LEAST_MINUTES)

    def nearest(self, job: int, people: Whole, free: Numbers) -> tuple[Whole, Numbers]:
        """Places in `people` of the nearest who were not asked, arrive as promised, and end in their shift."""
        day, city = self.day, self.day.city
        km = kilometres(day.place[people], city.place[job])
        there = np.maximum(free, day.now + OFFER_LIVES) + km / SPEED  # also for who answers last
        fits = (there <= city.asked_at[job] + PROMISE) & (there + city.minutes[job] <= city.end[people] + OVERTIME)
        if day.asked[job]:
            fits &= ~np.isin(people, list(day.asked[job]))
        found = np.flatnonzero(fits)
        found = found[np.argsort(km[found], kind="stable")[: LOOKED_AT * self.plan.policy.steps.candidates_most]]
        return found, km[found]
