"""Real threads, real commits: whoever comes first wins, everybody else is told the truth, and the books stay sound."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from payments import audits
from payments.ledger import actions, queries
from payments.ledger.example import Act, Place
from payments.ledger.rules import Leg, Posted, Posting
from tests.payments.ledger.books import NOW, bdt, open_books, perform, subject_of, top_up

Books = dict[Place, int]
Verb = Callable[[Session], Posted | None]


@pytest.fixture
def books(database: Engine) -> Books:
    """Committed books with 1 000 in the customer's wallet; at every COMMIT each transfer must sum to zero."""
    owner = create_engine(database.url)  # without the application's role
    with owner.begin() as connection:
        connection.execute(text("SELECT ledger.watch_every_commit()"))
    owner.dispose()
    with transaction() as session:
        books = open_books(session)
        top_up(session, books, 1_000)
    return books


def race(verbs: Sequence[Verb]) -> list[str]:
    """Run each verb in a thread and a transaction of its own, all at once; what became of each, in order."""
    gate = threading.Barrier(len(verbs))

    def run(verb: Verb) -> str:
        gate.wait()
        try:
            with transaction() as session:
                posted = verb(session)
        except Refused as refused:
            return type(refused).__name__
        return "nothing" if posted is None else "replayed" if posted.replayed else "applied"

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def race_behind(first: Verb, verbs: Sequence[Verb]) -> list[str]:
    """As `race`, while a transaction that has done `first` stays open until the others wait for its locks."""
    with ThreadPoolExecutor(1) as aside:
        with transaction() as session:
            first(session)
            racing = aside.submit(race, verbs)
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            deadline = time.monotonic() + 1.5  # before the others' lock_timeout
            while session.scalar(waiting) < len(verbs) and time.monotonic() < deadline:
                time.sleep(0.02)
        return racing.result()


def asking(act: Act, books: Books, key: UUID | None = None) -> Verb:
    """A verb that asks the door for an act; without a key, each asks with its own."""
    return lambda session: perform(session, act, books, key or uuid7())


def cells(books: Books, *places: Place) -> list[tuple[int, int]]:
    with transaction() as session:
        found = [queries.balance(session, books[place]) for place in places]
        figures = audits.figures(session, now=NOW)
        here = {name: faults for name, faults in figures.items() if not name.startswith(("15_", "16_payouts"))}
        assert {name: faults for name, faults in here.items() if faults} == {}  # no payout stands behind these holds
    return [(each.posted.minor, each.held.minor) for each in found]


HOLD = Act("hold", "hold", {"W:c": 1_000}, subject="J")
TAKE = Act("capture", "capture", {"W:c": -800, "W:s": 700, "commission": 100}, subject="J")
GIVE_BACK = Act("release", "release", subject="J")


def test_fifty_threads_with_one_key_apply_once_and_replay_forty_nine_times(books: Books) -> None:
    key = uuid7()
    tip = Act("post", "tip", {"W:c": -10, "W:s": 10})
    assert Counter(race([asking(tip, books, key)] * 50)) == {"applied": 1, "replayed": 49}
    assert cells(books, "W:c", "W:s") == [(990, 0), (10, 0)]


def test_connections_that_meet_in_one_account_have_rows_of_their_own_and_its_balance_is_their_sum(books: Books) -> None:
    fee = Act("post", "penalty", {"W:c": -1, "fee_income": 1})
    assert Counter(race([asking(fee, books)] * 40)) == {"applied": 40}
    with transaction() as session:
        used = "SELECT count(*) FROM ledger.account WHERE group_id = :id AND version > 0"
        assert session.scalar(text(used), {"id": books["fee_income"]}) > 4
    assert cells(books, "W:c", "fee_income") == [(960, 0), (40, 0)]


def test_fifty_keys_on_one_hold_take_it_once(books: Books) -> None:
    with transaction() as session:
        perform(session, HOLD, books)
    assert Counter(race([asking(TAKE, books) for _ in range(50)])) == {"applied": 1, "HoldClosed": 49}
    assert cells(books, "W:c", "W:s", "commission") == [(200, 0), (700, 0), (100, 0)]


