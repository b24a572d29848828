"""Coming in: what happens whenever somebody has proved who they are, by password, code or authenticator.

Their drafts from before follow them, their session gets a new token, and the next page is the one that still has to
come: the authenticator, the policy in force, or where they wanted to go.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.jobs import drafts
from marketplace.foundation.ids import derived
from marketplace.foundation.settings import Settings
from marketplace.notices import actions as notices
from marketplace.organizations import queries as organizations
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.people.actions import CodeRequested, Started
from marketplace.privacy.queries import must_accept
from web.identity import Req, new_token, session_cookie, token_digest
from web.proxies import reader_address
from web.respond import home_of_roles, see_other
from web.ways import with_next

ALIKE_SECONDS: Final = 0.2  # longer than the work for an account that exists, so that nobody learns which do


@dataclass(frozen=True)
class Arrival:
    """Somebody who has come in, and what still stands before their own pages."""

    token: str
    roles: frozenset[str]
    parts: frozenset[str]
    needs_second_factor: bool
    must_accept: bool


def asking_session(request: Req) -> UUID:
    """What a one-time code is bound to: the session, or a visitor's token. It works in no other browser."""
    return request.user.session or derived("visitor", token_digest(request.user.token).hex())


def address_of(request: Req) -> str:
    """Whose network asks: tries are counted for each, under a digest. Behind a proxy that `TRUSTED_PROXY` names it is
    the reader's address, else whoever opened the connection."""
    if request.client is None:
        return "unknown"
    lines = request.headers.getall("x-forwarded-for", [])
    return reader_address(request.client.host, lines, _settings(request).trusted_proxies)


def arrive(session: Session, request: Req, started: Started, *, now: datetime) -> Arrival:
    """The drafts of the visitor become the person's; what is still to do is looked up. In the session's transaction."""
    person = started.person_id
    if person is None:
        raise ValueError("a session without a person is nobody's arrival")
    drafts.claim(session, token=request.user.token, customer=person, now=now)
    held = queries.roles_of(session, person, now=now)
    roles = queries.names_in(held, organizations.home(session).id)
    return Arrival(
        token=started.token,
        roles=roles,
        parts=frozenset(each.role for each in held) - roles,
        needs_second_factor=queries.has_second_factor(session, person),
        must_accept=must_accept(session, person, now=now) is not None,
    )


def onwards(request: Req, arrival: Arrival, wanted: str, *, second_factor_shown: bool = False) -> Redirect:
    """The answer that carries the new session's cookie and leads to what comes next."""
    home = wanted or home_of_roles(arrival.roles, arrival.parts)
    if arrival.needs_second_factor and not second_factor_shown:
        home = with_next("/sign-in/authenticator", wanted)
    elif arrival.must_accept:
        home = with_next("/policy/acceptance", wanted)
    return see_other(home, session_cookie(_settings(request), arrival.token))


def leave(request: Req, path: str = "/") -> Redirect:
    """Back to being nobody: a fresh token, so that nothing of the old session is left in the browser."""
    return see_other(path, session_cookie(_settings(request), new_token()))


def send_code(session: Session, asked: CodeRequested, *, now: datetime) -> None:
    """The letter with the code, to exactly the contact that was named; nobody's contact gets none."""
    if asked.person_id is not None:
        notices.send(
            session, to=asked.person_id, letter="code", key=derived("code", asked.id), now=now,
            contact=asked.contact_id, code=asked.id,
        )  # fmt: skip


def send_again(session: Session, request: Req, id: UUID, *, now: datetime) -> UUID:
    """Another code to where the code `id` went, and its id. Refuses NotAContact, TooManyTries."""
    asked = people.request_again(
        session, id=id, purpose="sign_in", bound_to=asking_session(request), network_address=address_of(request),
        now=now,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


@contextmanager
def alike() -> Iterator[None]:
    """Leaves no sooner than ALIKE_SECONDS after it was entered, however it is left."""
    began = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, began + ALIKE_SECONDS - time.monotonic()))


def _settings(request: Req) -> Settings:
    found: Settings = request.app.state.settings
    return found
