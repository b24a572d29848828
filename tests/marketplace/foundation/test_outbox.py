"""Work asked for inside a transaction is done after it, once, whatever is killed in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation import clock, outbox, tasks
from marketplace.foundation.database import TransactionOpen, forbid_open_transaction, transaction
from marketplace.foundation.outbox import Outbox, enqueue, take_due

worked: list[str] = []
pytestmark = pytest.mark.usefixtures("database")


@tasks.task("test.write_down")
def write_down(session: Session, *, word: str) -> None:
    worked.append(word)
    if word == "never":
        raise RuntimeError("this task always fails")
    session.execute(text("SELECT 1"))


@tasks.task("test.call_outside", in_steps=True)
def call_outside(*, word: str) -> None:
    forbid_open_transaction()
    worked.append(word)


@pytest.fixture(autouse=True)
def nothing_worked_yet() -> Iterator[None]:
    worked.clear()
    yield
    worked.clear()


def asked(word: str = "hello", task: str = "test.write_down") -> UUID:
    with transaction() as session:
        return enqueue(session, task, word=word)


def deliver() -> list[UUID]:
    sent: list[UUID] = []
    tasks.deliver_due(sent.append)
    return sent


def row(id: UUID) -> Outbox:
    with transaction() as session:
        return session.get_one(Outbox, id)


def test_what_was_committed_is_done_once_however_often_it_is_delivered() -> None:
    id = asked()
    assert deliver() == [id]
    clock.move(timedelta(seconds=21))
    assert deliver() == [id], "sent, not done: sent again"
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: tasks.run(id), range(8))) == 1
    assert tasks.run(id) is False
    assert worked == ["hello"]
    clock.move(timedelta(hours=1))
    assert deliver() == []


def test_what_was_rolled_back_is_never_done() -> None:
    with suppress(ZeroDivisionError), transaction() as session:
        enqueue(session, "test.write_down", word="hello")
        raise ZeroDivisionError
    assert deliver() == []


def test_the_same_key_asks_once() -> None:
    key = uuid4()
    with transaction() as session:
        assert enqueue(session, "test.write_down", key=key, word="hello") == key
        assert enqueue(session, "test.write_down", key=key, word="hello") == key
    assert deliver() == [key]


def test_what_is_due_later_waits_for_its_time() -> None:
    with transaction() as session:
        enqueue(session, "test.write_down", due_at=clock.now() + timedelta(minutes=5), word="hello")
    assert deliver() == []
    clock.move(timedelta(minutes=5))
    assert len(deliver()) == 1


def test_two_relays_share_the_work() -> None:
    for n in range(10):
        asked(str(n))
    with transaction() as one, transaction() as other:
        mine, theirs = take_due(one, limit=6), take_due(other, limit=6)
    assert (len(mine), len(theirs)) == (6, 4)
    assert len({*mine, *theirs}) == 10


def test_a_worker_may_be_quicker_than_the_relay() -> None:
    asked()
    ran: list[bool] = []
    tasks.deliver_due(lambda row: ran.append(tasks.run(row)))
    assert ran == [True]


def test_a_broker_that_is_down_costs_a_moment() -> None:
    for n in range(3):
        asked(str(n))

    def broken(_: UUID) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        tasks.deliver_due(broken)
    with transaction() as session:
        soon = clock.now() + timedelta(seconds=6)
        assert session.scalar(select(func.count()).where(Outbox.state == "ready", Outbox.due_at < soon)) == 3


def test_a_failing_task_waits_longer_each_time_and_is_given_up() -> None:
    id = asked("never")
    for _ in range(tasks.MOST_ERRORS):
        with pytest.raises(RuntimeError):
            tasks.run(id)
    found = row(id)
    assert (found.attempts, found.last_error, found.state) == (8, "RuntimeError", "dead")
    clock.move(timedelta(days=1))
    assert deliver() == []


def test_a_task_that_kills_its_process_is_given_up_after_three_tries() -> None:
    id = asked()
    for _ in range(tasks.MOST_CRASHES):
        assert tasks._begin(id)  # the process dies here: nothing comes after
        clock.move(tasks.LEASE + timedelta(seconds=1))
    assert tasks.run(id) is False
    assert (row(id).state, worked) == ("dead", [])


def test_a_dead_row_lives_again_at_an_administrators_word() -> None:
    id = asked("never")
    for _ in range(tasks.MOST_ERRORS):
        with pytest.raises(RuntimeError):
            tasks.run(id)
    with transaction() as session:
        assert outbox.counts(session)["dead"] == 1
        assert outbox.replay(session, id)
        assert not outbox.replay(session, id)
    assert deliver() == [id]


def test_a_row_that_is_being_worked_on_is_not_sent_again() -> None:
    id = asked()
    deliver()
    clock.move(timedelta(seconds=21))
    with transaction() as session:
        session.get_one(Outbox, id, with_for_update=True)
        assert deliver() == []


def test_a_task_in_steps_runs_with_no_transaction_open() -> None:
    id = asked(task="test.call_outside")
    assert tasks.run(id) is True
    assert tasks.run(id) is False
    assert worked == ["hello"]
    with transaction(), pytest.raises(TransactionOpen):
        forbid_open_transaction()


def test_a_failed_commit_reaches_the_caller() -> None:
    def commit_too_late() -> None:
        with transaction() as session:
            session.execute(text("CREATE TEMP TABLE parent (id int PRIMARY KEY)"))
            session.execute(text("CREATE TEMP TABLE late (p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"))
            session.execute(text("INSERT INTO late VALUES (1)"))

    with pytest.raises(IntegrityError, match="late"):
        commit_too_late()
