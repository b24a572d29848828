"""What the management does with a ticket of its compound: gives it to one of the team, calls it off, looks at names.

Each is a noun that is posted to. The same command again changes nothing; what is refused is told on the ticket, also
that somebody else was there first.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.jobs.actions import Fired
from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Role
from booking.tickets import actions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.organizations.site_rules import CompoundNotFound
from web import once
from web import ticket_words as words
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.compounds.tickets import show
from web.pages.specialist.acts import filled
from web.respond import see_other

TICKET = "/compounds/{id:uuid}/tickets/{ticket:uuid}"
Answer = Response[str] | Redirect


@post(f"{TICKET}/looks", opt={"policy": "compounds.write"}, sync_to_thread=True, status_code=200)
def look(request: Req, id: FromPath[UUID], ticket: FromPath[UUID]) -> Response[str]:
    """Who of the team could do it, by name; each of them can read who looked and what for."""
    return show(request, id, ticket, looking=True)


@post(f"{TICKET}/assignment", opt={"policy": "compounds.write"}, sync_to_thread=True)
def assign(request: Req, id: FromPath[UUID], ticket: FromPath[UUID], data: FormBody) -> Answer:
    """Give it to one of the team, or take it from who has it and give it to another, with a reason (E.4 #14).

    Refuses CompoundNotFound, JobNotFound.
    """
    fields = Fields(data, request.user.language)
    to, reason = fields.identity("to"), None
    if fields.raw("holder"):  # the page was made of a ticket that somebody had
        reason = fields.choice("reason", words.REASSIGNED)
    if fields.errors or to is None:
        return show(request, id, ticket, form=filled(request, fields))
    return _act(request, id, ticket, data, actions.assign, to=PersonId(to), reason=reason)


@get(f"{TICKET}/cancellation", opt={"policy": "compounds.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID], ticket: FromPath[UUID]) -> Response[str]:
    """Calling it off: first what follows, then the reasons. Refuses CompoundNotFound, JobNotFound."""
    return show(request, id, ticket, template="ticket_cancellation")


@post(f"{TICKET}/cancellation", opt={"policy": "compounds.write"}, sync_to_thread=True)
def call_off(request: Req, id: FromPath[UUID], ticket: FromPath[UUID], data: FormBody) -> Answer:
    """Nobody comes; the resident reads why (E.4 #30). Refuses CompoundNotFound, JobNotFound."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", words.WITHDRAWN)
    if fields.errors:
        return show(request, id, ticket, template="ticket_cancellation", form=filled(request, fields))
    return _act(request, id, ticket, data, actions.withdraw, reason=reason)


@get([f"{TICKET}/{noun}" for noun in ("looks", "assignment")], opt={"policy": "compounds.read"}, sync_to_thread=False)
def back(id: FromPath[UUID], ticket: FromPath[UUID]) -> Redirect:
    """Whoever reloads the answer to a form is led back: names are looked at once."""
    return see_other(f"/compounds/{id}/tickets/{ticket}")


routes = [look, assign, ask, call_off, back]


def _act(
    request: Req, id: UUID, ticket: UUID, data: Mapping[str, Any], act: Callable[..., Fired], **facts: Any
) -> Answer:
    command, actor = once.command_id(request, data), Actor(Role.MANAGER, request.user.person_id)
    try:
        with transaction() as session:
            act(
                session, ticket, compound=id, actor=actor, command_id=command, now=clock.now(), seen=_seen(data),
                **facts,
            )  # fmt: skip
    except (CompoundNotFound, JobNotFound):
        raise
    except Refused as refusal:
        return show(request, id, ticket, refusal=refusal)
    return see_other(f"/compounds/{id}/tickets/{ticket}")


def _seen(data: Mapping[str, Any]) -> int | None:
    """The version that the page was made of; whatever is no number is an old one."""
    typed = str(data.get("version", ""))
    return (int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0) if typed else None