def test_fifty_captures_with_one_key_are_one_capture(books: Books) -> None:
    key = uuid7()
    with transaction() as session:
        perform(session, HOLD, books)
    assert Counter(race([asking(TAKE, books, key)] * 50)) == {"applied": 1, "replayed": 49}
    assert cells(books, "W:c", "W:s") == [(200, 0), (700, 0)]


@pytest.mark.parametrize("kind", ["release", "expire"])
def test_a_capture_and_a_release_at_once_give_one_winner(books: Books, kind: str) -> None:
    def give_back(session: Session) -> Posted:
        return actions.release(session, uuid7(), subject=subject_of("J"), closes="job", kind=kind, now=NOW)  # type: ignore[arg-type]  # one of two words

    for _ in range(6):
        with transaction() as session:
            before = queries.balance(session, books["W:c"]).posted.minor
            if before < 1_000:
                top_up(session, books, 1_000 - before)
        with transaction() as session:
            perform(session, HOLD, books)
        found = race([asking(TAKE, books), give_back])
        assert sorted(found) == ["HoldClosed", "applied"]
        taken = found[0] == "applied"
        assert cells(books, "W:c") == [(200 if taken else 1_000, 0)]


def test_two_holds_on_the_last_unit_of_money_give_one_winner(books: Books) -> None:
    holds = [asking(Act("hold", "hold", {"W:c": 1_000}, subject=f"J{n}"), books) for n in range(8)]
    assert Counter(race(holds)) == {"applied": 1, "InsufficientFunds": 7}
    assert cells(books, "W:c") == [(1_000, 1_000)]


def test_twenty_tips_of_a_hundred_from_a_thousand_leave_nothing_and_never_less(books: Books) -> None:
    tips = [asking(Act("post", "tip", {"W:c": -100, "W:s": 100}), books) for _ in range(20)]
    assert Counter(race(tips)) == {"applied": 10, "InsufficientFunds": 10}
    assert cells(books, "W:c", "W:s") == [(0, 0), (1_000, 0)]


def test_a_refusal_waits_for_nobody(books: Books) -> None:
    """It has moved the upper account when it finds the lower one short: waiting for that could be a deadlock."""
    with transaction() as session:
        perform(session, Act("post", "tip", {"W:c": -900, "W:s": 900}), books)
    with transaction() as session:
        perform(session, Act("post", "chargeback", {"W:c": -10, "clearing": 10}), books)  # W:c is locked until the end
        assert race([asking(Act("post", "tip", {"W:c": -200, "W:s": 200}), books)]) == ["InsufficientFunds"]
    assert cells(books, "W:c", "W:s") == [(90, 0), (900, 0)]


def test_a_payout_and_a_chargeback_at_once_share_what_is_there(books: Books) -> None:
    payout = Act("hold", "hold", {"W:c": 900}, purpose="payout", subject="P")
    chargeback = Act("post", "chargeback", {"W:c": -400, "clearing": 400}, spill={"W:c": "receivable:c"})
    found = race([asking(payout, books), asking(chargeback, books)])
    assert found[1] == "applied"
    expected = [(900, 900), (-300, 0)] if found[0] == "applied" else [(600, 0), (0, 0)]
    assert cells(books, "W:c", "receivable:c") == expected


def test_a_debt_is_offset_from_what_is_there_once_the_lock_is_had(books: Books) -> None:
    chargeback = Act("post", "chargeback", {"W:c": -1_200, "clearing": 1_200}, spill={"W:c": "receivable:c"})
    with transaction() as session:
        perform(session, chargeback, books)
    with transaction() as session:
        top_up(session, books, 150)
    pay = Act("offset", "debt_offset", {"W:c": 0, "receivable:c": 0})
    tip = Act("post", "tip", {"W:c": -100, "W:s": 100})
    found = race_behind(asking(tip, books), [asking(pay, books) for _ in range(6)])
    assert Counter(found) == {"applied": 1, "nothing": 5}
    assert cells(books, "W:c", "receivable:c") == [(0, 0), (-150, 0)]


