"""Zones: where we come to."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from marketplace.catalogue import queries as catalogue
from marketplace.foundation.database import transaction
from web.api.amounts import Names, Out
from web.home import home
from web.identity import Req


class ZoneLine(Out, frozen=True, kw_only=True):
    id: UUID
    key: str
    name: Names


@get("/api/v1/zones", opt={"policy": "public.read"}, tags=["zones"], sync_to_thread=True)
def listed(request: Req, search: Annotated[str, QueryParameter(max_length=100)] = "") -> list[ZoneLine]:
    """The zones of this town, in the order of the reader's alphabet; or those whose name, in any language, holds
    `search`."""
    organization = home().id
    with transaction() as session:
        if search:
            found = catalogue.search_zones(session, organization, search)
        else:
            found = catalogue.zones(session, organization, language=request.user.language)
    return [ZoneLine(id=each.id, key=each.key, name=dict(each.name)) for each in found]


routes = [listed]
