"""Signing in with a password, and out. Known and unknown accounts are answered with the same words in the same time."""

from litestar import Response, get, post
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people import actions as people
from marketplace.people import hashing
from marketplace.people.rules import TooManyTries, WrongSignIn, WrongStep
from web import answers, ways
from web.devices import device_of
from web.entering import address_of, arrive, leave, onwards
from web.forms import FormBody
from web.forms.fields import Fields, Missing
from web.home import home
from web.identity import Req, cookie_name
from web.parts import Filled
from web.respond import home_of, page, see_other

LONGEST_ACCOUNT = 254


@get("/sign-in", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask(request: Req) -> Response[str] | Redirect:
    """Account and password, and the other ways in."""
    wanted = ways.wanted(request.query_params)
    if request.user.signed_in:
        return see_other(wanted or home_of(request.user))
    if request.user.pending:
        return see_other(ways.with_next("/sign-in/authenticator", wanted))
    return _form(request, wanted, Filled(), 200)


@post("/sign-in", opt={"policy": "session.begin"}, sync_to_thread=True)
def sign_in(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Two transactions with the slow comparison between them; whoever is refused learns nothing about the account."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    account, password = fields.text("account", longest=LONGEST_ACCOUNT), fields.secret("password")
    filled = Filled({"account": fields.raw("account")}, answers.beside(fields.errors, request))
    if fields.errors:
        return _form(request, wanted, filled, 422)
    region = home().region
    try:
        with transaction() as session:
            tried = people.begin_sign_in(
                session, account=account, region=region, network_address=address_of(request), now=clock.now()
            )
        matches = hashing.check_password(password, tried.password_hash)
        with transaction() as session:
            now = clock.now()
            started = people.finish_sign_in(
                session, tried, matches=matches, now=now, device=device_of(request), replaces=request.user.session
            )
            arrival = arrive(session, request, started, now=now)
    except (TooManyTries, WrongSignIn) as refusal:
        return _refused(request, wanted, filled, "account", refusal)
    return onwards(request, arrival, wanted)


@get("/sign-in/authenticator", opt={"policy": "session.begin"}, sync_to_thread=True)
def ask_authenticator(request: Req) -> Response[str] | Redirect:
    """The second factor of somebody whose password or code was right."""
    wanted = ways.wanted(request.query_params)
    if request.user.pending is None:
        return see_other(ways.with_next("/sign-in", wanted))
    return _digits(request, wanted, Filled(), 200)


@post("/sign-in/authenticator", opt={"policy": "session.begin"}, sync_to_thread=True)
def check_authenticator(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Six digits, or one of the recovery codes. The try is kept whatever comes of it."""
    wanted = ways.wanted(request.query_params, data)
    person = request.user.pending
    if person is None:
        return see_other(ways.with_next("/sign-in", wanted))
    typed = Fields(data, request.user.language).raw("digits")[:40]
    if not typed:
        return _refused(request, wanted, Filled(), "digits", Missing(), digits=True)
    try:
        with transaction() as session:
            now = clock.now()
            check = people.check_totp if len("".join(typed.split())) == 6 else people.use_recovery_code
            if right := check(session, person=person, typed=typed, now=now):
                started = people.start_session(
                    session, person=person, now=now, device=device_of(request), replaces=request.user.session,
                    second_factor=True,
                )  # fmt: skip
                arrival = arrive(session, request, started, now=now)
    except TooManyTries as refusal:
        return _refused(request, wanted, Filled(), "digits", refusal, digits=True)
    if not right:
        return _refused(request, wanted, Filled(), "digits", WrongStep(), digits=True)
    return onwards(request, arrival, wanted, second_factor_shown=True)


@post("/sign-out", opt={"policy": "public.act"}, sync_to_thread=True)
def sign_out(request: Req) -> Redirect:
    """End this session; harmless when it has ended already."""
    person = request.user.person or request.user.pending
    if request.user.session is not None:
        with transaction() as session:
            people.end_session(session, request.user.session, person=person, now=clock.now())
    return leave(request)


routes = [ask, sign_in, ask_authenticator, check_authenticator, sign_out]


def _form(request: Req, wanted: str, filled: Filled, status: int) -> Response[str]:
    told = cookie_name(request.app.state.settings) in request.cookies
    return page(
        request, "pages/public/sign_in.html", form=filled, onwards=wanted, has_cookie=told, status_code=status,
        has_new_password=request.query_params.get("changed") == "password",
    )  # fmt: skip


def _digits(request: Req, wanted: str, filled: Filled, status: int) -> Response[str]:
    return page(request, "pages/public/sign_in_authenticator.html", form=filled, onwards=wanted, status_code=status)


def _refused(
    request: Req, wanted: str, filled: Filled, field: str, refusal: Refused, *, digits: bool = False
) -> Response[str]:
    said = answers.answer(refusal, request)
    shown = Filled(filled.values, {field: said.sentence})
    return (_digits if digits else _form)(request, wanted, shown, said.status)
