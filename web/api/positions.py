"""Where a specialist is, as their app sends it while they are at work and share it; and the switch that decides."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.tracking import actions, queries
from booking.tracking.rules import Fix, Purpose, Switch, may_take
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point
from marketplace.foundation.repeats import Answer
from web.api.amounts import In, Moment, Out
from web.api.commands import carry_out, done
from web.identity import Req

AT_ONCE = 60  # a page that slept has no more to tell
MOMENT = timedelta(microseconds=1)


class Position(In, frozen=True, kw_only=True):
    """Degrees (WGS 84), and when the device measured them."""

    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    latitude: Annotated[float, msgspec.Meta(ge=-85, le=85)]
    at: Moment


class Positions(In, frozen=True, kw_only=True):
    """What the device measured since it was last heard of, in any order; the last that is not stale counts."""

    positions: Annotated[list[Position], msgspec.Meta(min_length=1, max_length=AT_ONCE)]


class Taken(Out, frozen=True, kw_only=True):
    """Whether anything came of it. Not where all of it was stale, or a running job says where one is."""

    taken: bool


class Sharing(In, frozen=True, kw_only=True):
    """`share`, `hide` (used for one's own offers, shown to nobody) or `do_not_send`."""

    switch: Switch


class SharingView(Out, frozen=True, kw_only=True):
    """How the switch stands, and until when positions may be sent, if now. Who has never chosen sends nothing."""

    switch: str
    until: Moment | None


@post("/api/v1/work/positions", opt={"policy": "specialist.write"}, status_code=200, tags=["work"], sync_to_thread=True)
def take(request: Req, data: JSONBody[Positions]) -> Taken:
    """Where one is, for offers nearby: one point, kept until the next, gone with the shift. Harmless to repeat.

    Refused off shift and where the switch says so; then nothing is stored.
    """
    now, me = clock.now(), request.user.person_id
    fixes = [Fix(Point(each.longitude, each.latitude), each.at) for each in data.positions]
    with transaction() as session:
        return Taken(taken=actions.take_position(session, me, fixes, shift=_shift(session, me, now), now=now))


@get("/api/v1/work/sharing", opt={"policy": "specialist.read"}, tags=["work"], sync_to_thread=True)
def sharing(request: Req) -> SharingView:
    """Whether one shares where one is."""
    with transaction() as session:
        return _view(session, request.user.person_id)


@post("/api/v1/work/sharing", opt={"policy": "specialist.write"}, status_code=200, tags=["work"], sync_to_thread=True)
def choose(request: Req, data: JSONBody[Sharing]) -> Response[SharingView]:
    """Set the switch. Switched off, what was shared is gone at once, and offers go on coming all the same."""

    def work(session: Session, _command: UUID) -> Answer:
        actions.choose(session, request.user.person_id, data.switch, now=clock.now())
        return done(_view(session, request.user.person_id))

    return carry_out(request, data, work, SharingView)


def _view(session: Session, me: PersonId) -> SharingView:
    switch, now = queries.switch_of(session, me), clock.now()
    shift = _shift(session, me, now)
    may = shift is not None and may_take(switch, Purpose.MATCH, shift=shift, job=None, now=now)
    return SharingView(switch=switch.value, until=shift.end if shift is not None and may else None)


def _shift(session: Session, me: PersonId, now: datetime) -> Period | None:
    """The working time that is on now."""
    shifts = availability.shifts_of(session, me, within=Period(now, now + MOMENT))
    return shifts[0].period if shifts else None


routes = [take, sharing, choose]
