"""The entry form as it stands at any moment: what of it is understood, which times there are, what it costs.

Nothing is kept until it is sent; each round trip reads the whole form anew, so that the screen works without scripts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs.requests import minutes_for, terms_for
from booking.jobs.terms import Terms
from booking.jobs.words import Method
from booking.pricing.cancelling import FeeStep, fee_table
from booking.pricing.rules import NothingToPrice
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Category, Service, ServiceCard, Zone
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import AddressId, ZoneId
from marketplace.foundation.scripts import search_text
from marketplace.organizations.queries import Organization
from web.forms.fields import CardNumberTyped, Fields, Missing, NotOffered, NotTicked
from web.pages.customer import questions
from web.pages.customer.questions import Read
from web.pages.desk import times
from web.pages.desk.callers import Caller
from web.pages.desk.times import Day, Slot, Work

ANOTHER = "another"  # the choice "another address" beside those that are known
METHODS = tuple(method.value for method in Method)
MOST_MATCHES = 5
LINE_LONGEST, UNIT_LONGEST, DIRECTIONS_LONGEST = 200, 60, 300


@dataclass(frozen=True)
class Place:
    """Where: an address of the customer's, or one that is told now."""

    zone: Zone
    address: AddressId | None
    cell: str | None
    line: str = ""
    unit: str = ""
    directions: str = ""


@dataclass(frozen=True)
class Filling:
    """The form, understood as far as it goes. `errors` are told only when it was sent."""

    fields: Fields
    matches: tuple[ServiceCard, ...]
    service: Service | None = None
    read: Read | None = None
    place: Place | None = None
    minutes: int = 0
    days: tuple[Day, ...] = ()
    parts: tuple[str, ...] = ()
    slot: Slot | None = None
    terms: Terms | None = None
    fees: tuple[FeeStep, ...] = ()

    @property
    def method(self) -> str:
        typed = self.fields.raw("method")
        return typed if typed in METHODS else ""

    @property
    def grid_key(self) -> str:
        """Names the times that are shown: a screen that has them already is not given them again."""
        shown = [f"{each.on_day}{sorted(each.slots)}" for each in self.days]
        slots = [str(slot.price) for each in self.days for slot in each.slots.values()]
        return hashlib.sha256("\n".join([*shown, *slots]).encode()).hexdigest()[:16]

    @property
    def asked(self) -> str:
        """The keys of the questions that are on the page."""
        return " ".join(question.key for question in self.read.shown) if self.read else ""


def fill(
    session: Session,
    data: Mapping[str, object],
    caller: Caller,
    organization: Organization,
    *,
    language: str,
    now: datetime,
) -> Filling:
    """Read the form. What is missing or wrong is noted in `fields.errors`, and what hangs on it is left out."""
    fields = Fields(data, language)
    offered = catalogue.categories(session, now=now)
    matches = _matches(session, fields.raw("service"), offered)
    card = _chosen_card(fields, matches)
    place = _place(session, fields, caller, organization)
    if not fields.ticked("policy") and caller.policy is not None:
        fields.refuse("policy", NotTicked())
    fields.choice("method", METHODS)
    filling = Filling(fields, matches, place=place)
    if card is None:
        return filling
    service = catalogue.service(session, card.id, now=now)
    read = questions.read(service.questions, fields, asked=fields.raw("asked").split())
    filling = replace(filling, service=service, read=read)
    fields.errors.update(read.errors)
    if not read.is_accepted or place is None:
        return filling
    filling = replace(filling, minutes=minutes_for(service, read.answers))
    return _with_times(session, filling, organization, now=now)


def _with_times(session: Session, filling: Filling, organization: Organization, *, now: datetime) -> Filling:
    assert filling.service is not None
    assert filling.read is not None
    assert filling.place is not None
    place = filling.place
    work = Work(filling.service, filling.read.answers, place.zone, place.cell, filling.minutes)
    days, parts = times.grid(session, work, organization, now=now), times.parts_of_day(session)
    typed = filling.fields.raw("window")
    slot = next((each for day in days for each in day.slots.values() if each.value == typed), None)
    if slot is None:
        filling.fields.refuse("window", NotOffered() if typed else Missing())
    filling = replace(filling, days=days, parts=parts, slot=slot)
    window = slot.period if slot else None
    try:
        terms = terms_for(session, work.service.id, work.answers, window=window, now=now)
    except NothingToPrice as refusal:
        filling.fields.refuse("service", refusal)
        return filling
    quote = terms.quote
    fees = fee_table(
        quote.deposit, starts_at=window.start if window else now, now=now, policy=terms.cancellation, price=quote.total
    )
    return replace(filling, terms=terms, fees=fees)


def _matches(session: Session, typed: str, offered: list[Category]) -> tuple[ServiceCard, ...]:
    """The services that the typed letters may mean: those that hold them, then those that are written alike."""
    wanted = search_text(typed[:100])
    if not wanted:
        return ()
    cards = {card.id: card for category in offered for card in category.services}
    exact = [card for card in cards.values() if wanted in {search_text(title) for title in card.title.values()}]
    if exact:
        return tuple(exact[:1])
    holding = [card for card in cards.values() if any(wanted in search_text(title) for title in card.title.values())]
    alike = [cards[match.service] for match in catalogue.search(session, typed) if match.service in cards]
    return tuple({card.id: card for card in [*holding, *alike]}.values())[:MOST_MATCHES]


def _chosen_card(fields: Fields, matches: tuple[ServiceCard, ...]) -> ServiceCard | None:
    if not fields.raw("service"):
        fields.refuse("service", Missing())
        return None
    if len(matches) == 1:
        return matches[0]
    which = next((card for card in matches if card.key == fields.raw("which")), None)
    if which is None:
        fields.refuse("which" if matches else "service", Missing() if matches else NotOffered())
    return which


def _place(session: Session, fields: Fields, caller: Caller, organization: Organization) -> Place | None:
    zones = {zone.id: zone for zone in catalogue.zones(session, organization.id)}
    known = {str(each.id): each for each in caller.addresses}
    chosen = fields.choice("address", [*known, ANOTHER]) if known else ANOTHER
    if chosen in known:
        card = known[chosen]
        if card.zone_id is None or card.zone_id not in zones:
            fields.refuse("address", NotOffered())
            return None
        return Place(zones[card.zone_id], card.id, card.cell)
    if chosen != ANOTHER:
        return None
    area = fields.choice("area", [str(id) for id in zones])
    line = fields.text("line", longest=LINE_LONGEST)
    unit = fields.text("unit", longest=UNIT_LONGEST, required=False)
    directions = fields.text("directions", longest=DIRECTIONS_LONGEST, required=False)
    return Place(zones[ZoneId(UUID(area))], None, None, line, unit, directions) if area else None


def without_gaps(errors: Mapping[str, Refused]) -> dict[str, Refused]:
    """What is said while the form is still being filled in: only what was typed and may never stand there."""
    return {name: refusal for name, refusal in errors.items() if isinstance(refusal, CardNumberTyped)}
