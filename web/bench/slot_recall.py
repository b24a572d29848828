"""How many of the windows that could be promised are offered: a small full town, over the rules of the house alone.

A day is filled one request at a time, as it happens. Then unseen requests are asked about: each window that is not
offered is given to a solver, which may plan everybody's day anew; what it can serve was possible.
"""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from booking.availability.days import spans_on
from booking.availability.openings import Found, Outlook, Span, Ways, cheapest, openings
from booking.availability.pace import CITY
from booking.availability.replanning import Movable, Probe, replanned
from booking.availability.route import Leg, Minute, Route, Stop, fits, gaps, inserted, minute
from booking.availability.rules import TimePolicy
from booking.availability.windows import at_local
from marketplace.foundation.ids import PersonId
from marketplace.foundation.places import Point, cell, cell_centre
from web.bench import schedules
from web.bench.slot_city import HOME, ON_DAY, WHEN, ZONE, around

SKILLS, SKILLS_EACH, LENGTHS = 6, 2, (30, 45, 60, 90)
FIRST_HOUR, LAST_HOUR = 8, 20
EVERY, TRIES, LAST_TRIES = 10, 300, 1_500


@dataclass(frozen=True)
class Request:
    """Somebody wants a visit like this, best in window number `wish`."""

    place: Point
    minutes: int
    skill: int
    wish: int


@dataclass
class Town:
    """Everybody's day as it is planned, who can do what, and what each visit is."""

    routes: dict[PersonId, Route]
    skills: dict[PersonId, frozenset[int]]
    wanted: dict[UUID, Request] = field(default_factory=dict)
    ways: Ways = field(default_factory=lambda: Ways(CITY))

    def able(self, request: Request) -> frozenset[PersonId]:
        return frozenset(who for who, skills in self.skills.items() if request.skill in skills)


@dataclass
class Counted:
    """Windows asked about: how many were offered, and how many more the solver could serve."""

    asked: int = 0
    offered: int = 0
    missed: int = 0

    @property
    def recall(self) -> float:
        return round(self.offered / max(1, self.offered + self.missed), 3)


def count(*, people: int, requests: int, asked: int, seed: int, free: bool | None) -> Counted:
    """Fill a town and ask. `free`: whether visits may change hands when the day is planned anew; None: never anew."""
    chance = random.Random(seed)  # noqa: S311  # a model, no secret
    town, spans = _town(people, chance), spans_on(ON_DAY, now=WHEN, policy=TimePolicy(ZONE))
    wishes = [_request(chance, spans) for _ in range(requests + asked)]
    booked = 0
    for wish in wishes[:requests]:
        booked += _book(town, wish, spans, booked)
        if free is not None and booked and booked % EVERY == 0:
            _plan_anew(town, spans, free=free, tries=TRIES, seed=booked)
    if free is not None:
        _plan_anew(town, spans, free=free, tries=LAST_TRIES, seed=seed)
    counted = Counted()
    with _Solver() as solver:
        for wish in wishes[requests:]:
            for span, found in zip(spans, _offers(town, wish, spans), strict=True):
                counted.asked += 1
                counted.offered += found is not None
                counted.missed += found is None and solver.can(town, wish, span)
    return counted


def _town(people: int, chance: random.Random) -> Town:
    ids = [PersonId(UUID(int=number + 1)) for number in range(people)]
    leg = Leg(minute(at_local(ON_DAY, FIRST_HOUR, ZONE)), minute(at_local(ON_DAY, LAST_HOUR, ZONE)))
    routes = {who: Route(_coarse(chance), (leg,), ()) for who in ids}
    return Town(routes, {who: frozenset(chance.sample(range(SKILLS), SKILLS_EACH)) for who in ids})


def _coarse(chance: random.Random) -> Point:
    return cell_centre(cell(around(HOME, chance)))


def _request(chance: random.Random, spans: Sequence[Span]) -> Request:
    return Request(_coarse(chance), chance.choice(LENGTHS), chance.randrange(SKILLS), chance.randrange(len(spans)))


def _offers(town: Town, wish: Request, spans: Sequence[Span]) -> list[Found | None]:
    able = town.able(wish)
    seen = [Outlook(who, who.int, openings(town.routes[who], town.ways)) for who in sorted(able)]
    return cheapest(seen, wish.place, wish.minutes, spans, town.ways)


