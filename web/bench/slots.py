"""`karigar bench slots`: how fast windows are told, whether any is told that cannot be kept, and how many are found.

Told by the production query, `queries.windows_at`, in a transaction of its own on a PostgreSQL of its own: one short
statement asks what has changed, days that changed are read, all others are remembered by this process. Bookings go on
between the questions, each by `actions.hold` and `consume`, and the day is planned anew now and then. Every window that
is told is checked on the rows of the database by `schedules`, which shares nothing with insertion but the ways' length.
"""

import gc
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.pace import CITY, slowest
from booking.availability.route import minute, minute_up
from booking.availability.rules import SlotTaken, Somebody, TimePolicy, WindowOffer
from booking.availability.windows import at_local, day_period
from marketplace.foundation.database import WORKER_LIMITS, open_database, transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell, cell_centre
from web.bench import schedules, slot_recall
from web.bench.place import Place, open_place
from web.bench.slot_city import HOME, ON_DAY, WHEN, ZONE, around
from web.bench.telling import progress

LENGTHS, HOURS = (30, 45, 60, 90), ((8, 13), (14, 20))
EVERY, TRIES = 100, 300  # bookings between two plans of the day, and how far each is thought out
POLICY = TimePolicy(ZONE)
TOWNS = ((12, 50), (25, 105))  # people, and requests that fill their day to where the prototypes stood
ROWS = text(
    """SELECT specialist_id, kind, starts_at, minutes, window_start, window_end, cell FROM occupation
       WHERE on_day = :day AND status IN ('held', 'confirmed', 'started') AND specialist_id = ANY(:people)"""
)


@dataclass
class City:
    """The technicians, the chance that moves them, and what was seen."""

    people: list[Somebody]
    chance: random.Random
    now: datetime = WHEN
    told: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    checked: int = 0
    false: int = 0
    booked: int = 0


def measure(
    *, technicians: int, visits: int, windows: int, asked: int, seeds: int
) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names. `windows`: checked at least; `asked`: unseen requests in each small town."""
    with open_place(floors=False) as place:
        engine = open_database(place.url, connections=2, limits=WORKER_LIMITS)
        try:
            figures, more = told(place, technicians=technicians, visits=visits, windows=windows)
        finally:
            engine.dispose()
    found, counted = recalled(TOWNS, asked=asked, seeds=seeds)
    return figures | found, more | counted


def told(place: Place, *, technicians: int, visits: int, windows: int) -> tuple[dict[str, float], dict[str, Any]]:
    """How fast windows are told, and how many of them were false."""
    chance = random.Random(1)  # noqa: S311  # a model, no secret
    city = City(_technicians(technicians, chance), chance)
    progress(f"{visits} visits for {technicians} people …")
    while city.booked < visits:
        _book(city, _somewhere(chance), chance.choice(LENGTHS), _wish(chance))
    place.run("VACUUM ANALYZE")
    gc.collect()
    gc.freeze()  # as a server does once it stands
    progress(f"{windows} windows …")
    try:
        while city.checked < windows:
            city.now = WHEN if city.checked < windows * 2 // 3 else at_local(ON_DAY, 9, ZONE)
            _ask(city)
    finally:
        gc.unfreeze()
    times, used = sorted(city.told), sorted(city.used)
    figures: dict[str, float] = {
        "p95_ms": round(times[int(len(times) * 0.95)] * 1000, 2),
        "median_ms": round(times[len(times) // 2] * 1000, 2),
        "p95_cpu_ms": round(used[int(len(used) * 0.95)] * 1000, 2),
        "windows_checked": city.checked,
        "false_promises": city.false,
    }
    return figures, {"booked": city.booked, "questions": len(times)}


def recalled(towns: Sequence[tuple[int, int]], *, asked: int, seeds: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The share of the possible windows that is told: by the rules as they are, and with less planning anew."""
    figures: dict[str, float] = {}
    counted = {}
    for name, free in (("recall", True), ("recall_without_changing_hands", False), ("recall_never_replanned", None)):
        progress(f"What could be promised: {name} …")
        found = [
            slot_recall.count(people=people, requests=requests, asked=asked, seed=seed, free=free)
            for people, requests in (towns if free else towns[:1])
            for seed in range(1, seeds + 1)
        ]
        offered, missed = sum(each.offered for each in found), sum(each.missed for each in found)
        figures[name] = round(offered / max(1, offered + missed), 3)
        counted[name] = {"asked": sum(each.asked for each in found), "offered": offered, "missed": missed}
    return figures, {"windows": counted}


