"""Offers: what may be taken, and the two answers. No name, phone or address stands here."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.dispatch import actions as dispatch
from booking.dispatch import queries
from booking.dispatch.actions import Answered
from booking.dispatch.queries import OfferView
from booking.pricing.rules import Pay
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from payments.wallets.queries import EarningsTotal
from web.api.amounts import Amount, Answers, In, Out, Words, amount
from web.api.commands import carry_out, done, refused
from web.identity import Req


class PayView(Out, frozen=True, kw_only=True):
    """gross = commission + tax + net."""

    gross: Amount
    commission: Amount
    tax: Amount
    net: Amount


class ReasonLine(Out, frozen=True, kw_only=True):
    """A part of the score for which one was asked, in hundredths of a minute; smaller is nearer."""

    term: str
    hundredths: int


class OfferLine(Out, frozen=True, kw_only=True):
    """Area, time, work and pay. `is_open`: it can still be answered.

    Of work that takes several `people` it is one `seat`, whose pay stands here; the first leads. `found` have theirs.
    """

    id: UUID
    job: UUID
    service: UUID
    zone: UUID
    cell: str | None
    window_start: datetime
    window_end: datetime
    minutes: int
    method: str
    pay: PayView
    seat: int
    people: int
    found: int
    work: Answers
    state: str
    mode: str
    is_open: bool
    expires_at: datetime
    reason: str | None
    why: list[ReasonLine]


class OfferAnswered(Out, frozen=True, kw_only=True):
    id: UUID
    job: UUID
    state: str


class Declining(In, frozen=True, kw_only=True):
    """A reason from the list is welcome and not demanded."""

    reason: Words | None = None


@get("/api/v1/offers", opt={"policy": "specialist.read"}, tags=["offers"], sync_to_thread=True)
def listed(request: Req) -> list[OfferLine]:
    """Everything that one may answer now, the soonest to end first."""
    now = clock.now()
    with transaction() as session:
        found = queries.offers_of(session, request.user.person_id, now=now)
    return [_line(each, now=now) for each in found]


@get("/api/v1/offers/{id:uuid}", opt={"policy": "specialist.read"}, tags=["offers"], sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> OfferLine:
    """An offer made to oneself, whatever became of it."""
    now = clock.now()
    with transaction() as session:
        found = queries.offer(session, id, request.user.person_id)
    return _line(found, now=now)


@post(
    "/api/v1/offers/{id:uuid}/acceptance", opt={"policy": "specialist.write"}, status_code=200, tags=["offers"],
    sync_to_thread=True,
)  # fmt: skip
def accept(request: Req, id: FromPath[UUID]) -> Response[OfferAnswered]:
    """Take the job. Whoever has won is told so as often as they ask; others read why not, never who."""

    def work(session: Session, command: UUID) -> Answer:
        specialist = request.user.person_id
        return _answer(dispatch.accept(session, id, specialist=specialist, command_id=command, now=clock.now()))

    return carry_out(request, None, work, OfferAnswered)


@post(
    "/api/v1/offers/{id:uuid}/refusal", opt={"policy": "specialist.write"}, status_code=200, tags=["offers"],
    sync_to_thread=True,
)  # fmt: skip
def decline(request: Req, id: FromPath[UUID], data: JSONBody[Declining]) -> Response[OfferAnswered]:
    """Say no; the next is asked."""

    def work(session: Session, command: UUID) -> Answer:
        return _answer(
            dispatch.decline(
                session, id, specialist=request.user.person_id, command_id=command, now=clock.now(), reason=data.reason
            )
        )

    return carry_out(request, data, work, OfferAnswered)


routes = [listed, one, accept, decline]


def pay_view(pay: Pay | EarningsTotal) -> PayView:
    """A price with what is taken of it."""
    return PayView(
        gross=amount(pay.gross), commission=amount(pay.commission), tax=amount(pay.tax), net=amount(pay.net)
    )  # fmt: skip


def _answer(given: Answered) -> Answer:
    if given.refusal is not None:
        return refused(given.refusal)
    return done(OfferAnswered(id=given.offer_id, job=given.job_id, state=given.state.value))


def _line(each: OfferView, *, now: datetime) -> OfferLine:
    job = each.job
    return OfferLine(
        id=each.id, job=job.id, service=job.service, zone=job.zone, cell=job.cell, window_start=job.window_start,
        window_end=job.window_end, minutes=job.minutes, method=job.method, work=dict(job.work), state=each.state.value,
        mode=each.mode,
        is_open=each.is_open(now), expires_at=each.expires_at, reason=each.reason_code,
        pay=pay_view(each.job.pay), seat=each.seat, people=len(each.crew.seats) if each.crew else 1,
        found=each.crew.found if each.crew else 0,
        why=[ReasonLine(term=term.term, hundredths=term.hundredths) for term in each.reasons],
    )  # fmt: skip
