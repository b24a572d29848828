"""The journal: chained below the horizon, readable for ever but for what was erased."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation import audit, vault
from marketplace.foundation.database import transaction

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def write(session: Session, *, actor: UUID | None = None, reason: str | None = None) -> UUID:
    return audit.record(session, action="test.acted", actor=actor, subject=uuid4(), reason=reason, now=NOON, amount=5)


def seal() -> int:
    with transaction() as session:
        return audit.seal_journal(session)


def seal_all() -> None:
    """Another database of the same server may hold the horizon back for a moment."""
    for _ in range(100):
        seal()
        with transaction() as session:
            if audit.unsealed(session) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("something holds the horizon back")


def faults() -> int:
    with transaction() as session:
        return audit.verify_journal(session)


def written(count: int) -> None:
    for _ in range(count):
        with transaction() as session:
            write(session, actor=uuid4(), reason="because")


def tamper(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("set role none"))
        connection.execute(text("alter table journal disable trigger all"))
        connection.execute(text("alter table journal_seal disable trigger all"))
        connection.execute(text(statement))


def as_owner(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("set role none"))
        connection.execute(text(statement))


def test_a_sealed_journal_verifies(database: Engine) -> None:
    written(5)
    seal_all()
    assert (seal(), faults()) == (0, 0)
    written(2)
    seal_all()
    assert faults() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update journal set action = 'test.other' where number = 3",
        "update journal set facts = '{\"amount\": 6}' where number = 3",
        "update journal set reason = 'x' where number = 3",
        "update journal set at = at + interval '1 second' where number = 3",
        "delete from journal where number = 3",
        "delete from journal_seal where number = 3",
    ],
)
def test_every_alteration_shows(database: Engine, statement: str) -> None:
    written(5)
    seal_all()
    tamper(database, statement)
    assert faults() >= 1


def test_rows_cannot_be_changed_removed_or_emptied(database: Engine) -> None:
    written(1)
    seal_all()
    for table, column in (("journal", "action"), ("journal_seal", "hash")):
        for statement in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table}"):
            with pytest.raises(IntegrityError):
                as_owner(database, statement)


def test_a_row_of_a_transaction_still_open_waits_for_the_next_seal(database: Engine) -> None:
    opened, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction() as session:
            write(session)
            opened.set()
            finish.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    opened.wait(10)
    written(1)  # begun later, committed earlier
    assert seal() == 0
    finish.set()
    thread.join()
    seal_all()
    assert faults() == 0


def test_two_sealers_at_once_make_one_chain(database: Engine) -> None:
    written(20)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(seal())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all()
    assert sum(counts) <= 20
    assert faults() == 0
    with transaction() as session:
        assert audit.head(session)[0] == 20


def test_a_journal_restored_into_another_server_goes_on(database: Engine) -> None:
    written(2)
    tamper(database, "update journal set transaction_number = transaction_number + 4000000000 where number = 1")
    seal_all()
    assert faults() == 0


def test_the_chain_verifies_after_its_writer_was_erased(database: Engine) -> None:
    agent, customer = uuid4(), uuid4()
    with transaction() as session:
        audit.record(session, action="test.acted", actor=agent, subject=customer, reason="she asked", now=NOON)
    seal_all()
    with transaction() as session:
        (entry,) = audit.entries(session, subject=customer)
        assert audit.reason_of(entry) == "she asked"
    vault.destroy(agent)
    with transaction() as session:
        (entry,) = audit.entries(session, actor=agent)
        assert audit.reason_of(entry) is None
    assert faults() == 0


def test_what_rolls_back_is_not_in_the_journal(database: Engine) -> None:
    with suppress(ZeroDivisionError), transaction() as session:
        write(session)
        raise ZeroDivisionError
    written(1)
    with transaction() as session:
        assert audit.unsealed(session) == 1


def test_words_of_people_are_no_facts(session: Session) -> None:
    for words in ("Rahima Khatun", "+8801711223344", "রহিমা"):
        with pytest.raises(ValueError, match="neither"):
            audit.record(session, action="test.acted", actor=None, subject=None, reason=None, now=NOON, word=words)


def test_a_reason_given_by_the_system_can_be_read(session: Session) -> None:
    audit.record(session, action="test.swept", actor=None, subject=None, reason="the term has passed", now=NOON)
    (entry,) = audit.entries(session, action="test.swept")
    assert audit.reason_of(entry) == "the term has passed"


def test_the_head_is_what_a_witness_writes_down(database: Engine) -> None:
    with transaction() as session:
        assert audit.head(session)[0] == 0
    written(3)
    seal_all()
    with transaction() as session:
        assert audit.head(session)[0] == 3
        assert audit.unsealed(session) == 0
