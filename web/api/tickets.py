"""What a resident reports in their own home: made, read with its steps, confirmed, called off."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs.queries import Happened
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Role
from booking.tickets import actions, queries
from booking.tickets.actions import Wish
from booking.tickets.queries import Look, QueueItem, TicketView
from booking.tickets.rules import Urgency
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from marketplace.organizations import sites, teams
from web.api.amounts import In, Moved, Names, Out, Words
from web.api.commands import carry_out, moved
from web.identity import Req

OWN_REASONS = (Event.CANCEL_BY_WORKER, Event.REASSIGN)  # why it was given back or taken away is theirs to tell
READ, WRITE = {"policy": "job.own.read"}, {"policy": "job.own.write"}


class HomeSaid(Out, frozen=True, kw_only=True):
    """A unit where one lives; `trades` are the categories of services that a team of the building does."""

    unit: UUID
    label: str
    building: str
    compound: UUID
    compound_name: Names
    trades: list[str]


class NewTicket(In, frozen=True, kw_only=True):
    """What is wrong in which unit: a service by its key, whose trade a team of the building owns, and how soon it is
    needed ("urgent", "soon", "normal")."""

    unit: UUID
    service: Words
    words: Annotated[str, msgspec.Meta(max_length=4_000)]
    urgency: Urgency


class CalledOff(In, frozen=True, kw_only=True):
    """Why, where somebody wants to say."""

    reason: Words | None = None


class TicketLine(Out, frozen=True, kw_only=True):
    """A ticket as a row: `status` is "waiting", "waiting_assigned", "in_progress", "delayed", "completed" or
    "cancelled"; `taken_by` is an id, names are asked for on their own."""

    id: UUID
    number: str
    service: UUID
    urgency: str
    due_at: str
    unit: str
    building: str
    state: str
    status: str
    taken_by: UUID | None
    delayed_until: str | None


class StepSaid(Out, frozen=True, kw_only=True):
    """One thing that happened, at our time and by the device's. Why somebody gave it back, or it was taken from them,
    is left out."""

    event: str
    state: str
    at: str
    device_at: str | None
    reason: str | None


class LookSaid(Out, frozen=True, kw_only=True):
    """Somebody of a team looked at the ticket, `whole`, or at a queue that showed it."""

    person: UUID
    team: UUID
    at: str
    whole: bool


class TicketSaid(Out, frozen=True, kw_only=True):
    """A ticket with its steps in order. `words` is null once its resident is erased; `may` is what one can do now."""

    id: UUID
    number: str
    version: int
    service: UUID
    urgency: str
    due_at: str
    unit: str
    building: str
    compound: UUID
    team: UUID | None
    words: str | None
    state: str
    status: str
    delay_reason: str | None
    delayed_until: str | None
    taken_by: UUID | None
    steps: list[StepSaid]
    may: list[str]


class OwnTicket(Out, frozen=True, kw_only=True):
    """One's own ticket, and who of the team has looked at it."""

    ticket: TicketSaid
    looks: list[LookSaid]


@get("/api/v1/me/homes", opt=READ, tags=["tickets"], sync_to_thread=True)
def homes(request: Req) -> list[HomeSaid]:
    """The units where one lives now."""
    with transaction() as session:
        return [
            HomeSaid(
                unit=each.unit, label=each.label, building=each.building_name, compound=each.compound,
                compound_name=dict(each.compound_name), trades=teams.trades_in(session, each.building),
            )
            for each in sites.homes(session, request.user.person_id, at=clock.now())
        ]  # fmt: skip


@get("/api/v1/tickets", opt=READ, tags=["tickets"], sync_to_thread=True)
def listed(request: Req) -> list[TicketLine]:
    """One's own tickets, newest first."""
    with transaction() as session:
        return [ticket_line(each) for each in queries.mine(session, request.user.person_id)]


