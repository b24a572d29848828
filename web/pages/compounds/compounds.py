"""The list of compounds, and one with its buildings, units, teams and duties; forms to build it up."""

import re
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.catalogue.rules import NotServed
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import OrganizationId
from marketplace.foundation.places import Point
from marketplace.foundation.scripts import search_text
from marketplace.organizations import actions as organizations
from marketplace.organizations import site_actions, sites, teams
from marketplace.organizations.queries import members_of
from marketplace.organizations.site_rules import NAME_MAX, CompoundNotFound
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.forms.positions import InAnotherZone, position
from web.home import home
from web.identity import Req
from web.pages.compounds.shared import SAID_BESIDE, in_every_language, reached
from web.parts import Filled
from web.respond import page, see_other

LABELS_LONGEST = 300
BETWEEN_LABELS = re.compile(r"\s*[,،;\n]\s*")
Answer = Response[Any] | Redirect


@get("/compounds", opt={"policy": "compounds.read"}, sync_to_thread=True)
def every(request: Req) -> Response[str]:
    """The compounds that the reader manages."""
    return _list(request, Filled())


@post("/compounds", opt={"policy": "compounds.write"}, sync_to_thread=True)
def found(request: Req, data: FormBody) -> Answer:
    """Found a compound that belongs to the house. Refuses CompoundNotFound for whoever manages less than the house."""
    fields, here, now = Fields(data, request.user.language), home().id, clock.now()
    name = fields.text("name", longest=NAME_MAX)
    if not fields.errors:
        try:
            with transaction() as session:
                if not sites.manages(session, request.user.person_id, here, at=now):
                    raise CompoundNotFound()
                id = site_actions.found_compound(
                    session, here, key=_key(name), name=in_every_language(name), by=request.user.person_id, now=now
                )
            return see_other(f"/compounds/{id}")
        except SAID_BESIDE as refusal:
            fields.refuse("name", refusal)
    return _list(request, Filled(data, answers.beside(fields.errors, request)))


