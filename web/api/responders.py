"""Who could be at a place soonest, for those who coordinate."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from booking.alarms import actions as alarms
from booking.alarms.rules import MOST
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web.api.amounts import Out
from web.identity import Req
from web.pages.dispatch.responders import reader, site_of

AT_MOST = 20


class ResponderLine(Out, frozen=True, kw_only=True):
    """A guard on duty whose position is fresh. `metres` is the straight way, `minutes` the way with its last street.

    `basis` is live (their phone) or step (their last visit, to about two kilometres); `margin_hundredths` of a minute
    is what that costs in the order.
    """

    specialist: UUID
    longitude: float
    latitude: float
    metres: int
    minutes: int
    margin_hundredths: int
    basis: str
    seen_at: datetime


class OnDutyLine(Out, frozen=True, kw_only=True):
    """A guard on duty who shows no position: not_sharing, hidden or silent. `zone` is of their home; `serves`: whether
    they come to the zone of the place."""

    specialist: UUID
    zone: UUID
    serves: bool
    why: str


class RespondersView(Out, frozen=True, kw_only=True):
    """Soonest first; those without a position by the zone of the place, `unlisted` of them not named."""

    at: datetime
    near: list[ResponderLine]
    without_position: list[OnDutyLine]
    unlisted: int


@get("/api/v1/dispatch/responders", opt={"policy": "board.read"}, tags=["dispatch"], sync_to_thread=True)
def nearest(
    request: Req,
    zone: Annotated[UUID | None, QueryParameter()] = None,
    building: Annotated[UUID | None, QueryParameter()] = None,
    most: Annotated[int, QueryParameter(ge=1, le=AT_MOST)] = MOST,
) -> RespondersView:
    """The guards who could be soonest at a building of a compound, or in the middle of a zone where none is named.

    Each whose position is in the answer can read who looked. Refuses an unknown building or zone.
    """
    now = clock.now()
    with transaction() as session:
        area, point = site_of(session, zone=zone, building=building)
        found = alarms.look_for_responders(
            session, site=point, zone=area, reader=reader(request), now=now, most=most
        )  # fmt: skip
    near = [
        ResponderLine(
            specialist=each.specialist, longitude=each.point.longitude, latitude=each.point.latitude,
            metres=each.metres, minutes=each.minutes, margin_hundredths=each.margin_hundredths,
            basis=each.basis.value, seen_at=each.seen_at,
        )
        for each in found.near
    ]  # fmt: skip
    without = [
        OnDutyLine(specialist=each.specialist, zone=each.zone, serves=each.serves, why=each.why.value)
        for each in found.without_place
    ]
    return RespondersView(at=now, near=near, without_position=without, unlisted=found.unlisted)


routes = [nearest]
