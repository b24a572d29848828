"""`karigar bench nearest`: the nearest who may be asked, of a hundred thousand and of a million, beside a bare scan.

The floor is a table with nothing but those of one trade who are available, and a plain index on their points: the same
ten rows in the least that PostgreSQL can do for them. Both are asked by one psycopg connection with prepared
statements, in turns, round trip included, in a town that is warm. What is measured of the product is
`booking/dispatch/eligible.sql` as it stands: its part up to the reach (trade, available, free soon), and all of it.
"""

import os
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from booking.dispatch import eligible
from booking.tracking import actions as tracking
from booking.tracking.rules import Seen, unfolded
from marketplace.foundation.database import WORKER_LIMITS, new_session, open_database, transaction
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, metres_between
from web.bench.place import LIMIT, Place, open_place
from web.bench.rounds import Configuration, Samples, foreign, interleave, quiet
from web.bench.telling import progress

HERE: Final = Path(__file__).parent
COMMON, RARE = 0, 13
TEN, TWENTY = 10, 20
KM = 15
PINGS_AT_ONCE = 1_000
NOW: Final = datetime(2026, 3, 2, 13, tzinfo=UTC)
POINTS = 400
TRUTHS = 100  # questions whose answer is also found by looking at everybody
_NAMED: Final = re.compile(r"(?<!:):([a-z_]+)")
_BARE: Final = """
    SELECT specialist_id, free_at, seen_at, basis, pt[0], pt[1] FROM city.bare_{skill}
     ORDER BY pt <-> point(%(x)s::float8, %(y)s::float8) LIMIT 10"""
_MAKE_BARE: Final = """
    CREATE TABLE city.bare_{skill} AS
    SELECT specialist_id, free_at, seen_at, basis, pt FROM live_position
     WHERE available AND skill_no = {skill} AND free_at <= '{soon}';
    CREATE INDEX ON city.bare_{skill} USING gist (pt);
    GRANT USAGE ON SCHEMA city TO karigar_app;
    GRANT SELECT ON ALL TABLES IN SCHEMA city TO karigar_app"""
_TRUTH: Final = """
    SELECT metres FROM (
        SELECT specialist_id, 2 * 6371008.8 * asin(sqrt(sin((phi - here.phi_0) / 2) ^ 2
                   + cos(phi) * cos(here.phi_0) * sin((lambda - here.lambda_0) / 2) ^ 2)) AS metres
          FROM (SELECT p.specialist_id, atan(sinh(radians(p.pt[1]))) AS phi,
                       radians(p.pt[0] - p.skill_no * 1000.0) AS lambda
                  FROM live_position p
                 WHERE p.available AND p.skill_no = %(skill)s::int AND p.free_at <= %(soon)s::timestamptz) stands,
               (SELECT radians(%(latitude)s::float8) AS phi_0, radians(%(longitude)s::float8) AS lambda_0) here
        ) away
     WHERE round(metres) <= %(metres)s::float8 ORDER BY metres LIMIT 10"""


