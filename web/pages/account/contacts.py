"""Phones and e-mails: a new one counts once its code was typed; the last proved one cannot be given up."""

from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people import actions as people
from marketplace.people.rules import CODE_LIFE, ContactTaken, LastContact, NotAContact, TooManyTries, WrongCode
from marketplace.privacy import actions as privacy
from web import answers
from web.entering import address_of, asking_session, send_code
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.account import confirmation
from web.pages.account.account import OwnContact, contacts_of
from web.parts import Filled
from web.respond import page, see_other

HERE = "/account/contacts"


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The contacts with what each is good for, and a field for another."""
    return _page(request, Filled(), 200)


@post(HERE, opt={"policy": "own.write"}, sync_to_thread=True)
def add(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Note a contact and send it a code; whether it belongs to somebody else is not told."""
    if not request.user.stepped_up:
        return confirmation.needed(HERE)
    fields = Fields(data, request.user.language)
    contact = fields.text("contact", longest=254)
    filled = Filled({"contact": fields.raw("contact")}, answers.beside(fields.errors, request))
    if fields.errors:
        return _page(request, filled, 422)
    region = home().region
    try:
        with transaction() as session:
            me, now = request.user.person_id, clock.now()
            people.add_contact(session, person=me, contact=contact, region=region, now=now)
            id = _ask_code(session, request, contact, region)
    except (NotAContact, TooManyTries) as refusal:
        said = answers.answer(refusal, request)
        return _page(request, Filled(filled.values, {"contact": said.sentence}), said.status)
    return see_other(f"{HERE}/codes/{id}")


@post(HERE + "/{contact:uuid}/codes", opt={"policy": "own.write"}, sync_to_thread=True)
def send_again(request: Req, contact: FromPath[UUID]) -> Response[str] | Redirect:
    """A code to a contact that waits for its proof."""
    region = home().region
    try:
        with transaction() as session:
            value = privacy.own_contact(session, person=request.user.person_id, contact=contact)
            id = _ask_code(session, request, value, region) if value else None
    except (NotAContact, TooManyTries) as refusal:
        said = answers.answer(refusal, request)
        return _page(request, Filled(errors={"contact": said.sentence}), said.status)
    if id is None:
        raise NotFoundException
    return see_other(f"{HERE}/codes/{id}")


@get(HERE + "/codes/{id:uuid}", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_code(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One field."""
    return _typing(request, id, {}, 200)


@post(HERE + "/codes/{id:uuid}", opt={"policy": "own.write"}, sync_to_thread=True)
def prove(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """The right code proves the contact."""
    fields = Fields(data, request.user.language)
    typed = fields.text("code", longest=20)
    if fields.errors or request.user.session is None:
        return _typing(request, id, fields.errors, 422)
    try:
        with transaction() as session:
            found = people.confirm_code(
                session, id=id, purpose="confirm_contact", bound_to=request.user.session, typed=typed, now=clock.now()
            )
    except ContactTaken as refusal:
        return _typing(request, id, {"code": refusal}, 409)
    if isinstance(found, WrongCode):
        return _typing(request, id, {"code": found}, 422)
    return see_other(HERE)


@get(HERE + "/{contact:uuid}/ending", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_end(request: Req, contact: FromPath[UUID]) -> Response[str]:
    """What follows when this contact is given up."""
    return page(request, "pages/account/contact_ending.html", contact=_one(request, contact))


@post(HERE + "/{contact:uuid}/ending", opt={"policy": "own.write"}, sync_to_thread=True)
def end(request: Req, contact: FromPath[UUID]) -> Response[str] | Redirect:
    """Give it up: other devices are signed out."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{HERE}/{contact}/ending")
    mine = _one(request, contact)
    try:
        with transaction() as session:
            people.end_contact(
                session, person=request.user.person_id, contact=mine.id, now=clock.now(), keep=request.user.session
            )
    except LastContact as refusal:
        said = answers.answer(refusal, request)
        return _page(request, Filled(errors={"contact": said.sentence}), said.status)
    return see_other(HERE)


routes = [show, add, send_again, ask_code, prove, ask_end, end]


def _ask_code(session: Session, request: Req, contact: str, region: str) -> UUID:
    now = clock.now()
    asked = people.request_code(
        session, contact=contact, region=region, purpose="confirm_contact", bound_to=asking_session(request),
        network_address=address_of(request), now=now, person=request.user.person_id,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


def _one(request: Req, contact: UUID) -> OwnContact:
    with transaction() as session:
        mine = contacts_of(session, request.user.person_id)
    found = next((each for each in mine if each.id == contact), None)
    if found is None:
        raise NotFoundException
    return found


def _page(request: Req, form: Filled, status: int) -> Response[str]:
    with transaction() as session:
        mine = contacts_of(session, request.user.person_id)
    return page(request, "pages/account/contacts.html", contacts=mine, form=form, status_code=status)


def _typing(request: Req, id: UUID, errors: dict[str, Refused], status: int) -> Response[str]:
    return page(
        request, "pages/account/code.html", action=f"{HERE}/codes/{id}", onwards="", back=HERE, status_code=status,
        minutes=int(CODE_LIFE.total_seconds()) // 60, form=Filled(errors=answers.beside(errors, request)),
    )  # fmt: skip
