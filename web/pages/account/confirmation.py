"""Confirming that it is still you, before what cannot be undone (reliability.md §6.3 step-up): good for five minutes.

Any page may demand it: `if not request.user.stepped_up: return confirmation.needed("/where/to/go/on")`.
"""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people import actions as people
from marketplace.people import hashing, queries
from marketplace.people.rules import CODE_LIFE, TooManyTries, WrongCode, WrongSignIn, WrongStep
from marketplace.privacy import actions as privacy
from web import answers, ways
from web.entering import address_of, send_code
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import page, see_other


@dataclass(frozen=True)
class Means:
    """How somebody can confirm that it is them."""

    password: bool
    authenticator: bool
    contact: str | None


def needed(onwards: str) -> Redirect:
    """The answer of a page that demands a confirmation first."""
    return see_other(ways.with_next("/account/confirmation", onwards))


@get("/account/confirmation", opt={"policy": "own.read"}, sync_to_thread=True)
def ask(request: Req) -> Response[str]:
    """By password, authenticator, or a code to a contact that was proved."""
    return _page(request, ways.wanted(request.query_params), {}, 200)


@post("/account/confirmation/password", opt={"policy": "own.write"}, sync_to_thread=True)
def by_password(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The password once more; tries are counted with those of signing in."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    password = fields.secret("password")
    if fields.errors:
        return _page(request, wanted, fields.errors, 422)
    region = home().region
    with transaction() as session:
        means = _means(session, request)
        account = _account(session, request)
    if account is None or not means.password:
        return _page(request, wanted, {"password": WrongSignIn()}, 422)
    try:
        with transaction() as session:
            tried = people.begin_sign_in(
                session, account=account, region=region, network_address=address_of(request), now=clock.now()
            )
    except TooManyTries as refusal:
        return _page(request, wanted, {"password": refusal}, 429)
    if tried.person_id != request.user.person_id or not hashing.check_password(password, tried.password_hash):
        return _page(request, wanted, {"password": WrongSignIn()}, 422)
    return _confirmed(request, wanted)


@post("/account/confirmation/authenticator", opt={"policy": "own.write"}, sync_to_thread=True)
def by_authenticator(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The authenticator's digits."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    typed = fields.text("digits", longest=40)
    if fields.errors:
        return _page(request, wanted, fields.errors, 422)
    try:
        with transaction() as session:
            right = people.check_totp(
                session, person=request.user.person_id, typed=typed, now=clock.now(), session_id=request.user.session
            )
    except TooManyTries as refusal:
        return _page(request, wanted, {"digits": refusal}, 429)
    return see_other(wanted or "/account") if right else _page(request, wanted, {"digits": WrongStep()}, 422)


@post("/account/confirmation/code", opt={"policy": "own.write"}, sync_to_thread=True)
def send(request: Req, data: FormBody) -> Response[str] | Redirect:
    """A code to the contact that the account is found by."""
    wanted = ways.wanted(request.query_params, data)
    region = home().region
    with transaction() as session:
        contact = _proved(session, request)
    if contact is None or request.user.session is None:
        return _page(request, wanted, {}, 422)
    try:
        with transaction() as session:
            now = clock.now()
            asked = people.request_code(
                session, contact=contact, region=region, purpose="step_up", bound_to=request.user.session,
                network_address=address_of(request), now=now, person=request.user.person_id,
            )  # fmt: skip
            send_code(session, asked, now=now)
    except TooManyTries as refusal:
        return _page(request, wanted, {"code": refusal}, 429)
    return see_other(ways.with_next(f"/account/confirmation/code/{asked.id}", wanted))


@get("/account/confirmation/code/{id:uuid}", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_code(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One field."""
    return _typing(request, id, ways.wanted(request.query_params), {}, 200)


@post("/account/confirmation/code/{id:uuid}", opt={"policy": "own.write"}, sync_to_thread=True)
def by_code(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """The right code confirms this session."""
    wanted = ways.wanted(request.query_params, data)
    fields = Fields(data, request.user.language)
    typed = fields.text("code", longest=20)
    if fields.errors or request.user.session is None:
        return _typing(request, id, wanted, fields.errors, 422)
    with transaction() as session:
        found = people.confirm_code(
            session, id=id, purpose="step_up", bound_to=request.user.session, typed=typed, now=clock.now()
        )
    if isinstance(found, WrongCode):
        return _typing(request, id, wanted, {"code": found}, 422)
    return see_other(wanted or "/account")


routes = [ask, by_password, by_authenticator, send, ask_code, by_code]


def _confirmed(request: Req, wanted: str) -> Redirect:
    if request.user.session is not None:
        with transaction() as session:
            people.mark_stepped_up(session, request.user.session, now=clock.now())
    return see_other(wanted or "/account")


def _means(session: Session, request: Req) -> Means:
    person = request.user.person_id
    return Means(
        password=queries.person(session, person).has_password,
        authenticator=queries.has_second_factor(session, person),
        contact=_proved(session, request),
    )


def _account(session: Session, request: Req) -> str | None:
    """A name that the account is found by, so that the tries of all its names count together as they can."""
    person = request.user.person_id
    return _proved(session, request) or privacy.own(session, person=person, field="username")


def _proved(session: Session, request: Req) -> str | None:
    person = request.user.person_id
    cards = [card for card in queries.contacts_of(session, person) if card.is_active and card.verified_at]
    phones_first = sorted(cards, key=lambda card: card.kind != "phone")
    return privacy.own_contact(session, person=person, contact=phones_first[0].id) if phones_first else None


def _page(request: Req, wanted: str, errors: dict[str, Refused], status: int) -> Response[str]:
    with transaction() as session:
        means = _means(session, request)
    return page(
        request, "pages/account/confirmation.html", means=means, onwards=wanted, status_code=status,
        form=Filled(errors=answers.beside(errors, request)),
    )  # fmt: skip


def _typing(request: Req, id: UUID, wanted: str, errors: dict[str, Refused], status: int) -> Response[str]:
    return page(
        request, "pages/account/code.html", action=f"/account/confirmation/code/{id}", onwards=wanted,
        minutes=int(CODE_LIFE.total_seconds()) // 60, back="/account/confirmation", status_code=status,
        form=Filled(errors=answers.beside(errors, request)),
    )  # fmt: skip
