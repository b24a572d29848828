"""The account at a glance, and its plain parts: name, user name, language, password."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from marketplace.people import hashing, queries
from marketplace.people.rules import (
    NAME_LENGTH_MAX,
    PASSWORD_LENGTH_MAX,
    STAFF,
    NameRefused,
    PasswordRefused,
    UsernameRefused,
    UsernameTaken,
)
from marketplace.privacy import actions as privacy
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import LANGUAGES, Preference, Req, preference_of
from web.pages.account import confirmation
from web.parts import Filled
from web.respond import page, see_other


@dataclass(frozen=True)
class OwnContact:
    """A way to reach the reader, opened for the reader alone."""

    id: UUID
    kind: str
    value: str
    is_active: bool
    verified_at: datetime | None


@get("/account", opt={"policy": "own.read"}, sync_to_thread=True)
def overview(request: Req) -> Response[str]:
    """Everything about the account, each with the way to change it."""
    person = request.user.person_id
    with transaction() as session:
        found = queries.person(session, person)
        facts: dict[str, object] = {
            "name": privacy.own(session, person=person, field="name"),
            "username": privacy.own(session, person=person, field="username"),
            "contacts": contacts_of(session, person),
            "addresses": len(queries.addresses_of(session, person)),
            "devices": len(queries.devices_of(session, person)),
            "second_factor": queries.has_second_factor(session, person),
        }
    is_staff = not STAFF.isdisjoint(request.user.roles)
    return page(request, "pages/account/account.html", person=found, is_staff=is_staff, own=facts)


@get("/account/name", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_name(request: Req) -> Response[str]:
    """The name as it stands."""
    with transaction() as session:
        name = privacy.own(session, person=request.user.person_id, field="name")
    return page(request, "pages/account/name.html", form=Filled({"name": name or ""}))


@post("/account/name", opt={"policy": "own.write"}, sync_to_thread=True)
def change_name(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Correct it (T28)."""
    fields = Fields(data, request.user.language)
    name = fields.text("name", longest=NAME_LENGTH_MAX)
    if not fields.errors:
        try:
            with transaction() as session:
                me = request.user.person_id
                people.change_name(session, person=me, name=name, by=me, now=clock.now())
        except NameRefused as refusal:
            fields.refuse("name", refusal)
    return _again(request, "name", fields) if fields.errors else see_other("/account")


@get("/account/username", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_username(request: Req) -> Response[str]:
    """The user name, if there is one."""
    with transaction() as session:
        username = privacy.own(session, person=request.user.person_id, field="username")
    return page(request, "pages/account/username.html", form=Filled({"username": username or ""}))


@post("/account/username", opt={"policy": "own.write"}, sync_to_thread=True)
def change_username(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Choose, change, or drop it with an empty field."""
    fields = Fields(data, request.user.language)
    username = fields.text("username", longest=30, required=False)
    if not fields.errors:
        try:
            with transaction() as session:
                people.set_username(session, person=request.user.person_id, username=username or None, now=clock.now())
        except (UsernameRefused, UsernameTaken) as refusal:
            fields.refuse("username", refusal)
    return _again(request, "username", fields) if fields.errors else see_other("/account")


@post("/account/language", opt={"policy": "own.write"}, sync_to_thread=True)
def change_language(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The language of pages and letters; the choice made on this device gives way to it."""
    fields = Fields(data, request.user.language)
    language = fields.choice("language", LANGUAGES)
    if not fields.errors:
        with transaction() as session:
            people.change_language(session, person=request.user.person_id, language=language)
    preference = Preference(language or preference_of(request).language, preference_of(request).theme)
    return see_other("/account", preference.cookie(request.app.state.settings))


@get("/account/password", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_password(request: Req) -> Response[str] | Redirect:
    """A new password, after a confirmation."""
    if not request.user.stepped_up:
        return confirmation.needed("/account/password")
    return page(request, "pages/account/password.html")


@post("/account/password", opt={"policy": "own.write"}, sync_to_thread=True)
def change_password(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Set it; every other device is signed out."""
    if not request.user.stepped_up:
        return confirmation.needed("/account/password")
    fields = Fields(data, request.user.language)
    password = fields.secret("password", longest=PASSWORD_LENGTH_MAX)
    hashed = ""
    if not fields.errors:
        try:
            hashed = hashing.hash_password(password)
        except PasswordRefused as refusal:
            fields.refuse("password", refusal)
    if fields.errors:
        return page(request, "pages/account/password.html", form=_wrong(request, fields.errors), status_code=422)
    with transaction() as session:
        people.set_password(
            session, person=request.user.person_id, password_hash=hashed, now=clock.now(), keep=request.user.session
        )
    return see_other("/account")


routes = [
    overview, ask_name, change_name, ask_username, change_username, change_language, ask_password, change_password,
]  # fmt: skip


def contacts_of(session: Session, person: PersonId) -> list[OwnContact]:
    """The reader's contacts in use or waiting for their code, with their values."""
    cards = [card for card in queries.contacts_of(session, person) if card.ended_at is None]
    opened = [(card, privacy.own_contact(session, person=person, contact=card.id)) for card in cards]
    return [OwnContact(card.id, card.kind, value, card.is_active, card.verified_at) for card, value in opened if value]


def _again(request: Req, name: str, fields: Fields) -> Response[str]:
    form = Filled({name: fields.raw(name)}, answers.beside(fields.errors, request))
    return page(request, f"pages/account/{name}.html", form=form, status_code=422)


def _wrong(request: Req, errors: dict[str, Refused]) -> Filled:
    return Filled(errors=answers.beside(errors, request))
