"""The desk: who is calling, what their contact is and why one looks, and jobs on their behalf."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.orm import Session

from booking.jobs import actions, cancelling, lists, queries
from booking.jobs.queries import DeskJob
from booking.jobs.rules import Actor, Facts, JobNotFound
from booking.jobs.words import Event, Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.repeats import Answer
from marketplace.people import queries as people
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from web.api import windows
from web.api.amounts import Amount, In, Moved, Out, Stretch, amount, maybe_amount, stretch
from web.api.commands import done, moved, told
from web.api.jobs import CallingOff, FeePreview, Funding, SlotChoice, cancelling_facts
from web.api.requesting import NewJob, request_job
from web.api.windows import WindowLine
from web.home import home
from web.identity import Req
from web.once import once

READ, WRITE = {"policy": "desk.read"}, {"policy": "desk.write"}


class Caller(In, frozen=True, kw_only=True):
    """The number that rings or is read out: whole, or its last four digits."""

    number: Annotated[str, msgspec.Meta(min_length=4, max_length=40)]


class Known(Out, frozen=True, kw_only=True):
    """Somebody who may be calling: nothing personal, until a reason is given."""

    id: UUID
    language: str
    customer_since: datetime
    jobs: int
    running: int


class Look(In, frozen=True, kw_only=True):
    """Which fields, and why; the person reads both."""

    fields: Annotated[list[Literal["name", "phone", "email", "address"]], msgspec.Meta(min_length=1, max_length=4)]
    purpose: Literal["provide", "contact", "support", "quality"]
    job: UUID | None = None


class Shown(Out, frozen=True, kw_only=True):
    """The values; what the person never gave is left out."""

    values: dict[str, str]


class DeskLine(Out, frozen=True, kw_only=True):
    """A job without any personal value."""

    id: UUID
    number: str
    state: str
    status: str
    version: int
    service: UUID
    zone: UUID | None
    window: Stretch | None
    price: Amount | None
    customer: UUID | None
    specialist: UUID | None
    entered_by: UUID | None
    created_at: datetime
    may: list[str]


class JobOnBehalf(NewJob, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request of the caller's."""

    customer: UUID


