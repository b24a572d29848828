"""The relay: hands due outbox rows to the broker, sends again what is overdue, and starts what recurs."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from marketplace.foundation import clock, logs, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue

POLL_SECONDS = 0.5
BEAT_SECONDS = 10
ROUND = 100
RECURRING = {  # task → how often; each beat is one row, whichever relay is first
    "topups.sweep": timedelta(minutes=15),
    "availability.sweep": timedelta(minutes=1),
    "dispatch.tend": timedelta(minutes=1),
    "dispatch.batch": timedelta(minutes=1),  # whoever waits asks for the next one; this is for what was lost
    "dispatch.relieve": timedelta(minutes=1),
    "dispatch.replay": timedelta(days=1),
    "availability.expand": timedelta(hours=6),
    "dispatch.plan_watch": timedelta(minutes=10),
    "house.seal": timedelta(minutes=1),
    "ledger.seal": timedelta(hours=1),
    "house.publish_seal": timedelta(days=1),
    "documents.sweep": timedelta(hours=1),
    "payouts.sweep": timedelta(hours=1),
    "payouts.schedule": timedelta(hours=1),
    "reconciliation.sweep": timedelta(days=1),
    "people.sweep": timedelta(days=1),
    "notices.tidy": timedelta(days=1),
    "house.tidy": timedelta(hours=1),
    "statements.sweep": timedelta(minutes=1),
    "statements.watch": timedelta(minutes=1),
}


class Relay(threading.Thread):
    """One round every half second, at once after a full round; any number of relays may run side by side."""

    def __init__(self, send: Callable[[UUID], object]) -> None:
        super().__init__(name="relay", daemon=True)
        self.send = send
        self._leaving = threading.Event()
        self._next_beat = 0.0

    def run(self) -> None:
        while not self._leaving.is_set():
            try:
                if time.monotonic() >= self._next_beat:
                    beat()
                    self._next_beat = time.monotonic() + BEAT_SECONDS
                sent = self._round()
            except (DBAPIError, NoConnectionFree) as trouble:
                logs.get().warning("relay.database_away", error=type(trouble).__name__)
                sent = 0
            if sent < ROUND:
                self._leaving.wait(POLL_SECONDS)

    def _round(self) -> int:
        try:
            return tasks.deliver_due(self.send, limit=ROUND)
        except OSError as trouble:
            logs.get().warning("relay.broker_away", error=type(trouble).__name__)
            self._work_here()
            return 0

    def _work_here(self) -> None:
        # The broker is away: its loss costs pace, never an effect. A round of what is due is done in this thread.
        def quietly(outbox_id: UUID) -> None:
            try:
                tasks.run(outbox_id)
            except DBAPIError:
                raise
            except Exception as failure:  # noqa: BLE001  # noted in the row by tasks.run, which will try again
                logs.get().warning("task.failed", error=type(failure).__name__)

        tasks.deliver_due(quietly, limit=10)

    def leave(self) -> None:
        """Stop after the round in progress."""
        self._leaving.set()
        self.join(timeout=10)


def beat() -> None:
    """Ask for every recurring task that this stretch of time has not asked for yet."""
    now = clock.now()
    known = set(tasks.names())
    with transaction() as session:
        for name, every in RECURRING.items():
            if name in known:
                stretch = int(now.timestamp() // every.total_seconds())
                enqueue(session, name, key=derived("beat", name, stretch))
