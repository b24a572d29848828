"""A caller nobody knows yet: an account without a password, after the policy was read out and agreed to (K5, K13)."""

from datetime import datetime
from typing import Final

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.organizations.queries import Organization
from marketplace.people import actions as people
from marketplace.people.rules import LANGUAGES, NAME_LENGTH_MAX, AgeNotStated, NameRefused, NotAContact
from marketplace.privacy import actions as privacy
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields, NotTicked
from web.home import home
from web.identity import Req
from web.pages.desk.look_up import new_caller
from web.parts import Filled
from web.respond import see_other

BESIDE: Final[dict[type[Refused], str]] = {NameRefused: "name", NotAContact: "phone"}


@post("/desk/customers", opt={"policy": "desk.write"}, sync_to_thread=True)
def register(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The account with its acceptance by telephone. A number that has an account leads to it, untouched."""
    here, fields, now = home(), Fields(data, request.user.language), clock.now()
    name, phone = fields.text("name", longest=NAME_LENGTH_MAX), fields.phone("phone", here.region)
    language = fields.choice("language", LANGUAGES)
    if not fields.ticked("age"):
        fields.refuse("age", AgeNotStated(here.settings["age_years_min"]))
    if not fields.ticked("policy"):
        fields.refuse("policy", NotTicked())
    if fields.errors:
        return new_caller(request, _filled(fields, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            person = _register(session, request, here, name=name, phone=phone, language=language, now=now)
    except (NameRefused, NotAContact) as refusal:
        said = answers.answer(refusal, request)
        return new_caller(request, _filled(fields, {BESIDE[type(refusal)]: said.sentence}), status=said.status)
    return see_other(f"/desk/customers/{person}")


@get("/desk/customers", opt={"policy": "desk.read"}, sync_to_thread=False)
def back() -> Redirect:
    """A form that is reloaded, or read in another language, begins anew."""
    return see_other("/desk")


routes = [register, back]


def _register(
    session: Session, request: Req, here: Organization, *, name: str, phone: str, language: str, now: datetime
) -> PersonId:
    agent = request.user.person_id
    made = people.register(
        session, name=name, contact=phone, region=here.region, language=language,
        stated_age=here.settings["age_years_min"], age_min=here.settings["age_years_min"], entered_by=agent, now=now,
    )  # fmt: skip
    if made.is_new:
        privacy.accept(session, person=made.person_id, language=language, channel="call", read_out_by=agent, now=now)
    return made.person_id


def _filled(fields: Fields, errors: dict[str, str]) -> Filled:
    values = {name: fields.raw(name) for name in ("name", "phone", "language")}
    return Filled({**values, **{name: "yes" for name in ("age", "policy") if fields.ticked(name)}}, errors)
