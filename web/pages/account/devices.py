"""The devices that are signed in (T12): type, system, when last used; each can be signed out from here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from marketplace.people import queries
from web.devices import parts_of
from web.entering import leave
from web.identity import Req
from web.respond import page, see_other

HERE = "/account/devices"


@dataclass(frozen=True)
class DeviceCard:
    """A session as its owner reads it."""

    id: UUID
    kind: str
    system: str
    started_at: datetime
    last_seen_at: datetime
    is_this: bool


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """This device first, then the others, the last used before the rest."""
    with transaction() as session:
        found = [
            DeviceCard(
                each.id, *parts_of(queries.device_of(each)), each.started_at, each.last_seen_at,
                is_this=each.id == request.user.session,
            )
            for each in queries.devices_of(session, request.user.person_id)
        ]  # fmt: skip
    return page(request, "pages/account/devices.html", devices=sorted(found, key=lambda card: not card.is_this))


@post(HERE + "/{id:uuid}/ending", opt={"policy": "own.write"}, sync_to_thread=True)
def end(request: Req, id: FromPath[UUID]) -> Redirect:
    """Sign one device out; harmless when it has left already, and nothing happens to another person's."""
    with transaction() as session:
        people.end_session(session, id, person=request.user.person_id, now=clock.now())
    return leave(request, "/sign-in") if id == request.user.session else see_other(HERE)


@post(HERE + "/ending", opt={"policy": "own.write"}, sync_to_thread=True)
def end_others(request: Req) -> Redirect:
    """Sign every other device out."""
    with transaction() as session:
        people.end_sessions(
            session, request.user.person_id, because="ended_by_owner", now=clock.now(), keep=request.user.session
        )
    return see_other(HERE)


routes = [show, end, end_others]
