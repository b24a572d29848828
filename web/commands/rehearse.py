"""`karigar rehearse`: a day of a town through its HTTP API, with faults; 0 violations, or the exit code is 1.

Unless a town is named, two are played one after the other, so that every gateway takes its money: Dhaka, and Tehran.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from web.commands.database import database
from web.commands.operate import verified
from web.commands.output import progress, report
from web.commands.town import GATEWAYS_OF, Town, running_town
from web.rehearsal import crews
from web.rehearsal.bank import change_weather
from web.rehearsal.counters import bank_of
from web.rehearsal.faults import Faults, read_kill, start_redis
from web.rehearsal.line import Line, Tally
from web.rehearsal.night import Morning, settle_and_verify
from web.rehearsal.office import Office
from web.rehearsal.own_town import OFFICE, let_everybody_in
from web.rehearsal.plays import DONE, Player
from web.rehearsal.stage import Play, SignIn, Stage, open_stage
from web.towns import TOWNS
from web.towns import read as read_town

PLAYERS = 12
EVERY_GATEWAY = ("dhaka", "tehran")  # between them they take money by all four
LOOK_SECONDS, TELL_SECONDS = 0.2, 10.0
EXACTLY = {  # flows of which each is one transfer of this kind, and each such transfer one of them
    "tip": "tip", "goodwill": "goodwill", "payout_accepted": "payout_sent", "payout_returned": "payout_returned",
}  # fmt: skip


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("rehearse", help="play a day through the HTTP API, with faults; 1 on any violation")
    one.add_argument("--jobs", type=int, default=100)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--town", choices=TOWNS, action="append", default=[],
                     help="may be given again; as many as it takes for every gateway, unless told")  # fmt: skip
    one.add_argument("--url", action="append", default=[], help="a town that runs already; may be given again")
    one.add_argument("--webs", type=int, default=1, help="web processes of the rehearsal's own town")
    one.add_argument("--worker", action="store_true", help="a worker and a relay of their own, over Redis")
    one.add_argument("--kill", type=read_kill, action="append", default=[], metavar="NAME@SECONDS",
                     help="kill -9 web, web1, worker, relay, bank or redis in the middle")  # fmt: skip
    one.add_argument("--data", type=Path, help="a new folder for the towns, which are kept; else a temporary one")
    one.add_argument("--players", type=int, default=PLAYERS, help="jobs that are played at once")
    one.add_argument("--json", action="store_true", help="one JSON object on standard output")
    one.set_defaults(run=run)


@dataclass
class Day:
    """What came of the days of all towns: how each job ended, what broke, and what money did, by kind."""

    ended: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    told: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, ended: Sequence[str], morning: Morning) -> None:
        self.ended += ended
        self.broken.update(morning.broken)
        for name, kinds in morning.told.items():
            self.told.setdefault(name, Counter()).update(kinds)


def run(chosen: argparse.Namespace) -> int:
    """Play, verify, report; 1 when an invariant broke, a server failed, or a job was left over."""
    tally, day = Tally(), Day()
    towns = chosen.town or (["dhaka"] if chosen.url else list(EVERY_GATEWAY))
    if chosen.url:
        _play_elsewhere(chosen, towns[0], tally, day)
    else:
        for town, jobs in _shared(towns, chosen.jobs).items():
            _play_own_town(chosen, town, jobs, tally, day, is_first=town == towns[0])
        day.broken.update(_unlike_the_ledger(tally, day))
    return _tell(chosen, tally, day)


def _unlike_the_ledger(tally: Tally, day: Day) -> dict[str, int]:
    """How many acts were acknowledged and are not in the ledger, or are there twice or without anybody's word."""
    if tally.counts["given_up"]:
        return {}  # somebody never heard what became of theirs
    posted = day.told["transfers"]
    return {f"{flow}_unlike_the_ledger": abs(tally.flows[flow] - posted[kind]) for flow, kind in EXACTLY.items()}


def _shared(towns: Sequence[str], jobs: int) -> dict[str, int]:
    """How many of the jobs each town has: as many as it has gateways, in proportion."""
    many = {town: len(GATEWAYS_OF[town].split()) for town in towns}
    shares = {town: jobs * each // sum(many.values()) for town, each in many.items()}
    shares[towns[0]] += jobs - sum(shares.values())
    return shares


def _play_elsewhere(chosen: argparse.Namespace, name: str, tally: Tally, day: Day) -> None:
    town = read_town(name)
    people = [SignIn(one.role, one.username, one.password, one.name) for one in town.named]
    there = [one for one in people if one.role in ("customer", "specialist")]
    stage = open_stage(Line(chosen.url, tally), tally, there, seed=chosen.seed, town=town, bank=bank_of(os.environ))
    ended = _play(stage, chosen, chosen.jobs, look=lambda: None)
    day.add(ended, Morning(_verify_from_outside(stage, people)))


def _play_own_town(chosen: argparse.Namespace, name: str, jobs: int, tally: Tally, day: Day, *, is_first: bool) -> None:
    if not jobs:
        return
    with _own_town(chosen, name, is_first=is_first) as (town, faults, people):
        bank = bank_of(town.environment)
        line = Line(town.urls, tally)
        stage = open_stage(line, tally, people, seed=chosen.seed, town=read_town(name), bank=bank)

        def look() -> None:
            faults().strike()
            if not town.keep():
                raise SystemExit(f"karigar: a process of the town will not stay alive; see {town.home / 'logs'}")

        ended = _play(stage, chosen, jobs, look=look)
        progress("The night …")
        day.add(ended, settle_and_verify(town.environment, bank, rest=lambda: _let_rest(town)))


def _let_rest(town: Town) -> None:
    """At night only the banks are open."""
    for child in town.children:
        if child.name not in ("bank", "redis"):
            child.stop()


def _database_of(name: str, *, is_first: bool) -> str:
    """Where DATABASE_URL is set, the first town lives there, and each other in a database of its own beside it."""
    given = os.environ.get("DATABASE_URL", "")
    if is_first or not given:
        return given
    parts = urlsplit(given)
    there = f"{parts.path.lstrip('/')}_{name}"
    with psycopg.connect(given, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [there]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(there)))
    return parts._replace(path=f"/{there}").geturl()


