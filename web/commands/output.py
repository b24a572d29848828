"""What commands print: one JSON object on standard output when asked, words otherwise; progress on standard error."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path


def progress(text: str) -> None:
    """A line for the person who waits; never on standard output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """The command's answer in words."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def report(
    name: str,
    figures: Mapping[str, float],
    *,
    as_json: bool,
    seed: int = 0,
    rounds: int = 1,
    **more: object,
) -> None:
    """The figures of a benchmark, rehearsal or check, as the one JSON object or as a table."""
    if as_json:
        machine = {"cores": os.cpu_count() or 1, "foreign_cpu": foreign_load()}
        whole = {"name": name, "figures": dict(figures), "seed": seed, "rounds": rounds, "machine": machine, **more}
        say(json.dumps(whole, ensure_ascii=False, default=str))
        return
    widest = max((len(key) for key in figures), default=0)
    for key, value in figures.items():
        say(f"{key:<{widest}}  {value:g}")


def foreign_load(seconds: float = 0.2) -> float:
    """The share of the machine's processors that others used during a short look, from 0 to 1; 0 where unknown."""
    try:
        first, own = _processor_ticks(), time.process_time()
        time.sleep(seconds)
        second = _processor_ticks()
    except OSError:
        return 0.0
    busy, whole = second[0] - first[0], second[1] - first[1]
    ours = (time.process_time() - own) * os.sysconf("SC_CLK_TCK")
    return round(max(0.0, min(1.0, (busy - ours) / whole)), 3) if whole else 0.0


def _processor_ticks() -> tuple[int, int]:
    numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return sum(numbers) - numbers[3] - numbers[4], sum(numbers)
