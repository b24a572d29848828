"""The one function that moves a job, and what it does in which order."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import changes, contact, crews, letters, money, record, slots, timers
from booking.jobs.process import Transition
from booking.jobs.rules import Actor, Facts, StaleVersion, StartCodeWrong, TimeRules, TooEarly
from booking.jobs.tables import Job, JobEvent
from booking.jobs.transitions import apply
from booking.jobs.words import Event, Role, State
from marketplace.foundation import news
from marketplace.foundation.errors import Refused
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import home


@dataclass(frozen=True, slots=True)
class Fired:
    """What a command did: the same for its repetitions, but for `again`.

    `refusal` is set when the command was recorded and yet did not do what was wanted (a wrong start code, counted):
    commit first, then raise it.
    """

    job_id: UUID
    number: str
    event: Event
    state: State
    version: int
    again: bool = False
    refusal: Refused | None = None


def fire(
    session: Session,
    job_id: UUID,
    event: Event | str,
    *,
    actor: Actor,
    command_id: UUID,
    expected_version: int | None = None,
    device_at: datetime | None = None,
    now: datetime,
    **facts: Unpack[Facts],
) -> Fired:
    """Let one event of lifecycle.md E.4 happen to a job, with everything that belongs to it, or not at all.

    The order is one everywhere: the job's row is locked, a repeated command gets its first answer, the rules decide,
    the slot moves, the row is swapped against its version, the journal grows, contact, letters and timers follow, and
    money comes last, for its rows are the busiest.

    Refuses JobNotFound, NotYourAct, IllegalTransition, StaleVersion, CommandReused, what the guards refuse
    (`guards.py`), and what slots and wallets refuse. Nothing is written when it refuses.

    Of a ticket only the clock's events happen here: `booking.tickets` fires the others, once it has asked who is in the
    team (promises.md T20). To anybody else it is not there.
    """
    row = record.locked(session, job_id, tickets=actor.role is Role.SYSTEM)
    return carry_out(
        session, row, Event(event), actor=actor, command_id=command_id, expected_version=expected_version,
        device_at=device_at, now=now, facts=facts,
    )  # fmt: skip


def carry_out(
    session: Session,
    row: Job,
    event: Event,
    *,
    actor: Actor,
    command_id: UUID,
    expected_version: int | None = None,
    device_at: datetime | None = None,
    now: datetime,
    facts: Facts,
    columns: changes.Columns | None = None,
) -> Fired:
    """As `fire`, on a row that this transaction has locked, together with columns that the verb itself writes."""
    times = time_rules(session)
    if event is Event.CANCEL_BY_WORKER and row.state == State.OPEN and row.seats > 1:
        event = Event.LEAVE_SEAT  # before everybody is found
    told = record.told_before(session, row.id, event, actor, command_id)
    if told is not None:
        return _answer(row, told, times, again=True)
    if expected_version is not None and expected_version != row.version:
        raise StaleVersion(expected_version, row.version)
    before = record.standing(row, now=now, columns=columns, crew=crews.members(session, row))
    event, facts = _checked_code(row, event, facts, times)
    move = apply(before, event, actor, now=now, times=times, facts=facts)
    money.check_shown_fee(row, event, before, facts, now=now)
    new = (columns or {}) | changes.of(row, move, actor=actor, now=now, facts=facts)
    new |= _time(session, row, move.transition, actor=actor, facts=facts, command_id=command_id, now=now)
    if new:
        record.swap(session, row, new)
    made = record.append(
        session, row, event, before=before.state, actor=actor, command_id=command_id, device_at=device_at, now=now,
        facts=facts,
    )  # fmt: skip
    after = record.standing(row, now=now)
    contact.act(session, move.transition.contact, row, times=times, now=now)
    letters.act(session, made, row, before=before, now=now)
    timers.act(session, event, row, job=after, times=times, now=now)
    news.announce(session, "job", row.id, row.version)
    money.act(session, move.transition.money, row, event=event, before=before, times=times, now=now,
              actor=actor, facts=facts)  # fmt: skip
    return _answer(row, made, times, again=False)


def when_due(
    session: Session,
    job_id: UUID,
    event: Event,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    task: str,
    **facts: Unpack[Facts],
) -> Fired | Refused:
    """Fire what a timer asks for. A timer is a hint: where the job has moved on, or a case holds it, nothing happens.

    What the rules refused is returned, not raised; a timer that comes early is set again.
    """
    try:
        with session.begin_nested():
            return fire(session, job_id, event, actor=actor, command_id=command_id, now=now, **facts)
    except TooEarly as early:
        enqueue(session, task, due_at=early.not_before, id=job_id)
        return early
    except Refused as refusal:
        return refusal


def time_rules(session: Session) -> TimeRules:
    """The organization's time rules (lifecycle.md E.7)."""
    return TimeRules.of(home(session).settings)


def _checked_code(row: Job, event: Event, facts: Facts, times: TimeRules) -> tuple[Event, Facts]:
    """A wrong start code turns `start` into `wrong_code`, so that the try is counted and committed."""
    code = facts.get("start_code")
    if event is not Event.START or code is None or row.start_code_hash is None:
        return event, facts
    blocked = row.code_tries >= times.start_code_tries
    if blocked or hmac.compare_digest(row.start_code_hash, changes.code_hash(row.id, code)):
        return event, facts
    return Event.WRONG_CODE, {}


def _time(
    session: Session, row: Job, move: Transition, *, actor: Actor, facts: Facts, command_id: UUID, now: datetime
) -> changes.Columns:
    window = _new_window(facts)
    if row.seats > 1:
        return crews.act(session, move, row, actor=actor, facts=facts, window=window, command_id=command_id, now=now)
    who = changes.crew(actor, facts)
    return slots.act(session, move.slot, row, crew=who, window=window, command_id=command_id, now=now)


def _new_window(facts: Facts) -> Period | None:
    start, end = facts.get("promised_start"), facts.get("promised_end")
    return Period(start, end) if start and end else None


def _answer(row: Job, made: JobEvent, times: TimeRules, *, again: bool) -> Fired:
    refusal = None
    if made.event == Event.WRONG_CODE:
        refusal = StartCodeWrong(max(0, times.start_code_tries - row.code_tries))
    return Fired(row.id, row.number, Event(made.event), State(made.to_state), made.version, again, refusal)
