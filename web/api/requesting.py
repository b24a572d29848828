"""A request in one step: the draft, its address and its submission, for a customer or by an agent on their behalf."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import drafts, requests
from booking.jobs.actions import Fired
from booking.jobs.drafts import Draft
from booking.jobs.rules import Actor
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import AddressId, PersonId, ZoneId, derived
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from web.api.amounts import Answers, In, Words


class Place(In, frozen=True, kw_only=True):
    """A new address, kept with the customer's others."""

    zone: UUID
    line: Words
    unit: Words | None = None
    directions: Words | None = None


class NewJob(In, frozen=True, kw_only=True):
    """A request: a service by its key, the answers to its questions, and one of `address` and `place`."""

    service: Words
    answers: Answers = {}
    address: UUID | None = None
    place: Place | None = None


def request_job(
    session: Session, wanted: NewJob, *, customer: PersonId, actor: Actor, command: UUID, now: datetime
) -> Fired:
    """Make the request; its price is frozen, its time is chosen next.

    Refuses UnknownService, AnswersNotAccepted, NoSuchAddress, UnknownZone, AddressRefused, TextNotAllowed and what
    `requests.submit` refuses.
    """
    service = catalogue.service(session, wanted.service, now=now)
    address = _address(session, wanted, customer, now=now)
    card = None if address is None else people_queries.address(session, address, owner=customer)
    draft = Draft(
        service=service.id,
        answers=wanted.answers,
        address_id=address,
        zone_id=card.zone_id if card else None,
        cell=card.cell if card else None,
    )
    begun = drafts.save_draft(session, draft, actor=actor, command_id=command, now=now)
    return requests.submit(session, begun.job_id, actor=actor, command_id=derived("submit", command), now=now)


def _address(session: Session, wanted: NewJob, customer: PersonId, *, now: datetime) -> AddressId | None:
    if wanted.address is not None or wanted.place is None:
        return None if wanted.address is None else AddressId(wanted.address)
    place = wanted.place
    zone = catalogue.zone(session, ZoneId(place.zone))
    return people.add_address(
        session, person=customer, line=place.line, unit=place.unit, directions=place.directions, zone=zone.id, now=now
    )
