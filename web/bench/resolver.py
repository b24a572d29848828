"""Can everybody's day be planned anew so that all of this is kept? The solver's opinion, in a process of its own.

Run as `python -m web.bench.resolver` by `karigar bench slots`: one problem as JSON on each line of standard input, one
answer on each line of standard output: the order of each person's visits, or null when some stayed without anybody.
"""

import json
import sys
from typing import Any

import numpy as np
import vroom

THREADS, EFFORT = 2, 3


def main() -> None:
    """Answer every line until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(solved(json.loads(line))) + "\n")
        sys.stdout.flush()


def solved(problem: dict[str, Any]) -> list[list[int]] | None:
    """`people`: each with `from`, `until` and `skills`; `visits`: `opens`, `closes`, `minutes`, `skill`; `ways`: from
    each person's base, then each visit, to each visit."""
    people, visits = problem["people"], problem["visits"]
    size = len(people) + len(visits)
    ways = np.zeros((size, size), dtype=np.uint32)
    ways[:, len(people) :] = problem["ways"]
    asked = vroom.Input()
    asked.set_durations_matrix("car", ways)
    for number, one in enumerate(people):
        hours = vroom.TimeWindow(one["from"], one["until"])
        asked.add_vehicle(vroom.Vehicle(number + 1, start=number, skills=set(one["skills"]), time_window=hours))
    for number, one in enumerate(visits):
        window = vroom.TimeWindow(one["opens"], one["closes"])
        asked.add_job(
            vroom.Job(
                number + 1, location=len(people) + number, default_service=one["minutes"], skills={one["skill"]},
                time_windows=[window],
            )
        )  # fmt: skip
    found = asked.solve(exploration_level=EFFORT, nb_threads=THREADS)
    if found.unassigned:
        return None
    orders: list[list[int]] = [[] for _ in people]
    for row in found.routes[found.routes.type == "job"].itertuples():
        orders[int(row.vehicle_id) - 1].append(int(row.id) - 1)
    return orders


if __name__ == "__main__":
    main()