@post("/api/v1/desk/callers", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def who_calls(data: JSONBody[Caller]) -> list[Known]:
    """Who has this number, or a number ending in these four digits. A question: it needs no key."""
    region = home().region
    with transaction() as session:
        if len(data.number.strip()) == 4:
            found = people.find_by_last_digits(session, data.number)
        else:
            one = people.find_by_contact(session, data.number, region)
            found = [one] if one else []
        return [_known(session, each) for each in found]


@post("/api/v1/desk/people/{person:uuid}/disclosures", opt=WRITE, tags=["desk"], sync_to_thread=True)
def look(request: Req, person: FromPath[UUID], data: JSONBody[Look]) -> Shown:
    """Look at somebody's data for a reason. Every look is written down, the repeated one too; it needs no key."""
    now, me = clock.now(), request.user
    reader = Reader(me.person_id, Role.AGENT.value, me.session, PersonId(person))
    with transaction() as session:
        about = people.person(session, person)
        job = None if data.job is None else queries.for_desk(session, data.job, _agent(request, about.id), now=now).id
        values = privacy.reveal_card(
            session, subject=about.id, fields=data.fields, reader=reader, purpose=data.purpose, job=job, now=now
        )
    return Shown(values=values)


@get("/api/v1/desk/jobs", opt=READ, tags=["desk"], sync_to_thread=True)
def listed(
    request: Req,
    wanted: Annotated[State | None, QueryParameter(name="state")] = None,
    customer: Annotated[UUID | None, QueryParameter()] = None,
    number: Annotated[str, QueryParameter(max_length=20)] = "",
) -> list[DeskLine]:
    """Jobs of the house, newest first; or the one whose number a caller reads out."""
    now, reader = clock.now(), Actor(Role.AGENT, request.user.person_id)
    whose = None if customer is None else PersonId(customer)
    with transaction() as session:
        if number:
            found = [queries.by_number(session, number, reader, now=now)]
        else:
            states = [wanted] if wanted else []
            found = lists.for_desk(session, reader, now=now, states=states, customer=whose)
    return [_line(each) for each in found]


@post("/api/v1/desk/jobs", opt=WRITE, status_code=201, tags=["desk"], sync_to_thread=True)
def begin(request: Req, data: JSONBody[JobOnBehalf]) -> Response[DeskLine]:
    """Request a service for the caller; both stand in the record."""
    now = clock.now()

    def work(command: UUID) -> Answer:
        customer = people.person(session, data.customer).id
        actor = _agent(request, customer)
        made = request_job(session, data, customer=customer, actor=actor, command=command, now=now)
        return done(_line(queries.for_desk(session, made.job_id, actor, now=now)), 201)

    with transaction() as session:
        kept = once(session, request, data, work)
    return told(kept, DeskLine)


@get("/api/v1/desk/jobs/{id:uuid}", opt=READ, tags=["desk"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> DeskLine:
    """A job of the house."""
    with transaction() as session:
        return _line(queries.for_desk(session, id, Actor(Role.AGENT, request.user.person_id), now=clock.now()))


@get("/api/v1/desk/jobs/{id:uuid}/windows", opt=READ, tags=["desk"], sync_to_thread=True)
def free(request: Req, id: FromPath[UUID], day: Annotated[date | None, QueryParameter()] = None) -> list[WindowLine]:
    """The windows that can be promised to the caller."""
    with transaction() as session:
        customer = _customer(session, request, id, now=clock.now())
    return windows.listed(id, customer, day)


@post("/api/v1/desk/jobs/{id:uuid}/slot", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def choose_time(request: Req, id: FromPath[UUID], data: JSONBody[SlotChoice]) -> Response[Moved]:
    """Set a window aside for the caller."""
    organization, now = home(), clock.now()

    def work(command: UUID) -> Answer:
        customer = _customer(session, request, id, now=now)
        actor = _agent(request, customer)
        return moved(
            windows.hold(session, id, customer, data.window, organization, actor=actor, command=command, now=now)
        )

    with transaction() as session:
        kept = once(session, request, data, work)
    return told(kept, Moved)


@post("/api/v1/desk/jobs/{id:uuid}/funding", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def fund(request: Req, id: FromPath[UUID], data: JSONBody[Funding]) -> Response[Moved]:
    """Set the price aside in the caller's wallet, or agree on cash."""
    return _fire(request, id, Event.FUND, data, {"method": data.method.value})


@get("/api/v1/desk/jobs/{id:uuid}/cancellation", opt=READ, tags=["desk"], sync_to_thread=True)
def fee(request: Req, id: FromPath[UUID]) -> FeePreview:
    """What calling off costs the caller now."""
    now = clock.now()
    with transaction() as session:
        split = cancelling.preview(session, id, _customer(session, request, id, now=now), now=now)
    return FeePreview(fee=amount(split.fee), back=amount(split.back), reason=split.reason)


@post("/api/v1/desk/jobs/{id:uuid}/cancellation", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def call_off(request: Req, id: FromPath[UUID], data: JSONBody[CallingOff]) -> Response[Moved]:
    """Call the job off for the caller, for the fee that was told to them."""
    return _fire(request, id, Event.CANCEL_BY_CUSTOMER, data, cancelling_facts(data, home().currency))


routes = [who_calls, look, listed, begin, one, free, choose_time, fund, fee, call_off]


def _agent(request: Req, customer: PersonId) -> Actor:
    return Actor(Role.AGENT, request.user.person_id, on_behalf_of=customer)


def _customer(session: Session, request: Req, id: UUID, *, now: datetime) -> PersonId:
    """Whose job it is. Refuses JobNotFound, also for a visitor's draft."""
    job = queries.for_desk(session, id, Actor(Role.AGENT, request.user.person_id), now=now)
    if job.customer is None:
        raise JobNotFound()
    return job.customer


def _fire(request: Req, id: UUID, event: Event, data: msgspec.Struct, facts: Facts) -> Response[Moved]:
    """One event of a job, for its customer, once."""

    def work(command: UUID) -> Answer:
        now = clock.now()
        actor = _agent(request, _customer(session, request, id, now=now))
        return moved(actions.fire(session, id, event, actor=actor, command_id=command, now=now, **facts))

    with transaction() as session:
        kept = once(session, request, data, work)
    return told(kept, Moved)


def _known(session: Session, id: PersonId) -> Known:
    person = people.person(session, id)
    mine = lists.of_customer(session, id)
    running = lists.of_customer(session, id, running=True)
    return Known(
        id=id, language=person.language, customer_since=person.created_at, jobs=len(mine), running=len(running)
    )


def _line(job: DeskJob) -> DeskLine:
    return DeskLine(
        id=job.id, number=job.number, state=job.job.state.value, status=job.status.value, version=job.version,
        service=job.service, zone=job.zone, window=stretch(job.job.window), price=maybe_amount(job.job.price),
        customer=job.customer, specialist=job.specialist, entered_by=job.entered_by, created_at=job.created_at,
        may=[event.value for event in job.may],
    )  # fmt: skip
