"""Which letter an event sends, and to whom. The text is made at the edge when it is delivered, from ids alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import crews
from booking.jobs.rules import JobNotFound, Standing
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, Kind
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices


class Side(StrEnum):
    CUSTOMER = "customer"
    SPECIALIST = "specialist"


BOTH = (Side.CUSTOMER, Side.SPECIALIST)
WHOLE = (Event.ACCEPT, Event.ASSIGN, Event.REASSIGN)  # after these everybody of a crew is found

LETTERS: dict[Event, tuple[str, tuple[Side, ...]]] = {
    Event.FUND: ("booking_received", (Side.CUSTOMER,)),
    Event.ACCEPT: ("specialist_found", (Side.CUSTOMER,)),
    Event.ASSIGN: ("specialist_found", (Side.CUSTOMER,)),
    Event.REASSIGN: ("specialist_found", (Side.CUSTOMER,)),
    Event.DEPART: ("on_the_way", (Side.CUSTOMER,)),
    Event.DELAY: ("delayed", (Side.CUSTOMER,)),
    Event.RESCHEDULE: ("delayed", (Side.CUSTOMER, Side.SPECIALIST)),
    Event.COMPLETE: ("done_please_confirm", (Side.CUSTOMER,)),
    Event.CANCEL_BY_CUSTOMER: ("cancelled", BOTH),
    Event.CANCEL_BY_OPERATOR: ("cancelled", BOTH),
    Event.NO_SHOW_CUSTOMER: ("cancelled", BOTH),
    Event.FAIL: ("cancelled", (Side.CUSTOMER,)),
    Event.EXPIRE: ("cancelled", (Side.CUSTOMER,)),
    Event.TIP: ("tip_received", (Side.SPECIALIST,)),
    Event.PROPOSE_CHANGE: ("change_asked", (Side.CUSTOMER,)),
    Event.APPROVE_CHANGE: ("change_answered", (Side.SPECIALIST,)),
    Event.REFUSE_CHANGE: ("change_answered", (Side.SPECIALIST,)),
    Event.SEND_QUOTE: ("quote_sent", (Side.CUSTOMER,)),
    Event.OPEN_CASE: ("case_opened", BOTH),
    Event.DECIDE_CASE: ("case_decided", BOTH),
}
OF_TICKETS: dict[Event, tuple[str, tuple[Side, ...]]] = dict.fromkeys(
    (Event.ACCEPT, Event.ASSIGN, Event.REASSIGN, Event.DELAY, Event.COMPLETE, Event.FAIL, Event.CANCEL_BY_OPERATOR),
    ("ticket_news", (Side.CUSTOMER,)),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an event said, for the letter about it: `facts` as the journal keeps them."""

    job: UUID
    event: Event
    actor: UUID | None
    facts: Mapping[str, Any]


def told(session: Session, event: UUID) -> Told:
    """The event that a letter speaks of. Refuses JobNotFound."""
    found = session.get(JobEvent, event)
    if found is None:
        raise JobNotFound()
    return Told(found.job_id, Event(found.event), found.actor_id, found.facts)


def act(session: Session, event: JobEvent, row: Job, *, before: Standing, now: datetime) -> None:
    """Send what this event sends: once for each event and person. A draft that is thrown away tells nobody."""
    table = OF_TICKETS if row.kind == Kind.TICKET else LETTERS
    letter, sides = table.get(Event(event.event), ("", ()))
    if row.submitted_at is None:
        return
    if letter == "booking_received" and row.entered_by is not None:
        letter = "booking_by_phone"
    people = {Side.CUSTOMER: row.customer_id, Side.SPECIALIST: before.specialist_id or row.specialist_id}
    for side in sides:
        if _concerns(event, people[side]):
            _send(session, letter, people[side], event=event, now=now)
    if Side.SPECIALIST in sides or event.event == Event.EXPIRE:
        for member in before.crew:
            if member != people[Side.SPECIALIST] and _concerns(event, member):
                _send(session, letter, member, event=event, now=now)
    if event.event in WHOLE:
        for member in crews.members(session, row):
            _send(session, "crew_complete", member, event=event, now=now)


def _concerns(event: JobEvent, reader: UUID | None) -> bool:
    """Whether a letter about this event goes to this side at all.

    Who withdraws a change hears nothing of it; a complaint about no money is between its writer and the house; what is
    opened and decided in one breath is told once, with its end, and so is work that ends with its estimate visit.
    """
    match event.event:
        case Event.REFUSE_CHANGE:
            return reader != event.actor_id
        case Event.OPEN_CASE:
            disputed = event.facts.get("disputed_minor")
            return disputed is not None and (disputed > 0 or reader == event.actor_id)
        case Event.EXPIRE:
            return event.reason != "no_visit"
        case _:
            return True


def _send(session: Session, letter: str, to: UUID | None, *, event: JobEvent, now: datetime) -> None:
    if to is not None:
        key = derived("letter", event.id, letter, to)
        notices.send(session, to=PersonId(to), letter=letter, key=key, now=now, job=event.job_id, event=event.id)
