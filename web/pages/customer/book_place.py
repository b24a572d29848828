"""Where the work is: an address that is known already, or an area with street, floor and directions."""

from dataclasses import dataclass, replace
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs.drafts import Draft
from booking.jobs.queries import CustomerJob
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.catalogue.rules import NotServed
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AddressId, ZoneId
from marketplace.people import queries as people
from marketplace.people.rules import NoSuchAddress
from marketplace.privacy import actions as privacy
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer import drafts
from web.parts import Filled
from web.respond import page, see_other

ANOTHER = "another"  # the choice "another address" beside those that are known
LINE_LONGEST, UNIT_LONGEST, DIRECTIONS_LONGEST = 200, 60, 300


@dataclass(frozen=True)
class Known:
    """An address of the customer's own, as its owner reads it."""

    id: AddressId
    zone: ZoneId | None
    cell: str | None
    line: str
    unit: str
    label: str


@get("/bookings/{id:uuid}/place", opt={"policy": "draft.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """Known addresses, or a new one."""
    served, now = _zones(request), clock.now()
    with transaction() as session:
        mine = drafts.find(session, request, id, now=now)
        known = _known(session, request)
    if not drafts.is_draft(mine):
        return see_other(drafts.next_page(mine))
    return _page(request, mine, served, known, Filled(values=_values(mine, known)))


@post("/bookings/{id:uuid}/place", opt={"policy": "draft.write"}, sync_to_thread=True)
def choose(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Keep the place. A new address stays with the draft until the booking is sent."""
    served, now, fields = _zones(request), clock.now(), Fields(data, request.user.language)
    with transaction() as session:
        mine = drafts.find(session, request, id, now=now)
        known = _known(session, request)
        draft = _placed(drafts.as_draft(mine), fields, served, known)
        if not fields.errors and drafts.is_draft(mine):
            drafts.keep(session, request, mine, draft, command=once.command_id(request, data), now=now)
            mine = drafts.find(session, request, id, now=now)
    if fields.errors:
        form = Filled(values=data, errors=answers.beside(fields.errors, request))
        return _page(request, mine, served, known, form, status=422)
    return see_other(drafts.next_page(mine))


routes = [ask, choose]


def _zones(request: Req) -> list[Zone]:
    organization = home()
    with transaction() as session:
        return catalogue.zones(session, organization.id, language=request.user.language)


def _known(session: Session, request: Req) -> list[Known]:
    person = request.user.person
    if person is None:
        return []
    found = []
    for card in people.addresses_of(session, person):
        parts = privacy.own_address(session, person=person, address=card.id)
        words = (parts.get(name, "") for name in ("line", "unit", "label"))
        found.append(Known(card.id, card.zone_id, card.cell, *words))
    return found


def _placed(draft: Draft, fields: Fields, served: list[Zone], known: list[Known]) -> Draft:
    """The draft with the place that was typed; faults are noted beside their fields."""
    chosen = fields.choice("address", [*(str(each.id) for each in known), ANOTHER]) if known else ANOTHER
    if chosen == ANOTHER:
        return _new_place(draft, fields, served)
    address = next((each for each in known if str(each.id) == chosen), None)
    if address is None:
        fields.errors.setdefault("address", NoSuchAddress())
        return draft
    if address.zone not in {zone.id for zone in served}:
        fields.refuse("address", NotServed())
        return draft
    return replace(draft, address_id=address.id, zone_id=address.zone, cell=address.cell, place={})


def _new_place(draft: Draft, fields: Fields, served: list[Zone]) -> Draft:
    area = fields.choice("area", [str(zone.id) for zone in served])
    place = {
        "line": fields.text("line", longest=LINE_LONGEST),
        "unit": fields.text("unit", longest=UNIT_LONGEST, required=False),
        "directions": fields.text("directions", longest=DIRECTIONS_LONGEST, required=False),
    }
    if fields.errors:
        return draft
    filled = {name: text for name, text in place.items() if text}
    return replace(draft, address_id=None, zone_id=ZoneId(UUID(area)), cell=None, place=filled)


def _values(mine: CustomerJob, known: list[Known]) -> dict[str, object]:
    """What the form holds at first: what was filled in before, or the address used last."""
    typed: dict[str, object] = {**mine.place, "area": mine.zone or ""}
    if mine.address is not None:
        return {"address": mine.address}
    if mine.place:
        return typed | {"address": ANOTHER}
    return {"address": known[0].id if known else ANOTHER}


def _page(
    request: Req, mine: CustomerJob, served: list[Zone], known: list[Known], form: Filled, *, status: int = 200
) -> Response[str]:
    return page(
        request, "pages/customer/place.html", status_code=status, mine=mine, zones=served, known=known,
        names={zone.id: zone.name for zone in served}, form=form, course=drafts.course(request, 2), another=ANOTHER,
    )  # fmt: skip