def _technicians(count: int, chance: random.Random) -> list[Somebody]:
    periods = [Period(at_local(ON_DAY, start, ZONE), at_local(ON_DAY, end, ZONE)) for start, end in HOURS]
    people = [Somebody(PersonId(UUID(int=chance.getrandbits(128))), _somewhere(chance)) for _ in range(count)]
    with transaction() as session:
        for one in people:
            actions.expand(
                session, one.specialist, periods, from_day=ON_DAY, to_day=ON_DAY + timedelta(days=1), now=WHEN,
                policy=POLICY,
            )  # fmt: skip
    return people


def _somewhere(chance: random.Random) -> Point:
    return cell_centre(cell(around(HOME, chance)))


def _wish(chance: random.Random) -> Period:
    start = chance.randint(8, 19)
    return Period(at_local(ON_DAY, start, ZONE), at_local(ON_DAY, start + chance.choice((1, 1, 3)), ZONE))


def _book(city: City, point: Point, minutes: int, window: Period) -> bool:
    """Hold and keep, as a customer does; False when nobody can come. Now and then the day is planned anew."""
    command = UUID(int=city.chance.getrandbits(128))
    try:
        with transaction() as session:
            held = actions.hold(
                session, command=command, customer=None, job=None, specialists=city.people, point=point,
                minutes=minutes, window=window, now=city.now, policy=POLICY,
            )  # fmt: skip
            actions.consume(session, held.visit, now=city.now, policy=POLICY)
    except SlotTaken:
        return False
    city.booked += 1
    if city.booked % EVERY == 0:
        _plan_anew(city)
    return True


def _plan_anew(city: City) -> None:
    everybody = frozenset(each.specialist for each in city.people)
    with transaction() as session:
        visits = [each.visit for each in queries.visits_on(session, ON_DAY, now=city.now)]
        proposal = actions.propose(
            session, ON_DAY, city.people, dict.fromkeys(visits, everybody), free=visits, now=city.now, policy=POLICY,
            tries=TRIES,
        )  # fmt: skip
        if not actions.carry_out(session, proposal, now=city.now):
            raise RuntimeError("a plan that nobody disturbed was refused")


def _ask(city: City) -> None:
    """One question, timed; each answer checked; and every third time somebody takes one of the windows."""
    point, minutes = _somewhere(city.chance), city.chance.choice(LENGTHS)
    with transaction() as session:
        began, used = time.perf_counter(), time.process_time()
        offers = queries.windows_at(
            session, specialists=city.people, point=point, minutes=minutes, days=[ON_DAY], now=city.now, policy=POLICY
        )
        city.told.append(time.perf_counter() - began)
        city.used.append(time.process_time() - used)
        days = _days(session, city, {offer.specialist for offer in offers})
    for offer in offers:
        city.checked += 1
        shift, duties = days[offer.specialist]
        new = _duty(offer, point, minutes, now=city.now)
        if schedules.schedule(shift, [*duties, new], CITY) is None:
            city.false += 1
            progress(f"false: {offer}")
    if offers and len(city.told) % 3 == 0:
        city.false += not _book(city, point, minutes, city.chance.choice(offers).window.period)


def _duty(offer: WindowOffer, point: Point, minutes: int, *, now: datetime) -> schedules.Duty:
    window = offer.window.period
    opens = max(minute(window.start), minute_up(now + POLICY.notice))
    return schedules.Duty(point, opens, minute(window.end), minutes, slowest(CITY, window.start, window.end, ZONE))


def _days(
    session: Session, city: City, people: set[PersonId]
) -> dict[PersonId, tuple[schedules.Shift, Sequence[schedules.Duty]]]:
    """What these people have promised, read from the rows; what begins soon stands where it stands."""
    bases = {each.specialist: each.base for each in city.people}
    within = day_period(ON_DAY, ZONE)
    duties: dict[PersonId, list[schedules.Duty]] = {who: [] for who in people}
    for who, kind, starts_at, minutes, start, end, place in session.execute(
        ROWS, {"day": ON_DAY, "people": list(people)}
    ):
        at, soon = minute(starts_at), starts_at <= city.now + POLICY.frozen
        opens, closes = (at, at) if soon or kind != "visit" else (minute(start), minute(end))
        opens = max(opens, min(at, minute_up(city.now)))
        speed = slowest(CITY, start, end, ZONE)
        duties[PersonId(who)].append(
            schedules.Duty(cell_centre(place) if place else None, opens, closes, minutes, speed)
        )
    return {
        who: (
            schedules.Shift(
                bases[who],
                tuple(
                    (minute(each.period.start), minute(each.period.end))
                    for each in queries.shifts_of(session, who, within=within)
                ),
            ),
            duties[who],
        )
        for who in people
    }
