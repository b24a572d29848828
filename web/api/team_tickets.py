"""The queue of a team and its tickets, for whoever is in the team at that moment: asked again at every request."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs.actions import Fired
from booking.tickets import actions, queries
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.organizations import teams
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from web.api.amounts import In, Moment, Moved, Names, Out, Words
from web.api.commands import moved, told
from web.api.tickets import TicketLine, TicketSaid, ticket_line, ticket_said
from web.identity import Req
from web.once import command_id, once

READ, WRITE = {"policy": "specialist.read"}, {"policy": "specialist.write"}


class TeamLine(Out, frozen=True, kw_only=True):
    """A team that one is in now, and its compound; both names in four languages."""

    id: UUID
    name: Names
    compound: UUID
    compound_name: Names


class ResidentView(Out, frozen=True, kw_only=True):
    """What was released of the resident; what they never gave is null."""

    name: str | None
    phone: str | None


class TicketDelay(In, frozen=True, kw_only=True):
    """Why, and when it goes on."""

    reason: Words
    start: Moment
    end: Moment


class TicketReason(In, frozen=True, kw_only=True):
    reason: Words


@get("/api/v1/work/teams", opt=READ, tags=["tickets"], sync_to_thread=True)
def mine(request: Req) -> list[TeamLine]:
    """The teams of compounds that one is in now."""
    with transaction() as session:
        found = teams.own_teams(session, request.user.person_id, at=clock.now())
    return [
        TeamLine(
            id=each.id, name=dict(each.name), compound=each.compound, compound_name=dict(each.compound_name)
        )
        for each in found
    ]  # fmt: skip


@get("/api/v1/work/teams/{team:uuid}/tickets", opt=READ, tags=["tickets"], sync_to_thread=True)
def queue(request: Req, team: FromPath[UUID]) -> list[TicketLine]:
    """What the team has to do, by urgency, then when it is due. The look is written down. Refuses TeamNotFound."""
    with transaction() as session:
        found = queries.queue(session, request.user.person_id, team=team, at=clock.now())
        return [ticket_line(each) for each in found]


@get("/api/v1/work/tickets/{id:uuid}", opt=READ, tags=["tickets"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> TicketSaid:
    """A ticket of one's team. The look is written down, and its resident reads it. Refuses JobNotFound."""
    with transaction() as session:
        return ticket_said(queries.read_by_team(session, id, request.user.person_id, at=clock.now()))


@get("/api/v1/work/tickets/{id:uuid}/contact", opt=READ, tags=["tickets"], sync_to_thread=True)
def reach(request: Req, id: FromPath[UUID]) -> ResidentView:
    """Name and phone of the resident, for whoever has taken the ticket. Refuses JobNotFound, NotReleased,
    ContactExpired."""
    now, me = clock.now(), request.user.person_id
    reader = Reader(me, "specialist", request.user.session)
    with transaction() as session:
        found = queries.read_by_team(session, id, me, at=now)
        card = privacy.reveal_card(
            session, subject=found.resident, fields=("name", "phone"), reader=reader, purpose="provide",
            job=found.job, now=now,
        )  # fmt: skip
    return ResidentView(name=card.get("name"), phone=card.get("phone"))


def _path(noun: str) -> str:
    return f"/api/v1/work/tickets/{{id:uuid}}/{noun}"


@post(_path("acceptance"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def take(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Take it from the queue: one of those who try at once. Refuses JobNotFound, SeatTaken."""
    me = request.user.person_id
    return _act(
        request, id, None, lambda session, command, now: actions.take(session, id, by=me, command_id=command, now=now)
    )


@post(_path("start"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def start(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Begin; nothing need be told before. Refuses JobNotFound, SeatTaken, IllegalTransition."""
    me = request.user.person_id
    return _act(
        request, id, None, lambda session, command, now: actions.start(session, id, by=me, command_id=command, now=now)
    )


@post(_path("delay"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def delay(request: Req, id: FromPath[UUID], data: JSONBody[TicketDelay]) -> Response[Moved]:
    """Say why it takes longer, and when it goes on. Refuses ReasonNeeded, NewTimeNeeded, and as `start`."""
    me = request.user.person_id
    return _act(
        request,
        id,
        data,
        lambda session, command, now: actions.delay(
            session, id, by=me, reason=data.reason, start=data.start, end=data.end, command_id=command, now=now
        ),
    )


@post(_path("resume"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def resume(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Go on where the delay began. Refuses as `start`."""
    me = request.user.person_id
    return _act(
        request, id, None, lambda session, command, now: actions.resume(session, id, by=me, command_id=command, now=now)
    )


@post(_path("completion"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def complete(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """The work is done; the resident is asked to confirm. Refuses as `start`."""
    me = request.user.person_id
    return _act(
        request,
        id,
        None,
        lambda session, command, now: actions.complete(session, id, by=me, command_id=command, now=now),
    )


@post(_path("failure"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def fail(request: Req, id: FromPath[UUID], data: JSONBody[TicketReason]) -> Response[Moved]:
    """It cannot be done, and why. Refuses ReasonNeeded, and as `start`."""
    me = request.user.person_id
    return _act(
        request,
        id,
        data,
        lambda session, command, now: actions.fail(session, id, by=me, reason=data.reason, command_id=command, now=now),
    )


@post(_path("cancellation"), opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def give_back(request: Req, id: FromPath[UUID], data: JSONBody[TicketReason]) -> Response[Moved]:
    """Give it back to the team before work begins, with a reason. Refuses ReasonNeeded, WorkHasBegun, and as
    `start`."""
    me = request.user.person_id
    return _act(
        request,
        id,
        data,
        lambda session, command, now: actions.give_back(
            session, id, by=me, reason=data.reason, command_id=command, now=now
        ),
    )


routes = [mine, queue, one, reach, take, start, delay, resume, complete, fail, give_back]


def _act(
    request: Req, id: UUID, data: msgspec.Struct | None, work: Callable[[Session, UUID, datetime], Fired]
) -> Response[Moved]:
    """One act of one of the team, once. Whoever has left is refused, also when they repeat what they once did (T20)."""
    now, me = clock.now(), request.user.person_id
    command_id(request)
    with transaction() as session:
        queries.admit(session, id, me, at=now)
        kept = once(session, request, data, lambda command: moved(work(session, command, now)))
    return told(kept, Moved)
