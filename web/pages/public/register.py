"""An account for a name and one contact (M24). The code that follows proves the contact and signs in."""

from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations.queries import Organization
from marketplace.people import actions as people
from marketplace.people.rules import NAME_LENGTH_MAX, AgeNotStated, NameRefused, NotAContact, TooManyTries
from marketplace.privacy import actions as privacy
from marketplace.privacy.queries import current_policy
from marketplace.privacy.words import PURPOSES
from web import answers, once, ways
from web.entering import address_of, alike, asking_session, send_code
from web.forms import FormBody
from web.forms.fields import Fields, NotTicked
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import home_of, page, see_other

BESIDE: dict[type[Refused], str] = {NameRefused: "name", NotAContact: "contact", TooManyTries: "contact"}


@get("/register", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask(request: Req) -> Response[str] | Redirect:
    """Name, one contact, age, and the policy with its purposes in full."""
    wanted = ways.wanted(request.query_params)
    if request.user.signed_in:
        return see_other(wanted or home_of(request.user))
    return _form(request, wanted, Filled(), 200)


@post("/register", opt={"policy": "session.begin"}, sync_to_thread=True)
def register(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The account, the acceptance with the purposes of this version, and the code: all or nothing.

    A contact that has an account is answered alike: nothing of that account is touched, and its owner gets a code.
    """
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    name, contact = fields.text("name", longest=NAME_LENGTH_MAX), fields.text("contact", longest=254)
    here = home()
    age_min = here.settings["age_years_min"]
    if not fields.ticked("age"):
        fields.refuse("age", AgeNotStated(age_min))
    if not fields.ticked("policy"):
        fields.refuse("policy", NotTicked())
    if fields.errors:
        return _form(request, wanted, _filled(fields, answers.beside(fields.errors, request)), 422)
    try:
        with alike(), transaction() as session:
            code = once.form_once(session, request, data, lambda: _enter(session, request, name, contact, here))
    except (NameRefused, NotAContact, TooManyTries) as refusal:
        said = answers.answer(refusal, request)
        return _form(request, wanted, _filled(fields, {BESIDE[type(refusal)]: said.sentence}), said.status)
    return see_other(ways.with_next(f"/sign-in/code/{code}", wanted))


routes = [ask, register]


def _enter(session: Session, request: Req, name: str, contact: str, here: Organization) -> UUID:
    now, age_min = clock.now(), here.settings["age_years_min"]
    made = people.register(
        session, name=name, contact=contact, region=here.region, language=request.user.language, stated_age=age_min,
        age_min=age_min, now=now,
    )  # fmt: skip
    if made.is_new:
        privacy.accept(session, person=made.person_id, language=request.user.language, now=now)
    asked = people.request_code(
        session, contact=contact, region=here.region, purpose="sign_in", bound_to=asking_session(request),
        network_address=address_of(request), now=now,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


def _filled(fields: Fields, errors: dict[str, str]) -> Filled:
    values = {name: fields.raw(name) for name in ("name", "contact")}
    ticked = {name: "yes" for name in ("age", "policy") if fields.ticked(name)}
    return Filled({**values, **ticked}, errors)


def _form(request: Req, wanted: str, filled: Filled, status: int) -> Response[str]:
    now = clock.now()
    with transaction() as session:
        policy = current_policy(session, now=now)
    uses = [] if policy is None else [PURPOSES[key] for key in policy.purposes if key in PURPOSES]
    return page(
        request, "pages/public/register.html", form=filled, onwards=wanted, policy=policy, purposes=uses,
        age_min=home().settings["age_years_min"], status_code=status,
    )  # fmt: skip
