"""`karigar bench`: each kind is measured in `web/bench/`, beside a floor of the same run."""

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

from web.bench import balance, board, ledger, model, nearest, offers, pages, plan, reconcile, slots, statements
from web.commands.output import progress, report

Option = tuple[int | float | str, str | None]
BESIDE = "is for comparison only and no part of the product: install it with `.venv/bin/uv pip install --group bench`"


def declare(commands: Any) -> None:
    """Add the command and its kinds to the parser."""
    bench = commands.add_parser("bench", help="ratios to floors measured in the same run; see the kinds")
    kinds = bench.add_subparsers(dest="kind", required=True, metavar="KIND")
    _money(kinds)
    _dispatch(kinds)


def _money(kinds: Any) -> None:
    pace: dict[str, Option] = {"seconds": (3.0, "of each configuration in each round")}
    _kind(kinds, "ledger", run_ledger, "the door and the Python layer beside raw PL/pgSQL", {
        "rounds": (7, "every configuration once in each"), **pace,
        "hordak": (sys.executable, "an interpreter with django-hordak"),
    }, epilog=f"django-hordak {BESIDE}, or name an interpreter that has it with --hordak.")  # fmt: skip
    _kind(kinds, "balance", run_balance, "balance and as-of at ten million entries beside ten thousand; verify", {
        "rounds": (5, "every configuration once in each"), **pace, "entries": (10_000_000, "of the large account"),
        "verified": (2_000_000, "entries of the books that verify walks through"),
    })  # fmt: skip
    _kind(kinds, "model", run_model, "random acts on the ledger and on its model; 1 when they differ", {
        "steps": (200_000, None), "seed": (1, None),
    })  # fmt: skip
    _kind(kinds, "statements", run_statements, "the readers of camt.053 and MT940 beside what they stand on", {
        "rounds": (5, "every reader once in each"), "entries": (20_000, "of the files that are read"),
        "lines": (0, "of a table that is imported too, into a new database"),
    })  # fmt: skip
    _kind(kinds, "reconcile", run_reconcile, "all passes of matching over a planted corpus, beside a plain hash join", {
        "lines": (1_000_000, "of the gateway's report; a tenth is measured too"),
        "rounds": (3, "hash join and all passes once in each"),
    })  # fmt: skip
    _kind(kinds, "pages", run_pages, "the list of exceptions over a hundred thousand of them, beside bare SQL", {
        "lines": (100_000, "that are open"), "rounds": (12, "every page and its floor in each"),
        "requests": (10, "of each in each round"),
    })  # fmt: skip


def _dispatch(kinds: Any) -> None:
    _kind(kinds, "plan", run_plan, "plans of drawn days beside what other solvers serve of them", {
        "technicians": (60, None), "visits": (420, None), "seconds": (10.0, "of each solver for each day"),
        "seeds": (3, "so many days; the worst counts"),
    }, epilog=f"Each of PyVRP and OR-Tools {BESIDE}.")  # fmt: skip
    _kind(kinds, "nearest", run_nearest, "the nearest who may be asked, of a great many, beside a bare index scan", {
        "people": (100_000, "of the whole city"),
        "many": (1_000_000, "who only stand somewhere, for the reach alone"),
        "rounds": (7, "every question once in each"), "questions": (150, "of each kind in each round"),
    })  # fmt: skip
    _kind(kinds, "offers", run_offers, "many set one person's time aside at once, beside a lock on the person's row", {
        "attempts": (1_000_000, "in all"), "rounds": (8, "each with a person and a day of its own"),
    })  # fmt: skip
    _kind(kinds, "slots", run_slots, "windows at an address: how fast, none of them false, and how many found", {
        "technicians": (200, None), "visits": (600, "in their day before anybody asks"),
        "windows": (10_000, "that are checked by a full re-solve"),
        "asked": (4, "requests in each small town, all their windows re-solved"),
        "seeds": (2, "small towns of each size"),
    })  # fmt: skip
    _kind(kinds, "board", run_board, "a full day on the board in Chromium: its first paint, a change seen", {
        "specialists": (500, None), "jobs": (2_000, None),
        "rounds": (5, "each a new browser and a change by another session"),
    })  # fmt: skip


