"""The night after the day: timers run out, gateways are asked again, and at the end nothing is left open.

The town's own processes rest; this one goes through the hours with the clocks of the house and of the banks moved
forward together. Then every invariant is counted, and what money did is read from the ledger.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.jobs import actions, contact
from booking.jobs.rules import Actor, CustomerNotTried
from booking.jobs.words import Event, Role
from marketplace.foundation import clock, outbox, tasks
from marketplace.foundation.database import WORKER_LIMITS, transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.settings import read
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from payments.refunds import actions as refunds
from web import cast as casting
from web.commands.operate import verified
from web.commands.output import progress
from web.opening import close_house, open_house
from web.rehearsal.counters import Bank
from web.rehearsal.own_town import OFFICE
from web.relay import beat

SETTLING_SECONDS: Final = 60.0
HOURS: Final = (
    timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=11), timedelta(minutes=31), timedelta(hours=1),
    timedelta(hours=1), timedelta(hours=6), timedelta(hours=18), timedelta(days=2), timedelta(days=6),
)  # fmt: skip
MOST_ROUNDS: Final = 200
LEFT_OPEN: Final[Mapping[str, str]] = {
    "top_ups_left_open": """SELECT count(*) FROM topup_attempt
        WHERE state IN ('created', 'started', 'pending', 'unknown')""",
    "jobs_left_open": """SELECT count(*) FROM job
        WHERE kind <> 'ticket' AND state NOT IN ('closed', 'cancelled', 'expired', 'failed', 'no_show')""",
    "cases_left_open": "SELECT count(*) FROM case_file WHERE state <> 'decided'",
    "payouts_left_open": """SELECT count(*) FROM payout
        WHERE state IN ('requested', 'checked', 'approved', 'batched', 'sending', 'unknown')""",
    "refunds_left_open": "SELECT count(*) FROM refund WHERE state IN ('asked', 'reserved', 'unknown')",
    "holds_left_open": "SELECT count(*) FROM ledger.hold WHERE state = 'open'",
    "tasks_given_up": "SELECT count(*) FROM outbox WHERE state = 'dead'",
}
BY_KIND: Final[Mapping[str, str]] = {
    "transfers": "SELECT kind, count(*) FROM ledger.transfer GROUP BY 1 ORDER BY 1",
    "world": "SELECT currency, sum(posted) FROM ledger.account GROUP BY 1 ORDER BY 1",
    "documents": "SELECT kind, count(*) FROM document GROUP BY 1 ORDER BY 1",
    "gateways": "SELECT gateway || ' ' || state, count(*) FROM topup_attempt GROUP BY 1 ORDER BY 1",
}


@dataclass
class Morning:
    """What is found the next morning: what broke, and what money did, by kind."""

    broken: dict[str, int] = field(default_factory=dict)
    told: dict[str, dict[str, int]] = field(default_factory=dict)


def settle_and_verify(environment: Mapping[str, str], bank: Bank, *, rest: Callable[[], None]) -> Morning:
    """Finish what is due, live through the night, then every invariant with the number of cases that break it.

    `rest` stops the town's own processes once nothing is due any more.
    """
    open_house(read(environment), connections=4, limits=WORKER_LIMITS)
    found = Morning()
    try:
        deadline = time.monotonic() + SETTLING_SECONDS
        while (left := _unfinished_work()) and time.monotonic() < deadline:
            time.sleep(0.5)
        found.broken = {"work_left_over": left}  # not asked again: what recurs may come due at any moment
        rest()
        found.broken["tasks_failed"] = _live_through(bank)
        progress("Verifying …")
        found.broken |= verified()
        with transaction() as session:
            found.broken |= {name: int(session.scalar(text(sql)) or 0) for name, sql in LEFT_OPEN.items()}
            found.told = {name: _by_kind(session, sql) for name, sql in BY_KIND.items()}
        found.broken |= {f"world_in_{currency}": abs(total) for currency, total in found.told["world"].items()}
    finally:
        clock.return_home()
        close_house()
    return found


def _live_through(bank: Bank) -> int:
    """Hour by hour; how often a task failed in all that time."""
    failed = 0
    with httpx.Client(timeout=10, trust_env=False) as client:
        for hours in HOURS:
            bank.pass_time(client, hours.total_seconds())
            clock.move(hours)
            _give_up_waiting()
            _decide_refunds()
            beat()
            failed += _work_off()
    return failed


def _give_up_waiting() -> None:
    """Who still stands at a door where nobody opens tries to call once more, and says so when that was long enough."""
    with transaction() as session:
        at_doors = text(
            "SELECT id, customer_id, specialist_id, arrived_at FROM job WHERE state = 'on_site' AND kind <> 'ticket'"
        )
        waiting = list(session.execute(at_doors))
    for job, customer, specialist, arrived_at in waiting:
        now = clock.now()
        with transaction() as session:
            reader = Reader(specialist, "specialist", None)
            privacy.reveal_card(
                session, subject=customer, fields=("phone",), reader=reader, purpose="provide", job=job, now=now
            )
        with suppress(CustomerNotTried), transaction() as session:
            tries = contact.attempts(session, job, specialist, since=arrived_at)
            actions.fire(
                session, job, Event.NO_SHOW_CUSTOMER, actor=Actor(Role.SPECIALIST, specialist), now=now,
                command_id=uuid7(), contact_attempts=len(tries),
            )  # fmt: skip


def _decide_refunds() -> None:
    """What no gateway can be asked about again, another of finance looks up there: here all of it had gone out."""
    with transaction() as session:
        cast = casting.find(session)
        found = text("SELECT id, asked_by FROM refund WHERE state = 'unknown' AND due_at IS NULL")
        silent = list(session.execute(found))
    for refund, asked_by in silent:
        office = [one.id for one in cast.people if one.role in OFFICE and one.id != asked_by] if cast else []
        with transaction() as session:
            refunds.decide(session, refund, sent=True, by=office[0], now=clock.now())


def _work_off() -> int:
    """Everything that is due, until nothing is; how many tasks failed, each of which will be tried again."""
    failed: list[str] = []

    def quietly(id: UUID) -> None:
        try:
            tasks.run(id)
        except Exception as failure:  # noqa: BLE001  # noted in the row by tasks.run, and counted here
            failed.append(type(failure).__name__)
            progress(f"  a task failed: {type(failure).__name__}: {failure}")

    for _ in range(MOST_ROUNDS):
        if tasks.deliver_due(quietly) == 0:
            break
    return len(failed)


def _unfinished_work() -> int:
    with transaction() as session:
        counts = outbox.counts(session)
    return counts["due"] + counts["sent"]


def _by_kind(session: Session, sql: str) -> dict[str, int]:
    return {str(kind): int(number) for kind, number in session.execute(text(sql))}
