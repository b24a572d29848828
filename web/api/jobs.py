"""A customer's own jobs: request, time, payment, calling off, confirming, rating."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.orm import Session

from booking.care import actions as care
from booking.care.region import MoneyRegion, money_region
from booking.care.rules import Marks
from booking.jobs import actions, cancelling, lists, promoting, queries
from booking.jobs.lists import JobCard
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import Actor, Facts
from booking.jobs.words import Event, Method, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.repeats import Answer
from web.api import windows
from web.api.amounts import Amount, Answers, In, Moved, Out, Stretch, Words, amount, maybe_amount, stretch
from web.api.commands import carry_out, done, moved
from web.api.prices import QuoteView, quote_view
from web.api.requesting import NewJob, request_job
from web.home import home
from web.identity import Req


class JobLine(Out, frozen=True, kw_only=True):
    id: UUID
    number: str
    state: str
    status: str
    service: UUID
    zone: UUID | None
    window: Stretch | None
    price: Amount | None
    created_at: datetime


class JobView(Out, frozen=True, kw_only=True):
    """One's own job. `start_code` is read out at the door; `may` lists what one can do now; `money` says where its
    money stands: none, quoted, held, captured, settled, refunded, or frozen while a part of it is disputed."""

    id: UUID
    number: str
    state: str
    status: str
    version: int
    service: UUID
    zone: UUID | None
    address: UUID | None
    answers: Answers
    window: Stretch | None
    slot_until: datetime | None
    method: str
    funded: bool
    price: Amount | None
    final: Amount | None
    cash_declared: Amount | None
    change: Amount | None
    quote: QuoteView | None
    money: str
    start_code: str | None
    people: int
    may: list[str]


class SlotChoice(In, frozen=True, kw_only=True):
    """A window as `GET /windows` names it."""

    window: Words


class Funding(In, frozen=True, kw_only=True):
    """From the wallet, or in cash to the specialist."""

    method: Method


class FeePreview(Out, frozen=True, kw_only=True):
    """What calling off costs this moment: `fee` is kept, `back` returns; `reason` names the rule."""

    fee: Amount
    back: Amount
    reason: str


class CallingOff(In, frozen=True, kw_only=True):
    """The fee that was shown (or nothing where there is none), and a reason from the list if one likes."""

    fee: Amount | None = None
    reason: Words | None = None


class Confirmation(In, frozen=True, kw_only=True):
    """What was paid in cash, where it was another amount than the one declared."""

    cash: Amount | None = None


class Tip(In, frozen=True, kw_only=True):
    amount: Amount


class ChangeAnswer(In, frozen=True, kw_only=True):
    """Yes with the amount that was shown, or no."""

    approved: bool
    amount: Amount | None = None


class Code(In, frozen=True, kw_only=True):
    """A promotion code; an empty one drops what was taken."""

    code: Words


class Discount(Out, frozen=True, kw_only=True):
    """What the house pays of the price; nothing where no code is taken."""

    amount: Amount | None


class RatingGiven(In, frozen=True, kw_only=True):
    """Two questions, each from 1 to 5: the work, and how the two got on."""

    matter: Annotated[int, msgspec.Meta(ge=1, le=5)]
    manner: Annotated[int, msgspec.Meta(ge=1, le=5)]
    text: Words | None = None


class RatingView(Out, frozen=True, kw_only=True):
    job: UUID
    matter: int
    manner: int
    given_at: datetime
    opened_at: datetime | None


@get("/api/v1/jobs", opt={"policy": "job.own.read"}, tags=["jobs"], sync_to_thread=True)
def listed(request: Req, running: FromQuery[bool | None] = None) -> list[JobLine]:
    """One's own jobs, newest first; `running` chooses those that go on, or those that are over."""
    with transaction() as session:
        found = lists.of_customer(session, request.user.person_id, running=running)
    return [job_line(each) for each in found]


