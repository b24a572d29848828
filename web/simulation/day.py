"""A day under the virtual clock: offers go out, people answer, drive, work; a policy decides who is asked.

The world is the same for every policy. Who accepts first has the job, if it is still to be had and they still can;
whoever accepted in vain is counted.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np

from booking.dispatch.soon_free import OVERRUN
from web.simulation.city import OVERTIME, PATIENCE, PROMISE, SPEED, City, Numbers, Whole, kilometres

IN_VAIN_MINUTES = 10.0  # how long somebody waits at a closed door, and for somebody who does not come
OVERRUN_MINUTES = OVERRUN / timedelta(minutes=1)  # what a visit that lasts longer than planned is thought to take yet


class Policy(Protocol):
    """Whom to ask. Called by the day; asks through `Day.offer`."""

    def requested(self, job: int) -> None:
        """A customer asks."""

    def turned_down(self, job: int) -> None:
        """An offer of this job was declined or ran out, or its specialist is lost: ask on."""

    def heard(self, km: float, *, answer: bool | None) -> None:
        """Somebody said yes, no, or nothing."""

    def tick(self) -> None:
        """Some seconds have passed (`Day.every`)."""


@dataclass(slots=True)
class Visit:
    """One person's way to one job and the work there, as it will be; `planned` is its length as the house sees it."""

    job: int
    origin: Numbers
    left: float
    km: float
    arrive: float
    end: float
    planned: float
    pays: int


@dataclass(frozen=True, slots=True)
class Out:
    """An offer on somebody's screen, with the answer that it will have; None when it runs out."""

    job: int
    specialist: int
    km: float
    answer: bool | None
    exclusive: bool


