"""Who one is: roles, language, name, and one's own addresses."""

from uuid import UUID

from litestar import get

from marketplace.foundation.database import transaction
from marketplace.people import queries as people
from marketplace.privacy import actions as privacy
from web.api.amounts import Out
from web.identity import Req


class Me(Out, frozen=True, kw_only=True):
    id: UUID
    name: str | None
    language: str
    roles: list[str]


class OwnAddress(Out, frozen=True, kw_only=True):
    """A place of one's own; `zone` and `cell` are what others see of it before they accept."""

    id: UUID
    zone: UUID | None
    cell: str | None
    line: str | None
    unit: str | None
    directions: str | None
    label: str | None


@get("/api/v1/me", opt={"policy": "own.read"}, tags=["me"], sync_to_thread=True)
def who(request: Req) -> Me:
    """The person of this session."""
    me = request.user.person_id
    with transaction() as session:
        name = privacy.own(session, person=me, field="name")
    return Me(id=me, name=name, language=request.user.language, roles=sorted(request.user.roles))


@get("/api/v1/me/addresses", opt={"policy": "own.read"}, tags=["me"], sync_to_thread=True)
def addresses(request: Req) -> list[OwnAddress]:
    """One's own addresses in use, newest first."""
    me, found = request.user.person_id, []
    with transaction() as session:
        for card in people.addresses_of(session, me):
            parts = privacy.own_address(session, person=me, address=card.id)
            words = {part: parts.get(part) for part in ("line", "unit", "directions", "label")}
            found.append(OwnAddress(id=card.id, zone=card.zone_id, cell=card.cell, **words))
    return found


routes = [who, addresses]
