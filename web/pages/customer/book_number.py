"""Who books: number, name, age and the policy, then the code that proves the number; one numbered step of two pages.

Somebody who has an account is answered alike and comes into it with the code. What is new is written down at once with
its acceptance; an existing account accepts the version that was shown only when the code has proved whose it is.
"""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs.queries import CustomerJob
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.organizations.queries import Organization
from marketplace.people import actions as people
from marketplace.people.rules import (
    CODE_LIFE,
    NAME_LENGTH_MAX,
    AgeNotStated,
    NameRefused,
    NotAContact,
    TooManyTries,
    WrongCode,
)
from marketplace.privacy import actions as privacy
from marketplace.privacy.queries import current_policy, must_accept
from web import answers, once
from web.devices import device_of
from web.entering import Arrival, address_of, alike, arrive, asking_session, onwards, send_again, send_code
from web.forms import FormBody
from web.forms.fields import Fields, NotTicked
from web.home import home
from web.identity import Req, session_cookie
from web.pages.customer import drafts
from web.pages.customer.sending import send
from web.parts import Filled
from web.respond import page, see_other

BESIDE: dict[type[Refused], str] = {NameRefused: "name", TooManyTries: "phone"}
LONGEST_CODE = 20


@get("/bookings/{id:uuid}/number", opt={"policy": "draft.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """Number, name, age, policy. Somebody signed in has no need of it."""
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    if request.user.signed_in or drafts.next_page(mine) != f"/bookings/{id}/price":
        return see_other(drafts.next_page(mine))
    return _form(request, mine, Filled(), 200)


@post("/bookings/{id:uuid}/number", opt={"policy": "draft.write"}, sync_to_thread=True)
def send_one(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """The account with its acceptance, and the code: all or nothing."""
    organization, fields = home(), Fields(data, request.user.language)
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    if request.user.signed_in:
        return see_other(drafts.next_page(mine))
    phone, name = fields.phone("phone", organization.region), fields.text("name", longest=NAME_LENGTH_MAX)
    age_min = organization.settings["age_years_min"]
    if not fields.ticked("age"):
        fields.refuse("age", AgeNotStated(age_min))
    if not fields.ticked("policy"):
        fields.refuse("policy", NotTicked())
    if fields.errors:
        return _form(request, mine, _filled(fields, answers.beside(fields.errors, request)), 422)
    try:
        with alike(), transaction() as session:
            asked = once.form_once(
                session, request, data, lambda: _enter(session, request, name, phone, organization, now=clock.now())
            )
    except (NameRefused, TooManyTries) as refusal:
        said = answers.answer(refusal, request)
        return _form(request, mine, _filled(fields, {BESIDE[type(refusal)]: said.sentence}), said.status)
    return see_other(f"/bookings/{id}/number/{asked}")


@get("/bookings/{id:uuid}/number/{code:uuid}", opt={"policy": "draft.read"}, sync_to_thread=True)
def ask_code(request: Req, id: FromPath[UUID], code: FromPath[UUID]) -> Response[str] | Response[None]:
    """One field. Nothing is looked up of the code, so that the page is the same for every one."""
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    if request.user.signed_in:
        return see_other(drafts.next_page(mine))
    return _typing(request, mine, code, {}, 200)


@post("/bookings/{id:uuid}/number/{code:uuid}", opt={"policy": "draft.write"}, sync_to_thread=True)
def check(request: Req, id: FromPath[UUID], code: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """The right code signs in, gives the draft to its customer, sends it and sets the time aside."""
    fields = Fields(data, request.user.language)
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    if request.user.signed_in:
        return see_other(drafts.next_page(mine))
    typed = fields.text("code", longest=LONGEST_CODE)
    if fields.errors:
        return _typing(request, mine, code, fields.errors, 422)
    with transaction() as session:
        found = _confirm(session, request, code, typed, shown=fields.raw("shown"), now=clock.now())
    if isinstance(found, WrongCode):
        return _typing(request, mine, code, {"code": found}, 422)
    person, arrival = found
    if arrival.needs_second_factor or arrival.must_accept:
        return onwards(request, arrival, f"/bookings/{id}")
    path = send(id, person)
    joint = "&" if "?" in path else "?"
    cookie = session_cookie(request.app.state.settings, arrival.token)
    return see_other(f"{path}{joint}steps={drafts.STEPS}", cookie)


@post("/bookings/{id:uuid}/number/{code:uuid}/successor", opt={"policy": "draft.write"}, sync_to_thread=True)
def send_another(
    request: Req, id: FromPath[UUID], code: FromPath[UUID], data: FormBody
) -> Response[str] | Response[None]:
    """Another code to the same number, without asking for it again; where that cannot be, the page that asks."""
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    if request.user.signed_in:
        return see_other(drafts.next_page(mine))
    try:
        with alike(), transaction() as session:
            made = once.form_once(session, request, data, lambda: send_again(session, request, code, now=clock.now()))
    except NotAContact:
        return see_other(f"/bookings/{id}/number")
    except TooManyTries as refusal:
        return _typing(request, mine, code, {"code": refusal}, 429)
    return see_other(f"/bookings/{id}/number/{made}")


routes = [ask, send_one, ask_code, check, send_another]


def _enter(session: Session, request: Req, name: str, phone: str, organization: Organization, *, now: datetime) -> UUID:
    region, age_min = organization.region, organization.settings["age_years_min"]
    made = people.register(
        session, name=name, contact=phone, region=region, language=request.user.language, stated_age=age_min,
        age_min=age_min, now=now,
    )  # fmt: skip
    if made.is_new:
        privacy.accept(session, person=made.person_id, language=request.user.language, now=now)
    asked = people.request_code(
        session, contact=phone, region=region, purpose="sign_in", bound_to=asking_session(request),
        network_address=address_of(request), now=now,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


def _confirm(
    session: Session, request: Req, code: UUID, typed: str, *, shown: str, now: datetime
) -> tuple[PersonId, Arrival] | WrongCode:
    """A wrong code is given back, not raised: the try is kept."""
    found = people.confirm_code(
        session, id=code, purpose="sign_in", bound_to=asking_session(request), typed=typed, now=now
    )
    if isinstance(found, WrongCode):
        return found
    started = people.start_session(session, person=found.person_id, now=now, device=device_of(request))
    missing = must_accept(session, found.person_id, now=now)
    if missing is not None and shown == str(missing.number):
        privacy.accept(session, person=found.person_id, language=request.user.language, now=now)
    return found.person_id, arrive(session, request, started, now=now)


def _filled(fields: Fields, errors: dict[str, str]) -> Filled:
    values = {name: fields.raw(name) for name in ("name", "phone")}
    ticked = {name: "yes" for name in ("age", "policy") if fields.ticked(name)}
    return Filled({**values, **ticked}, errors)


def _form(request: Req, mine: CustomerJob, filled: Filled, status: int) -> Response[str]:
    with transaction() as session:
        policy = current_policy(session, now=clock.now())
    return page(
        request, "pages/customer/number.html", status_code=status, mine=mine, form=filled, policy=policy,
        age_min=home().settings["age_years_min"], course=drafts.course(request, 5),
    )  # fmt: skip


def _typing(request: Req, mine: CustomerJob, code: UUID, errors: dict[str, Refused], status: int) -> Response[str]:
    with transaction() as session:
        policy = current_policy(session, now=clock.now())
    return page(
        request, "pages/customer/number_code.html", status_code=status, mine=mine, code=code, policy=policy,
        form=Filled(errors=answers.beside(errors, request)), course=drafts.course(request, 5),
        minutes=int(CODE_LIFE.total_seconds()) // 60,
    )  # fmt: skip
