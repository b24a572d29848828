"""Logged in as the application: reading and the door, and nothing else; logged in as the owner: no edit either."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.foundation.database import Table
from tests.payments.ledger.books import open_books, top_up

TABLES = sorted(table.name for table in Table.metadata.tables.values() if table.schema == "ledger")
GROWING = ("transfer", "entry", "seal", "balance_check", "incarnation")
DENIED = "42501"


def refused(session: Session, sql: str) -> str:
    with pytest.raises(DBAPIError) as error, session.begin_nested():
        session.execute(text(sql))
    return str(getattr(error.value.orig, "sqlstate", ""))


def test_the_application_has_taken_its_role_on(session: Session) -> None:
    assert session.scalar(text("SELECT current_user")) == "karigar_app"


@pytest.mark.parametrize("table", TABLES)
def test_the_application_reads_every_table_of_the_ledger_and_writes_none(session: Session, table: str) -> None:
    session.execute(text(f"SELECT * FROM ledger.{table}"))
    column = session.scalar(
        text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum = 1"),
        {"t": f"ledger.{table}"},
    )
    for sql in (
        f"INSERT INTO ledger.{table} DEFAULT VALUES",
        f"UPDATE ledger.{table} SET {column} = {column}",
        f"DELETE FROM ledger.{table}",
        f"TRUNCATE ledger.{table} CASCADE",
        f"SELECT * FROM ledger.{table} FOR UPDATE",
    ):
        assert refused(session, sql) == DENIED, sql


def test_the_application_cannot_reach_behind_the_door(session: Session) -> None:
    for sql in (
        "SELECT ledger._do(NULL)",
        "SELECT ledger._apply(NULL, NULL)",
        "SELECT ledger._make_hold(NULL, 1, 1, 1)",
        "SELECT ledger.begin_incarnation('mine')",
        "SELECT ledger.watch_every_commit()",
        "SELECT ledger._post_plain(NULL)",
        "SELECT ledger._other_way(NULL, 1)",
        "SELECT ledger._write_down()",
        "ALTER FUNCTION ledger.broken_seals(timestamptz) RENAME TO sound_seals",
        "COPY ledger.entry FROM STDIN",
        "CREATE TRIGGER mine BEFORE INSERT ON ledger.entry FOR EACH ROW EXECUTE FUNCTION ledger._never()",
        "ALTER TABLE ledger.account DROP CONSTRAINT account_floor_check",
        "LOCK TABLE ledger.account IN ACCESS EXCLUSIVE MODE",
        "SELECT nextval('ledger.account_id_seq')",
        "CREATE TABLE ledger.mine (id int)",
        "DROP TABLE ledger.entry",
        "ALTER TABLE ledger.entry DISABLE TRIGGER ALL",
        "CREATE FUNCTION ledger.post(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ):
        assert refused(session, sql) == DENIED, sql


def test_the_application_writes_every_other_table(session: Session) -> None:
    others = [table for table in Table.metadata.tables.values() if table.schema is None and table.name == "outbox"]
    assert others
    session.execute(text("DELETE FROM outbox"))


def test_the_door_opens_for_the_application(session: Session) -> None:
    books = open_books(session)
    assert not top_up(session, books, 5).replayed


@pytest.mark.parametrize("table", GROWING)
@pytest.mark.parametrize("verb", ["UPDATE {t} SET {c} = {c}", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_even_the_owner_edits_nothing_that_only_grows(session: Session, table: str, verb: str) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text("SET LOCAL session_replication_role = replica"))  # what ENABLE ALWAYS is there for
    columns = {"entry": "version", "transfer": "kind", "seal": "no", "balance_check": "source", "incarnation": "no"}
    assert refused(session, verb.format(t=f"ledger.{table}", c=columns[table])) == "23001"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_even_the_owner_removes_nothing_from_any_table(session: Session, table: str, verb: str) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text("SET LOCAL session_replication_role = replica"))  # what ENABLE ALWAYS is there for
    assert refused(session, verb.format(t=f"ledger.{table}")) == "23001"


def test_every_guard_of_the_ledger_is_always_enabled(session: Session) -> None:
    asleep = session.scalars(
        text(
            "SELECT g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid"
            " WHERE c.relnamespace = 'ledger'::regnamespace AND NOT g.tgisinternal AND g.tgenabled <> 'A'"
        )
    ).all()
    assert asleep == []


def test_even_the_owner_makes_no_account_without_the_floor_of_its_kind(session: Session) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for kind, stripe in (("wallet", 0), ("receivable", 0), ("bank", 1)):
        sql = (
            "INSERT INTO ledger.account (id, kind, owner_kind, owner_id, currency, group_id, stripe) OVERRIDING SYSTEM"
            f" VALUE VALUES (77, '{kind}', 'house', gen_random_uuid(), 'BDT', 77, {stripe})"
        )
        assert refused(session, sql) == "23514", kind


def test_even_the_owner_writes_of_no_currency_and_no_account_that_is_not_there(session: Session) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for sql in (
        "SELECT ledger.open_account('commission', 'house', gen_random_uuid(), 'XXX', NULL)",
        "SELECT ledger.expect_balance(-1, now(), 0, 'hand', NULL)",
    ):
        assert refused(session, sql) == "23503", sql
    assert refused(session, "UPDATE ledger.currency SET code = 'XXX'") == "23001"


def test_even_the_owner_changes_no_account_into_another_and_no_hold(session: Session) -> None:
    session.execute(text("SET LOCAL ROLE NONE"))
    for sql in (
        "UPDATE ledger.account SET currency = 'QAR'",
        "UPDATE ledger.account SET floor = NULL",
        "UPDATE ledger.hold SET amount = 1",
        "UPDATE ledger.hold SET account_id = 1",
        "DELETE FROM ledger.account",
        "TRUNCATE ledger.hold",
    ):
        assert refused(session, sql) == "23001", sql


def test_a_function_of_ones_own_does_not_stand_in_for_one_of_the_ledger(session: Session) -> None:
    books = open_books(session)
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(
        text("CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$")
    )
    session.execute(text("SET LOCAL ROLE karigar_app"))
    session.execute(text("SET LOCAL search_path = public, pg_catalog"))
    top_up(session, books, 5)
    assert session.scalar(text("SELECT min(octet_length(fingerprint)) FROM ledger.transfer")) == 32


def test_the_rights_hold_for_a_new_connection_too(database: Engine) -> None:
    with database.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "karigar_app"
