"""Sessions: a bearer token for an account and its password, and its end."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from marketplace.people import hashing
from marketplace.people import queries as people_queries
from marketplace.people.actions import Started
from marketplace.people.rules import WrongStep
from marketplace.privacy.queries import must_accept
from web.api.amounts import In, Out
from web.devices import device_of
from web.entering import address_of
from web.home import home
from web.identity import Req


class SignIn(In, frozen=True, kw_only=True):
    """User name, e-mail or phone, and the password; `digits` of the authenticator or a recovery code where one is in
    use."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    digits: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Token(Out, frozen=True, kw_only=True):
    """Send it as `Authorization: Bearer …`. It is shown this once."""

    token: str
    person: UUID
    roles: list[str]
    policy_to_accept: bool


@post("/api/v1/session", opt={"policy": "session.token"}, status_code=201, tags=["session"], sync_to_thread=True)
def begin(request: Req, data: JSONBody[SignIn]) -> Token:
    """A new session. Known and unknown accounts are refused alike; no key is needed: one session more harms nobody."""
    here = home()
    with transaction() as session:
        tried = people.begin_sign_in(
            session, account=data.account, region=here.region, network_address=address_of(request), now=clock.now()
        )
    matches = hashing.check_password(data.password, tried.password_hash)
    with transaction() as session:
        now = clock.now()
        started = people.finish_sign_in(session, tried, matches=matches, now=now, device=device_of(request))
        person = started.person_id
        assert person is not None, "a password stands for somebody"
        needed = people_queries.has_second_factor(session, person)
        passed = not needed or _is_right(session, data.digits, started, now=now)
        if not passed:
            people.end_session(session, started.id, person=person, now=now)
        roles = sorted(people_queries.names_in(people_queries.roles_of(session, person, now=now), here.id))
        pending = must_accept(session, person, now=now) is not None
    if not passed:
        raise WrongStep  # after the commit: the try counts
    return Token(token=started.token, person=person, roles=roles, policy_to_accept=pending)


@delete("/api/v1/session", opt={"policy": "session.end"}, tags=["session"], sync_to_thread=True)
def end(request: Req) -> None:
    """End this session; its token is worth nothing from now on."""
    if request.user.session is not None:
        with transaction() as session:
            people.end_session(session, request.user.session, person=request.user.person_id, now=clock.now())


routes = [begin, end]


def _is_right(session: Session, digits: str, started: Started, *, now: datetime) -> bool:
    """Whether the second factor was shown; the try is kept with the commit."""
    if started.person_id is None or not digits:
        return False
    check = people.check_totp if len("".join(digits.split())) == 6 else people.use_recovery_code
    return check(session, person=started.person_id, typed=digits, now=now, session_id=started.id)
