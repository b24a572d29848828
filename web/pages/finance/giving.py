"""Money that leaves the house's hands: back to where it came from, and goodwill; both by two beyond the limit."""

from collections.abc import Callable
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Role
from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import AttemptId, TopUpId
from marketplace.foundation.money import Money
from payments.ledger.rules import InsufficientFunds, SecondPersonNeeded
from payments.refunds import actions, queries
from payments.refunds.rules import (
    NotToBeRefunded,
    OnlyWhole,
    RefundDiffers,
    RefundMoved,
    RefundReason,
    RefundTooLate,
    RefundTooMuch,
)
from payments.topups import queries as topups
from payments.topups.rules import TopUpNotFound
from payments.wallets import gifts
from payments.wallets.gifts import GiftDiffers, GiftOver, GiftReason, GiftTooSmall
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance import words
from web.parts import Filled
from web.respond import page, see_other

REASONS, GIFT_REASONS = tuple(each.value for each in RefundReason), tuple(each.value for each in GiftReason)
SHOWN_AGAIN = (
    NotToBeRefunded, OnlyWhole, RefundDiffers, RefundMoved, RefundTooLate, RefundTooMuch, InsufficientFunds,
    SecondPersonNeeded, GiftDiffers, GiftOver, GiftTooSmall, JobNotFound,
)  # fmt: skip
WHO = ("customer", "specialist")


@get("/finance/refunds", opt={"policy": "finance.read"}, sync_to_thread=True)
def refunds(request: Req) -> Response[str]:
    """What is on its way back, what waits for a second person or a decision, and what is over."""
    with transaction() as session:
        waiting, over = queries.open_refunds(session), queries.recent(session)
    return page(
        request, "pages/finance/refunds.html", waiting=waiting, over=over, states=words.REFUND_STATES,
        reasons=words.REFUND_REASONS, me=request.user.person_id, said=request.query_params.get("said", ""),
    )  # fmt: skip


