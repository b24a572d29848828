"""Visits that belong together: the quote after an estimate, written and answered, and visits under warranty."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import queries, quotes, visits, warranty
from booking.jobs.quote_rules import DAYS_USUAL, LINES_MOST, Content, Line, Sort
from booking.jobs.quotes import QuoteView
from booking.jobs.rules import Actor
from booking.jobs.visit_rules import Verdict
from booking.jobs.visits import Related
from booking.jobs.words import Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from web.api.amounts import Amount, In, Moved, Out, Stretch, Words, amount, maybe_amount, stretch
from web.api.commands import carry_out, done, moved
from web.home import home
from web.identity import Req
from web.pages.customer.warranty import first_whoever_came
from web.pages.desk import callers
from web.pages.desk.payments import job_of

CUSTOMER_READS, CUSTOMER_WRITES = {"policy": "job.own.read"}, {"policy": "job.own.write"}
WRITER_READS, WRITER_WRITES = {"policy": "specialist.read"}, {"policy": "specialist.write"}
DESK_WRITES = {"policy": "desk.write"}


class LineView(Out, frozen=True, kw_only=True):
    """`quantity` in hundredths of a unit, `unit` is the price of one."""

    sort: str
    text: str
    quantity: int
    unit: Amount
    amount: Amount


class QuoteSaid(Out, frozen=True, kw_only=True):
    """A quote: draft, sent, approved, refused, expired or superseded.

    `hash` names exactly what stands here, and is what an approval says; `credit` is what of the estimate's price comes
    off. `lines` is null once its customer is erased.
    """

    id: UUID
    state: str
    hash: str
    lines: list[LineView] | None
    note: str
    work: Amount
    credit: Amount
    total: Amount
    minutes: int
    valid_until: datetime | None
    sent_at: datetime | None


class VisitLine(Out, frozen=True, kw_only=True):
    """A job that belongs to this one: `estimate_of` or `warranty_of`; `is_work` where this one was made for it."""

    id: UUID
    number: str
    relation: str
    is_work: bool
    state: str
    window: Stretch | None


class Around(Out, frozen=True, kw_only=True):
    """What belongs to a job. `warranty_until` is null before the work is approved, and where there is none."""

    visits: list[VisitLine]
    quotes: list[QuoteSaid]
    warranty_until: datetime | None
    may_ask_for_warranty: bool


class Approval(In, frozen=True, kw_only=True):
    """Yes to the quote with this hash; `estimator_first` asks whoever wrote it before others."""

    shown: Words
    estimator_first: bool = False


class Refusal(In, frozen=True, kw_only=True):
    shown: Words
    reason: Words | None = None


class Defect(In, frozen=True, kw_only=True):
    """What is wrong, in words."""

    words: Words


class NewLine(In, frozen=True, kw_only=True):
    sort: Sort
    text: Words
    unit: Amount
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10**7)] = 100


class NewQuote(In, frozen=True, kw_only=True):
    """The lines, how long the work takes, for how many days the price stands, and a note."""

    lines: Annotated[list[NewLine], msgspec.Meta(max_length=LINES_MOST)]
    minutes: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    valid_days: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = DAYS_USUAL
    note: Words = ""


class Sending(In, frozen=True, kw_only=True):
    """The draft, by the hash with which it was read."""

    shown: Words


class VerdictGiven(In, frozen=True, kw_only=True):
    """An own defect is not paid; any other visit by up to the published pay, with its ground."""

    verdict: Verdict
    ground: Words
    pay: Amount | None = None


class VerdictView(Out, frozen=True, kw_only=True):
    job: UUID
    usual: str
    most: Amount
    verdict: str | None
    pay: Amount | None
    ground: str | None


@get("/api/v1/jobs/{id:uuid}/visits", opt=CUSTOMER_READS, tags=["jobs"], sync_to_thread=True)
def around(request: Req, id: FromPath[UUID]) -> Around:
    """The estimate, the quotes, the work and the warranty of one's own job."""
    now = clock.now()
    with transaction() as session:
        queries.for_customer(session, id, request.user.person_id, now=now)
        held = warranty.of_job(session, id, now=now)
        return Around(
            visits=[_visit(each) for each in visits.related(session, id)],
            quotes=[_said(each) for each in quotes.of_job(session, id)],
            warranty_until=held.until if held else None,
            may_ask_for_warranty=held is not None and held.may_ask,
        )


@post("/api/v1/jobs/{id:uuid}/quote-approval", opt=CUSTOMER_WRITES, status_code=200, tags=["jobs"], sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: JSONBody[Approval]) -> Response[Moved]:
    """Approve the quote that was shown: it becomes the price; the time and the payment come next."""
    me, now = request.user.person_id, clock.now()

    def work(session: Session, command: UUID) -> Answer:
        yes = quotes.approve(session, id, actor=Actor(Role.CUSTOMER, me), shown=data.shown, command_id=command, now=now)
        if data.estimator_first:
            wishes.wish_for(session, id, customer=me, who=quotes.of_job(session, id)[0].by, now=now)
        return moved(yes)

    return carry_out(request, data, work, Moved)


@post("/api/v1/jobs/{id:uuid}/quote-refusal", opt=CUSTOMER_WRITES, status_code=200, tags=["jobs"], sync_to_thread=True)
def refuse(request: Req, id: FromPath[UUID], data: JSONBody[Refusal]) -> Response[Moved]:
    """Refuse the quote that was shown; another may be written."""
    actor, now = Actor(Role.CUSTOMER, request.user.person_id), clock.now()

    def work(session: Session, command: UUID) -> Answer:
        return moved(
            quotes.refuse(
                session, id, actor=actor, shown=data.shown, reason=data.reason, command_id=command, now=now
            )
        )  # fmt: skip

    return carry_out(request, data, work, Moved)