@contextmanager
def _own_town(
    chosen: argparse.Namespace, name: str, *, is_first: bool
) -> Iterator[tuple[Town, Callable[[], Faults], list[SignIn]]]:
    """A town of its own, everybody in it signed in; the clock of its faults starts when it is first asked."""
    home = chosen.data.absolute() / name if chosen.data else Path(tempfile.mkdtemp(prefix="karigar-rehearsal-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    redis, redis_url = None, os.environ.get("REDIS_URL", "")
    try:
        if chosen.worker and not redis_url:
            redis, redis_url = start_redis(home / "redis")
        with running_town(
            home, town=name, webs=chosen.webs, worker=chosen.worker, days=0, every_gateway=True,
            redis_url=redis_url if chosen.worker else "", database_url=_database_of(name, is_first=is_first),
        ) as town:  # fmt: skip
            if redis is not None:
                town.children.insert(0, redis)  # kept alive with the others
            progress("Letting everybody in …")
            people = let_everybody_in(town.environment)
            made: list[Faults] = []

            def faults() -> Faults:
                if not made:
                    made.append(Faults(chosen.kill, town.children))
                return made[0]

            yield town, faults, people
    finally:
        if redis is not None:
            redis.stop()
        if not chosen.data:
            shutil.rmtree(home, ignore_errors=True)


def _play(stage: Stage, chosen: argparse.Namespace, jobs: int, *, look: Callable[[], None]) -> list[str]:
    """Play all jobs, a few at once; how each ended."""
    progress(f"{len(stage.customers)} customers, {len(stage.specialists)} specialists, {jobs} jobs")
    office = Office(stage) if len(stage.office) >= len(OFFICE) else None
    if office is not None:
        office.open(jobs)
    watching = [*crews.watch(stage), change_weather(stage)]
    plays = [
        Play(number, stage.customers[number % len(stage.customers)], stage.chance("play", number))
        for number in range(jobs)
    ]
    with ThreadPoolExecutor(chosen.players) as threads:
        playing = [threads.submit(Player(stage, play).play_out) for play in plays]
        told = time.monotonic()
        while not all(each.done() for each in playing):
            look()
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                progress(f"  {sum(each.done() for each in playing)} of {jobs} jobs")
    stage.closing.set()
    for thread in watching:
        thread.join(timeout=30)
    if office is not None:
        office.close()
    return [_ended(each, play) for each, play in zip(playing, plays, strict=True)]


def _ended(played: Future[str], play: Play) -> str:
    failure = played.exception()
    if failure is not None:
        progress(f"play {play.number} broke off: {type(failure).__name__}: {failure}")
        return ""
    if not played.result():
        progress(f"play {play.number} was left over: job {play.job or 'never begun'}")
    return played.result()


def _verify_from_outside(stage: Stage, people: Sequence[SignIn]) -> dict[str, int]:
    """The invariants, where DATABASE_URL names the town's database; the books of finance by HTTP in any case."""
    found = {}
    finance = next((one for one in people if one.role == "finance"), None)
    token = stage.line.sign_in(finance.username, finance.password) if finance else None
    if token:
        found["books_out_of_balance"] = int(stage.line.get(token, "/finance/trial-balance").body["sum"]["minor"] != 0)
    if os.environ.get("DATABASE_URL"):
        with database(None):
            found |= verified()
    return found


def _tell(chosen: argparse.Namespace, tally: Tally, day: Day) -> int:
    broken = {name: number for name, number in (day.broken + tally.violations).items() if number}
    for name, number in broken.items():
        progress(f"violated: {name} ({number})")
    finished = sum(state in DONE for state in day.ended)
    figures = {
        "jobs": len(day.ended),
        "violations": sum(broken.values()),
        "server_errors": tally.counts["server_errors"],
        "unfinished": sum(not state for state in day.ended),
        "refusals": tally.refusals.total(),
        "finished": finished,
        "cancelled": sum(bool(state) for state in day.ended) - finished,
        "topups": tally.counts["topups"],
        "p50_ms": tally.percentile(0.5),
        "p95_ms": tally.percentile(0.95),
        "retries": tally.counts["retries"],
    }
    kinds = {name: _sorted(counts) for name, counts in day.told.items()}
    report(
        "rehearse", figures, as_json=chosen.json, seed=chosen.seed, refusals_by_kind=_sorted(tally.refusals),
        violated=broken, flows=_sorted(tally.flows), transfers=kinds.get("transfers", {}),
        documents=kinds.get("documents", {}), world=kinds.get("world", {}),
        gateways=_by_gateway(kinds.get("gateways", {})),
    )  # fmt: skip
    return 1 if figures["violations"] or figures["server_errors"] or figures["unfinished"] else 0


def _by_gateway(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """How many tries of top-ups stand where, by gateway; counted as "gateway state"."""
    found: dict[str, dict[str, int]] = {}
    for name, number in sorted(counts.items()):
        gateway, _, state = name.partition(" ")
        found.setdefault(gateway, {})[state] = number
    return found


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
