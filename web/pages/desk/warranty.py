"""Visits under warranty at the desk: asked for with somebody on the line, and decided once they are done."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs import queries as jobs
from booking.jobs import warranty
from booking.jobs.rules import IllegalTransition
from booking.jobs.visit_rules import (
    GROUNDS,
    WORDS_MOST,
    DefectNeedsWords,
    NoWarranty,
    PayOutOfBounds,
    Verdict,
    VerdictStands,
    VisitNotDone,
    WarrantyAskedAlready,
    WarrantyOver,
)
from marketplace.catalogue.rules import NoPriceBook, UnknownService
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer.warranty import first_whoever_came
from web.pages.desk import callers, job_views
from web.pages.desk.payments import job_of
from web.parts import Filled
from web.respond import page, see_other
from web.sentences.marking import N_

SHOWN_AGAIN = (NoWarranty, WarrantyOver, WarrantyAskedAlready, IllegalTransition, UnknownService, NoPriceBook)
OVER = (VisitNotDone, VerdictStands)
GROUND_WORDS: Final[dict[str, str]] = {
    "own_work": N_("Their own work was at fault"),
    "own_part": N_("A part that they had brought was at fault"),
    "other_specialist": N_("The work was somebody else's"),
    "part_failed": N_("A part failed through nobody's fault"),
    "no_defect": N_("There was no defect"),
    "goodwill": N_("Goodwill"),
}


@get("/desk/jobs/{id:uuid}/warranty", opt={"policy": "desk.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """What the caller says is wrong."""
    return _ask_page(request, id, Filled())


@post("/desk/jobs/{id:uuid}/warranty", opt={"policy": "desk.write"}, sync_to_thread=True)
def send(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Ask for the visit on the caller's behalf; its time is chosen on the next page."""
    fields, now = Fields(data, request.user.language), clock.now()
    words = fields.text("words", longest=WORDS_MOST)
    if fields.errors:
        return _ask_page(request, id, Filled(data, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            _, customer = job_of(session, request, id, now=now)
            visit = warranty.ask(
                session, id, actor=callers.agent(request, customer), words=words,
                command_id=once.command_id(request, data), now=now,
            )  # fmt: skip
            first_whoever_came(session, visit, customer, now=now)
    except DefectNeedsWords as refusal:
        return _ask_page(request, id, Filled(data, answers.beside({"words": refusal}, request)), status=422)
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return job_views.answer(request, id, said=said.sentence, status=said.status)
    return see_other(f"/desk/jobs/{visit}/times")


@get("/desk/jobs/{id:uuid}/warranty-verdict", opt={"policy": "desk.read"}, sync_to_thread=True)
def weigh(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """What the rule says, and what was published. Refuses JobNotFound for any other visit."""
    return _verdict_page(request, id, Filled())


@post("/desk/jobs/{id:uuid}/warranty-verdict", opt={"policy": "desk.write"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Whose the visit was, and what is paid for it, with the reason."""
    fields, currency = Fields(data, request.user.language), home().currency
    ground = fields.choice("ground", list(GROUND_WORDS))
    verdict = next((each for each, grounds in GROUNDS.items() if ground in grounds), Verdict.OWN_DEFECT)
    pay = fields.money("pay", currency) if verdict is Verdict.PAID else Money.zero(currency)
    if fields.errors:
        return _verdict_page(request, id, Filled(data, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            warranty.decide(
                session, id, actor=callers.agent(request), verdict=verdict, pay=pay, ground=ground, now=clock.now()
            )
    except PayOutOfBounds as refusal:
        return _verdict_page(request, id, Filled(data, answers.beside({"pay": refusal}, request)), status=422)
    except OVER as refusal:
        said = answers.answer(refusal, request)
        return job_views.answer(request, id, said=said.sentence, status=said.status)
    return see_other(f"/desk/jobs/{id}")


routes = [ask, send, weigh, decide]


def _ask_page(request: Req, id: UUID, form: Filled, *, status: int = 200) -> Response[str] | Response[None]:
    now = clock.now()
    with transaction() as session:
        view = job_views.read(session, request, id, now=now)
    held = view.follows.warranty
    if held is None or not held.may_ask:
        return see_other(f"/desk/jobs/{id}")
    return page(request, "pages/desk/warranty.html", status_code=status, view=view, held=held, form=form,
                longest=WORDS_MOST)  # fmt: skip


def _verdict_page(request: Req, id: UUID, form: Filled, *, status: int = 200) -> Response[str] | Response[None]:
    now = clock.now()
    with transaction() as session:
        jobs.for_desk(session, id, callers.agent(request), now=now)
        claim = warranty.view(session, id)
        view = job_views.read(session, request, id, now=now)
    if not claim.may_decide:
        return see_other(f"/desk/jobs/{id}")
    return page(request, "pages/desk/warranty_verdict.html", status_code=status, view=view, claim=claim, form=form,
                grounds=GROUND_WORDS, own=GROUNDS[Verdict.OWN_DEFECT])  # fmt: skip
