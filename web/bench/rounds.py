"""Interleaved rounds: each configuration once in each, so that neighbours disturb all alike; medians of them."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from web.bench.telling import progress

QUIET = 0.25  # a sample is quiet while others use less than this share of the machine
Configuration = Callable[[], float]


@dataclass
class Samples:
    """What one configuration did: its speed in each round, and the share of the machine that others used."""

    speeds: list[float] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.speeds)


def interleave(configurations: Mapping[str, Configuration], *, rounds: int, server: int) -> dict[str, Samples]:
    """Measure every configuration once per round. `server`: the postmaster, whose processes are ours."""
    samples = {name: Samples() for name in configurations}
    for number in range(1, rounds + 1):
        for name, run in configurations.items():
            began, (busy, ours) = time.monotonic(), _ticks(server)
            speed = run()
            took, (busy_after, ours_after) = time.monotonic() - began, _ticks(server)
            others = (busy_after - busy) - (ours_after - ours)
            whole = took * os.sysconf("SC_CLK_TCK") * (os.cpu_count() or 1)
            samples[name].speeds.append(speed)
            samples[name].foreign.append(round(min(1.0, max(0.0, others / whole)), 3))
            progress(f"round {number} of {rounds}: {name:<22} {speed:10.0f}/s  others {samples[name].foreign[-1]:.0%}")
    return samples


def quiet(samples: Mapping[str, Samples]) -> int:
    """How many samples the machine had nearly for itself."""
    return sum(share < QUIET for each in samples.values() for share in each.foreign)


def foreign(samples: Mapping[str, Samples]) -> float:
    """The median share of the machine that others used."""
    return round(median(share for each in samples.values() for share in each.foreign), 3)


def processor_seconds(server: int) -> float:
    """What this process and the server of this postmaster have used until now."""
    return _ticks(server)[1] / os.sysconf("SC_CLK_TCK")


def _ticks(server: int) -> tuple[int, int]:
    """Processor ticks of the whole machine, and of this process, its children and the server."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    spent: dict[int, int] = {}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            spent[int(entry.name)] = sum(int(word) for word in words[11:15])
            parents[int(entry.name)] = int(words[1])
    roots = {server, os.getpid()}
    ours = sum(ticks for pid, ticks in spent.items() if _below(pid, roots, parents))
    return sum(numbers) - numbers[3] - numbers[4], ours


def _below(pid: int, roots: set[int], parents: Mapping[int, int]) -> bool:
    while pid > 1 and pid not in roots:
        pid = parents.get(pid, 1)
    return pid in roots
