"""`karigar simulate`: a city's day under a virtual clock, by the rules of dispatch and by what others do."""

import argparse
import os
import time
from typing import Any

from booking.dispatch.rules import FIRST_POLICIES, POLICY_VERSION
from web.commands.output import progress, report
from web.simulation.run import WEATHERS, Figures, Task, averaged, compared, of_seed, played, tasks


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    simulate = commands.add_parser("simulate", help="what the rules of dispatch are worth, before they are published")
    kinds = simulate.add_subparsers(dest="kind", required=True, metavar="KIND")
    one = kinds.add_parser("city", help="a day of a city beside asking the nearest, asking ten, and hindsight")
    one.add_argument("--specialists", type=int, default=5000)
    one.add_argument("--requests", type=int, default=50_000)
    one.add_argument("--seeds", type=int, default=1, help="so many days, from --first on")
    one.add_argument("--first", type=int, default=1, metavar="SEED")
    one.add_argument("--weather", choices=WEATHERS, action="append", default=[],
                     help="what goes otherwise than the house believes; all kinds, unless named")  # fmt: skip
    one.add_argument("--rules", choices=FIRST_POLICIES, default=POLICY_VERSION,
                     help="the rules that a house begins with, or began with earlier")  # fmt: skip
    one.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    one.add_argument("--json", action="store_true", help="one JSON object on standard output")
    one.set_defaults(run=run_city)


def run_city(chosen: argparse.Namespace) -> int:
    """Play, compare, tell; 1 when somebody accepted in vain."""
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    weathers = tuple(chosen.weather) or tuple(WEATHERS)
    some = list(tasks(
        specialists=chosen.specialists, requests=chosen.requests, seeds=seeds, weathers=weathers, rules=chosen.rules
    ))  # fmt: skip
    found: dict[Task, Figures] = {}
    began = time.monotonic()
    for task, figures in played(some, processes=chosen.processes):
        found[task] = figures
        progress(f"{time.monotonic() - began:5.0f} s  seed {task.seed}, {task.weather}: {task.policy}")
    days = {seed: {(task.weather, task.policy): told for task, told in found.items() if task.seed == seed}
            for seed in seeds}  # fmt: skip
    rows = {seed: of_seed(day) for seed, day in days.items()}
    figures = averaged(list(rows.values()))
    report(
        "simulate city", figures, as_json=chosen.json, seed=chosen.first, rounds=chosen.seeds,
        specialists=chosen.specialists, requests=chosen.requests,
        policy={"version": chosen.rules, **FIRST_POLICIES[chosen.rules].numbers()},
        seeds={str(seed): {name: round(value, 4) for name, value in row.items()} for seed, row in rows.items()},
        weathers={one: averaged([compared(day[one, "ours"], day[one, "greedy"]) for day in days.values()])
                  for one in weathers},
        policies={f"{weather} {policy}": averaged([day[weather, policy] for day in days.values()])
                  for weather, policy in days[chosen.first]},
    )  # fmt: skip
    return 1 if figures["accepted_but_lost"] else 0