@get("/finance/top-ups/{id:uuid}/refund", opt={"policy": "finance.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str]:
    """Which try, how much of it, why."""
    return _ask_page(request, id, Filled(), 200)


@post("/finance/top-ups/{id:uuid}/refund", opt={"policy": "finance.write"}, sync_to_thread=True)
def send_back(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Set it aside and ask the gateway, or wait for a second person. The same form sent twice is one refund."""
    fields = Fields(data, request.user.language)
    amount, reason = fields.money("amount", home().currency), fields.choice("reason", REASONS)
    attempt = fields.identity("attempt")
    values = {name: fields.raw(name) for name in ("amount", "reason")}
    if fields.errors:
        return _ask_page(request, id, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            if attempt not in {each.id for each in topups.credited(session, id).attempts}:
                raise TopUpNotFound
            actions.ask(
                session, AttemptId(attempt), amount=amount, reason=RefundReason(reason), by=request.user.person_id,
                second_above=_limit().minor, command_id=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _ask_page(request, id, Filled(values, {"amount": said.sentence}), said.status)
    return see_other("/finance/refunds")


@post("/finance/refunds/{id:uuid}/approval", opt={"policy": "finance.write"}, sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The second person agrees."""
    return _done(request, lambda session: actions.approve(session, id, by=request.user.person_id, now=clock.now()))


@post("/finance/refunds/{id:uuid}/withdrawal", opt={"policy": "finance.write"}, sync_to_thread=True)
def withdraw(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """It is not wanted any more."""
    return _done(request, lambda session: actions.withdraw(session, id))


@post("/finance/refunds/{id:uuid}/outcome", opt={"policy": "finance.write"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """What the gateway's own record shows of a refund without an answer; written into the journal."""
    sent = Fields(data, request.user.language).raw("outcome") == "sent"

    def work(session: Session) -> object:
        me, now = request.user.person_id, clock.now()
        audit.record(
            session, action="finance.refund_decided", actor=me, subject=None, reason=None, now=now, refund=id,
            sent="yes" if sent else "no",
        )  # fmt: skip
        return actions.decide(session, id, sent=sent, by=me, now=now)

    return _done(request, work)


@get("/finance/goodwill", opt={"policy": "finance.read"}, sync_to_thread=True)
def goodwill(request: Req) -> Response[str]:
    """What was given, what waits, and the form."""
    return _gift_page(request, Filled(), 200)


@post("/finance/goodwill", opt={"policy": "finance.write"}, sync_to_thread=True)
def give(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """Give to the customer or the specialist of a job. The same form sent twice is one gift."""
    fields = Fields(data, request.user.language)
    amount, reason = fields.money("amount", home().currency), fields.choice("reason", GIFT_REASONS)
    who, number = fields.choice("who", WHO), fields.text("number", longest=20)
    values = {name: fields.raw(name) for name in ("amount", "reason", "who", "number")}
    if fields.errors:
        return _gift_page(request, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            me, now = request.user.person_id, clock.now()
            job = jobs.by_number(session, number, Actor(Role.FINANCE, me), now=now)
            owner = job.customer if who == "customer" else job.specialist
            if owner is None:
                raise JobNotFound()
            gifts.give(
                session, owner=owner, owner_kind="customer" if who == "customer" else "specialist", amount=amount,
                reason=GiftReason(reason), subject=job.id, by=me, second_above=_limit().minor,
                command_id=once.command_id(request, data), now=now,
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        field = "number" if isinstance(refusal, JobNotFound) else "amount"
        return _gift_page(request, Filled(values, {field: said.sentence}), said.status)
    return see_other("/finance/goodwill")


@post("/finance/goodwill/{id:uuid}/approval", opt={"policy": "finance.write"}, sync_to_thread=True)
def approve_gift(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The second person agrees, and it is given."""
    return _gift_done(request, lambda session: gifts.approve(session, id, by=request.user.person_id, now=clock.now()))


@post("/finance/goodwill/{id:uuid}/withdrawal", opt={"policy": "finance.write"}, sync_to_thread=True)
def withdraw_gift(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """It is not given."""
    return _gift_done(request, lambda session: gifts.withdraw(session, id))


routes = [refunds, ask, send_back, approve, withdraw, decide, goodwill, give, approve_gift, withdraw_gift]


def _limit() -> Money:
    here = home()
    return Money(here.settings["second_person_above"], here.currency)


def _done(request: Req, work: Callable[[Session], object]) -> Response[str] | Response[None]:
    try:
        with transaction() as session:
            work(session)
    except SHOWN_AGAIN as refusal:
        return _refused(request, refusal)
    return see_other("/finance/refunds")


def _refused(request: Req, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    with transaction() as session:
        waiting, over = queries.open_refunds(session), queries.recent(session)
    return page(
        request, "pages/finance/refunds.html", status_code=said.status, waiting=waiting, over=over,
        states=words.REFUND_STATES, reasons=words.REFUND_REASONS, me=request.user.person_id, said=said.sentence,
    )  # fmt: skip


def _gift_done(request: Req, work: Callable[[Session], object]) -> Response[str] | Response[None]:
    try:
        with transaction() as session:
            work(session)
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _gift_page(request, Filled(), said.status, said.sentence)
    return see_other("/finance/goodwill")


def _ask_page(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    with transaction() as session:
        found = topups.credited(session, TopUpId(id))
        back = queries.of_attempts(session, [each.id for each in found.attempts])
        left = {each.id: each.amount - queries.taken(session, each.id, each.amount.currency) for each in found.attempts}
    return page(
        request, "pages/finance/refund.html", status_code=status, top_up=found, back=back, left=left, form=form,
        tries=[each for each in found.attempts if each.state in actions.REFUNDABLE], limit=_limit(),
        states=words.REFUND_STATES, reasons=words.REFUND_REASONS,
    )  # fmt: skip


def _gift_page(request: Req, form: Filled, status: int, said: str = "") -> Response[str]:
    with transaction() as session:
        given = gifts.gifts(session)
    return page(
        request, "pages/finance/goodwill.html", status_code=status, form=form, gifts=given, limit=_limit(), said=said,
        reasons=words.GIFT_REASONS, states=words.GIFT_STATES, owners=words.OWNERS, currency=home().currency,
        me=request.user.person_id,
    )  # fmt: skip