@dataclass
class Timed:
    """Questions of one kind, asked one after the other; milliseconds of each; a round's speed by its median."""

    ask: Callable[[int], object]
    questions: int
    taken: list[float] = field(default_factory=list)
    asked: int = 0

    def __call__(self) -> float:
        """One round."""
        mine = []
        for _ in range(self.questions):
            began = time.perf_counter()
            self.ask(self.asked)
            mine.append((time.perf_counter() - began) * 1_000)
            self.asked += 1
        self.taken += mine
        return 1_000 / median(mine)

    def percentile(self, percent: int) -> float:
        """So many of a hundred questions took no longer (ms)."""
        return round(sorted(self.taken)[len(self.taken) * percent // 100 - 1], 3)


def measure(*, people: int, many: int, rounds: int, questions: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The ratios by their names, and what they were made of. `people` are the whole city, `many` only stand there."""
    with open_place(floors=False) as place:
        return measured(place, people=people, many=many, rounds=rounds, questions=questions)


def measured(
    place: Place, *, people: int, many: int, rounds: int, questions: int
) -> tuple[dict[str, float], dict[str, Any]]:
    """The same in a database that is migrated and empty."""
    samples, recalled = _of_many(place, many=many, rounds=rounds, questions=questions)
    place.run("TRUNCATE live_position; DROP SCHEMA city CASCADE")
    city, p95, found = _of_a_city(place, people=people, rounds=rounds, questions=questions)
    samples, recalled = samples | city, recalled + found
    speeds = {name: each.median for name, each in samples.items()}
    figures = {
        "recall": round(sum(recalled) / len(recalled), 4),
        "vs_bare_scan_100k": round(speeds["bare"] / speeds["reach"], 2),
        "vs_bare_scan_1m": round(speeds["bare_common"] / speeds["reach_common"], 2),
        "rare_vs_bare_scan_1m": round(speeds["bare_rare"] / speeds["reach_rare"], 2),
        "eligible_vs_bare_scan_100k": round(speeds["bare"] / speeds["eligible"], 2),
        "eligible_p95_ms": p95,
        "pings_per_second": round(speeds["pings"]),
    }
    return figures, {
        "milliseconds": {name: round(1_000 / each, 3) for name, each in speeds.items() if not name.startswith("ping")},
        "single_pings_per_second": round(speeds["pings_single"]),
        "people": {"city": people, "many": many},
        "quiet_samples": quiet(samples),
        "samples": sum(len(each.speeds) for each in samples.values()),
        "machine": {"cores": os.cpu_count() or 1, "foreign_cpu": foreign(samples)},
    }


def _of_many(place: Place, *, many: int, rounds: int, questions: int) -> tuple[dict[str, Samples], list[float]]:
    """A common and a rare trade among a great many who stand somewhere."""
    _plant(place, many, "city.sql", trades=(COMMON, RARE))
    with psycopg.connect(place.url, autocommit=True, options=LIMIT) as connection:
        at = _points(connection)
        configurations: dict[str, Timed] = {}
        for name, skill in (("common", COMMON), ("rare", RARE)):
            configurations[f"bare_{name}"] = Timed(_asker(connection, _BARE.format(skill=skill), at, skill), questions)
            configurations[f"reach_{name}"] = Timed(_asker(connection, _reach(), at, skill), questions)
        _warm(configurations)
        samples = interleave(configurations, rounds=rounds, server=place.pid)
        recalled = [_recall(connection, skill, each) for skill in (COMMON, RARE) for each in at[:TRUTHS]]
    return samples, recalled


def _of_a_city(
    place: Place, *, people: int, rounds: int, questions: int
) -> tuple[dict[str, Samples], float, list[float]]:
    """The whole question at midday in a full city; and positions that come in, with the reach asked in between."""
    _plant(place, people, "city.sql", "full_city.sql", trades=(COMMON,))
    engine = open_database(place.url, connections=2, limits=WORKER_LIMITS)
    try:
        with psycopg.connect(place.url, autocommit=True, options=LIMIT) as connection, new_session() as session:
            at = _points(connection)
            jobs = connection.execute("SELECT id, customer FROM city.job ORDER BY n").fetchall()
            reach = _asker(connection, _reach(), at, COMMON)
            twenty = Timed(_by_the_product(session, at, jobs), questions)
            reads: dict[str, Timed] = {
                "bare": Timed(_asker(connection, _BARE.format(skill=COMMON), at, COMMON), questions),
                "reach": Timed(reach, questions),
                "eligible": Timed(_asker(connection, _prepared(eligible.STATEMENT), at, COMMON, jobs), questions),
                "twenty_by_the_product": twenty,
            }
            _warm(reads)
            samples = interleave(reads, rounds=rounds, server=place.pid)
            recalled = [_recall(connection, COMMON, each) for each in at[:TRUTHS]]
            recalled += [_recall_of_the_whole(connection, each, jobs[0]) for each in at[: TRUTHS // 5]]
            walkers = Walkers(connection)
            writes: dict[str, Configuration] = {
                "pings": lambda: walkers.walk(PINGS_AT_ONCE, 10),
                "pings_single": lambda: walkers.walk(1, 200),
                "reach_after_pings": Timed(reach, questions),
            }
            samples |= interleave(writes, rounds=rounds, server=place.pid)
    finally:
        engine.dispose()
    return samples, twenty.percentile(95), recalled


def _plant(place: Place, people: int, *files: str, trades: Sequence[int]) -> None:
    for name in files:
        progress(f"Planting {people} people ({name}) …")
        place.run((HERE / name).read_text().replace(":people", str(people)))
    for trade in trades:
        place.run(_MAKE_BARE.format(skill=trade, soon=_soon()))
    place.run("VACUUM ANALYZE")
    place.run("CHECKPOINT")


def _warm(reads: Mapping[str, Timed]) -> None:
    """Every question once before any counts: a town that was opened a moment ago is not what is measured."""
    for each in reads.values():
        for number in range(POINTS):
            each.ask(number)


def _points(connection: psycopg.Connection[Any]) -> list[Point]:
    """Where customers are: near people, as the town is."""
    near = connection.execute("SELECT lon, lat FROM city.person ORDER BY md5(n::text) LIMIT %s", (POINTS,))
    dice = random.Random(5)  # noqa: S311  # drawn, not guessed at
    return [Point(lon + dice.gauss(0, 0.004), lat + dice.gauss(0, 0.004)) for lon, lat in near]


def _prepared(sql: str) -> str:
    """The product's statement with the placeholders of the driver."""
    return _NAMED.sub(r"%(\1)s", sql.replace("%", "%%"))


def _reach() -> str:
    """The statement without the rules: who knows the trade, is available, free soon and within the box."""
    sql = eligible.STATEMENT.replace(", (SELECT method FROM asked) AS method", "")
    before, _, rest = sql[sql.index("SELECT p.specialist_id") :].partition("   AND EXISTS (SELECT FROM asked)")
    return _prepared(before + rest[rest.index(" ORDER BY p.pt") :])


def _soon() -> datetime:
    return NOW + timedelta(minutes=40)


def _told(point: Point, skill: int, job: tuple[UUID, UUID], most: int) -> dict[str, object]:
    return eligible.parameters(
        skill_no=skill, point=point, span=Period(NOW, NOW + timedelta(hours=1)), soon=_soon(), customer=job[1],
        job=job[0], round=2, km=KM, exclusive=True, ask_again=True, now=NOW, most=most,
    )  # fmt: skip


NO_JOB: Final = (UUID(int=0), UUID(int=0))


def _asker(
    connection: psycopg.Connection[Any],
    sql: str,
    at: list[Point],
    skill: int,
    jobs: list[tuple[UUID, UUID]] | None = None,
) -> Callable[[int], object]:
    """Ask for ten, at the next place each time."""
    told = [_told(point, skill, jobs[n % len(jobs)] if jobs else NO_JOB, TEN) for n, point in enumerate(at)]
    return lambda number: connection.execute(sql, told[number % len(told)], prepare=True).fetchall()


def _by_the_product(session: Session, at: list[Point], jobs: list[tuple[UUID, UUID]]) -> Callable[[int], object]:
    """Ask for twenty through the function of the product, as the batch does."""

    def ask(number: int) -> object:
        job, customer = jobs[number % len(jobs)]
        found = eligible.nearest(
            session, skill_no=COMMON, point=at[number % len(at)], span=Period(NOW, NOW + timedelta(hours=1)),
            soon=_soon(), customer=customer, job=job, round=2, km=KM, most=TWENTY, now=NOW,
        )  # fmt: skip
        session.commit()
        return found

    return ask


def _recall(connection: psycopg.Connection[Any], skill: int, at: Point) -> float:
    """How much of the ten nearest on the earth, found by looking at everybody, the statement finds."""
    told: dict[str, object] = {"skill": skill, "soon": _soon(), "longitude": at.longitude, "latitude": at.latitude,
                               "metres": KM * 1_000}  # fmt: skip
    truth = [row[0] for row in connection.execute(_TRUTH, told)]
    rows = connection.execute(_reach(), _told(at, skill, NO_JOB, TEN + eligible.SPARE)).fetchall()
    return _share(truth, _ten(rows, at))


def _recall_of_the_whole(connection: psycopg.Connection[Any], at: Point, job: tuple[UUID, UUID]) -> float:
    """The same for the whole statement, beside its own answer without an end and without the index."""
    sql = _prepared(eligible.STATEMENT)
    rows = connection.execute(sql, _told(at, COMMON, job, TEN + eligible.SPARE)).fetchall()
    with connection.transaction():
        connection.execute("SET LOCAL enable_indexscan = off")
        truth = _ten(connection.execute(sql, _told(at, COMMON, job, 1_000_000)).fetchall(), at)
    return _share(truth, _ten(rows, at))


def _ten(rows: Sequence[tuple[Any, ...]], at: Point) -> list[float]:
    """How far the nearest ten are."""
    metres = sorted(metres_between(at, unfolded(row[4], row[5])) for row in rows)
    return [float(each) for each in metres[:TEN] if each <= KM * 1_000]


def _share(truth: Sequence[float], found: Sequence[float]) -> float:
    """In how many of the ten places somebody as near was found, to the metre; two as near as each other are equals."""
    if len(truth) != len(found):
        return min(len(truth), len(found)) / max(len(truth), len(found))
    return sum(abs(a - b) <= 1 for a, b in zip(truth, found, strict=True)) / len(truth) if truth else 1.0


class Walkers:
    """People who share where they are, and walk about 150 metres from one position to the next."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        rows = connection.execute("SELECT id, lon, lat FROM city.person ORDER BY n").fetchall()
        self.people = [row[0] for row in rows]
        self.at = {id: (lon, lat) for id, lon, lat in rows}
        self.dice = random.Random(11)  # noqa: S311  # drawn, not guessed at
        self.now = NOW

    def walk(self, at_once: int, times: int) -> float:
        """Positions a second when so many people are told of in one transaction."""
        batches = []
        for _ in range(times):
            self.now += timedelta(seconds=10)
            batches.append([self._step(who) for who in self.dice.sample(self.people, min(at_once, len(self.people)))])
        began = time.perf_counter()
        for batch in batches:
            with transaction() as session:
                tracking.take_positions(session, batch)
        return sum(map(len, batches)) / (time.perf_counter() - began)

    def _step(self, who: UUID) -> Seen:
        lon, lat = (each + self.dice.gauss(0, 0.001) for each in self.at[who])
        self.at[who] = lon, lat
        return Seen(who, Point(lon, lat), self.now)
