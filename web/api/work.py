"""A specialist's own work: the visits, the contact for each, and the acts from setting out to cash."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs import actions, contact, lists, queries
from booking.jobs.queries import CrewJob
from booking.jobs.rules import Actor, Facts
from booking.jobs.words import Event, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.periods import Period
from marketplace.foundation.repeats import Answer
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from web.api.amounts import Amount, Answers, In, Moment, Moved, Out, Stretch, Words, maybe_amount, stretch
from web.api.commands import carry_out, moved
from web.api.jobs import JobLine, RatingGiven, RatingView, job_line, rated
from web.api.offers import PayView, pay_view
from web.home import home
from web.identity import Req

AROUND = timedelta(days=60)
CONTACT_FIELDS = ("name", "phone", "address")


class WorkView(Out, frozen=True, kw_only=True):
    """A visit that one has now. Name, phone and address are asked for by `/contact`, and each look is written down.

    Of work that takes several `people` so many are `found`; whoever `leads` tells its steps.
    """

    id: UUID
    number: str
    state: str
    status: str
    version: int
    service: UUID
    zone: UUID | None
    cell: str | None
    answers: Answers
    window: Stretch | None
    minutes: int
    method: str
    pay: PayView
    cash_declared: Amount | None
    people: int
    found: int
    leads: bool
    may: list[str]


class ContactView(Out, frozen=True, kw_only=True):
    """What was released for this visit; what the customer never gave is null."""

    name: str | None
    phone: str | None
    address: str | None


class Arrival(In, frozen=True, kw_only=True):
    """Seconds that the phone has stayed at the place, or the reason why one says so by hand."""

    dwell_seconds: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    reason: Words | None = None


class Start(In, frozen=True, kw_only=True):
    """The customer's four digits, or a waiver from the list."""

    code: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    waiver: Words | None = None


class Delay(In, frozen=True, kw_only=True):
    """Why, and the new promise."""

    reason: Words
    start: Moment
    end: Moment


class Change(In, frozen=True, kw_only=True):
    """More work than was booked: its parts, its labour, and why."""

    reason: Words
    parts: Amount | None = None
    labour: Amount | None = None


class Completion(In, frozen=True, kw_only=True):
    """The final amount, where it is less than the approved one."""

    final: Amount | None = None


class Cash(In, frozen=True, kw_only=True):
    """What was taken by hand."""

    amount: Amount


class GivingBack(In, frozen=True, kw_only=True):
    reason: Words


@get("/api/v1/work/jobs", opt={"policy": "specialist.read"}, tags=["work"], sync_to_thread=True)
def listed(request: Req) -> list[JobLine]:
    """One's visits, the soonest first."""
    now = clock.now()
    with transaction() as session:
        found = lists.of_specialist(session, request.user.person_id, within=Period(now - AROUND, now + AROUND))
    return [job_line(each) for each in found]


