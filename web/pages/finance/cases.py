"""Cases and money given back: what waits for a decision, what was decided, and the payment of one job."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.care import cases, region
from booking.care.queries import Case, case_of, cases_of_job, decided_cases, open_cases
from booking.care.region import MoneyRegion
from booking.care.rules import CaseDecided, Ground, Matter, NothingGivenBack, NotInDispute, ProposalDiffers
from booking.jobs import queries as jobs
from booking.jobs.queries import FinanceJob
from booking.jobs.rules import Actor, DisputedTooMuch, IllegalTransition, JobNotFound
from booking.jobs.words import Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.ledger.queries import OpenHold
from payments.ledger.rules import SecondPersonNeeded
from payments.wallets import queries as wallets
from payments.wallets.queries import Payment
from payments.wallets.rules import GivenBackTooMuch, NothingPaid
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance import words
from web.parts import Filled
from web.respond import page, see_other

GROUNDS = tuple(each.value for each in Ground)
OF_THE_AMOUNT = (NotInDispute, ProposalDiffers, GivenBackTooMuch, DisputedTooMuch, NothingGivenBack, NothingPaid)
SHOWN_AGAIN = (*OF_THE_AMOUNT, CaseDecided, SecondPersonNeeded, IllegalTransition)


@dataclass(frozen=True)
class Paid:
    """A job as finance decides about it: where its money stands, what was paid, what is still held, its cases."""

    job: FinanceJob
    region: MoneyRegion
    payment: Payment | None
    holds: tuple[OpenHold, ...]
    cases: list[Case]


@get("/finance/cases", opt={"policy": "case.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str] | Response[None]:
    """What waits for a decision, oldest first, and what was decided last."""
    number = request.query_params.get("number", "").strip()
    found = _by_number(request, number) if number else None
    if found is not None:
        return see_other(f"/finance/jobs/{found}")
    with transaction() as session:
        waiting, done = open_cases(session), decided_cases(session)
    return page(
        request, "pages/finance/cases.html", waiting=waiting, done=done, number=number, matters=words.MATTERS_OF_CASES,
        sides=words.SIDES, grounds=words.GROUNDS, case_states=words.CASE_STATES,
    )  # fmt: skip


@get("/finance/cases/{id:uuid}", opt={"policy": "case.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One case: what was said, what is frozen, and the decision."""
    return _case_page(request, id, Filled(), 200)


@post("/finance/cases/{id:uuid}/decision", opt={"policy": "case.write"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """So much back to the customer, the rest to the specialist; beyond the limit a proposal, or its second word."""
    fields = Fields(data, request.user.language)
    back, ground = fields.money("back", home().currency), fields.choice("ground", GROUNDS)
    values = {name: fields.raw(name) for name in ("back", "ground")}
    if fields.errors:
        return _case_page(request, id, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            cases.decide(
                session, id, actor=_actor(request), back=back, ground=Ground(ground),
                command_id=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _case_page(request, id, Filled(values, {"back": said.sentence}), said.status)
    return see_other(f"/finance/cases/{id}")


@post("/finance/cases/{id:uuid}/reopening", opt={"policy": "case.write"}, sync_to_thread=True)
def reopen(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The proposal is taken back: the case is open as before."""
    try:
        with transaction() as session:
            cases.take_proposal_back(session, id, actor=_actor(request))
    except CaseDecided as refusal:
        said = answers.answer(refusal, request)
        return _case_page(request, id, Filled({}, {"back": said.sentence}), said.status)
    return see_other(f"/finance/cases/{id}")


@get("/finance/jobs/{id:uuid}", opt={"policy": "case.read"}, sync_to_thread=True)
def payment(request: Req, id: FromPath[UUID]) -> Response[str]:
    """What was paid for a job, and to whom; and the form to give some of it back."""
    return _payment_page(request, id, Filled(), 200)


@post("/finance/jobs/{id:uuid}/refunds", opt={"policy": "case.write"}, sync_to_thread=True)
def give_back(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Give so much back to the customer's wallet, by those who got it. The same form sent twice is one refund."""
    fields = Fields(data, request.user.language)
    amount, ground = fields.money("amount", home().currency), fields.choice("ground", GROUNDS)
    values = {name: fields.raw(name) for name in ("amount", "ground")}
    if fields.errors:
        return _payment_page(request, id, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            made = cases.give_back(
                session, id, actor=_actor(request), amount=amount, matter=Matter.OTHER, ground=Ground(ground),
                command_id=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _payment_page(request, id, Filled(values, {"amount": said.sentence}), said.status)
    return see_other(f"/finance/cases/{made.id}")


routes = [show, one, decide, reopen, payment, give_back]


def _actor(request: Req) -> Actor:
    role = Role.FINANCE if "finance" in request.user.roles else Role.MANAGER
    return Actor(role, request.user.person_id)


def _by_number(request: Req, number: str) -> UUID | None:
    try:
        with transaction() as session:
            return jobs.by_number(session, number, _actor(request), now=clock.now()).id
    except JobNotFound:
        return None


def _paid(job: UUID) -> Paid:
    with transaction() as session:
        found = jobs.for_finance(session, job)
        return Paid(
            found, region.money_region(session, job), wallets.payment_of(session, job),
            wallets.held_lines(session, job), cases_of_job(session, job),
        )  # fmt: skip


def _payment_page(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    return page(
        request, "pages/finance/job_payment.html", status_code=status, paid=_paid(id), form=form,
        grounds=words.GROUNDS, matters=words.MATTERS_OF_CASES, case_states=words.CASE_STATES,
        purposes=words.PURPOSES, regions=words.REGIONS,
        limit=_limit(), currency=home().currency,
    )  # fmt: skip


def _case_page(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    with transaction() as session:
        found = case_of(session, id)
    return page(
        request, "pages/finance/case.html", status_code=status, case=found, paid=_paid(found.job), form=form,
        grounds=words.GROUNDS, matters=words.MATTERS_OF_CASES, sides=words.SIDES, case_states=words.CASE_STATES,
        purposes=words.PURPOSES, regions=words.REGIONS, limit=_limit(), me=request.user.person_id,
    )  # fmt: skip


def _limit() -> Money:
    here = home()
    return Money(here.settings["second_person_above"], here.currency)
