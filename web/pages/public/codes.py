"""Signing in with a one-time code: ask for one, type it. A number that nobody has is answered alike, and gets none."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people import actions as people
from marketplace.people.rules import CODE_LIFE, NotAContact, TooManyTries, WrongCode
from web import answers, once, ways
from web.devices import device_of
from web.entering import address_of, alike, arrive, asking_session, onwards, send_again, send_code
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import home_of, page, see_other

LONGEST_CODE = 20


@get("/sign-in/code", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask(request: Req) -> Response[str] | Redirect:
    """Where the code shall go."""
    wanted = ways.wanted(request.query_params)
    if request.user.signed_in:
        return see_other(wanted or home_of(request.user))
    return _form(request, wanted, Filled(), 200)


@post("/sign-in/code", opt={"policy": "session.begin"}, sync_to_thread=True)
def send(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Send a code to whoever has this contact; the answer is the same when nobody has."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    contact = fields.text("contact", longest=254)
    filled = Filled({"contact": fields.raw("contact")}, answers.beside(fields.errors, request))
    if fields.errors:
        return _form(request, wanted, filled, 422)
    region = home().region
    try:
        with alike(), transaction() as session:
            id = once.form_once(session, request, data, lambda: _send(session, request, contact, region))
    except (NotAContact, TooManyTries) as refusal:
        said = answers.answer(refusal, request)
        return _form(request, wanted, Filled(filled.values, {"contact": said.sentence}), said.status)
    return see_other(ways.with_next(f"/sign-in/code/{id}", wanted))


@get("/sign-in/code/{id:uuid}", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask_code(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """One field. Nothing is looked up, so that the page is the same for every id."""
    wanted = ways.wanted(request.query_params)
    if request.user.signed_in:
        return see_other(wanted or home_of(request.user))
    return _typing(request, id, wanted, {}, 200)


@post("/sign-in/code/{id:uuid}", opt={"policy": "session.begin"}, sync_to_thread=True)
def check(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """The right code signs in whoever owns the contact, and proves it; a wrong one is counted."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    typed = fields.text("code", longest=LONGEST_CODE)
    if fields.errors:
        return _typing(request, id, wanted, fields.errors, 422)
    with transaction() as session:
        now = clock.now()
        found = people.confirm_code(
            session, id=id, purpose="sign_in", bound_to=asking_session(request), typed=typed, now=now
        )
        if not isinstance(found, WrongCode):
            started = people.start_session(
                session, person=found.person_id, now=now, device=device_of(request), replaces=request.user.session
            )
            arrival = arrive(session, request, started, now=now)
    if isinstance(found, WrongCode):
        return _typing(request, id, wanted, {"code": found}, 422)
    return onwards(request, arrival, wanted)


@post("/sign-in/code/{id:uuid}/successor", opt={"policy": "session.begin"}, sync_to_thread=True)
def send_another(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Another code for the same contact, without asking for it again; where that cannot be, the page that asks."""
    wanted = ways.wanted(request.query_params, data)
    try:
        with alike(), transaction() as session:
            made = once.form_once(session, request, data, lambda: send_again(session, request, id, now=clock.now()))
    except NotAContact:
        return see_other(ways.with_next("/sign-in/code", wanted))
    except TooManyTries as refusal:
        return _typing(request, id, wanted, {"code": refusal}, 429)
    return see_other(ways.with_next(f"/sign-in/code/{made}", wanted))


routes = [ask, send, ask_code, check, send_another]


def _send(session: Session, request: Req, contact: str, region: str) -> UUID:
    now = clock.now()
    asked = people.request_code(
        session, contact=contact, region=region, purpose="sign_in", bound_to=asking_session(request),
        network_address=address_of(request), now=now,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


def _form(request: Req, wanted: str, filled: Filled, status: int) -> Response[str]:
    return page(request, "pages/public/sign_in_code.html", form=filled, onwards=wanted, status_code=status)


def _typing(request: Req, id: UUID, wanted: str, errors: dict[str, Refused], status: int) -> Response[str]:
    return page(
        request, "pages/public/sign_in_code_typing.html", form=Filled(errors=answers.beside(errors, request)),
        id=id, onwards=wanted, minutes=int(CODE_LIFE.total_seconds()) // 60, status_code=status,
    )  # fmt: skip
