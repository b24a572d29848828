"""A transaction that PostgreSQL undid for another's sake runs again, when it left no trace."""

import threading
from concurrent.futures import wait
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from marketplace.foundation import outbox, tasks
from marketplace.foundation.database import run_whole, transaction
from web.threads import Handlers

UNDO = "DO $$ BEGIN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END $$"
tried: list[str] = []


def undo(session: object, code: str) -> None:
    session.execute(text(UNDO.format(code=code)))  # type: ignore[attr-defined]


def test_two_handlers_that_block_each_other_both_finish(database: Engine) -> None:
    met, runs = threading.Barrier(2), []
    lock = text("SELECT pg_advisory_xact_lock(:id)")

    def handler(first: int, second: int) -> str:
        runs.append(first)
        with transaction() as session:
            session.execute(lock, {"id": first})
            if len(runs) <= 2:
                met.wait(5)
            session.execute(lock, {"id": second})
        return "done"

    with Handlers(2) as threads:
        both = [threads.submit(handler, 1, 2), threads.submit(handler, 2, 1)]
        wait(both)
    assert [each.result() for each in both] == ["done", "done"]
    assert len(runs) == 3


def test_only_what_left_no_trace_runs_again(database: Engine) -> None:
    runs: list[str] = []

    def fails(code: str, times: int, *, first: str = "SELECT 1") -> int:
        runs.clear()

        def work() -> int:
            runs.append(code)
            with transaction() as session:
                session.execute(text(first))
            with transaction() as session:
                if len(runs) <= times:
                    undo(session, code)
            return len(runs)

        return run_whole(work)

    assert fails("40001", 1) == 2
    assert fails("40P01", 2) == 3
    reads = "SELECT count(*) FROM outbox"
    changes = "SELECT pg_current_xact_id()"
    for code, times, first, most in (("40P01", 9, reads, 3), ("40001", 1, changes, 1), ("55P03", 1, reads, 1)):
        with pytest.raises(DBAPIError):
            fails(code, times, first=first)
        assert len(runs) == most


def _twice_undone(session: object, mark: str) -> None:
    tried.append(mark)
    if tried.count(mark) <= 2:
        undo(session, "40P01")


def test_a_task_is_not_put_off_for_a_deadlock(database: Engine) -> None:
    if "tests.twice_undone" not in tasks.names():
        tasks.task("tests.twice_undone")(_twice_undone)
    with transaction() as session:
        outbox.enqueue(session, "tests.twice_undone", mark="one")
    sent: list[UUID] = []
    tasks.deliver_due(sent.append)
    assert tasks.run(sent[0])
    assert tried == ["one"] * 3
    with transaction() as session:
        assert session.execute(text("SELECT state, attempts, crashes FROM outbox")).one() == ("done", 1, 0)