@post("/api/v1/jobs", opt={"policy": "job.own.write"}, status_code=201, tags=["jobs"], sync_to_thread=True)
def begin(request: Req, data: JSONBody[NewJob]) -> Response[JobView]:
    """Request a service at an address; the price is frozen, the time is chosen next."""
    me, now = request.user.person_id, clock.now()

    def work(session: Session, command: UUID) -> Answer:
        made = request_job(session, data, customer=me, actor=_actor(request), command=command, now=now)
        return done(view(session, made.job_id, me, now=now), 201)

    return carry_out(request, data, work, JobView)


@get("/api/v1/jobs/{id:uuid}", opt={"policy": "job.own.read"}, tags=["jobs"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> JobView:
    """One of one's own jobs."""
    with transaction() as session:
        return view(session, id, request.user.person_id, now=clock.now())


@post(
    "/api/v1/jobs/{id:uuid}/slot", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"], sync_to_thread=True
)
def choose_time(request: Req, id: FromPath[UUID], data: JSONBody[SlotChoice]) -> Response[Moved]:
    """Set a window aside while paying; a hold from before is let go."""
    me, organization, now = request.user.person_id, home(), clock.now()

    def work(session: Session, command: UUID) -> Answer:
        held = windows.hold(session, id, me, data.window, organization, actor=_actor(request), command=command, now=now)
        return moved(held)

    return carry_out(request, data, work, Moved)


@post(
    "/api/v1/jobs/{id:uuid}/funding", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def fund(request: Req, id: FromPath[UUID], data: JSONBody[Funding]) -> Response[Moved]:
    """Set the price aside in the wallet, or agree on cash: then somebody is looked for."""
    return _fire(request, id, Event.FUND, data, {"method": data.method.value})


@get("/api/v1/jobs/{id:uuid}/cancellation", opt={"policy": "job.own.read"}, tags=["jobs"], sync_to_thread=True)
def fee(request: Req, id: FromPath[UUID]) -> FeePreview:
    """What calling off costs now, by the function that will charge it."""
    with transaction() as session:
        split = cancelling.preview(session, id, request.user.person_id, now=clock.now())
    return FeePreview(fee=amount(split.fee), back=amount(split.back), reason=split.reason)


@post(
    "/api/v1/jobs/{id:uuid}/cancellation", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def call_off(request: Req, id: FromPath[UUID], data: JSONBody[CallingOff]) -> Response[Moved]:
    """Call the job off for the fee that was shown; another fee by now is refused (FeeHasChanged)."""
    return _fire(request, id, Event.CANCEL_BY_CUSTOMER, data, cancelling_facts(data, home().currency))


@post(
    "/api/v1/jobs/{id:uuid}/confirmation", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def confirm(request: Req, id: FromPath[UUID], data: JSONBody[Confirmation]) -> Response[Moved]:
    """The work is done: the specialist is paid."""
    facts: Facts = {} if data.cash is None else {"cash_minor": data.cash.money(home().currency).minor}
    return _fire(request, id, Event.CONFIRM, data, facts)


@post(
    "/api/v1/jobs/{id:uuid}/rating", opt={"policy": "job.own.write"}, status_code=201, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def rate(request: Req, id: FromPath[UUID], data: JSONBody[RatingGiven]) -> Response[RatingView]:
    """Rate the specialist; neither reads the other's marks before both are given or seven days have passed."""
    return rated(request, id, data)


@post(
    "/api/v1/jobs/{id:uuid}/tip", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"], sync_to_thread=True
)
def tip(request: Req, id: FromPath[UUID], data: JSONBody[Tip]) -> Response[Moved]:
    """Give the specialist a tip from the wallet; nothing is taken off."""
    return _fire(request, id, Event.TIP, data, {"tip_minor": data.amount.money(home().currency).minor})


@post(
    "/api/v1/jobs/{id:uuid}/change", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def answer_change(request: Req, id: FromPath[UUID], data: JSONBody[ChangeAnswer]) -> Response[Moved]:
    """Approve proposed work for exactly the amount that was shown, or refuse it."""
    if not data.approved:
        return _fire(request, id, Event.REFUSE_CHANGE, data, {})
    facts: Facts = {} if data.amount is None else {"change_minor": data.amount.money(home().currency).minor}
    return _fire(request, id, Event.APPROVE_CHANGE, data, facts)


@post(
    "/api/v1/jobs/{id:uuid}/promotion", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"],
    sync_to_thread=True,
)  # fmt: skip
def promote(request: Req, id: FromPath[UUID], data: JSONBody[Code]) -> Response[Discount]:
    """Take a promotion code before payment, or drop it."""
    me = request.user.person_id

    def work(session: Session, _: UUID) -> Answer:
        if not data.code.strip():
            promoting.drop_code(session, id, customer=me, now=clock.now())
            return done(Discount(amount=None))
        off = promoting.use_code(session, id, customer=me, code=data.code, now=clock.now())
        return done(Discount(amount=amount(off)))

    return carry_out(request, data, work, Discount)


routes = [listed, begin, one, choose_time, fund, fee, call_off, confirm, rate, tip, answer_change, promote]


def rated(request: Req, id: UUID, data: RatingGiven) -> Response[RatingView]:
    """One side's rating of a job, once. Refuses JobNotFound to whoever is of neither side."""
    me, now = request.user.person_id, clock.now()

    def work(session: Session, _: UUID) -> Answer:
        marks = Marks(data.matter, data.manner)
        given = care.rate(session, job=JobId(id), by=me, marks=marks, text=data.text, now=now)
        shown = RatingView(
            job=given.job, matter=given.marks.matter, manner=given.marks.manner, given_at=given.given_at,
            opened_at=given.opened_at,
        )  # fmt: skip
        return done(shown, 201)

    return carry_out(request, data, work, RatingView)


def job_line(card: JobCard) -> JobLine:
    """A job as a row."""
    return JobLine(
        id=card.id, number=card.number, state=card.state.value, status=card.status.value, service=card.service,
        zone=card.zone, window=stretch(card.window), price=maybe_amount(card.price), created_at=card.created_at,
    )  # fmt: skip


def view(session: Session, id: UUID, customer: PersonId, *, now: datetime) -> JobView:
    """A job for its customer's eyes. Refuses JobNotFound."""
    mine = queries.for_customer(session, id, customer, now=now)
    return job_view(mine, queries.start_code(session, id, customer), money_region(session, id))


def job_view(mine: CustomerJob, start_code: str | None, money: MoneyRegion) -> JobView:
    """The fields that a customer sees."""
    job = mine.job
    return JobView(
        id=mine.id, number=mine.number, state=job.state.value, status=mine.status.value, version=mine.version,
        service=mine.service, zone=mine.zone, address=mine.address, answers=dict(mine.answers),
        window=stretch(job.window), slot_until=mine.slot_until, method=job.method.value, funded=job.funded,
        price=maybe_amount(job.price), final=maybe_amount(job.final), cash_declared=maybe_amount(job.cash_declared),
        change=maybe_amount(job.change), quote=quote_view(mine.terms.quote) if mine.terms else None,
        money=money.value, start_code=start_code, people=job.seats,
        may=[event.value for event in mine.may],
    )  # fmt: skip


def cancelling_facts(data: CallingOff, currency: str) -> Facts:
    """The shown fee and the reason, as the event takes them. Refuses OtherCurrency."""
    facts: Facts = {}
    if data.fee is not None:
        facts["fee_minor"] = data.fee.money(currency).minor
    if data.reason is not None:
        facts["reason"] = data.reason
    return facts


def _actor(request: Req) -> Actor:
    return Actor(Role.CUSTOMER, request.user.person_id)


def _fire(request: Req, id: UUID, event: Event, data: msgspec.Struct, facts: Facts) -> Response[Moved]:
    """One event of one's own job, once."""

    def work(session: Session, command: UUID) -> Answer:
        return moved(
            actions.fire(session, id, event, actor=_actor(request), command_id=command, now=clock.now(), **facts)
        )

    return carry_out(request, data, work, Moved)
