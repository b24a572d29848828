"""A new password by a link (M25): asked for with any name of the account, used once, answered alike for everybody."""

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived
from marketplace.notices import actions as notices
from marketplace.people import actions as people
from marketplace.people import hashing
from marketplace.people.rules import LINK_LIFE, PASSWORD_LENGTH_MAX, LinkRefused, PasswordRefused, TooManyTries
from web import answers
from web.entering import address_of, alike, leave
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import page, see_other

LONGEST_TOKEN = 100


@get("/reset", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask(request: Req) -> Response[str]:
    """User name, e-mail or phone."""
    return _form(request, Filled(), 200)


@post("/reset", opt={"policy": "session.begin"}, sync_to_thread=True)
def send(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The link goes out when there is such an account; the answer does not say."""
    fields = Fields(data, request.user.language)
    account = fields.text("account", longest=254)
    filled = Filled({"account": fields.raw("account")}, answers.beside(fields.errors, request))
    if fields.errors:
        return _form(request, filled, 422)
    region = home().region
    try:
        with alike(), transaction() as session:
            now = clock.now()
            asked = people.request_reset(
                session, account=account, region=region, network_address=address_of(request), now=now
            )
            if asked.id is not None and asked.person_id is not None:
                notices.send(
                    session, to=asked.person_id, letter="reset", key=derived("reset", asked.id), now=now,
                    contact=asked.contact_id, link=asked.id,
                )  # fmt: skip
    except TooManyTries as refusal:
        said = answers.answer(refusal, request)
        return _form(request, Filled(filled.values, {"account": said.sentence}), said.status)
    return see_other("/reset/sent")


@get("/reset/sent", opt={"policy": "session.begin"}, sync_to_thread=True)
def sent(request: Req) -> Response[str]:
    """What happens now, whoever asked."""
    return page(request, "pages/public/reset_sent.html", minutes=int(LINK_LIFE.total_seconds()) // 60)


@get("/reset/{token:str}", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask_password(request: Req, token: FromPath[str]) -> Response[str]:
    """The page behind the link. Refuses LinkRefused; looking does not use it up."""
    with transaction() as session:
        is_open = len(token) <= LONGEST_TOKEN and people.link_is_open(session, token, now=clock.now())
    if not is_open:
        raise LinkRefused
    return _new(request, token, {}, 200)


@post("/reset/{token:str}", opt={"policy": "session.begin"}, sync_to_thread=True)
def set_password(request: Req, token: FromPath[str], data: FormBody) -> Response[str] | Redirect:
    """The new password; every session of the account ends, and one signs in with it. Refuses LinkRefused."""
    fields = Fields(data, request.user.language)
    password = fields.secret("password", longest=PASSWORD_LENGTH_MAX)
    errors = answers.beside(fields.errors, request)
    if not errors:
        with transaction() as session:
            if not people.link_is_open(session, token[:LONGEST_TOKEN], now=clock.now()):
                raise LinkRefused  # before the slow work, so that made-up links cost us nothing
        try:
            hashed = hashing.hash_password(password)
        except PasswordRefused as refusal:
            errors = {"password": answers.answer(refusal, request).sentence}
    if errors:
        return _new(request, token, errors, 422)
    with transaction() as session:
        people.reset(session, token=token, password_hash=hashed, now=clock.now())
    return leave(request, "/sign-in?changed=password")


routes = [ask, send, sent, ask_password, set_password]


def _form(request: Req, filled: Filled, status: int) -> Response[str]:
    return page(request, "pages/public/reset.html", form=filled, status_code=status)


def _new(request: Req, token: str, errors: dict[str, str], status: int) -> Response[str]:
    return page(
        request, "pages/public/reset_password.html", form=Filled(errors=errors), token=token, status_code=status,
        headers={"referrer-policy": "no-referrer"},
    )  # fmt: skip
