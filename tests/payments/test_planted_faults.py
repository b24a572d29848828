"""Each invariant of the design by its number, with the fault that is planted for it and who catches it.

Three kinds of proof: an audit counts the fault (`test_audits.py` plants one for every audit); a door that has lost a
guard lets a fault through here, and the audit of that number counts it; or a test elsewhere, named by its place, holds
what no query over the tables can see. The list is complete: a number without a proof fails the build.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from payments import audits
from payments.ledger import actions
from payments.ledger.example import Act, Place
from payments.ledger.rules import AccountName, Leg
from tests.payments.ledger.books import NOW, bdt, open_books, perform, top_up
from tests.payments.test_audits import FAULTS
from web.invariants import COUNTS

PROJECT = Path(__file__).parent.parent.parent
RACES = "tests/payments/ledger/test_races.py"
WALK = "tests/payments/ledger/test_long_walk.py"
Books = dict[Place, int]

# What is no sum over tables, or is raced rather than counted.
ELSEWHERE: dict[int, tuple[str, ...]] = {
    7: (f"{RACES}::test_fifty_keys_on_one_hold_take_it_once",),
    9: (
        f"{RACES}::test_fifty_captures_with_one_key_are_one_capture",
        f"{WALK}::test_a_ledger_that_lost_a_guard_differs_from_the_model",
    ),
    12: (f"{RACES}::test_no_writer_that_saw_the_period_open_comes_in_behind_the_signature",),
    18: (
        f"{RACES}::test_a_seal_waits_for_the_writer_that_is_still_open",
        "tests/web/test_seal_command.py::test_a_published_head_outlives_a_history_sealed_anew",
    ),
    21: ("tests/promises/test_k_cards.py::test_k9_a_card_number_sent_anywhere_is_nowhere_afterwards",),
    22: ("tests/faults/money/test_kill_rounds.py::test_whoever_is_killed_no_money_is_lost_and_none_doubled",),
    23: (f"{WALK}::test_a_ledger_that_lost_a_guard_differs_from_the_model",),
    24: ("tests/marketplace/foundation/test_outbox.py::test_a_task_in_steps_runs_with_no_transaction_open",),
    25: (
        "tests/booking/pricing/test_preview.py::test_the_table_before_booking_is_what_is_charged_at_any_later_moment",
    ),
    26: ("tests/payments/test_planted_faults.py::test_26_a_hold_left_on_an_ended_job_is_counted",),
}


@pytest.mark.parametrize("number", range(1, 31))
def test_every_invariant_has_a_fault_that_is_caught(number: int) -> None:
    counted = [name for name in FAULTS if name.startswith(f"{number:02}_")]
    assert set(counted) == {name for name in audits.NAMES if name.startswith(f"{number:02}_")}
    named = ELSEWHERE.get(number, ())
    assert counted or named, f"plant a fault for invariant {number}, and see it caught"
    for place in named:
        file, _, function = place.partition("::")
        tree = ast.parse((PROJECT / file).read_text())
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, place


# A door without a guard ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lost:
    """A guard that a function of the ledger has lost, what is then asked of it, and the audit that must count it."""

    audit: str
    function: str
    guard: str
    instead: str
    ask: Callable[[Session, Books], object]
    before: str = "SELECT 1"


def unbalanced(session: Session, books: Books) -> object:
    legs = [Leg(books["W:c"], bdt(-100)), Leg(books["fee_income"], bdt(60)), Leg(books["tax"], bdt(30))]
    return actions.post(session, uuid7(), "penalty", legs, now=NOW)


def tip(amount: int, taker: Place = "W:s") -> Callable[[Session, Books], object]:
    return lambda session, books: perform(session, Act("post", "tip", {"W:c": -amount, taker: amount}), books)


def foreign(session: Session, books: Books) -> object:
    name = AccountName("wallet", "QAR", "customer", derived("test", "customer"))
    legs = [Leg(books["W:c"], bdt(-10)), Leg(actions.open_account(session, name), bdt(10))]
    return actions.post(session, uuid7(), "tip", legs, now=NOW)


def reversed_twice(session: Session, books: Books) -> object:
    topped = top_up(session, books, 70)
    for _ in range(2):
        actions.reverse(session, uuid7(), topped.transfer, reason="wrong", now=NOW)
    return None


def captured_short(session: Session, books: Books) -> object:
    perform(session, Act("hold", "hold", {"W:c": 90}, subject="J"), books)
    return perform(session, Act("capture", "capture", {"W:c": -50, "W:s": 50}, subject="J"), books)


FLOOR = "(x.posted + leg.amount - x.held >= x.floor) IS NOT FALSE AND "
LOST = (
    Lost("01_unbalanced_transfers", "_check", "coalesce(total, 0) <> 0 OR ", "", unbalanced),
    Lost("02_currencies_not_summing_to_zero", "_check", "coalesce(total, 0) <> 0 OR ", "", unbalanced),
    Lost(
        "03_accounts_unlike_their_last_entry", "post_two",
        "a.posted, a.held, clock_timestamp()", "a.posted - 1, a.held, clock_timestamp()", tip(10),
    ),
    Lost("04_breaks_in_running_balances", "post_two", "version = x.version + 1", "version = x.version + 2", tip(10)),
    Lost(
        "05_entries_beyond_floor_or_ceiling", "post_two", FLOOR, "", tip(5_000),
        "ALTER TABLE ledger.account DROP CONSTRAINT account_floor_check",
    ),
    Lost(
        "06_held_unlike_open_holds", "_apply",
        "CASE WHEN last THEN hold_rests[j] ELSE part END", "part", captured_short,
    ),
    Lost("08_transfers_reversed_twice", "_check", "", "", reversed_twice, "DROP INDEX ledger.transfer_reverses_key"),
    Lost("10_transfers_of_two_currencies", "post_two", " AND x.currency = currency", "", foreign),
    Lost(
        "11_entries_recorded_out_of_order", "post_two",
        "a.held, clock_timestamp()", "a.held, now() - interval '1 s'", tip(10),
    ),
)  # fmt: skip


@pytest.mark.parametrize("lost", LOST, ids=[lost.audit for lost in LOST])
def test_a_door_that_lost_a_guard_is_found_out(session: Session, lost: Lost) -> None:
    books = open_books(session)
    top_up(session, books, 1_000)
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text(lost.before))
    source = session.scalar(
        text("SELECT pg_get_functiondef(p.oid) FROM pg_proc p"
             " WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname = :name"), {"name": lost.function},
    )  # fmt: skip
    assert source is not None
    assert lost.guard in source, "the door has other words now: take the guard away in those"
    weakened = source.replace(lost.guard, lost.instead) if lost.guard else source
    session.connection().exec_driver_sql(weakened)
    session.execute(text("SET LOCAL ROLE karigar_app"))
    assert audits.figures(session, now=NOW)[lost.audit] == 0
    lost.ask(session, books)
    assert audits.figures(session, now=NOW)[lost.audit] > 0


def test_26_a_hold_left_on_an_ended_job_is_counted(session: Session) -> None:
    books = open_books(session)
    top_up(session, books, 1_000)
    perform(session, Act("hold", "hold", {"W:c": 90}, subject="J"), books)
    session.execute(text("CREATE TEMP TABLE job AS SELECT * FROM public.job LIMIT 0"))  # found before the real one
    count = text(COUNTS["ended_jobs_with_held_money"])
    for state, expected in (("assigned", 0), ("cancelled", 1)):
        session.execute(text("DELETE FROM pg_temp.job"))
        session.execute(
            text("INSERT INTO pg_temp.job (id, state) VALUES (:id, :state)"),
            {"id": derived("test", "subject", "J"), "state": state},
        )
        assert session.scalar(count) == expected
    session.execute(text("DROP TABLE pg_temp.job"))