def test_a_chargeback_takes_what_is_there_once_the_lock_is_had_and_owes_the_rest(books: Books) -> None:
    chargeback = Act("post", "chargeback", {"W:c": -300, "clearing": 300}, spill={"W:c": "receivable:c"})
    tip = Act("post", "tip", {"W:c": -500, "W:s": 500})
    found = race_behind(asking(tip, books), [asking(chargeback, books) for _ in range(6)])
    assert Counter(found) == {"applied": 6}
    assert cells(books, "W:c", "receivable:c") == [(0, 0), (-1_300, 0)]


def test_one_transfer_is_reversed_once_whoever_asks(books: Books) -> None:
    with transaction() as session:
        paid = perform(session, Act("post", "tip", {"W:c": -100, "W:s": 100}), books)
    assert paid is not None
    original = paid.transfer
    back: list[Verb] = [
        lambda session: actions.reverse(session, uuid7(), original, reason="wrong", now=NOW) for _ in range(10)
    ]
    assert Counter(race(back)) == {"applied": 1, "AlreadyReversed": 9}
    assert cells(books, "W:c", "W:s") == [(1_000, 0), (0, 0)]


def test_mirror_images_in_batches_queue_instead_of_deadlocking(books: Books) -> None:
    with transaction() as session:
        top_up(session, books, 1_000, "W:s")

    def batch(giver: Place, taker: Place) -> Verb:
        def run(session: Session) -> Posted:
            legs = (Leg(books[giver], bdt(-1)), Leg(books[taker], bdt(1)))
            return actions.post_many(session, [Posting(uuid7(), "tip", legs) for _ in range(10)], now=NOW)[0]

        return run

    there, back = batch("W:c", "W:s"), batch("W:s", "W:c")
    assert Counter(race([there, back] * 12)) == {"applied": 24}
    assert cells(books, "W:c", "W:s") == [(1_000, 0), (1_000, 0)]


def test_an_account_opened_by_twenty_at_once_is_one_account(books: Books) -> None:
    name = queries.house("promo", "QAR")

    def open_it(_: int) -> int:
        with transaction() as session:
            return actions.open_account(session, name)

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(open_it, range(20)))) == 1


def test_no_writer_that_saw_the_period_open_comes_in_behind_the_signature(books: Books) -> None:
    tip = Act("post", "tip", {"W:c": -10, "W:s": 10})
    facts = {"at": NOW, "who": uuid7()}
    sign = text("SELECT ledger.sign_period(0, :at, CAST(:who AS uuid), NULL)")
    with transaction() as writer:
        perform(writer, tip, books)
        with transaction() as finance:
            finance.execute(text("SELECT ledger.close_period(0, :at)"), facts)
        for _ in range(2):
            with transaction() as finance:
                assert finance.execute(sign, facts).scalar_one() is False
    deadline = time.monotonic() + 30  # the horizon is the whole server's, and others have writers open as well
    while True:
        with transaction() as finance:
            if finance.execute(sign, facts).scalar_one():
                break
        assert time.monotonic() < deadline, "the period is never signed"
        time.sleep(0.1)
    assert race([asking(tip, books)]) == ["PeriodLocked"]
    assert cells(books, "W:c") == [(990, 0)]


def test_a_seal_waits_for_the_writer_that_is_still_open(books: Books) -> None:
    tip = Act("post", "tip", {"W:c": -10, "W:s": 10})
    with transaction() as slow:
        perform(slow, tip, books)
        with transaction() as other:
            perform(other, Act("post", "bank_deposit", {"bank": -5, "clearing": 5}), books)
        assert sealed(1) == 1  # the fixture's top-up; the later deposit hides behind the open writer
    assert sealed(2) == 2
    cells(books)


def sealed(wanted: int) -> int:
    """How many transfers get sealed; the horizon is the whole server's, and others have writers open as well."""
    total, deadline = 0, time.monotonic() + 30
    while True:
        with transaction() as sealer:
            found = actions.seal(sealer)
        total += found
        if total >= wanted and not found:
            return total
        assert time.monotonic() < deadline, f"{total} sealed, {wanted} were expected"
        time.sleep(0 if found else 0.1)
