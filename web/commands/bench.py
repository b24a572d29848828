"""`karigar bench`: the ledger beside its floors, its reads at ten million entries, and the model it must agree with."""

import argparse
import sys
from typing import Any

from web.bench import balance, board, ledger, model, nearest, offers, pages, plan, reconcile, slots, statements
from web.commands.output import progress, report


def declare(commands: Any) -> None:
    """Add the command and its kinds to the parser."""
    bench = commands.add_parser("bench", help="ratios to floors measured in the same run; see the kinds")
    kinds = bench.add_subparsers(dest="kind", required=True, metavar="KIND")
    one = kinds.add_parser("ledger", help="the door and the Python layer beside raw PL/pgSQL", epilog=(
        "django-hordak is for comparison only and no part of the product: install it with"
        " `.venv/bin/uv pip install --group bench`, or name an interpreter that has it with --hordak."))  # fmt: skip
    _rounds(one, rounds=7, seconds=3.0)
    one.add_argument("--hordak", default=sys.executable, metavar="PYTHON", help="an interpreter with django-hordak")
    one.set_defaults(run=run_ledger)
    two = kinds.add_parser("balance", help="balance and as-of at ten million entries beside ten thousand; verify")
    _rounds(two, rounds=5, seconds=3.0)
    two.add_argument("--entries", type=int, default=10_000_000, help="of the large account")
    two.add_argument("--verified", type=int, default=2_000_000, help="entries of the books that verify walks through")
    two.set_defaults(run=run_balance)
    three = kinds.add_parser("model", help="random acts on the ledger and on its model; 1 when they differ")
    three.add_argument("--steps", type=int, default=200_000)
    three.add_argument("--seed", type=int, default=1)
    three.add_argument("--json", action="store_true", help="one JSON object on standard output")
    three.set_defaults(run=run_model)
    four = kinds.add_parser("statements", help="the readers of camt.053 and MT940 beside what they stand on")
    four.add_argument("--rounds", type=int, default=5, help="every reader once in each")
    four.add_argument("--entries", type=int, default=20_000, help="of the files that are read")
    four.add_argument("--lines", type=int, default=0, help="of a table that is imported too, into a new database")
    four.add_argument("--json", action="store_true", help="one JSON object on standard output")
    four.set_defaults(run=run_statements)
    five = kinds.add_parser("reconcile", help="all passes of matching over a planted corpus, beside a plain hash join")
    five.add_argument("--lines", type=int, default=1_000_000, help="of the gateway's report; a tenth is measured too")
    five.add_argument("--rounds", type=int, default=3, help="hash join and all passes once in each")
    five.add_argument("--json", action="store_true", help="one JSON object on standard output")
    five.set_defaults(run=run_reconcile)
    six = kinds.add_parser("pages", help="the list of exceptions over a hundred thousand of them, beside bare SQL")
    six.add_argument("--lines", type=int, default=100_000, help="that are open")
    six.add_argument("--rounds", type=int, default=12, help="every page and its floor in each")
    six.add_argument("--requests", type=int, default=10, help="of each in each round")
    six.add_argument("--json", action="store_true", help="one JSON object on standard output")
    six.set_defaults(run=run_pages)
    plans = kinds.add_parser("plan", help="plans of drawn days beside what other solvers serve of them", epilog=(
        "PyVRP and OR-Tools are for comparison only and no part of the product: install them with"
        " `.venv/bin/uv pip install --group bench`."))  # fmt: skip
    plans.add_argument("--technicians", type=int, default=60)
    plans.add_argument("--visits", type=int, default=420)
    plans.add_argument("--seconds", type=float, default=10.0, help="of each solver for each day")
    plans.add_argument("--seeds", type=int, default=3, help="so many days; the worst counts")
    plans.add_argument("--json", action="store_true", help="one JSON object on standard output")
    plans.set_defaults(run=run_plan)
    _declare_nearest(kinds)


def _declare_nearest(kinds: Any) -> None:
    one = kinds.add_parser("nearest", help="the nearest who may be asked, of a great many, beside a bare index scan")
    one.add_argument("--people", type=int, default=100_000, help="of the whole city")
    one.add_argument("--many", type=int, default=1_000_000, help="who only stand somewhere, for the reach alone")
    one.add_argument("--rounds", type=int, default=7, help="every question once in each")
    one.add_argument("--questions", type=int, default=150, help="of each kind in each round")
    one.add_argument("--json", action="store_true", help="one JSON object on standard output")
    one.set_defaults(run=run_nearest)
    two = kinds.add_parser("offers", help="many set one person's time aside at once, beside a lock on the person's row")
    two.add_argument("--attempts", type=int, default=1_000_000, help="in all")
    two.add_argument("--rounds", type=int, default=8, help="each with a person and a day of its own")
    two.add_argument("--json", action="store_true", help="one JSON object on standard output")
    two.set_defaults(run=run_offers)

    slots_ = kinds.add_parser("slots", help="windows at an address: how fast, none of them false, and how many found")
    slots_.add_argument("--technicians", type=int, default=200)
    slots_.add_argument("--visits", type=int, default=600, help="in their day before anybody asks")
    slots_.add_argument("--windows", type=int, default=10_000, help="that are checked by a full re-solve")
    slots_.add_argument("--asked", type=int, default=4, help="requests in each small town, all their windows re-solved")
    slots_.add_argument("--seeds", type=int, default=2, help="small towns of each size")
    slots_.add_argument("--json", action="store_true", help="one JSON object on standard output")
    slots_.set_defaults(run=run_slots)

    boards = kinds.add_parser("board", help="a full day on the board in Chromium: its first paint, a change seen")
    boards.add_argument("--specialists", type=int, default=500)
    boards.add_argument("--jobs", type=int, default=2_000)
    boards.add_argument("--rounds", type=int, default=5, help="each a new browser and a change by another session")
    boards.add_argument("--json", action="store_true", help="one JSON object on standard output")
    boards.set_defaults(run=run_board)


def _rounds(command: argparse.ArgumentParser, *, rounds: int, seconds: float) -> None:
    command.add_argument("--rounds", type=int, default=rounds, help="every configuration once in each")
    command.add_argument("--seconds", type=float, default=seconds, help="of each configuration in each round")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")


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
