"""One's own addresses: added, corrected, given up. Only the area is known before somebody accepts a job there."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.foundation import clock, repeats
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AddressId, ZoneId, derived
from marketplace.foundation.repeats import Answer
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.people.rules import AddressRefused
from marketplace.privacy import actions as privacy
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import page, see_other

HERE = "/account/addresses"
LONGEST = {"line": 200, "unit": 60, "landmark": 100, "directions": 300}


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The addresses in use, newest first."""
    person = request.user.person_id
    with transaction() as session:
        cards = queries.addresses_of(session, person)
        parts = {card.id: privacy.own_address(session, person=person, address=card.id) for card in cards}
        zones = {card.zone_id: catalogue.zone(session, card.zone_id) for card in cards if card.zone_id}
    return page(request, "pages/account/addresses.html", addresses=cards, parts=parts, zones=zones)


@get(HERE + "/new", opt={"policy": "own.read"}, sync_to_thread=True)
def ask(request: Req) -> Response[str]:
    """An empty form."""
    return _form(request, Filled(), 200)


@post(HERE, opt={"policy": "own.write"}, sync_to_thread=True)
def add(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Note a place in one of the areas we come to."""
    fields = Fields(data, request.user.language)
    typed, zone = _words(fields, ("line", "unit", "landmark", "directions")), fields.identity("area")
    if zone is not None and zone not in {each.id for each in _zones(request)}:
        fields.refuse("area", NotOffered())
    if not fields.errors and zone is not None:
        try:
            with transaction() as session:
                _add_once(session, request, typed, ZoneId(zone), command=once.command_id(request, data))
        except AddressRefused as refusal:
            fields.refuse("line", refusal)
    if fields.errors:
        return _form(request, _again(fields, data, request), 422)
    return see_other(HERE)


@get(HERE + "/{id:uuid}", opt={"policy": "own.read"}, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID]) -> Response[str]:
    """What helps to find the door. Refuses NoSuchAddress, also for another's."""
    with transaction() as session:
        parts = privacy.own_address(session, person=request.user.person_id, address=AddressId(id))
    return page(request, "pages/account/address.html", id=id, parts=parts, form=Filled(parts))


@post(HERE + "/{id:uuid}", opt={"policy": "own.write"}, sync_to_thread=True)
def change(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Correct unit and directions; another place is another address. Refuses NoSuchAddress."""
    fields = Fields(data, request.user.language)
    typed = _words(fields, ("unit", "directions"))
    person = request.user.person_id
    with transaction() as session:
        parts = privacy.own_address(session, person=person, address=AddressId(id))
        if not fields.errors:
            people.change_address(
                session, person=person, address=AddressId(id), unit=typed["unit"], directions=typed["directions"],
                label=parts.get("label"),
            )  # fmt: skip
    if fields.errors:
        form = _again(fields, data, request)
        return page(request, "pages/account/address.html", id=id, parts=parts, form=form, status_code=422)
    return see_other(HERE)


@post(HERE + "/{id:uuid}/ending", opt={"policy": "own.write"}, sync_to_thread=True)
def end(request: Req, id: FromPath[UUID]) -> Redirect:
    """Take it out of use; jobs booked for it keep it. Refuses NoSuchAddress."""
    with transaction() as session:
        people.end_address(session, person=request.user.person_id, address=AddressId(id), now=clock.now())
    return see_other(HERE)


routes = [show, ask, add, look, change, end]


def _add_once(session: Session, request: Req, typed: Mapping[str, str], zone: ZoneId, *, command: UUID) -> None:
    """The form sent twice adds one address; sent again after a look back, with other words, it adds another."""
    principal, now = request.user.name, clock.now()
    key = derived("address", command, zone, *typed.values())
    if repeats.claim(session, principal=principal, command_id=key, route=HERE, body=b"", now=now) is not None:
        return
    people.add_address(
        session, person=request.user.person_id, line=typed["line"], unit=typed["unit"], directions=_directions(typed),
        zone=zone, now=now,
    )  # fmt: skip
    repeats.keep(session, principal=principal, command_id=key, answer=Answer(303, {}))


def _words(fields: Fields, names: tuple[str, ...]) -> dict[str, str]:
    return {name: fields.text(name, longest=LONGEST[name], required=name == "line") for name in names}


def _directions(typed: Mapping[str, str]) -> str:
    return "\n".join(part for part in (typed["landmark"], typed["directions"]) if part)


def _zones(request: Req) -> list[Zone]:
    organization = home().id
    with transaction() as session:
        return catalogue.zones(session, organization, language=request.user.language)


def _again(fields: Fields, data: FormBody, request: Req) -> Filled:
    values = {name: fields.raw(name) for name in (*LONGEST, "area") if name in data}
    return Filled(values, answers.beside(fields.errors, request))


def _form(request: Req, form: Filled, status: int) -> Response[str]:
    return page(request, "pages/account/address_new.html", zones=_zones(request), form=form, status_code=status)
