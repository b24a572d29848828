"""Planning a day anew in the background, so that more can be promised: visits change places, promises stay. Pure.

A visit never leaves its window, nor the person who accepted it; what begins soon, runs or is done is not touched. Each
change keeps every day feasible. A plan is better when it leaves more windows open: every visit of the day asks, in each
window, whether another one like it could still be promised; among equals the plan with less travel is better.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from booking.availability.openings import Question, Span, Ways, openings
from booking.availability.route import Planned, Route, Stop, fits, gaps, inserted, plan
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point

WORTH = (0, 100, 130, 140)  # of a window that nobody, one, two or more people could keep
PROBES_MOST = 80  # more visits than that ask in samples
MINUTES_WORTH = 2  # so many minutes of travel are given for a hundredth of a window
PATIENCE = 600  # how much worse a plan may become on the way to a better one; less and less, at the end nothing


@dataclass(frozen=True, slots=True)
class Movable:
    """A visit that may be planned anew, by one of `people`: only the person who has it, once they have accepted it."""

    visit: UUID
    people: frozenset[PersonId]


@dataclass(frozen=True, slots=True)
class Probe:
    """Another visit like one of the day: where, how long, and who could do it."""

    place: Point
    minutes: int
    people: frozenset[PersonId]


def replanned(
    routes: Mapping[PersonId, Route],
    movable: Sequence[Movable],
    probes: Sequence[Probe],
    spans: Sequence[Span],
    ways: Ways,
    *,
    tries: int,
    seed: int,
) -> dict[PersonId, tuple[Planned, ...]]:
    """The days that a better plan changes, as they are to be written; empty when none was found.

    At most `tries` changes are looked at, the same for the same `seed`; on the way a plan may get worse. A visit stays
    within `opens` and `closes`.
    """
    chance = random.Random(seed)  # noqa: S311  # a search, no secret
    asked = list(probes) if len(probes) <= PROBES_MOST else chance.sample(list(probes), PROBES_MOST)
    search = _Search(dict(routes), asked, spans, ways)
    best, value = dict(routes), 0
    for number, (visit, there) in enumerate(_order(movable, chance, tries)):
        patience = max(0, PATIENCE - PATIENCE * number * 10 // (tries * 9))
        search.try_one(visit, there, at_least=-chance.randint(0, patience))
        if search.value > value:
            best, value = dict(search.routes), search.value
    return {who: plan(route, ways.travel) for who, route in best.items() if route.stops != routes[who].stops}


def _order(movable: Sequence[Movable], chance: random.Random, tries: int) -> Iterator[tuple[UUID, PersonId]]:
    """Every visit to everybody who may have it, in a new order each time round."""
    pairs = [(each.visit, who) for each in movable for who in sorted(each.people)]
    while pairs and tries > 0:
        chance.shuffle(pairs)
        yield from pairs[:tries]
        tries -= len(pairs)


class _Search:
    """The plan so far, and for each probe in each window how many people could keep it."""

    def __init__(
        self, routes: dict[PersonId, Route], probes: Sequence[Probe], spans: Sequence[Span], ways: Ways
    ) -> None:
        self.routes, self.ways, self.width, self.value = routes, ways, len(spans), 0
        for place in [stop.place for route in routes.values() for stop in route.stops] + [
            probe.place for probe in probes
        ]:
            ways.number(place)
        for route in routes.values():
            ways.number(route.base)
        self.asked = [(probe.people, Question(probe.place, probe.minutes, spans, ways)) for probe in probes]
        self.where = {stop.visit: who for who, route in routes.items() for stop in route.stops}
        self.open = {who: self._open(who, route) for who, route in routes.items()}
        self.counts = [0] * (len(probes) * self.width)
        for mask in self.open.values():
            for bit in _bits(mask):
                self.counts[bit] += 1

    def try_one(self, visit: UUID, there: PersonId, *, at_least: int) -> None:
        """Give the visit its best place in that person's day, if the plan is so much better by it."""
        here = self.where[visit]
        stop = next(each for each in self.routes[here].stops if each.visit == visit)
        left = replace(self.routes[here], stops=tuple(each for each in self.routes[here].stops if each is not stop))
        target = left if here == there else self.routes[there]
        for taken in self._with(target, stop):
            new = {here: left, there: taken}
            masks = {who: self._open(who, route) for who, route in new.items()}
            gain = self._worth(masks) * MINUTES_WORTH - self._longer(new)
            if gain > at_least and (gain or here != there):
                self._take(new, masks)
                self.where[visit] = there
                self.value += gain

    def _with(self, route: Route, stop: Stop) -> Iterable[Route]:
        assert stop.place is not None
        found = fits(
            gaps(route, stop.place, self.ways.travel), stop.place, opens=stop.opens, closes=stop.closes,
            minutes=stop.minutes, speed=stop.speed, travel=self.ways.travel,
        )  # fmt: skip
        return () if found is None else (_restored(inserted(route, stop, found, self.ways.travel), stop),)

    def _open(self, who: PersonId, route: Route) -> int:
        """One bit for each probe and window that this day could keep."""
        places = openings(route, self.ways)
        mask = 0
        for number, (people, question) in enumerate(self.asked):
            if who in people:
                for span in question.open_spans(places):
                    mask |= 1 << (number * self.width + span)
        return mask

    def _worth(self, masks: Mapping[PersonId, int]) -> int:
        """What these masks would change, in hundredths of a window."""
        change: dict[int, int] = {}
        for who, mask in masks.items():
            for bit in _bits(mask ^ self.open[who]):
                change[bit] = change.get(bit, 0) + (1 if mask >> bit & 1 else -1)
        return sum(_worth(self.counts[bit] + by) - _worth(self.counts[bit]) for bit, by in change.items())

    def _longer(self, new: Mapping[PersonId, Route]) -> int:
        return sum(self._travel(route) - self._travel(self.routes[who]) for who, route in new.items())

    def _travel(self, route: Route) -> int:
        total, here = 0, route.base
        for stop in route.stops:
            total += self.ways.travel(here, stop.place, stop.speed)
            here = stop.place or here
        return total

    def _take(self, new: Mapping[PersonId, Route], masks: Mapping[PersonId, int]) -> None:
        for who, route in new.items():
            for bit in _bits(masks[who] ^ self.open[who]):
                self.counts[bit] += 1 if masks[who] >> bit & 1 else -1
            self.routes[who], self.open[who] = route, masks[who]


def _restored(route: Route, stop: Stop) -> Route:
    """The visit may move inside the whole of its window again, not only where it was inserted."""
    stops = tuple(
        replace(each, opens=stop.opens, closes=stop.closes) if each.visit == stop.visit else each
        for each in route.stops
    )
    return replace(route, stops=stops)


def _worth(people: int) -> int:
    return WORTH[min(people, len(WORTH) - 1)]


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
