"""Tasks by name, and the one place that runs a row of the outbox. Knows no broker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import run_whole, transaction
from marketplace.foundation.outbox import Outbox, put_back, take_due

Function = Callable[..., None]
MOST_ERRORS = 8
MOST_CRASHES = 3  # attempts that never came back: the task kills its process
LEASE = timedelta(seconds=20)


@dataclass(frozen=True)
class Task:
    """A function under the name that `enqueue` uses."""

    function: Function
    in_steps: bool


_tasks: dict[str, Task] = {}


def task(name: str, *, in_steps: bool = False) -> Callable[[Function], Function]:
    """Register a task under the name `enqueue` uses.

    An ordinary task receives `session` and works in the same transaction that marks the row done: its effect happens
    exactly once. A task `in_steps` talks to the outside world between two transactions of its own; it gets no
    session and must be harmless to repeat. Arguments arrive as the strings that `enqueue` stored.
    """

    def register(function: Function) -> Function:
        if name in _tasks:
            raise ValueError(f"two tasks are called {name}")
        _tasks[name] = Task(function, in_steps)
        return function

    return register


def names() -> list[str]:
    """Every task this process can run."""
    return sorted(_tasks)


def deliver_due(send: Callable[[UUID], object], *, limit: int = 100) -> int:
    """Hand due rows to the broker; one round of the relay. Returns how many were sent."""
    with transaction() as session:
        ids = take_due(session, limit=limit)
    # Sent only after COMMIT: a worker quicker than our commit would find the row locked and leave it for later.
    for n, each in enumerate(ids):
        try:
            send(each)
        except Exception:
            with transaction() as session:
                put_back(session, ids[n:])
            raise
    return len(ids)


def run_all_due(*, rounds: int = 50) -> int:
    """Run everything due, in this thread, until nothing is: for tests, seeds and simulations."""
    done = 0
    for _ in range(rounds):
        sent = deliver_due(run)
        if sent == 0:
            return done
        done += sent
    raise RuntimeError("tasks keep asking for tasks")


def run(outbox_id: UUID) -> bool:
    """Do the work of one row. Returns False when it was done before, or is being done right now."""
    if not _begin(outbox_id):
        return False
    try:
        return run_whole(_work, outbox_id)
    except Exception as failure:
        _note_failure(outbox_id, failure)
        raise


def _begin(outbox_id: UUID) -> bool:
    # The crash is counted and committed before the work and taken back after it, so that a task that kills its
    # process is given up too.
    with transaction() as session:
        row = _lock(session, outbox_id)
        if row is None:
            return False
        if row.crashes >= MOST_CRASHES or row.attempts >= MOST_ERRORS:
            row.state = "dead"
            return False
        row.attempts += 1
        row.crashes += 1
        row.leased_until = clock.now() + LEASE  # a second delivery meanwhile finds it taken
        return True


def _work(outbox_id: UUID) -> bool:
    with transaction() as session:
        row = session.get_one(Outbox, outbox_id, with_for_update=True)
        chosen, arguments = _tasks[row.task], dict(row.arguments)
        if row.state == "done":
            return False
        if not chosen.in_steps:
            chosen.function(session, **arguments)
            _finish(row)
            return True
    chosen.function(**arguments)  # no transaction is open here
    with transaction() as session:
        _finish(session.get_one(Outbox, outbox_id, with_for_update=True))
    return True


def _finish(row: Outbox) -> None:
    row.state = "done"
    row.done_at = clock.now()
    row.leased_until = None
    row.crashes = max(0, row.crashes - 1)


def _lock(session: Session, outbox_id: UUID) -> Outbox | None:
    found = session.scalar(
        select(Outbox)
        .where(Outbox.id == outbox_id, Outbox.state.in_(["ready", "sent"]))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if found is None or (found.leased_until is not None and found.leased_until > clock.now()):
        return None
    return found


def _note_failure(outbox_id: UUID, failure: Exception) -> None:
    with transaction() as session:
        row = session.get_one(Outbox, outbox_id, with_for_update=True)
        if row.state == "done":
            return
        row.last_error = type(failure).__name__  # never the message: it may quote personal data
        row.leased_until = None
        row.crashes = max(0, row.crashes - 1)
        row.due_at = clock.now() + timedelta(seconds=2**row.attempts)
        row.state = "dead" if row.attempts >= MOST_ERRORS else "ready"
