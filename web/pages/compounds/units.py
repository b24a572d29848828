"""One unit: who lives there, by mark, and by name once looked; moving in and out."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.organizations import site_actions, sites
from marketplace.organizations.site_rules import UnitNotFound
from marketplace.people.rules import NoSuchPerson
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.once import form_once
from web.pages.admin.people import mark
from web.pages.compounds.shared import NOT_LOOKED, SAID_BESIDE, WHO_LONGEST, look_at, may_look, meant, reached
from web.parts import Filled
from web.respond import page, see_other

UNIT = "/compounds/{id:uuid}/units/{unit:uuid}"


@get(UNIT, opt={"policy": "compounds.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID], unit: FromPath[UUID]) -> Response[str]:
    """Who lives there now, by mark."""
    return _page(request, id, unit, Filled())


@post(f"{UNIT}/looks", opt={"policy": "compounds.write"}, sync_to_thread=True, status_code=200)
def look(request: Req, id: FromPath[UUID], unit: FromPath[UUID]) -> Response[str]:
    """Who lives there now, by name; each of them can read who looked and what for."""
    return _page(request, id, unit, Filled(), looking=True)


@post(f"{UNIT}/residents", opt={"policy": "compounds.write"}, sync_to_thread=True)
def move_in(request: Req, id: FromPath[UUID], unit: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Somebody with an account lives there from now on. Refuses NoSuchPerson, AlreadyLivesThere."""
    fields, region, now = Fields(data, request.user.language), home().region, clock.now()
    who = fields.text("who", longest=WHO_LONGEST)
    person = None if fields.errors else _whose(request, id, who, region)
    if person is not None:
        try:
            with transaction() as session:
                compound, by = reached(session, request, id, now=now), request.user.person_id
                form_once(
                    session,
                    request,
                    data,
                    lambda: site_actions.move_in(session, compound.id, unit, person, by=by, now=now),
                )
            return see_other(f"/compounds/{id}/units/{unit}")
        except SAID_BESIDE as refusal:
            fields.refuse("who", refusal)
    elif not fields.errors:
        fields.refuse("who", NoSuchPerson())
    return _page(request, id, unit, Filled(data, answers.beside(fields.errors, request)))


@post(f"{UNIT}/residents/endings", opt={"policy": "compounds.write"}, sync_to_thread=True)
def move_out(request: Req, id: FromPath[UUID], unit: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Somebody lives there no longer. Refuses DoesNotLiveThere."""
    fields, now = Fields(data, request.user.language), clock.now()
    person = fields.identity("person")
    if person is not None:
        try:
            with transaction() as session:
                compound = reached(session, request, id, now=now)
                site_actions.move_out(session, compound.id, unit, PersonId(person), by=request.user.person_id, now=now)
            return see_other(f"/compounds/{id}/units/{unit}")
        except SAID_BESIDE as refusal:
            fields.refuse("person", refusal)
    return _page(request, id, unit, Filled({}, answers.beside(fields.errors, request)))


@get(
    [f"{UNIT}/{part}" for part in ("looks", "residents", "residents/endings")],
    opt={"policy": "compounds.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID], unit: FromPath[UUID]) -> Response[None]:
    """Whoever reloads the answer to a form is led back: names are looked at once."""
    return see_other(f"/compounds/{id}/units/{unit}")


def _whose(request: Req, id: UUID, who: str, region: str) -> PersonId | None:
    now = clock.now()
    with transaction() as session:
        reached(session, request, id, now=now)
        return meant(session, request, who, region, now=now)


def _page(request: Req, id: UUID, unit: UUID, form: Filled, *, looking: bool = False) -> Response[str]:
    now = clock.now()
    with transaction() as session:
        compound, place = reached(session, request, id, now=now), sites.place(session, unit)
        if place.compound != compound.id:
            raise UnitNotFound()
        living = sites.residents(session, unit, at=now)
        looked = NOT_LOOKED
        if looking and may_look(request):
            looked = look_at(session, request, (each.person for each in living), now=now)
    return page(
        request, "pages/compounds/unit.html", compound=compound, place=place, residents=living, looked=looked,
        mark=mark, may_look=may_look(request) and bool(living) and not looking, form=form, longest=WHO_LONGEST,
        spent=looked.spent and answers.answer(looked.spent, request).sentence,
        only_figures=not request.user.has("administrator"), status_code=422 if form.errors else 200,
    )  # fmt: skip


routes = [one, look, move_in, move_out, back]
