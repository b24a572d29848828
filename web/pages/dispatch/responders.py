"""Who could be at a place soonest: guards on duty by the time of their way, on a map and in a table; each look is told
to whoever is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from sqlalchemy.orm import Session

from booking.alarms import actions as alarms
from booking.alarms import sites
from booking.alarms.rules import MOST, Responders
from booking.alarms.sites import Site
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import ZoneId
from marketplace.foundation.places import Point
from marketplace.privacy.actions import Reader
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.dispatch.acting import actor
from web.pages.dispatch.responders_view import BASES, WHY, drawn
from web.parts import Choice
from web.respond import page

PAGE: Final = "/dispatch/responders"
MORE: Final = 8  # a second rung


@dataclass(frozen=True)
class Place:
    """What was chosen: how the address says it, its name, its compound's, where it is."""

    query: dict[str, str]
    name: str
    compound: str
    zone: ZoneId
    point: Point


@get(PAGE, opt={"policy": "board.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The nearest to the building or the area of the address; what nobody knows is not looked for."""
    here, now, language = home(), clock.now(), request.user.language
    most = MORE if request.query_params.get("most") == str(MORE) else MOST
    with transaction() as session:
        zones = catalogue.zones(session, here.id, language=language)
        buildings = sites.sites(session, here.id)
        place = chosen(request, buildings, zones)
        found = look(session, request, place, most=most) if place else None
    names = {zone.id: zone.name[language] for zone in zones}
    return page(
        request, "pages/dispatch/responders.html", place=place, found=found, names=names, mark=mark, at=now,
        areas=[Choice(zone.key, names[zone.id]) for zone in zones],
        buildings=[Choice(str(each.id), f"{each.name} · {each.compound[language]}") for each in buildings],
        map=drawn(place.point, found.near, zones, language) if place and found else None, bases=BASES, why=WHY,
        again=address(place.query if place else {}, most), more=address(place.query, MORE) if place else "",
        is_more=most == MORE,
    )  # fmt: skip


def chosen(request: Req, buildings: Sequence[Site], zones: Sequence[Zone]) -> Place | None:
    """The building of the address; else the middle of its area; else nothing."""
    params, language = request.query_params, request.user.language
    for each in buildings:
        if str(each.id) == params.get("building"):
            return Place({"building": str(each.id)}, each.name, each.compound[language], each.zone, each.point)
    for zone in zones:
        if zone.key == params.get("area"):
            return Place({"area": zone.key}, zone.name[language], "", zone.id, zone.centre)
    return None


def look(session: Session, request: Req, place: Place, *, most: int) -> Responders:
    """The nearest, and a row for each whose place is shown."""
    return alarms.look_for_responders(
        session, site=place.point, zone=place.zone, reader=reader(request), now=clock.now(), most=most
    )


def reader(request: Req) -> Reader:
    """Who coordinates, as what they do it."""
    return Reader(request.user.person_id, actor(request).role.value, device=request.user.session)


def address(query: dict[str, str], most: int) -> str:
    """The page of this place."""
    asked = query | ({"most": str(most)} if most != MOST else {})
    return f"{PAGE}?{urlencode(asked)}" if asked else PAGE


def site_of(session: Session, *, zone: UUID | None, building: UUID | None) -> tuple[ZoneId, Point]:
    """A building, or the middle of an area. Refuses BuildingNotFound, UnknownZone."""
    if building is not None:
        found = sites.site(session, home().id, building)
        return found.zone, found.point
    area = catalogue.zone(session, ZoneId(zone or UUID(int=0)))
    return area.id, area.centre


routes = [show]
