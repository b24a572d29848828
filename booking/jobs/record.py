"""A job's row, its standing, and its journal: lock, compare and swap, append."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from booking.jobs.rules import Actor, CommandReused, Facts, JobNotFound, StaleVersion, Standing
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, Kind, Method, State
from marketplace.catalogue.rules import Answer
from marketplace.foundation import vault
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.sealed import Sealed

FIRST = b"\0" * 32  # what the first row of a chain stands on
_ALIKE = {  # what one command may have been when it came first
    (Event.START, Event.WRONG_CODE),
    (Event.CANCEL_BY_WORKER, Event.LEAVE_SEAT),
    (Event.LEAVE_SEAT, Event.CANCEL_BY_WORKER),
}
_SECRET = frozenset({"start_code"})


def locked(session: Session, job_id: UUID, *, tickets: bool = False) -> Job:
    """The job's row, ours until the transaction ends. Refuses JobNotFound.

    What is done with bookings never reaches a ticket, which has acts of its own: it is there for `tickets` alone.
    """
    asked = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    row = session.scalars(asked).one_or_none()
    if row is None or (row.kind == Kind.TICKET and not tickets):
        raise JobNotFound()
    return row


def standing(
    row: Job, *, now: datetime, columns: Mapping[str, Any] | None = None, crew: Sequence[UUID] = ()
) -> Standing:
    """The row as its rules see it, with columns about to be written; a slot that has run out is not held.

    `crew`: who has a seat, where the job takes several people (`crews.members`).
    """
    new = columns or {}

    def has(name: str) -> Any:
        return new[name] if name in new else getattr(row, name)

    def money(name: str) -> Money | None:
        return None if has(name) is None else Money(has(name), has("currency"))

    return Standing(
        kind=Kind(row.kind),
        state=State(row.state),
        customer_id=has("customer_id"),
        specialist_id=has("specialist_id"),
        before_delay=State(row.before_delay) if row.before_delay else None,
        delay_reason=has("delay_reason"),
        method=Method(has("method")),
        price=money("price_minor"),
        final=money("final_minor"),
        quote_hash=has("quote_hash"),
        funded=has("funded_at") is not None,
        slot_held=has("occupation_id") is not None and (has("slot_until") is None or has("slot_until") > now),
        place_known=has("address_id") is not None,
        zone_known=has("zone_id") is not None,
        window=Period(has("window_start"), has("window_end")) if has("window_start") else None,
        committed_start=has("committed_start"),
        booked_at=has("funded_at"),
        published_at=has("published_at"),
        assigned_at=has("assigned_at"),
        arrived_at=has("arrived_at"),
        completed_at=has("completed_at"),
        approved_at=has("approved_at"),
        cash_declared=money("cash_declared_minor"),
        code_tries=has("code_tries"),
        open_cases=has("open_cases"),
        change=None if has("change_parts_minor") is None else _change(row, has),
        change_parts=money("change_parts_minor"),
        change_reason=has("change_reason"),
        promotion=money("promo_minor"),
        changes=has("changes"),
        tipped=Money(has("tipped_minor"), has("currency")),
        seats=has("seats"),
        crew=tuple(crew),
    )


def _change(row: Job, has: Callable[[str], Any]) -> Money:
    return Money(has("change_parts_minor") + has("change_labour_minor"), row.currency)


def opened(row: Job, column: str) -> dict[str, Answer]:
    """The answers, or the place, as they were filled in; for the owner and for our own arithmetic only."""
    value: Sealed | None = getattr(row, column)
    if value is None:
        return {}
    text = vault.unseal(row.holder_id, vault.place("job", column, row.id), value)
    found: dict[str, Answer] = json.loads(text)
    return found


def sealed(holder: UUID, column: str, id: UUID, values: Mapping[str, Answer]) -> Sealed | None:
    if not values:
        return None
    text = json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
    return vault.seal(holder, vault.place("job", column, id), text)


def swap(session: Session, row: Job, changes: Mapping[str, Any]) -> None:
    """Write the changes and the next version, if the row is still the one we read. Refuses StaleVersion."""
    chosen = update(Job).where(Job.id == row.id, Job.version == row.version)
    values = chosen.values(**changes, version=row.version + 1).execution_options(synchronize_session=False)
    done = cast("CursorResult[Any]", session.execute(values))
    if done.rowcount != 1:
        raise StaleVersion(row.version, row.version + 1)
    session.refresh(row)


def told_before(session: Session, job_id: UUID, event: Event, actor: Actor, command_id: UUID) -> JobEvent | None:
    """What this command did when it came first. Refuses CommandReused when that was another event or actor."""
    asked = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.command_id == command_id)
    found = session.scalars(asked).one_or_none()
    if found is None:
        return None
    same = found.event == event or (event, found.event) in _ALIKE
    if not same or found.actor_id != actor.person_id:
        raise CommandReused(command_id)
    return found


def append(
    session: Session,
    row: Job,
    event: Event,
    *,
    before: State | None,
    actor: Actor,
    command_id: UUID,
    device_at: datetime | None,
    now: datetime,
    facts: Facts,
) -> JobEvent:
    """Add one row to the job's journal, on top of the last; the caller holds the job's lock."""
    newest = select(JobEvent.place, JobEvent.hash).where(JobEvent.job_id == row.id).order_by(JobEvent.place.desc())
    last = session.execute(newest.limit(1)).one_or_none()
    previous = bytes(last.hash) if last else FIRST
    made = JobEvent(
        id=uuid7(),
        job_id=row.id,
        place=last.place + 1 if last else 1,
        command_id=command_id,
        event=event.value,
        actor_id=actor.person_id,
        on_behalf_of=actor.on_behalf_of,
        role=actor.role.value,
        from_state=before.value if before else None,
        to_state=row.state,
        version=row.version,
        device_at=device_at,
        recorded_at=now,
        reason=facts.get("reason") or facts.get("waiver"),
        facts=kept(facts),
        previous_hash=previous,
    )
    made.hash = link(made)
    session.add(made)
    session.flush()
    return made


def kept(facts: Mapping[str, object]) -> dict[str, Any]:
    """The facts as JSON values, without the one that is a secret."""
    return {name: _plain(value) for name, value in sorted(facts.items()) if name not in _SECRET}


def link(event: JobEvent) -> bytes:
    """The hash of an event: of everything it says, and of the one before it."""
    said = {
        name: _plain(getattr(event, name))
        for name in (
            "id", "job_id", "place", "command_id", "event", "actor_id", "on_behalf_of", "role", "from_state",
            "to_state", "version", "device_at", "recorded_at", "reason", "facts",
        )
    }  # fmt: skip
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(event.previous_hash + text.encode()).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
