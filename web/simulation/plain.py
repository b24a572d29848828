"""What others do: ask the nearest, then the next; or ask ten at once, and the first to accept has it."""

import numpy as np

from web.simulation.city import OFFER_LIVES, OVERTIME, PROMISE, SPEED, Numbers, Whole, kilometres
from web.simulation.day import Day

AGAIN = 0.25  # minutes until who found nobody looks again
ROUND = 0.5


def idle(day: Day, job: int) -> tuple[Whole, Numbers]:
    """Who is free, has no exclusive offer, was not asked, would be there in time and done by the end of their shift."""
    city = day.city
    people = day.by_trade[city.trade[job]]
    people = people[(~day.on_screen[people]) & (day.free[people] <= day.now) & (city.start[people] <= day.now)]
    if day.asked[job]:
        people = people[~np.isin(people, list(day.asked[job]))]
    km = kilometres(day.place[people], city.place[job])
    there = day.now + OFFER_LIVES + km / SPEED  # also for who answers last
    fits = (there <= city.asked_at[job] + PROMISE) & (there + city.minutes[job] <= city.end[people] + OVERTIME)
    return people[fits], km[fits]


class Nearest:
    """The nearest, exclusively; on no or silence the next."""

    every = 0.0

    def __init__(self, day: Day) -> None:
        self.day = day

    def requested(self, job: int) -> None:
        """Ask the nearest; if there is nobody, look again soon."""
        day = self.day
        if not day.is_open(job) or day.live[job]:
            return
        people, km = idle(day, job)
        if len(people):
            best = int(np.argmin(km))
            day.offer(job, int(people[best]), float(km[best]))
        else:
            day.at(day.now + AGAIN, self.requested, job)

    def turned_down(self, job: int) -> None:
        """Ask the next."""
        self.requested(job)

    def heard(self, km: float, *, answer: bool | None) -> None:
        """Nothing is learned."""

    def tick(self) -> None:
        """Nothing waits for it."""


class Broadcast(Nearest):
    """The ten nearest at once, others every half minute until somebody accepts; a screen may hold several."""

    def __init__(self, day: Day, many: int = 10) -> None:
        super().__init__(day)
        self.many = many

    def requested(self, job: int) -> None:
        """Ask ten, and look again."""
        day = self.day
        if not day.is_open(job):
            return
        people, km = idle(day, job)
        for each in np.argsort(km, kind="stable")[: self.many]:
            day.offer(job, int(people[each]), float(km[each]), exclusive=False)
        day.at(day.now + ROUND, self.requested, job)

    def turned_down(self, job: int) -> None:
        """Others are out, or will be."""