@post("/api/v1/tickets", opt=WRITE, status_code=201, tags=["tickets"], sync_to_thread=True)
def submit(request: Req, data: JSONBody[NewTicket]) -> Response[Moved]:
    """Report something in one's own unit: it goes to the team on duty.

    Refuses NotYourUnit, UnknownService, NobodyOnDuty, WordsMissing, WordsTooLong, CardNumberInWords, TooManyOpen.
    """

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        service = catalogue.service(session, data.service, now=now)
        wish = Wish(data.unit, service.id, data.words, data.urgency)
        made = moved(actions.submit(session, wish, actor=_actor(request), command_id=command, now=now))
        return Answer(201, made.body)

    return carry_out(request, data, work, Moved)


@get("/api/v1/tickets/{id:uuid}", opt=READ, tags=["tickets"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> OwnTicket:
    """One's own ticket, with who looked at it. Refuses JobNotFound."""
    with transaction() as session:
        found = queries.read_by_resident(session, id, request.user.person_id, at=clock.now())
        return OwnTicket(ticket=ticket_said(found), looks=[_look(each) for each in queries.looks(session, id)])


@post("/api/v1/tickets/{id:uuid}/confirmation", opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def confirm(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Say that it is done. Refuses JobNotFound, IllegalTransition."""
    me = request.user.person_id

    def work(session: Session, command: UUID) -> Answer:
        return moved(actions.confirm(session, id, by=me, command_id=command, now=clock.now()))

    return carry_out(request, None, work, Moved)


@post("/api/v1/tickets/{id:uuid}/cancellation", opt=WRITE, status_code=200, tags=["tickets"], sync_to_thread=True)
def call_off(request: Req, id: FromPath[UUID], data: JSONBody[CalledOff]) -> Response[Moved]:
    """Call it off, before work begins; it costs nothing. Refuses JobNotFound, WorkHasBegun, ReasonNeeded."""
    me = request.user.person_id

    def work(session: Session, command: UUID) -> Answer:
        return moved(actions.cancel(session, id, by=me, command_id=command, now=clock.now(), reason=data.reason))

    return carry_out(request, data, work, Moved)


routes = [homes, listed, submit, one, confirm, call_off]


def ticket_line(item: QueueItem) -> TicketLine:
    """A ticket as a row."""
    return TicketLine(
        id=item.job, number=item.number, service=item.service, urgency=item.urgency.value,
        due_at=item.due_at.isoformat(), unit=item.unit_label, building=item.building_name, state=item.state.value,
        status=item.status.value, taken_by=item.taken_by,
        delayed_until=None if item.delayed_until is None else item.delayed_until.isoformat(),
    )  # fmt: skip


def ticket_said(view: TicketView) -> TicketSaid:
    """A ticket as resident and team read it."""
    return TicketSaid(
        id=view.job, number=view.number, version=view.version, service=view.service, urgency=view.urgency.value,
        due_at=view.due_at.isoformat(), unit=view.unit_label, building=view.building_name, compound=view.compound,
        team=view.team, words=view.words, state=view.state.value, status=view.status.value,
        delay_reason=view.delay_reason, taken_by=view.taken_by, steps=[_step(each) for each in view.steps],
        delayed_until=None if view.delayed_until is None else view.delayed_until.isoformat(),
        may=[event.value for event in view.may],
    )  # fmt: skip


def _step(each: Happened) -> StepSaid:
    device_at = None if each.device_at is None else each.device_at.isoformat()
    return StepSaid(
        event=each.event.value, state=each.to_state.value, at=each.at.isoformat(), device_at=device_at,
        reason=None if each.event in OWN_REASONS else each.reason,
    )  # fmt: skip


def _look(each: Look) -> LookSaid:
    return LookSaid(person=each.person, team=each.team, at=each.at.isoformat(), whole=each.whole)


def _actor(request: Req) -> Actor:
    return Actor(Role.CUSTOMER, request.user.person_id)
