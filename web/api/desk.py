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
from booking.jobs.rules import Facts
from booking.jobs.words import ENDS, Event, Method, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.reading import NotAPhoneNumber
from marketplace.foundation.repeats import Answer
from marketplace.people import queries as people
from web.api import windows
from web.api.amounts import Amount, In, Moved, Out, Stretch, amount, maybe_amount, stretch
from web.api.commands import carry_out, done, moved, refused
from web.api.jobs import CallingOff, FeePreview, SlotChoice, cancelling_facts
from web.api.requesting import NewJob, request_job
from web.api.windows import WindowLine
from web.home import home
from web.identity import Req
from web.pages.desk import callers, look_up, payments, reasons
from web.pages.desk.typed import JobNumber, understand

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
    """Why one looks; the reason decides what it opens, and the person reads of both."""

    reason: Literal["booking", "job", "complaint", "privacy"]
    job: UUID | None = None


class Shown(Out, frozen=True, kw_only=True):
    """What the reason opens; what the person never gave is empty. Addresses by their ids."""

    name: str
    phone: str
    email: str
    addresses: dict[str, str]


class FundingOnBehalf(In, frozen=True, kw_only=True):
    """Cash, or the caller's wallet with the digits that only they can read (`/codes`)."""

    method: Method
    code: UUID | None = None
    digits: Annotated[str, msgspec.Meta(max_length=20)] = ""


class CodeSent(Out, frozen=True, kw_only=True):
    """Give it back with the digits."""

    code: UUID


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
def who_calls(request: Req, data: JSONBody[Caller]) -> list[Known]:
    """Which customers have this number, or one ending in these digits. It stands in the journal, and needs no key."""
    region, now = home().region, clock.now()
    meant = understand(data.number, region)
    if isinstance(meant, JobNumber):
        raise NotAPhoneNumber(region)  # a job is looked up with GET /desk/jobs?number=
    with transaction() as session:
        found = look_up.who_has(session, request, meant, region, now=now)
        return [_known(session, each) for each in found]


@post("/api/v1/desk/people/{person:uuid}/disclosures", opt=WRITE, tags=["desk"], sync_to_thread=True)
def look(request: Req, person: FromPath[UUID], data: JSONBody[Look]) -> Shown:
    """Look at a customer's data for a reason. Every look is written down, the repeated one too; it needs no key."""
    now = clock.now()
    with transaction() as session:
        caller = callers.find(session, request, person, now=now)
        job = None if data.job is None else queries.for_desk(session, data.job, callers.agent(request), now=now).id
        seen = reasons.look(session, request, caller.id, data.reason, now=now, job=job)
    return Shown(
        name=seen.name, phone=seen.phone, email=seen.email, addresses={str(id): line for id, line in seen.addresses}
    )  # fmt: skip


@get("/api/v1/desk/jobs", opt=READ, tags=["desk"], sync_to_thread=True)
def listed(
    request: Req,
    wanted: Annotated[State | None, QueryParameter(name="state")] = None,
    customer: Annotated[UUID | None, QueryParameter()] = None,
    number: Annotated[str, QueryParameter(max_length=20)] = "",
) -> list[DeskLine]:
    """Jobs of the house, newest first; or the one whose number a caller reads out."""
    now, reader = clock.now(), callers.agent(request)
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

    def work(session: Session, command: UUID) -> Answer:
        customer = people.person(session, data.customer).id
        actor = callers.agent(request, customer)
        made = request_job(session, data, customer=customer, actor=actor, command=command, now=now)
        return done(_line(queries.for_desk(session, made.job_id, actor, now=now)), 201)

    return carry_out(request, data, work, DeskLine)


