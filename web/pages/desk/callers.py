"""A caller as the desk sees one before any reason: since when, which areas, which jobs. No personal value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import lists
from booking.jobs.queries import DeskJob
from booking.jobs.rules import Actor
from booking.jobs.words import Role
from marketplace.catalogue.queries import Zone
from marketplace.foundation.ids import PersonId
from marketplace.people import queries as people
from marketplace.people.queries import AddressCard, Person
from marketplace.people.rules import NoSuchPerson
from marketplace.privacy.queries import PolicyVersion, must_accept
from web.identity import Req

LAST_JOBS = 3


@dataclass(frozen=True)
class Caller:
    """Who has rung, by pseudonym. `policy` is the version they have still to accept."""

    person: Person
    has_proved_phone: bool
    addresses: tuple[AddressCard, ...]
    jobs: tuple[DeskJob, ...]
    policy: PolicyVersion | None

    @property
    def id(self) -> PersonId:
        return self.person.id


def agent(request: Req, customer: PersonId | None = None) -> Actor:
    """The agent as the one who acts, for a customer where one is named."""
    return Actor(Role.AGENT, request.user.person_id, on_behalf_of=customer)


def find(session: Session, request: Req, id: UUID, *, now: datetime, jobs: int = LAST_JOBS) -> Caller:
    """A customer of the house. Refuses NoSuchPerson, also for somebody who is none."""
    person = people.person(session, id)
    if not any(held.role == "customer" for held in people.roles_of(session, id, now=now)):
        raise NoSuchPerson
    proved = any(card.kind == "phone" and card.verified_at for card in people.contacts_of(session, id))
    last = lists.for_desk(session, agent(request), now=now, customer=person.id, limit=jobs)
    addresses = tuple(people.addresses_of(session, id))
    return Caller(person, proved, addresses, tuple(last), must_accept(session, id, now=now))


def areas(caller: Caller, zones: Iterable[Zone], language: str) -> list[str]:
    """The areas in which this customer has addresses, each once."""
    names = {zone.id: zone.name[language] for zone in zones}
    return list(dict.fromkeys(names[each.zone_id] for each in caller.addresses if each.zone_id in names))