@post(
    "/api/v1/jobs/{id:uuid}/warranty-visits", opt=CUSTOMER_WRITES, status_code=201, tags=["jobs"], sync_to_thread=True
)
def ask(request: Req, id: FromPath[UUID], data: JSONBody[Defect]) -> Response[VisitLine]:
    """Ask for a visit under the warranty of one's own job; its time is chosen next, and it costs nothing."""
    me, now = request.user.person_id, clock.now()

    def work(session: Session, command: UUID) -> Answer:
        actor = Actor(Role.CUSTOMER, me)
        visit = warranty.ask(session, id, actor=actor, words=data.words, command_id=command, now=now)
        first_whoever_came(session, visit, me, now=now)
        return done(_made(session, id, visit), 201)

    return carry_out(request, data, work, VisitLine)


@get("/api/v1/work/jobs/{id:uuid}/quote", opt=WRITER_READS, tags=["work"], sync_to_thread=True)
def written(request: Req, id: FromPath[UUID]) -> list[QuoteSaid]:
    """What one has written after an estimate visit of one's own: a draft first, then what was sent."""
    with transaction() as session:
        return [_said(each) for each in quotes.for_writer(session, id, request.user.person_id)[1]]


@post("/api/v1/work/jobs/{id:uuid}/quote", opt=WRITER_WRITES, status_code=200, tags=["work"], sync_to_thread=True)
def write(request: Req, id: FromPath[UUID], data: JSONBody[NewQuote]) -> Response[QuoteSaid]:
    """Keep a draft; its hash is what `quote-sending` names."""
    currency, me, now = home().currency, request.user.person_id, clock.now()
    lines = tuple(Line(each.sort, each.text, each.quantity, each.unit.money(currency)) for each in data.lines)
    content = Content(lines, data.minutes, data.valid_days, data.note)

    def work(session: Session, _: UUID) -> Answer:
        return done(_said(quotes.write(session, id, content, by=me, now=now)))

    return carry_out(request, data, work, QuoteSaid)


@post(
    "/api/v1/work/jobs/{id:uuid}/quote-sending", opt=WRITER_WRITES, status_code=200, tags=["work"], sync_to_thread=True
)
def send(request: Req, id: FromPath[UUID], data: JSONBody[Sending]) -> Response[QuoteSaid]:
    """Send the draft; a quote that waits is superseded."""
    actor, now = Actor(Role.SPECIALIST, request.user.person_id), clock.now()

    def work(session: Session, command: UUID) -> Answer:
        return done(_said(quotes.send(session, id, actor=actor, shown=data.shown, command_id=command, now=now)))

    return carry_out(request, data, work, QuoteSaid)


@post(
    "/api/v1/desk/jobs/{id:uuid}/warranty-visits", opt=DESK_WRITES, status_code=201, tags=["desk"], sync_to_thread=True
)
def ask_for(request: Req, id: FromPath[UUID], data: JSONBody[Defect]) -> Response[VisitLine]:
    """Ask for a visit under warranty for a caller."""
    now = clock.now()

    def work(session: Session, command: UUID) -> Answer:
        _, customer = job_of(session, request, id, now=now)
        actor = callers.agent(request, customer)
        visit = warranty.ask(session, id, actor=actor, words=data.words, command_id=command, now=now)
        first_whoever_came(session, visit, customer, now=now)
        return done(_made(session, id, visit), 201)

    return carry_out(request, data, work, VisitLine)


@post(
    "/api/v1/desk/jobs/{id:uuid}/warranty-verdict", opt=DESK_WRITES, status_code=200, tags=["desk"], sync_to_thread=True
)
def decide(request: Req, id: FromPath[UUID], data: JSONBody[VerdictGiven]) -> Response[VerdictView]:
    """Say whose a visit under warranty was, once it is done, and what the house pays for it."""
    currency, now = home().currency, clock.now()
    pay = (data.pay or Amount(0, currency)).money(currency)

    def work(session: Session, _: UUID) -> Answer:
        told = warranty.decide(
            session, id, actor=callers.agent(request), verdict=data.verdict, pay=pay, ground=data.ground, now=now
        )
        return done(
            VerdictView(
                job=told.job, usual=told.usual.value, most=amount(told.most),
                verdict=told.verdict.value if told.verdict else None, pay=maybe_amount(told.pay), ground=told.ground,
            )
        )  # fmt: skip

    return carry_out(request, data, work, VerdictView)


routes = [around, approve, refuse, ask, written, write, send, ask_for, decide]


def _visit(each: Related) -> VisitLine:
    return VisitLine(
        id=each.id, number=each.number, relation=each.relation.value, is_work=each.is_work, state=each.state.value,
        window=stretch(each.window),
    )  # fmt: skip


def _made(session: Session, job: UUID, visit: UUID) -> VisitLine:
    return next(_visit(each) for each in visits.related(session, job) if each.id == visit)


def _said(quote: QuoteView) -> QuoteSaid:
    content = quote.content
    return QuoteSaid(
        id=quote.id, state=quote.state.value, hash=quote.hash, note=content.note if content else "",
        lines=None if content is None else [_line(each) for each in content.lines],
        work=amount(quote.work), credit=amount(quote.credit), total=amount(quote.total), minutes=quote.minutes,
        valid_until=quote.valid_until, sent_at=quote.sent_at,
    )  # fmt: skip


def _line(line: Line) -> LineView:
    return LineView(
        sort=line.sort.value, text=line.text, quantity=line.quantity, unit=amount(line.unit),
        amount=amount(line.amount),
    )  # fmt: skip
