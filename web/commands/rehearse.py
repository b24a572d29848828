"""`karigar rehearse`: a day of a town through its HTTP API, with faults; 0 violations, or the exit code is 1."""

import argparse
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from web.commands.database import database
from web.commands.operate import verified
from web.commands.output import progress, report
from web.commands.town import Town, running_town
from web.rehearsal import crews
from web.rehearsal.bank import Bank, change_weather
from web.rehearsal.faults import Faults, read_kill, start_redis
from web.rehearsal.line import Line, Tally
from web.rehearsal.own_town import let_everybody_in, settle_and_verify
from web.rehearsal.plays import DONE, Player
from web.rehearsal.stage import Play, SignIn, Stage, open_stage
from web.towns import TOWNS
from web.towns import read as read_town

PLAYERS = 10
LOOK_SECONDS, TELL_SECONDS = 0.2, 10.0


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("rehearse", help="play a day through the HTTP API, with faults; 1 on any violation")
    one.add_argument("--jobs", type=int, default=100)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--town", choices=TOWNS, default="dhaka")
    one.add_argument("--url", action="append", default=[], help="a town that runs already; may be given again")
    one.add_argument("--webs", type=int, default=1, help="web processes of the rehearsal's own town")
    one.add_argument("--worker", action="store_true", help="a worker and a relay of their own, over Redis")
    one.add_argument("--kill", type=read_kill, action="append", default=[], metavar="NAME@SECONDS",
                     help="kill -9 web, web1, worker, relay, bank or redis in the middle")  # fmt: skip
    one.add_argument("--data", type=Path, help="a new folder for the town, which is kept; else a temporary one")
    one.add_argument("--players", type=int, default=PLAYERS, help="jobs that are played at once")
    one.add_argument("--json", action="store_true", help="one JSON object on standard output")
    one.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Play, verify, report; 1 when an invariant broke, a server failed, or a job was left over."""
    tally = Tally()
    if chosen.url:
        named = read_town(chosen.town).named
        people = [SignIn(one.role, one.username, one.password) for one in named]
        stage = open_stage(Line(chosen.url, tally), tally, _actors(people), seed=chosen.seed)
        bank = Bank(os.environ.get("SANDBOX_BANK_URL", ""), os.environ.get("SANDBOX_BANK_SECRET", ""))
        ended = _play(stage, chosen, bank, look=lambda: None)
        broken = _verify_from_outside(stage, people)
    else:
        with _own_town(chosen) as (town, faults, people):
            stage = open_stage(Line(town.urls, tally), tally, _actors(people), seed=chosen.seed)
            bank = Bank(town.bank_url, town.environment["BANK_SECRET"])

            def look() -> None:
                faults().strike()
                if not town.keep():
                    raise SystemExit(f"karigar: a process of the town will not stay alive; see {town.home / 'logs'}")

            ended = _play(stage, chosen, bank, look=look)
            progress("Verifying …")
            broken = settle_and_verify(town.environment)
    return _tell(chosen, tally, ended, broken)


def _actors(people: Sequence[SignIn]) -> list[SignIn]:
    return [one for one in people if one.role in ("customer", "specialist")]


@contextmanager
def _own_town(chosen: argparse.Namespace) -> Iterator[tuple[Town, Callable[[], Faults], list[SignIn]]]:
    """A town of its own, everybody in it able to sign in; the clock of its faults starts when it is first asked."""
    home = chosen.data.absolute() if chosen.data else Path(tempfile.mkdtemp(prefix="karigar-rehearsal-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    redis, redis_url = None, os.environ.get("REDIS_URL", "")
    try:
        if chosen.worker and not redis_url:
            redis, redis_url = start_redis(home / "redis")
        with running_town(
            home, town=chosen.town, webs=chosen.webs, worker=chosen.worker, days=0,
            redis_url=redis_url if chosen.worker else "",
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


def _play(stage: Stage, chosen: argparse.Namespace, bank: Bank, *, look: Callable[[], None]) -> list[str]:
    """Play all jobs, a few at once; how each ended."""
    progress(f"{len(stage.customers)} customers, {len(stage.specialists)} specialists, {chosen.jobs} jobs")
    watching = crews.watch(stage)
    if bank.url and bank.secret:
        watching.append(change_weather(stage, bank))
    plays = [
        Play(number, stage.customers[number % len(stage.customers)], stage.chance("play", number))
        for number in range(chosen.jobs)
    ]
    with ThreadPoolExecutor(chosen.players) as threads:
        playing = [threads.submit(Player(stage, play).play_out) for play in plays]
        told = time.monotonic()
        while not all(each.done() for each in playing):
            look()
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                progress(f"  {sum(each.done() for each in playing)} of {chosen.jobs} jobs")
    stage.closing.set()
    for thread in watching:
        thread.join(timeout=30)
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


def _tell(chosen: argparse.Namespace, tally: Tally, ended: Sequence[str], broken: dict[str, int]) -> int:
    broken = {name: number for name, number in (Counter(broken) + tally.violations).items() if number}
    for name, number in broken.items():
        progress(f"violated: {name} ({number})")
    finished = sum(state in DONE for state in ended)
    figures = {
        "jobs": len(ended),
        "violations": sum(broken.values()),
        "server_errors": tally.counts["server_errors"],
        "unfinished": sum(not state for state in ended),
        "refusals": tally.refusals.total(),
        "finished": finished,
        "cancelled": sum(bool(state) for state in ended) - finished,
        "topups": tally.counts["topups"],
        "p50_ms": tally.percentile(0.5),
        "p95_ms": tally.percentile(0.95),
        "retries": tally.counts["retries"],
    }
    kinds = dict(sorted(tally.refusals.items()))
    report("rehearse", figures, as_json=chosen.json, seed=chosen.seed, refusals_by_kind=kinds, violated=broken)
    return 1 if figures["violations"] or figures["server_errors"] or figures["unfinished"] else 0