@get("/api/v1/desk/jobs/{id:uuid}", opt=READ, tags=["desk"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> DeskLine:
    """A job of the house."""
    with transaction() as session:
        return _line(queries.for_desk(session, id, callers.agent(request), now=clock.now()))


@get("/api/v1/desk/jobs/{id:uuid}/windows", opt=READ, tags=["desk"], sync_to_thread=True)
def free(request: Req, id: FromPath[UUID], day: Annotated[date | None, QueryParameter()] = None) -> list[WindowLine]:
    """The windows that can be promised to the caller."""
    with transaction() as session:
        _, customer = payments.job_of(session, request, id, now=clock.now())
    return windows.listed(id, customer, day)


@post("/api/v1/desk/jobs/{id:uuid}/slot", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def choose_time(request: Req, id: FromPath[UUID], data: JSONBody[SlotChoice]) -> Response[Moved]:
    """Set a window aside for the caller."""
    organization, now = home(), clock.now()

    def work(session: Session, command: UUID) -> Answer:
        _, customer = payments.job_of(session, request, id, now=now)
        actor = callers.agent(request, customer)
        return moved(
            windows.hold(session, id, customer, data.window, organization, actor=actor, command=command, now=now)
        )

    return carry_out(request, data, work, Moved)


@post("/api/v1/desk/jobs/{id:uuid}/codes", opt=WRITE, status_code=201, tags=["desk"], sync_to_thread=True)
def ask_word(request: Req, id: FromPath[UUID]) -> Response[CodeSent]:
    """Send the caller six digits, which prove that the money may be set aside."""
    region = home().region

    def work(session: Session, _: UUID) -> Answer:
        now = clock.now()
        job, customer = payments.job_of(session, request, id, now=now)
        return done(CodeSent(code=payments.ask_word(session, request, job, customer, region, now=now)), 201)

    return carry_out(request, None, work, CodeSent)


@post("/api/v1/desk/jobs/{id:uuid}/funding", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def fund(request: Req, id: FromPath[UUID], data: JSONBody[FundingOnBehalf]) -> Response[Moved]:
    """Agree on cash, or set the price aside in the caller's wallet with their word. A wrong code is counted."""

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        job, customer = payments.job_of(session, request, id, now=now)
        if data.method is Method.WALLET and not job.job.funded:
            wrong = payments.wrong_word(session, request, job, customer, code=data.code, typed=data.digits, now=now)
            if wrong is not None:
                return refused(wrong)
        return moved(
            actions.fire(
                session, id, Event.FUND, actor=callers.agent(request, customer), command_id=command, now=now,
                method=data.method.value,
            )
        )  # fmt: skip

    return carry_out(request, data, work, Moved)


@get("/api/v1/desk/jobs/{id:uuid}/cancellation", opt=READ, tags=["desk"], sync_to_thread=True)
def fee(request: Req, id: FromPath[UUID]) -> FeePreview:
    """What calling off costs the caller now."""
    now = clock.now()
    with transaction() as session:
        split = cancelling.preview(session, id, payments.job_of(session, request, id, now=now)[1], now=now)
    return FeePreview(fee=amount(split.fee), back=amount(split.back), reason=split.reason)


@post("/api/v1/desk/jobs/{id:uuid}/cancellation", opt=WRITE, status_code=200, tags=["desk"], sync_to_thread=True)
def call_off(request: Req, id: FromPath[UUID], data: JSONBody[CallingOff]) -> Response[Moved]:
    """Call the job off for the caller, for the fee that was told to them."""
    return _fire(request, id, Event.CANCEL_BY_CUSTOMER, data, cancelling_facts(data, home().currency))


routes = [who_calls, look, listed, begin, one, free, choose_time, ask_word, fund, fee, call_off]


def _fire(request: Req, id: UUID, event: Event, data: msgspec.Struct, facts: Facts) -> Response[Moved]:
    """One event of a job, for its customer, once."""

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        actor = callers.agent(request, payments.job_of(session, request, id, now=now)[1])
        return moved(actions.fire(session, id, event, actor=actor, command_id=command, now=now, **facts))

    return carry_out(request, data, work, Moved)


def _known(session: Session, caller: callers.Caller) -> Known:
    mine = lists.of_customer(session, caller.id)
    return Known(
        id=caller.id, language=caller.person.language, customer_since=caller.person.created_at, jobs=len(mine),
        running=sum(each.state not in ENDS for each in mine),
    )  # fmt: skip


def _line(job: DeskJob) -> DeskLine:
    return DeskLine(
        id=job.id, number=job.number, state=job.job.state.value, status=job.status.value, version=job.version,
        service=job.service, zone=job.zone, window=stretch(job.job.window), price=maybe_amount(job.job.price),
        customer=job.customer, specialist=job.specialist, entered_by=job.entered_by, created_at=job.created_at,
        may=[event.value for event in job.may],
    )  # fmt: skip
