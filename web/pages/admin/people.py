"""Accounts by their short mark, and the roles they hold: found, given and taken back, each with its reason."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.people.queries import Held, Person
from marketplace.people.rules import ENROLLED, ROLES, NotAContact
from marketplace.specialists import queries as specialists
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.account import confirmation
from web.pages.admin.words import roles
from web.parts import Filled
from web.respond import page, see_other

STAFF_ROLES = tuple(role for role in ROLES if role != "customer")
MARK_LENGTH = 8


@dataclass(frozen=True)
class Row:
    """An account in a list: its mark and the roles it holds."""

    id: PersonId
    mark: str
    roles: tuple[Held, ...]


@get("/admin/people", opt={"policy": "admin.read"}, sync_to_thread=True)
def of_role(request: Req, role: FromQuery[str] = "agent") -> Response[str]:
    """Everybody of a role."""
    chosen = role if role in ROLES else "agent"
    with transaction() as session:
        found = queries.people_with_role(session, chosen, now=clock.now())
    return _list(request, found, Filled(), role=chosen)


@post("/admin/people/look-ups", opt={"policy": "admin.write"}, sync_to_thread=True, status_code=200)
def look_up(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The account behind a number, e-mail or user name. It is sent and not asked in an address, where it would stay;
    the look-up goes to the journal, without what was typed."""
    fields, region = Fields(data, request.user.language), home().region
    who = fields.text("who", longest=254)
    if fields.errors:
        return _list(request, [], Filled({"who": fields.raw("who")}, answers.beside(fields.errors, request)))
    with transaction() as session:
        found = _behind(session, who, region)
        audit.record(
            session, action="admin.looked_up", actor=request.user.person_id, subject=found, reason=None,
            now=clock.now(), found=found is not None,
        )  # fmt: skip
    return _list(request, [], Filled({"who": who})) if found is None else see_other(f"/admin/people/{found}")


@get("/admin/people/look-ups", opt={"policy": "admin.read"}, sync_to_thread=False)
def back() -> Redirect:
    """A look-up that is reloaded, or read in another language, begins anew."""
    return see_other("/admin/people")


@get("/admin/people/{id:uuid}", opt={"policy": "admin.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One account: since when, whether it works, and its roles. No name, number or address."""
    return _card(request, id, Filled())


@post("/admin/people/{id:uuid}/roles", opt={"policy": "admin.write"}, sync_to_thread=True, status_code=200)
def give(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Give a role. Refuses NotOnYourself, NotEnrolled, TooYoung, AgeNotStated; asks for a fresh confirmation first."""
    return _change(request, id, data, give_it=True)


@post("/admin/people/{id:uuid}/roles/endings", opt={"policy": "admin.write"}, sync_to_thread=True, status_code=200)
def take_back(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Take a role back; the person's sessions end at once. Refuses NotOnYourself, NoSuchRole."""
    return _change(request, id, data, give_it=False)


def _change(request: Req, id: UUID, data: dict[str, Any], *, give_it: bool) -> Response[Any] | Redirect:
    there = f"/admin/people/{id}"
    if not request.user.stepped_up:
        return confirmation.needed(there)
    fields = Fields(data, request.user.language)
    role = fields.choice("role", STAFF_ROLES)
    reason = fields.text("reason", longest=200)
    if not fields.errors:
        try:
            _write(PersonId(id), role, reason, by=request.user.person_id, give_it=give_it)
        except Refused as refusal:
            fields.refuse("role", refusal)
    if fields.errors:
        return _card(request, id, Filled(data, answers.beside(fields.errors, request)))
    return see_other(there)


def _write(person: PersonId, role: str, reason: str, *, by: PersonId, give_it: bool) -> None:
    now = clock.now()
    with transaction() as session:
        queries.person(session, person)
        if give_it:
            enrolled = specialists.is_enrolled(session, person)
            people.grant_role(session, person=person, role=role, by=by, now=now, reason=reason, enrolled=enrolled)
            return
        held = next((each for each in queries.roles_of(session, person, now=now) if each.role == role), None)
        organization = held.organization_id if held else None
        people.end_role(session, person=person, role=role, by=by, now=now, organization=organization, reason=reason)


def _card(request: Req, id: UUID, form: Filled) -> Response[str]:
    with transaction() as session:
        account: Person = queries.person(session, id)
        held = queries.roles_of(session, id, now=clock.now())
        enrolled = specialists.is_enrolled(session, account.id)
        protected = queries.has_second_factor(session, id)
    return page(
        request, "pages/admin/person.html", account=account, mark=mark(account.id), held=held, protected=protected,
        role_names=roles(), offered=[role for role in STAFF_ROLES if enrolled or role not in ENROLLED],
        myself=id == request.user.person, form=form,
        status_code=422 if form.errors else 200,
    )  # fmt: skip


def _list(request: Req, found: list[PersonId], form: Filled, *, role: str = "") -> Response[str]:
    now = clock.now()
    with transaction() as session:
        rows = [Row(each, mark(each), tuple(queries.roles_of(session, each, now=now))) for each in found]
    return page(
        request, "pages/admin/people.html", rows=rows, role=role, role_names=roles(), form=form,
        status_code=422 if form.errors else 200,
    )  # fmt: skip


def _behind(session: Session, who: str, region: str) -> PersonId | None:
    try:
        return queries.find_by_contact(session, who, region)
    except NotAContact:
        return queries.find_by_username(session, who)


def mark(person: UUID) -> str:
    """How an account is called where its name is nobody's business: the end of its id."""
    return person.hex[-MARK_LENGTH:].upper()


routes = [of_role, look_up, back, one, give, take_back]
