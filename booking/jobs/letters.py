"""Which letter an event sends, and to whom. The text is made at the edge when it is delivered, from ids alone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs.rules import Standing
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices


class Side(StrEnum):
    CUSTOMER = "customer"
    SPECIALIST = "specialist"


BOTH = (Side.CUSTOMER, Side.SPECIALIST)

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
}


def act(session: Session, event: JobEvent, row: Job, *, before: Standing, now: datetime) -> None:
    """Send what this event sends: once for each event and person. A draft that is thrown away tells nobody."""
    letter, sides = LETTERS.get(Event(event.event), ("", ()))
    if row.submitted_at is None:
        return
    if letter == "booking_received" and row.entered_by is not None:
        letter = "booking_by_phone"
    people = {Side.CUSTOMER: row.customer_id, Side.SPECIALIST: before.specialist_id or row.specialist_id}
    for side in sides:
        _send(session, letter, people[side], event=event, now=now)


def _send(session: Session, letter: str, to: UUID | None, *, event: JobEvent, now: datetime) -> None:
    if to is not None:
        key = derived("letter", event.id, letter, to)
        notices.send(session, to=PersonId(to), letter=letter, key=key, now=now, job=event.job_id)