@get("/compounds/{id:uuid}", opt={"policy": "compounds.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """Buildings with their units and how many live there, teams with their duties, and the forms."""
    return _one(request, id, Filled())


@post("/compounds/{id:uuid}/buildings", opt={"policy": "compounds.write"}, sync_to_thread=True)
def build(request: Req, id: FromPath[UUID], data: FormBody) -> Answer:
    """Add a building in a part of the town, in the middle of it unless a position is given."""
    fields, here, now = Fields(data, request.user.language), home().id, clock.now()
    name, point = fields.text("name", longest=NAME_MAX), position(fields, "position")
    with transaction() as session:
        compound = reached(session, request, id, now=now)
        zones = {str(zone.id): zone for zone in catalogue.zones(session, here)}
        zone = zones.get(fields.choice("zone", zones))
        if zone is not None and point is not None:
            _check_ground(session, fields, here, zone, point)
    if fields.errors or zone is None:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            site_actions.add_building(
                session, compound.id, name=name, zone=zone.id, point=point or zone.centre, by=request.user.person_id,
                now=now,
            )  # fmt: skip
    except SAID_BESIDE as refusal:
        return _refused(request, id, data, refusal, "name")
    return see_other(f"/compounds/{id}")


@post("/compounds/{id:uuid}/units", opt={"policy": "compounds.write"}, sync_to_thread=True)
def number(request: Req, id: FromPath[UUID], data: FormBody) -> Answer:
    """Add units to a building, several labels at once."""
    fields, now = Fields(data, request.user.language), clock.now()
    building, labels = fields.identity("building"), fields.text("labels", longest=LABELS_LONGEST)
    if fields.errors or building is None:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            compound = reached(session, request, id, now=now)
            for label in BETWEEN_LABELS.split(labels.strip(" ,،;")):
                site_actions.add_unit(session, compound.id, building, label=label, by=request.user.person_id, now=now)
    except SAID_BESIDE as refusal:
        return _refused(request, id, data, refusal, "labels")
    return see_other(f"/compounds/{id}")


@post("/compounds/{id:uuid}/teams", opt={"policy": "compounds.write"}, sync_to_thread=True)
def form(request: Req, id: FromPath[UUID], data: FormBody) -> Answer:
    """Form a team; the same name again is the same team."""
    fields, now = Fields(data, request.user.language), clock.now()
    name = fields.text("team_name", longest=NAME_MAX)
    if fields.errors:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            compound = reached(session, request, id, now=now)
            team = organizations.form_team(
                session, compound.id, key=_key(name), name=in_every_language(name), by=request.user.person_id, now=now
            )
    except SAID_BESIDE as refusal:
        return _refused(request, id, data, refusal, "team_name")
    return see_other(f"/compounds/{id}/teams/{team}")


@post("/compounds/{id:uuid}/duties", opt={"policy": "compounds.write"}, sync_to_thread=True)
def give(request: Req, id: FromPath[UUID], data: FormBody) -> Answer:
    """Give a team the duty for a trade of a building; whoever had it has it no longer."""
    fields, now = Fields(data, request.user.language), clock.now()
    building, trade = fields.identity("duty_building"), fields.text("trade", longest=60)
    team = fields.identity("team")
    if fields.errors or building is None or team is None:
        return _one(request, id, Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            compound = reached(session, request, id, now=now)
            site_actions.give_duty(
                session, compound.id, building=building, trade=trade, team=team, by=request.user.person_id, now=now
            )
    except SAID_BESIDE as refusal:
        return _refused(request, id, data, refusal, "trade")
    return see_other(f"/compounds/{id}")


@get(
    [f"/compounds/{{id:uuid}}/{part}" for part in ("buildings", "units", "teams", "duties")],
    opt={"policy": "compounds.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Response[None]:
    """Whoever reloads the answer to a form is led back."""
    return see_other(f"/compounds/{id}")


def _key(name: str) -> str:
    return search_text(name).replace(" ", "-") or name


def _check_ground(session: Session, fields: Fields, here: OrganizationId, zone: Zone, point: Point) -> None:
    try:
        if catalogue.zone_of(session, here, point).id != zone.id:
            fields.refuse("position", InAnotherZone())
    except NotServed:
        fields.refuse("position", InAnotherZone())


def _refused(request: Req, id: UUID, data: FormBody, refusal: Refused, field: str) -> Response[str]:
    return _one(request, id, Filled(data, answers.beside({field: refusal}, request)))


def _list(request: Req, form: Filled) -> Response[str]:
    here, now = home().id, clock.now()
    with transaction() as session:
        mine = sites.managed(session, request.user.person_id, at=now)
        may_found = sites.manages(session, request.user.person_id, here, at=now)
    return page(
        request, "pages/compounds/compounds.html", compounds=mine, may_found=may_found, form=form, longest=NAME_MAX,
        only_figures=not request.user.has("administrator"), status_code=422 if form.errors else 200,
    )  # fmt: skip


def _one(request: Req, id: UUID, form: Filled) -> Response[str]:
    here, now = home().id, clock.now()
    with transaction() as session:
        compound = reached(session, request, id, now=now)
        buildings = sites.buildings(session, compound.id, at=now)
        formed = [(team, len(members_of(session, team.id, at=now))) for team in teams.teams_in(session, compound.id)]
        given = teams.duties(session, compound.id)
        zones = catalogue.zones(session, here, language=request.user.language)
        trades = {each.key: each.title for each in catalogue.categories(session, now=now)}
    return page(
        request, "pages/compounds/compound.html", compound=compound, buildings=buildings, teams=formed, duties=given,
        zones=zones, zone_names={each.id: each.name for each in zones}, trades=trades, form=form,
        longest=NAME_MAX, labels_longest=LABELS_LONGEST, only_figures=not request.user.has("administrator"),
        status_code=422 if form.errors else 200,
    )  # fmt: skip


routes = [every, found, one, build, number, form, give, back]
