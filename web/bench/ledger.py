"""`karigar bench ledger`: the door and the Python layer beside the floor of raw PL/pgSQL, in one interleaved series."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from web.bench.place import Place, open_place, speed
from web.bench.rounds import Samples, foreign, interleave, quiet
from web.bench.telling import progress

CLIENTS, THREADS, BATCHES, HORDAK_PROCESSES = 16, 16, 4, 4
PROJECT = Path(__file__).parent.parent.parent

PAIR = "\\set a random(1,10000)\n\\set b (:a + random(0,9998)) % 10000 + 1\n"
# The door takes the lower account first, as the Python layer sorts them for it.
SORTED = "\\set lower least(:a, :b)\n\\set upper greatest(:a, :b)\n\\set amount case when :a < :b then -1 else 1 end\n"
DOOR = "SELECT ledger.post_two(gen_random_uuid(), '{kind}', 'BDT', {lower}, {upper}, {amount}, told_at => now());\n"
# Each in a transaction of its own, as transfers are: what shares one is stored more tightly.
_PAIRS = """
    DO $$
    DECLARE
        a bigint;
        b bigint;
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', false);
        FOR n IN 1 .. {many} LOOP
            a := {first} + 1 + n::bigint * 7919 % 10000;
            b := {first} + 1 + (n::bigint * 104729 + 1) % 10000;
            IF a <> b THEN
                PERFORM {call};
                COMMIT;
            END IF;
        END LOOP;
    END $$"""
_SIZE = """
    SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
     WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r' AND c.relname IN ('transfer', 'entry')"""
RAW = PAIR + "SELECT raw.xfer(:a, :b, 1);\n"
RAW_IDEMPOTENT = PAIR + "SELECT raw.xfer_idem(gen_random_uuid(), :a, :b, 1);\n"


def measure(*, rounds: int, seconds: float, hordak: str) -> tuple[dict[str, float], dict[str, Any]]:
    """The ratios by their names, and what they were made of. `hordak`: an interpreter that may have django-hordak."""
    with open_place() as place:
        first = place.number("SELECT min(account) FROM raw.wallet") - 1  # wallets are numbered without a gap
        fees = place.number("SELECT fees FROM raw.house")
        pair = {"lower": f":lower + {first}", "upper": f":upper + {first}", "amount": ":amount"}
        uniform = PAIR + SORTED + DOOR.format(kind="tip", **pair)
        hot = PAIR + DOOR.format(kind="penalty", lower=f":a + {first}", upper=fees, amount=-1)

        def bench(name: str, script: str, clients: int = CLIENTS) -> Callable[[], float]:
            return partial(place.pgbench, name, script, clients=clients, seconds=seconds)

        configurations: dict[str, Callable[[], float]] = {
            "raw": bench("raw", RAW),
            "raw_8_clients": bench("raw", RAW, 8),
            "raw_32_clients": bench("raw", RAW, 32),
            "raw_idempotent": bench("raw_idempotent", RAW_IDEMPOTENT),
            "post": bench("post", uniform),
            "post_hot": bench("hot", hot),
            "post_hot_8_clients": bench("hot", hot, 8),
            "post_hot_32_clients": bench("hot", hot, 32),
            "service": partial(_service, place, "post", THREADS, seconds),
            "driver": partial(_service, place, "driver", THREADS, seconds),
            "service_batch": partial(_service, place, "many", BATCHES, seconds),
        }
        if _has_hordak(hordak):
            url = _hordak_database(place, hordak)
            configurations["hordak"] = partial(_hordak, hordak, url, seconds)
        else:
            progress(
                "*** django-hordak is not installed: service_vs_hordak is NOT measured; see `karigar bench -h` ***"
            )
        progress("  bytes of a hundred thousand transfers")
        size = {"bytes_vs_raw": _bytes(place, first)}
        samples = interleave(configurations, rounds=rounds, server=place.pid)
        figures = _ratios(samples) | size
        figures["violations"] = place.violations()
    return figures, {
        "speeds": {name: round(each.median) for name, each in samples.items()},
        "quiet_samples": quiet(samples),
        "samples": sum(len(each.speeds) for each in samples.values()),
        "machine": {"cores": os.cpu_count() or 1, "foreign_cpu": foreign(samples)},
    }


def _ratios(samples: dict[str, Samples]) -> dict[str, float]:
    speeds = {name: each.median for name, each in samples.items()}
    found = {
        "post_vs_raw_idempotent": speeds["post"] / speeds["raw_idempotent"],
        "service_vs_raw": speeds["service"] / speeds["raw"],
        "service_vs_driver": speeds["service"] / speeds["driver"],
        "driver_vs_raw": speeds["driver"] / speeds["raw"],
        "hot_vs_uniform": speeds["post_hot"] / speeds["post"],
        "hot_32_vs_8_clients": speeds["post_hot_32_clients"] / speeds["post_hot_8_clients"],
        "raw_32_vs_8_clients": speeds["raw_32_clients"] / speeds["raw_8_clients"],
        "batch_vs_raw": speeds["service_batch"] / speeds["raw"],
    }
    if "hordak" in speeds:
        found["service_vs_hordak"] = speeds["service"] / speeds["hordak"]
    return {name: round(value, 3) for name, value in found.items()}


def _bytes(place: Place, first: int, *, many: int = 100_000) -> float:
    """Heap and indexes that so many transfers add to new tables, ours by the floor's.

    Fewer would tell of chance: pages of an index on random keys are split at about the same time, then fill again.
    """
    sorted_pair = {"lower": "least(a, b)", "upper": "greatest(a, b)", "amount": "CASE WHEN a < b THEN -1 ELSE 1 END"}
    door = DOOR.format(kind="tip", **sorted_pair).removeprefix("SELECT ").rstrip(";\n")
    before = _size(place, "ledger"), _size(place, "raw")
    place.run(_PAIRS.format(call="raw.xfer(a, b, 1)", first=0, many=many))
    place.run(_PAIRS.format(call=door, first=first, many=many))
    after = _size(place, "ledger"), _size(place, "raw")
    return round((after[0] - before[0]) / (after[1] - before[1]), 3)


def _size(place: Place, schema: str) -> int:
    return place.number(_SIZE.format(schema=schema))


def _service(place: Place, mode: str, threads: int, seconds: float) -> float:
    asked = [sys.executable, "-m", "web.bench.service", mode, str(threads), str(seconds), place.url]
    return speed(subprocess.run(asked, capture_output=True, text=True, check=False, cwd=PROJECT))


def _has_hordak(interpreter: str) -> bool:
    asked = [interpreter, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('hordak') is None)"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _hordak_database(place: Place, interpreter: str) -> str:
    place.run("CREATE DATABASE hordak")
    url = make_url(place.url).set(database="hordak").render_as_string(hide_password=False)
    script = str(Path(__file__).parent / "other_ledger.py")
    done = subprocess.run([interpreter, script, "prepare", url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"django-hordak could not be prepared: {done.stderr[-600:]}")
    return url


def _hordak(interpreter: str, url: str, seconds: float) -> float:
    script = str(Path(__file__).parent / "other_ledger.py")
    asked = [interpreter, script, "run", url, str(HORDAK_PROCESSES), str(seconds)]
    return speed(subprocess.run(asked, capture_output=True, text=True, check=False))
