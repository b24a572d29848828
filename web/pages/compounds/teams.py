"""One team of a compound: who is in it, by mark, and by name once looked; joining and leaving."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.organizations import actions, teams
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.organizations.teams import TeamView
from marketplace.people.rules import NoSuchPerson
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import NotASpecialist
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.compounds.shared import NOT_LOOKED, SAID_BESIDE, WHO_LONGEST, look_at, may_look, meant, reached
from web.parts import Filled
from web.respond import page, see_other

TEAM = "/compounds/{id:uuid}/teams/{team:uuid}"


@get(TEAM, opt={"policy": "compounds.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID], team: FromPath[UUID]) -> Response[str]:
    """Who is in the team now, by mark, and which duties it has."""
    return _page(request, id, team, Filled())


@post(f"{TEAM}/looks", opt={"policy": "compounds.write"}, sync_to_thread=True, status_code=200)
def look(request: Req, id: FromPath[UUID], team: FromPath[UUID]) -> Response[str]:
    """Who is in the team, by name; each of them can read who looked and what for."""
    return _page(request, id, team, Filled(), looking=True)


@post(f"{TEAM}/members", opt={"policy": "compounds.write"}, sync_to_thread=True)
def join(request: Req, id: FromPath[UUID], team: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """A specialist is in the team from now on. Refuses NoSuchPerson, NotASpecialist."""
    fields, region, now = Fields(data, request.user.language), home().region, clock.now()
    who = fields.text("who", longest=WHO_LONGEST)
    person = None if fields.errors else _whose(request, id, team, who, region)
    if person is not None:
        try:
            with transaction() as session:
                here = _of(session, request, id, team)
                if not specialists.is_enrolled(session, person):
                    raise NotASpecialist(person)
                actions.join_team(session, here.id, person, by=request.user.person_id, now=now)
            return see_other(f"/compounds/{id}/teams/{team}")
        except SAID_BESIDE as refusal:
            fields.refuse("who", refusal)
    elif not fields.errors:
        fields.refuse("who", NoSuchPerson())
    return _page(request, id, team, Filled(data, answers.beside(fields.errors, request)))


@post(f"{TEAM}/members/endings", opt={"policy": "compounds.write"}, sync_to_thread=True)
def leave(request: Req, id: FromPath[UUID], team: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Somebody is in the team no longer, and sees nothing of it from this moment on. Refuses NotInTeam."""
    fields, now = Fields(data, request.user.language), clock.now()
    person = fields.identity("person")
    if person is not None:
        try:
            with transaction() as session:
                here = _of(session, request, id, team)
                actions.leave_team(session, here.id, PersonId(person), by=request.user.person_id, now=now)
            return see_other(f"/compounds/{id}/teams/{team}")
        except SAID_BESIDE as refusal:
            fields.refuse("person", refusal)
    return _page(request, id, team, Filled({}, answers.beside(fields.errors, request)))


@get(
    [f"{TEAM}/{part}" for part in ("looks", "members", "members/endings")],
    opt={"policy": "compounds.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID], team: FromPath[UUID]) -> Response[None]:
    """Whoever reloads the answer to a form is led back: names are looked at once."""
    return see_other(f"/compounds/{id}/teams/{team}")


def _whose(request: Req, id: UUID, team: UUID, who: str, region: str) -> PersonId | None:
    with transaction() as session:
        _of(session, request, id, team)
        return meant(session, request, who, region, now=clock.now())


def _of(session: Session, request: Req, id: UUID, team: UUID) -> TeamView:
    compound: OrganizationId = reached(session, request, id, now=clock.now()).id
    found = teams.team(session, team)
    if found.compound != compound:
        raise TeamNotFound()
    return found


def _page(request: Req, id: UUID, team: UUID, form: Filled, *, looking: bool = False) -> Response[str]:
    now = clock.now()
    with transaction() as session:
        here = _of(session, request, id, team)
        inside = teams.members(session, team, at=now)
        duties = [duty for duty in teams.duties(session, here.compound) if duty.team == team]
        trades = {each.key: each.title for each in catalogue.categories(session, now=now)}
        looked = NOT_LOOKED
        if looking and may_look(request):
            looked = look_at(session, request, (each.person for each in inside), now=now)
    return page(
        request, "pages/compounds/team.html", team=here, members=inside, duties=duties, trades=trades, looked=looked,
        mark=mark, may_look=may_look(request) and bool(inside) and not looking, form=form, longest=WHO_LONGEST,
        spent=looked.spent and answers.answer(looked.spent, request).sentence,
        only_figures=not request.user.has("administrator"), status_code=422 if form.errors else 200,
    )  # fmt: skip


routes = [one, look, join, leave, back]
