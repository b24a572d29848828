"""The solver's own process: a problem on standard input, orders on standard output. The only importer of pyvroom.

Run as `python -m booking.dispatch.vroom_solver` by `vroom_planner`, never imported: native code that crashes, runs wild
or eats memory takes nobody along. One thread, and no chance in it: the same problem gives the same orders, as long as
the time suffices.
"""

import resource
import sys
import time
from datetime import timedelta
from typing import Any

import msgspec
import vroom

MEMORY_BYTES = 2 << 30
EXPLORATION = 5
LEAST_SECONDS = 0.2


class Vehicle(msgspec.Struct, frozen=True):
    """A technician, by number; breaks as (number, opens, closes, minutes)."""

    id: int
    start: int
    opens: int
    closes: int
    skills: tuple[int, ...]
    breaks: tuple[tuple[int, int, int, int], ...]


class Job(msgspec.Struct, frozen=True):
    """A visit, by number."""

    id: int
    place: int
    minutes: int
    skills: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    priority: int


class Asked(msgspec.Struct, frozen=True):
    """A problem in numbers; `until` on the machine's monotonic clock."""

    matrix: tuple[tuple[int, ...], ...]
    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    until: float


Orders = dict[int, list[int]]  # the jobs of each vehicle


def solve(asked: Asked) -> Orders:
    """Who visits whom, in which order."""
    problem = vroom.Input()
    problem.set_durations_matrix("car", asked.matrix)
    for one in asked.vehicles:
        breaks = [
            vroom.Break(id, time_windows=[vroom.TimeWindow(opens, closes)], service=minutes)
            for id, opens, closes, minutes in one.breaks
        ]
        hours = vroom.TimeWindow(one.opens, one.closes)
        problem.add_vehicle(
            vroom.Vehicle(one.id, start=one.start, skills=set(one.skills), time_window=hours, breaks=breaks)
        )
    for job in asked.jobs:
        windows = [vroom.TimeWindow(opens, closes) for opens, closes in job.windows]
        problem.add_job(
            vroom.Job(
                job.id, location=job.place, default_service=job.minutes, skills=set(job.skills), time_windows=windows,
                priority=job.priority,
            )
        )  # fmt: skip
    seconds = max(LEAST_SECONDS, asked.until - time.monotonic())
    found = problem.solve(exploration_level=EXPLORATION, nb_threads=1, timeout=timedelta(seconds=seconds))
    answer: dict[str, Any] = found.to_dict()
    return {
        route["vehicle"]: [step["id"] for step in route["steps"] if step["type"] == "job"] for route in answer["routes"]
    }


def main() -> None:
    """Read, limit oneself, solve, write."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    processor = int(time.process_time() + max(0.0, asked.until - time.monotonic())) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    sys.stdout.buffer.write(msgspec.json.encode(solve(asked)))


if __name__ == "__main__":
    main()