def _book(town: Town, wish: Request, spans: Sequence[Span], number: int) -> bool:
    """Promise the window that is wished for, else the one that adds the least travel; False when there is none."""
    offers = _offers(town, wish, spans)
    possible = [each for each, found in enumerate(offers) if found is not None]
    if not possible:
        return False
    chosen = wish.wish if wish.wish in possible else min(possible, key=lambda each: _extra(offers[each]))
    span, who = spans[chosen], _who(offers[chosen])
    opens, closes = Minute(span.opens), Minute(span.closes)
    stop = Stop(UUID(int=1_000_000 + number), wish.place, opens, closes, wish.minutes, opens, span.speed)
    route, travel = town.routes[who], town.ways.travel
    fit = fits(
        gaps(route, wish.place, travel), wish.place, opens=opens, closes=closes, minutes=wish.minutes,
        speed=span.speed, travel=travel,
    )  # fmt: skip
    if fit is None:
        raise RuntimeError("what was offered a moment ago does not fit")
    new = inserted(route, stop, fit, travel)
    town.routes[who] = Route(route.base, route.legs, tuple(_whole(each, stop) for each in new.stops))
    town.wanted[stop.visit] = wish
    return True


def _whole(each: Stop, new: Stop) -> Stop:
    if each.visit != new.visit:
        return each
    return Stop(each.visit, each.place, new.opens, new.closes, each.minutes, each.starts, each.speed)


def _extra(found: Found | None) -> int:
    return found.extra if found else 1 << 30


def _who(found: Found | None) -> PersonId:
    if found is None:
        raise RuntimeError("nobody was offered")
    return found.specialist


def _plan_anew(town: Town, spans: Sequence[Span], *, free: bool, tries: int, seed: int) -> None:
    movable, probes = [], []
    for who, route in town.routes.items():
        for stop in route.stops:
            able = town.able(town.wanted[stop.visit])
            movable.append(Movable(stop.visit, able if free else frozenset({who})))
            probes.append(Probe(stop.place or HOME, stop.minutes, able))
    new = replanned(town.routes, movable, probes, spans, town.ways, tries=tries, seed=seed)
    for who, planned in new.items():
        route = town.routes[who]
        town.routes[who] = Route(route.base, route.legs, tuple(each.stop for each in planned))


class _Solver:
    """The resolver's process, and the check of each of its answers."""

    def __enter__(self) -> "_Solver":
        words = [sys.executable, "-m", "web.bench.resolver"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def can(self, town: Town, wish: Request, span: Span) -> bool:
        """Whether a plan was found in which this window is kept besides everything promised before."""
        people = list(town.routes)
        visits = [(stop, town.wanted[stop.visit].skill) for who in people for stop in town.routes[who].stops]
        new = Stop(UUID(int=0), wish.place, Minute(span.opens), Minute(span.closes), wish.minutes,
                   Minute(span.opens), span.speed)  # fmt: skip
        visits.append((new, wish.skill))
        orders = self._orders(town, people, visits)
        duties = [schedules.Duty(stop.place, stop.opens, stop.closes, stop.minutes, stop.speed) for stop, _ in visits]
        return orders is not None and all(
            schedules.keeps(_shift(town.routes[who]), duties, order, CITY)
            for who, order in zip(people, orders, strict=True)
        )

    def _orders(
        self, town: Town, people: Sequence[PersonId], visits: Sequence[tuple[Stop, int]]
    ) -> list[list[int]] | None:
        starts = [town.routes[who].base for who in people] + [stop.place for stop, _ in visits]
        problem = {
            "people": [
                {"from": leg.start, "until": leg.end, "skills": sorted(town.skills[who])}
                for who in people
                for leg in town.routes[who].legs
            ],
            "visits": [
                {"opens": stop.opens, "closes": stop.closes, "minutes": stop.minutes, "skill": skill}
                for stop, skill in visits
            ],
            "ways": [[town.ways.travel(start, stop.place, stop.speed) for stop, _ in visits] for start in starts],
        }
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the solver has no ears")
        self.process.stdin.write(json.dumps(problem) + "\n")
        self.process.stdin.flush()
        found: list[list[int]] | None = json.loads(self.process.stdout.readline())
        return found


def _shift(route: Route) -> schedules.Shift:
    return schedules.Shift(route.base, tuple((leg.start, leg.end) for leg in route.legs))