@get("/api/v1/work/jobs/{id:uuid}", opt={"policy": "specialist.read"}, tags=["work"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> WorkView:
    """A visit that one has now."""
    with transaction() as session:
        found = queries.for_crew(session, id, request.user.person_id, now=clock.now())
    return _view(found, request.user.person_id)


@get("/api/v1/work/jobs/{id:uuid}/contact", opt={"policy": "specialist.read"}, tags=["work"], sync_to_thread=True)
def reach(request: Req, id: FromPath[UUID]) -> ContactView:
    """Name, phone and address, for this visit and inside its window. The customer reads of every look."""
    now, reader = clock.now(), Reader(request.user.person_id, "specialist", request.user.session)
    with transaction() as session:
        job = queries.for_crew(session, id, request.user.person_id, now=now)
        card = privacy.reveal_card(
            session, subject=job.customer, fields=CONTACT_FIELDS, reader=reader, purpose="provide", job=job.id, now=now
        )
    return ContactView(name=card.get("name"), phone=card.get("phone"), address=card.get("address"))


def _path(noun: str) -> str:
    return f"/api/v1/work/jobs/{{id:uuid}}/{noun}"


WRITE = {"policy": "specialist.write"}


@post(_path("departure"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def depart(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Set out, at most three hours before the promised time."""
    return _fire(request, id, Event.DEPART, None, {})


@post(_path("arrival"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def arrive(request: Req, id: FromPath[UUID], data: JSONBody[Arrival]) -> Response[Moved]:
    """Be at the door."""
    facts: Facts = {}
    if data.dwell_seconds:
        facts["dwell_seconds"] = data.dwell_seconds
    if data.reason is not None:
        facts["reason"] = data.reason
    return _fire(request, id, Event.ARRIVE, data, facts)


@post(_path("attendance"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def attend(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Say that one is there, as one of a crew that another leads."""
    return _fire(request, id, Event.ATTEND, None, {})


@post(_path("start"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def start(request: Req, id: FromPath[UUID], data: JSONBody[Start]) -> Response[Moved]:
    """Begin, with the customer's code. A wrong one is counted."""
    facts: Facts = {}
    if data.code is not None:
        facts["start_code"] = data.code
    if data.waiver is not None:
        facts["waiver"] = data.waiver
    return _fire(request, id, Event.START, data, facts)


@post(_path("delay"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def delay(request: Req, id: FromPath[UUID], data: JSONBody[Delay]) -> Response[Moved]:
    """Promise another time."""
    facts: Facts = {"reason": data.reason, "promised_start": data.start, "promised_end": data.end}
    return _fire(request, id, Event.DELAY, data, facts)


@post(_path("resume"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def resume(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Go on where the delay began."""
    return _fire(request, id, Event.RESUME, None, {})


@post(_path("change"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def propose(request: Req, id: FromPath[UUID], data: JSONBody[Change]) -> Response[Moved]:
    """Propose more work; the customer says yes or no."""
    facts: Facts = {"reason": data.reason}
    if data.parts is not None:
        facts["parts_minor"] = data.parts.money(home().currency).minor
    if data.labour is not None:
        facts["labour_minor"] = data.labour.money(home().currency).minor
    return _fire(request, id, Event.PROPOSE_CHANGE, data, facts)


@post(_path("change-withdrawal"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def withdraw(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Take a proposal back: the price stays what was agreed."""
    return _fire(request, id, Event.REFUSE_CHANGE, None, {})


@post(_path("completion"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def complete(request: Req, id: FromPath[UUID], data: JSONBody[Completion]) -> Response[Moved]:
    """The work is done; the customer is asked to confirm."""
    facts: Facts = {} if data.final is None else {"final_minor": data.final.money(home().currency).minor}
    return _fire(request, id, Event.COMPLETE, data, facts)


@post(_path("cash"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def take_cash(request: Req, id: FromPath[UUID], data: JSONBody[Cash]) -> Response[Moved]:
    """Say what was taken by hand; the customer confirms it."""
    facts: Facts = {"cash_minor": data.amount.money(home().currency).minor}
    return _fire(request, id, Event.DECLARE_CASH, data, facts)


@post(_path("no-show"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def nobody_there(request: Req, id: FromPath[UUID]) -> Response[Moved]:
    """Nobody opened, after the waiting time and two tries to reach the customer, which we count by the looks."""
    me = request.user.person_id

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        job = queries.for_crew(session, id, me, now=now)
        tries = contact.attempts(session, job.id, me, since=job.job.arrived_at or now)
        return moved(
            actions.fire(
                session, id, Event.NO_SHOW_CUSTOMER, actor=_actor(request), command_id=command, now=now,
                contact_attempts=len(tries),
            )
        )  # fmt: skip

    return carry_out(request, None, work, Moved)


@post(_path("cancellation"), opt=WRITE, status_code=200, tags=["work"], sync_to_thread=True)
def give_back(request: Req, id: FromPath[UUID], data: JSONBody[GivingBack]) -> Response[Moved]:
    """Give the job back, with a reason: somebody else is looked for."""
    return _fire(request, id, Event.CANCEL_BY_WORKER, data, {"reason": data.reason})


@post(_path("rating"), opt=WRITE, status_code=201, tags=["work"], sync_to_thread=True)
def rate(request: Req, id: FromPath[UUID], data: JSONBody[RatingGiven]) -> Response[RatingView]:
    """Rate the customer."""
    return rated(request, id, data)


routes = [
    listed, one, reach, depart, arrive, attend, start, delay, resume, propose, withdraw, complete, take_cash,
    nobody_there, give_back, rate,
]  # fmt: skip


def _actor(request: Req) -> Actor:
    return Actor(Role.SPECIALIST, request.user.person_id)


def _fire(request: Req, id: UUID, event: Event, data: msgspec.Struct | None, facts: Facts) -> Response[Moved]:
    """One event of one's own visit, once."""

    def work(session: Session, command: UUID) -> Answer:
        return moved(
            actions.fire(session, id, event, actor=_actor(request), command_id=command, now=clock.now(), **facts)
        )

    return carry_out(request, data, work, Moved)


def _view(found: CrewJob, me: UUID) -> WorkView:
    return WorkView(
        id=found.id, number=found.number, state=found.job.state.value, status=found.status.value,
        version=found.version, service=found.service, zone=found.zone, cell=found.cell, answers=dict(found.answers),
        window=stretch(found.job.window), minutes=found.minutes, method=found.job.method.value,
        pay=pay_view(found.pay),
        cash_declared=maybe_amount(found.job.cash_declared), people=found.job.seats,
        found=len(found.job.crew) or 1, leads=found.job.seats == 1 or found.job.specialist_id == me,
        may=[event.value for event in found.may],
    )  # fmt: skip
