"""Sending a draft: its address is written down, the request is made with its frozen price, the time is set aside.

Three steps, each in the transaction of its caller or of its own, so that a time that has just gone loses neither the
account that was made a moment ago nor the request.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken, TooManyHolds
from booking.jobs import requests
from booking.jobs.queries import CustomerJob, for_customer
from booking.jobs.rules import Actor
from booking.jobs.words import Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId, derived
from marketplace.people import actions as people
from web.pages.customer import drafts


def send(id: UUID, customer: PersonId) -> str:
    """Make the draft a request of this customer and set its time aside; gives the page that comes next.

    Harmless to repeat. When the time has gone meanwhile, the next page offers others. Refuses JobNotFound, and what
    `requests.submit` refuses.
    """
    with transaction() as session:
        mine = _submitted(session, id, customer, now=clock.now())
    if mine.job.state is not State.REQUESTED or mine.job.funded or mine.job.slot_held or mine.job.window is None:
        return drafts.next_page(mine)
    gone = _hold(mine, customer)
    if isinstance(gone, SlotTaken):
        return f"/bookings/{id}/time?taken=yes"
    if gone is not None:
        raise gone
    return f"/bookings/{id}/payment"


def _submitted(session: Session, id: UUID, customer: PersonId, *, now: datetime) -> CustomerJob:
    mine = for_customer(session, id, customer, now=now)
    if mine.job.state is not State.DRAFT or drafts.next_page(mine) != f"/bookings/{id}/price":
        return mine
    mine = _with_address(session, mine, customer, now=now)
    actor = Actor(Role.CUSTOMER, customer)
    requests.submit(session, id, actor=actor, command_id=derived("job", id, "submit"), now=now)
    return for_customer(session, id, customer, now=now)


def _with_address(session: Session, mine: CustomerJob, customer: PersonId, *, now: datetime) -> CustomerJob:
    """A place that was typed becomes one of the customer's addresses, so that it is never asked again."""
    if mine.address is not None or mine.zone is None:
        return mine
    place = {name: str(text) for name, text in mine.place.items()}
    address = people.add_address(
        session, person=customer, line=place["line"], unit=place.get("unit"), directions=place.get("directions"),
        zone=mine.zone, area=mine.cell, now=now,
    )  # fmt: skip
    draft = replace(drafts.as_draft(mine), address_id=address, place={})
    drafts.keep_for(session, customer, mine, draft, command=derived("address", mine.id), now=now)
    return for_customer(session, mine.id, customer, now=now)


def _hold(mine: CustomerJob, customer: PersonId) -> Refused | None:
    assert mine.job.window is not None
    try:
        with transaction() as session:
            requests.hold_slot(
                session, mine.id, window=mine.job.window, actor=Actor(Role.CUSTOMER, customer),
                command_id=derived("hold", mine.id, mine.version), now=clock.now(),
            )  # fmt: skip
    except (SlotTaken, TooManyHolds) as refusal:
        return refusal
    return None
