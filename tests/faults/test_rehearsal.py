"""A small day through the HTTP API, with a process killed in its middle: it costs time, and nothing else.

Dhaka and Tehran between them take money by all four gateways; a whole rehearsal plays both.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import _drop, clone
from web.commands.rehearse import EVERY_GATEWAY, _shared
from web.commands.town import GATEWAYS_OF
from web.rehearsal.flows import AFTERWARDS
from web.rehearsal.plays import TWISTS

JOBS, FEW = 10, 6
LONGEST_SECONDS = 900
PROMISED = {
    "jobs", "violations", "server_errors", "unfinished", "refusals", "finished", "cancelled", "topups", "p50_ms",
    "p95_ms", "retries",
}  # fmt: skip
SURE = {
    "capture",
    "cash_commission",
    "commission_rule",
    "hold",
    "promotion_published",
    "tax_rate",
}  # whatever the threads do


@pytest.fixture
def database_url() -> Iterator[str]:
    url, name = clone()
    yield url
    _drop(name)
    _drop(f"{name}_keys")


def rehearse(database_url: str, *words: str, jobs: int = JOBS) -> tuple[int, dict[str, Any], str]:
    """The exit code, the report, and what was said on the way."""
    environment = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "BASE_URL")}
    command = [sys.executable, "-m", "web.commands", "rehearse", "--jobs", str(jobs), "--seed", "11", "--json", *words]
    done = subprocess.run(
        command,
        env=environment | {"DATABASE_URL": database_url, "KEYS_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_the_jobs_of_a_whole_rehearsal_are_shared_by_towns_with_every_gateway() -> None:
    assert _shared(EVERY_GATEWAY, 1001) == {"dhaka": 601, "tehran": 400}
    assert _shared(("doha",), 7) == {"doha": 7}
    named = {word.partition(":")[0] for town in EVERY_GATEWAY for word in GATEWAYS_OF[town].split()}
    assert named == {"sandbox", "stripe", "zarinpal", "sslcommerz"}
    assert set(TWISTS) >= set(AFTERWARDS)


@pytest.mark.slow
def test_a_killed_web_process_costs_time_and_nothing_else(database_url: str) -> None:
    code, told, said = rehearse(database_url, "--town", "dhaka", "--kill", "web@6")
    assert code == 0, said + str(told)
    figures = told["figures"]
    assert set(figures) == PROMISED
    assert (figures["jobs"], figures["violations"], figures["server_errors"], figures["unfinished"]) == (JOBS, 0, 0, 0)
    assert figures["finished"] + figures["cancelled"] == JOBS
    assert figures["retries"] > 0, "nobody noticed that the process was killed"
    assert sum(told["refusals_by_kind"].values()) == figures["refusals"]
    assert {"name", "figures", "seed", "rounds", "machine"} <= set(told)
    assert told["world"] == {"BDT": 0}
    assert set(told["gateways"]) == {"sandbox", "sslcommerz", "stripe"}
    assert set(told["flows"]) >= SURE
    assert len(told["flows"]) >= 18, told["flows"]
    assert {"commission", "receipt", "top_up"} <= set(told["documents"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_a_killed_redis_costs_time_and_nothing_else(database_url: str) -> None:
    code, told, said = rehearse(
        database_url, "--town", "tehran", "--webs", "2", "--worker", "--kill", "redis@6", "--kill", "worker@12",
        jobs=FEW,
    )  # fmt: skip
    assert code == 0, said + str(told)
    figures = told["figures"]
    assert (figures["jobs"], figures["violations"], figures["server_errors"], figures["unfinished"]) == (FEW, 0, 0, 0)
    assert told["world"] == {"IRR": 0}
