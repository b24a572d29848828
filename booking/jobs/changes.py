"""The columns that each event writes: what a job remembers of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from booking.jobs.numbers import new_start_code
from booking.jobs.rules import Actor, Facts
from booking.jobs.tables import Job
from booking.jobs.transitions import Move
from booking.jobs.words import Event, Kind, Method, Role
from marketplace.foundation import vault

Columns = dict[str, Any]
NO_CREW: Columns = {
    "specialist_id": None, "assigned_at": None, "arrived_at": None, "start_code": None, "start_code_hash": None,
    "code_tries": 0, "delay_reason": None,
}  # fmt: skip

NO_CHANGE: Columns = {"change_parts_minor": None, "change_labour_minor": None, "change_reason": None}


@dataclass(frozen=True, slots=True)
class Moved:
    """A row, and what has just been decided about it."""

    row: Job
    actor: Actor
    facts: Facts
    now: datetime


def of(row: Job, move: Move, *, actor: Actor, now: datetime, facts: Facts) -> Columns:
    """The new values; empty for an event that is only recorded."""
    event = move.transition.event
    made: Columns = {}
    if move.state != row.state or event in (Event.DELAY, Event.RESUME):
        made = {"state": move.state.value, "before_delay": move.before_delay.value if move.before_delay else None}
    moment = _MOMENTS.get(event)
    if moment is not None:
        made[moment] = now
    further = _FURTHER.get(event)
    if further is not None:
        made |= further(Moved(row, actor, facts, now))
    return made


def code_hash(job_id: UUID, code: str) -> bytes:
    """Keyed: four digits under a plain hash would be read back in a moment."""
    return vault.blind("start_code", f"{job_id} {code}")


def crew(actor: Actor, facts: Facts) -> UUID | None:
    """Whom an accept or an assignment names: the specialist who accepts, or the one who is sent."""
    return actor.person_id if actor.role is Role.SPECIALIST else facts.get("specialist_id")


def _crew(moved: Moved) -> Columns:
    row, code = moved.row, new_start_code()
    if row.customer_id is None:
        raise ValueError("a crew is sent to a customer")
    sent = {"specialist_id": crew(moved.actor, moved.facts), "assigned_at": moved.now, "crews": row.crews + 1}
    if row.kind == Kind.TICKET:
        return sent
    return sent | {
        "start_code": vault.seal(row.customer_id, vault.place("job", "start_code", row.id), code),
        "start_code_hash": code_hash(row.id, code),
        "code_tries": 0,
    }


def _delay(moved: Moved) -> Columns:
    if moved.row.kind == Kind.TICKET:  # no promised window; until when it waits, its own row remembers
        return {"delay_reason": moved.facts["reason"]}
    return {
        "window_start": moved.facts["promised_start"],
        "window_end": moved.facts["promised_end"],
        "delay_reason": moved.facts["reason"],
    }


def _fund(moved: Moved) -> Columns:
    start = moved.row.window_start
    method = moved.facts.get("method", moved.row.method) if moved.row.price_minor else Method.WALLET  # nothing to pay
    made: Columns = {"method": method, "slot_until": None, "committed_start": start}
    if method == Method.CASH:
        made["promo_minor"] = None  # the customer pays by hand, so the house cannot pay a part
    return made


def _proposal(moved: Moved) -> Columns:
    facts = moved.facts
    return {
        "changes": moved.row.changes + 1,
        "change_parts_minor": facts.get("parts_minor", 0),
        "change_labour_minor": facts.get("labour_minor", 0),
        "change_reason": facts["reason"],
    }


def _approval(moved: Moved) -> Columns:
    row = moved.row
    more = (row.change_parts_minor or 0) + (row.change_labour_minor or 0)
    return NO_CHANGE | {"price_minor": (row.price_minor or 0) + more}


def _decision(moved: Moved) -> Columns:
    """Before payment a decision lowers the price; after it money goes back, and the price stays what it was."""
    row, back = moved.row, moved.facts.get("customer_minor", 0)
    made: Columns = {"open_cases": row.open_cases - 1}
    if back and row.approved_at is None and row.final_minor is not None:
        made["final_minor"] = row.final_minor - back
        if row.cash_declared_minor is not None:
            made["cash_declared_minor"] = made["final_minor"]
    return made


_MOMENTS: dict[Event, str] = {
    Event.FORGET_DRAFT: "ended_at",
    Event.SUBMIT: "submitted_at",
    Event.APPROVE_QUOTE: "submitted_at",  # the request as it stands now is made now: its clock begins anew
    Event.FUND: "funded_at",
    Event.PUBLISH: "published_at",
    Event.ARRIVE: "arrived_at",
    Event.START: "started_at",
    Event.COMPLETE: "completed_at",
    Event.CONFIRM: "approved_at",
    Event.AUTO_ACCEPT: "approved_at",
    Event.RELEASE: "ended_at",
    Event.CANCEL_BY_CUSTOMER: "ended_at",
    Event.CANCEL_BY_OPERATOR: "ended_at",
    Event.NO_SHOW_CUSTOMER: "ended_at",
    Event.EXPIRE: "ended_at",
    Event.FAIL: "ended_at",
}

_FURTHER: dict[Event, Callable[[Moved], Columns]] = {
    Event.FUND: _fund,
    Event.ACCEPT: _crew,
    Event.ASSIGN: _crew,
    Event.REASSIGN: _crew,
    Event.WRONG_CODE: lambda moved: {"code_tries": moved.row.code_tries + 1},
    Event.RESCHEDULE: lambda moved: {
        "window_start": moved.facts["promised_start"],
        "window_end": moved.facts["promised_end"],
    },
    Event.DELAY: _delay,
    Event.RESUME: lambda _: {"delay_reason": None},
    Event.COMPLETE: lambda moved: {"final_minor": moved.facts.get("final_minor", moved.row.price_minor)},
    Event.DECLARE_CASH: lambda moved: {"cash_declared_minor": moved.facts["cash_minor"]},
    Event.CANCEL_BY_WORKER: lambda moved: NO_CREW | {"published_at": moved.now},
    Event.NO_SHOW_WORKER: lambda moved: NO_CREW | {"published_at": moved.now},
    Event.OPEN_CASE: lambda moved: {"open_cases": moved.row.open_cases + 1},
    Event.DECIDE_CASE: _decision,
    Event.PROPOSE_CHANGE: _proposal,
    Event.APPROVE_CHANGE: _approval,
    Event.REFUSE_CHANGE: lambda _: NO_CHANGE,
    Event.TIP: lambda moved: {
        "tips": moved.row.tips + 1,
        "tipped_minor": moved.row.tipped_minor + moved.facts["tip_minor"],
    },
}