class Day:
    """The state of the city, and the clock. Times in minutes since midnight."""

    def __init__(self, city: City) -> None:
        """Everybody at home, free from the start of their shift; nothing asked yet."""
        self.city, self.now, self._number = city, 0.0, 0
        self.by_trade: list[Whole] = [np.flatnonzero(city.trade_of == trade) for trade in range(12)]
        people, jobs = len(city.start), len(city.asked_at)
        self.place = city.base.copy()  # where they will be free
        self.turn = city.start.copy()  # when they set out for the last job they hold
        self.free = city.start.copy()  # when they will in truth be free
        self.believed = city.start.copy()  # when the job before the last was thought to end
        self.takes = np.zeros(people)  # way and planned work of the last job
        self.earned = np.zeros(people, np.int64)
        self.on_screen = np.zeros(people, bool)  # an exclusive offer
        self.visits: list[list[Visit]] = [[] for _ in range(people)]
        self.until = city.asked_at + PATIENCE  # so long customers wait for somebody to accept
        self.accepted_at = np.full(jobs, np.nan)
        self.visit_of: list[Visit | None] = [None] * jobs
        self.done_by = np.full(jobs, -1)
        self.over = np.zeros(jobs, bool)  # cancelled
        self.rescuing: set[int] = set()  # held by somebody who would be late: another is looked for
        self.live = np.zeros(jobs, np.int64)  # offers out
        self.asked: list[set[int]] = [set() for _ in range(jobs)]
        self.offers = self.in_vain = self.moved = 0
        self.lost_km = 0.0  # towards customers who cancelled
        self._events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []

    def run(self, policy: Policy, *, every: float = 0.0) -> None:
        """The whole day; with `every`, the policy is woken so often (minutes)."""
        self.policy = policy
        for job, moment in enumerate(self.city.asked_at):
            self.at(float(moment), self._requested, job)
        for job, moment in enumerate(self.city.cancels_at):
            if np.isfinite(moment):
                self.at(float(moment), self._cancelled, job)
        if every:
            last = float(self.city.asked_at[-1]) + PATIENCE + PROMISE
            for number in range(int((last - self.city.asked_at[0]) / every) + 1):
                self.at(float(self.city.asked_at[0]) + number * every, policy.tick)
        while self._events:
            self.now, _, act, told = heapq.heappop(self._events)
            act(*told)

    def at(self, moment: float, act: Callable[..., None], *told: object) -> None:
        """Do something then."""
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, act, told))

    def is_open(self, job: int) -> bool:
        """Whether somebody is still looked for; customers who wait too long have gone."""
        if self.over[job] or (self.done_by[job] >= 0 and job not in self.rescuing):
            return False
        return self.now <= float(self.until[job])

    def expected_free(self, people: Whole) -> Numbers:
        """When the house thinks that these will be free: `now` for who is."""
        set_out = np.where(
            self.turn[people] <= self.now, self.turn[people], np.maximum(self.believed[people], self.now)
        )
        planned = set_out + self.takes[people]
        thought = np.where(planned > self.now, planned, self.now + OVERRUN_MINUTES)  # `soon_free.expected_end`
        return np.where(self.free[people] > self.now, thought, self.now)

    def askable(self, people: Whole, soon_minutes: float) -> Whole:
        """Who of these is on shift, has no exclusive offer, and is free or soon free with nothing held for then."""
        here = (self.city.start[people] <= self.now) & (self.now < self.city.end[people] + OVERTIME)
        people = people[here & (~self.on_screen[people]) & (self.turn[people] <= self.now)]
        return people[self.expected_free(people) <= self.now + soon_minutes]

    def offer(self, job: int, specialist: int, km: float, *, exclusive: bool = True) -> None:
        """Ask; the answer comes in its own time."""
        self.offers += 1
        self.live[job] += 1
        self.asked[job].add(specialist)
        if exclusive:
            self.on_screen[specialist] = True
        answer, delay = self.city.answer(specialist, km, job)
        self.at(self.now + delay, self._answered, Out(job, specialist, km, answer, exclusive))

    def _requested(self, job: int) -> None:
        if not self.over[job]:
            self.policy.requested(job)

    def _answered(self, out: Out) -> None:
        self.live[out.job] -= 1
        if out.exclusive:
            self.on_screen[out.specialist] = False
        self.policy.heard(out.km, answer=out.answer)
        if not out.answer:
            if self.is_open(out.job):
                self.policy.turned_down(out.job)
        elif self.done_by[out.job] >= 0 and not self._rescued(out.job):
            self.in_vain += 1
        elif not self.over[out.job] and (out.exclusive or self.free[out.specialist] <= self.now):
            self._take(out.job, out.specialist)

    def _rescued(self, job: int) -> bool:
        if job not in self.rescuing:
            return False
        self.rescuing.discard(job)
        self.moved += 1
        return self.give_back(job, int(self.done_by[job]))

    def _take(self, job: int, specialist: int) -> None:
        city, held = self.city, self.visits[specialist]
        while held and held[0].end <= self.now:
            held.pop(0)
        km = float(kilometres(self.place[specialist], city.place[job]))
        left = max(self.now, float(self.free[specialist]))
        in_vain = bool(city.absent[job]) or city.forgets(specialist, job)
        lasts = IN_VAIN_MINUTES if in_vain else float(city.lasts[job])
        arrive = left + km / SPEED
        visit = Visit(job, self.place[specialist].copy(), left, km, arrive, arrive + lasts,
                      float(city.minutes[job]), 0 if in_vain else int(city.pay[job]))  # fmt: skip
        held.append(visit)
        self.visit_of[job] = visit
        self.believed[specialist] = self.expected_free(np.array([specialist]))[0]
        self.done_by[job] = specialist
        if np.isnan(self.accepted_at[job]):
            self.accepted_at[job] = self.now
        self.earned[specialist] += visit.pays
        self._follows(specialist)

    def _follows(self, specialist: int) -> None:
        """What is known of somebody comes from the last visit that they hold."""
        last = self.visits[specialist][-1]
        self.place[specialist] = self.city.place[last.job]
        self.turn[specialist], self.free[specialist] = last.left, last.end
        self.takes[specialist] = last.km / SPEED + last.planned

    def _cancelled(self, job: int) -> None:
        self.over[job] = True
        specialist = int(self.done_by[job])
        if specialist >= 0:
            self.give_back(job, specialist)

    def give_back(self, job: int, specialist: int) -> bool:
        """Somebody who is not there yet has this job no more; False for whoever is there, or was."""
        held = self.visits[specialist]
        at = next((number for number, visit in enumerate(held) if visit.job == job), None)
        if at is None or held[at].arrive <= self.now:
            return False
        gone = held.pop(at)
        self.done_by[job], self.visit_of[job] = -1, None
        self.earned[specialist] -= gone.pays
        free_at, where = gone.left, gone.origin
        if gone.left < self.now:
            share = (self.now - gone.left) / (gone.arrive - gone.left)
            where = gone.origin + share * (self.city.place[job] - gone.origin)
            free_at = self.now
            self.lost_km += gone.km * share
        for visit in held[at:]:
            visit.origin, visit.left = where, free_at
            visit.km = float(kilometres(where, self.city.place[visit.job]))
            lasts = visit.end - visit.arrive
            visit.arrive = free_at + visit.km / SPEED
            visit.end = visit.arrive + lasts
        self.believed[specialist] = free_at
        if held:
            self._follows(specialist)
        else:
            self.place[specialist], self.turn[specialist], self.free[specialist] = where, free_at, free_at
            self.takes[specialist] = 0.0
        return True