def _kind(
    kinds: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    help: str,
    options: Mapping[str, Option],
    *,
    epilog: str | None = None,
) -> None:
    """One kind of benchmark with its options; each is of the type of its default."""
    command = kinds.add_parser(name, help=help, epilog=epilog)
    for option, (default, said) in options.items():
        command.add_argument(f"--{option}", type=type(default), default=default, help=said)
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.set_defaults(run=run)


def run_ledger(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when the books are not sound afterwards."""
    figures, more = ledger.measure(rounds=chosen.rounds, seconds=chosen.seconds, hordak=chosen.hordak)
    report("bench ledger", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 1 if figures["violations"] else 0


def run_balance(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when verify finds anything in sound books."""
    figures, more = balance.measure(
        rounds=chosen.rounds, seconds=chosen.seconds, entries=chosen.entries, verified=chosen.verified
    )
    report("bench balance", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 1 if figures["violations"] else 0


def run_model(chosen: argparse.Namespace) -> int:
    """Walk so many steps; 1 when the ledger and the model ever differ."""
    outcome = model.walk_in_a_place(steps=chosen.steps, seed=chosen.seed, told=progress)
    report("bench model", outcome.figures, as_json=chosen.json, seed=chosen.seed)
    if outcome.divergence:
        progress(f"diverged: {outcome.divergence}")
    return 1 if outcome.divergence or outcome.figures["violations"] else 0


def run_statements(chosen: argparse.Namespace) -> int:
    """Measure and tell."""
    figures, more = statements.measure(rounds=chosen.rounds, entries=chosen.entries, lines=chosen.lines)
    report("bench statements", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 0


def run_reconcile(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when a rule matched what it should not, or the sums do not tie."""
    figures, more = reconcile.measure(lines=chosen.lines, rounds=chosen.rounds)
    report("bench reconcile", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 1 if figures["wrong_matches"] or figures["untied"] else 0


def run_pages(chosen: argparse.Namespace) -> int:
    """Measure and tell."""
    figures, more = pages.measure(lines=chosen.lines, rounds=chosen.rounds, requests=chosen.requests)
    report("bench pages", figures, as_json=chosen.json, rounds=chosen.rounds, lines=chosen.lines, **more)
    return 0


def run_plan(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when a plan of ours breaks a rule."""
    figures, more = plan.measure(
        technicians=chosen.technicians, visits=chosen.visits, seconds=chosen.seconds, seeds=chosen.seeds
    )
    report("bench plan", figures, as_json=chosen.json, **more)
    return 1 if figures["faults"] else 0


def run_nearest(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when somebody nearer was missed."""
    figures, more = nearest.measure(
        people=chosen.people, many=chosen.many, rounds=chosen.rounds, questions=chosen.questions
    )
    report("bench nearest", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 1 if figures["recall"] < 1 else 0


def run_offers(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when anybody's time was sold twice."""
    figures, more = offers.measure(attempts=chosen.attempts, rounds=chosen.rounds)
    report("bench offers", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 1 if figures["double_bookings"] else 0


def run_slots(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 when a window was told that cannot be kept."""
    figures, more = slots.measure(
        technicians=chosen.technicians, visits=chosen.visits, windows=chosen.windows, asked=chosen.asked,
        seeds=chosen.seeds,
    )  # fmt: skip
    report("bench slots", figures, as_json=chosen.json, rounds=1, **more)
    return 1 if figures["false_promises"] else 0


def run_board(chosen: argparse.Namespace) -> int:
    """Measure and tell; 1 where there is no browser."""
    try:
        figures, more = board.measure(specialists=chosen.specialists, jobs=chosen.jobs, rounds=chosen.rounds)
    except board.NoBrowser as absent:
        progress(str(absent))
        return 1
    report("bench board", figures, as_json=chosen.json, rounds=chosen.rounds, **more)
    return 0
