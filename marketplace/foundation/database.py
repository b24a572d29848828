"""The database: one request, or one task, is one transaction."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from marketplace.foundation import clock

WEB_LIMITS = "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
WORKER_LIMITS = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
UNDONE = frozenset({"40001", "40P01"})  # could not serialize; deadlock: PostgreSQL undid the whole transaction
MOST_RUNS = 3
RESTED_SECONDS = 1.0
APPLICATION_ROLE = "karigar_app"  # may read the ledger and call its door, and write every other table

Result = TypeVar("Result")
new_session: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
CONNECTION = "connection"  # in a session's info: the connection whose transaction it joins
NUMBER = "SELECT pg_current_xact_id_if_assigned()::text"


class _Open(threading.local):
    """What this thread has open, and how many of its transactions have changed something while it was watched."""

    depth = 0
    commits = 0
    watched = False


_open = _Open()


class Table(DeclarativeBase):
    """Every table: the names of its constraints are predictable, so that migrations and refusals can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        }
    )


class TransactionOpen(RuntimeError):
    """The outside world was called with a transaction open: a mistake of ours (architecture.md §6.2)."""


def driver_url(url: str) -> str:
    """The same address for psycopg 3, whichever `postgresql://` flavour was given."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def make_engine(url: str, *, connections: int, limits: str = WEB_LIMITS, role: str | None = None) -> Engine:
    """An engine with exactly `connections` connections: a thread without one waits three seconds, then is refused."""
    options = f"{limits} -c role={role}" if role else limits
    engine = create_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=3,
        pool_reset_on_return=None,
        connect_args={"options": options, "connect_timeout": 3, "application_name": "karigar"},
    )
    event.listen(engine, "reset", _undo_what_is_open)
    event.listen(engine, "checkin", _rested)
    event.listen(engine, "checkout", _ask_whether_it_lives)
    return engine


def _undo_what_is_open(connection: Any, _record: ConnectionPoolEntry, _state: object) -> None:
    # The pool would roll back every connection that comes home; nearly all have committed, which they know themselves.
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.rollback()


def _rested(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rested_at"] = time.monotonic()


def _ask_whether_it_lives(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    # A connection that was in use a moment ago is not asked again: that would be a quarter of all round trips. When
    # one turns out to be dead all the same, the pool throws away all of them, and who asked is told to try again.
    if time.monotonic() - record.info.get("rested_at", time.monotonic()) > RESTED_SECONDS:
        try:
            connection.execute(";")
            connection.rollback()
        except psycopg.OperationalError as gone:
            raise DisconnectionError("the server has gone away meanwhile") from gone


def open_database(url: str, *, connections: int, limits: str = WEB_LIMITS) -> Engine:
    """Connect this process once, with one connection for each thread that may hold a transaction.

    When the migrations have made the application's role, every connection takes it on: the ledger is then out of
    reach for all but its own functions.
    """
    role = APPLICATION_ROLE if _role_exists(url) else None
    engine = make_engine(url, connections=connections, limits=limits, role=role)
    new_session.configure(bind=engine)
    return engine


def _role_exists(url: str) -> bool:
    engine = make_engine(url, connections=1)
    usable = text("SELECT pg_has_role(rolname, 'MEMBER') FROM pg_roles WHERE rolname = :name")
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(usable, {"name": APPLICATION_ROLE}))
    finally:
        engine.dispose()


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit when the block ends, roll back when it raises.

    Called at the edge only (a handler, the task runner, a command), and opened and closed in one function, so that
    it lives on one thread.
    """
    # The connection's transaction is the real one, and the session joins it when it is first used: what speaks with
    # the driver alone (`driver`) does not pay for the session's own accounts, half the time of a ledger call.
    with _engine().begin() as connection:
        session = new_session(bind=connection, info={CONNECTION: connection})
        _open.depth += 1
        try:
            yield session
            wrote = _open.watched and _has_written(session)
            if session.in_transaction():
                session.commit()
                session.close()
        except BaseException:
            session.close()
            raise
        finally:
            _open.depth -= 1
    _open.commits = _commits() + wrote


def _engine() -> Engine:
    engine: Engine | None = new_session.kw.get("bind")
    if engine is None:
        raise RuntimeError("no database is open: open_database() comes first")
    return engine


@contextmanager
def driver(session: Session) -> Iterator[psycopg.Connection[Any]]:
    """The driver's own connection, inside the transaction of this session, for a statement that is called very often.

    What has changed in the session and was not flushed is not seen. Errors leave as SQLAlchemy would raise them.
    """
    connection: Connection = session.info.get(CONNECTION) or session.connection()
    try:
        yield cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def moment(session: Session) -> datetime:
    """When this transaction began, by the database's clock: one clock for all processes, for deadlines among people.

    It stands still within a transaction, so that who waits for a lock has arrived when they began to wait. Moved as
    this process's clock is.
    """
    began: datetime = session.execute(select(func.transaction_timestamp())).scalar_one()
    return began + clock.moved_by()


def run_whole(work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Run `work`, and once or twice more when PostgreSQL undid its transaction for the sake of another's.

    The one place where a deadlock (40P01) or a failed serialization (40001) is tried again (payments.md §3.2): the
    executor of the web's handlers and the task runner call it, so that no action or handler has to. Repeated is only
    what has left no trace: `work` may have read before, but not committed a change, and as no call to the outside
    happens in a transaction, nothing outside has heard of it either. What did commit first (an intent, then the bank,
    then the outcome) raises as ever: the web says 503 and the reader sends the same command again, the outbox takes
    the task up later.

    Between runs it waits 10 to 60 ms, at random, for two that met not to meet again.
    """
    for run in range(1, MOST_RUNS + 1):
        before, watched = _commits(), _open.watched
        _open.watched = True
        try:
            return work(*arguments, **named)
        except DBAPIError as error:
            if run == MOST_RUNS or _commits() != before or getattr(error.orig, "sqlstate", None) not in UNDONE:
                raise
        finally:
            _open.watched = watched
        time.sleep(run * (10 + secrets.randbelow(21)) / 1000)
    raise AssertionError("the last run has returned or raised")


def _commits() -> int:
    return _open.commits


def _has_written(session: Session) -> bool:
    session.flush()  # PostgreSQL numbers only what changes or locks a row
    return session.connection().exec_driver_sql(NUMBER).scalar() is not None


def forbid_open_transaction() -> None:
    """Raise TransactionOpen when this thread holds a transaction; every outgoing call asks this first."""
    if _open.depth:
        raise TransactionOpen("the outside world is called between transactions, never inside one")


def broken_constraint(error: Any) -> str | None:
    """The name of the constraint that an IntegrityError broke, to turn it into a Refused."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)
