"""What papers say of jobs: their numbers and the titles of their services, never a name or an address."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import lists
from marketplace.catalogue import queries as catalogue
from marketplace.organizations.queries import Organization
from payments.invoices.rules import About, Issuer


def about(session: Session, subjects: Iterable[UUID]) -> dict[UUID, About]:
    """The words of those of these subjects that are jobs."""
    cards = lists.cards_by_id(session, subjects)
    titles = catalogue.titles(session, {card.service for card in cards.values()})
    return {id: About(card.number, titles.get(card.service, {})) for id, card in cards.items()}


def issuer(here: Organization) -> Issuer:
    """This house, as it stands on paper."""
    return Issuer(here.id, dict(here.name), here.region, here.time_zone)
