"""A case about a visit: what is wrong, and how much of the money is in dispute."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.care import cases
from booking.care.queries import Case, cases_of_job
from booking.care.rules import (
    CASE_WORDS_MAX,
    CaseOpenAlready,
    CaseWindowOver,
    CaseWordsNotAllowed,
    Matter,
)
from booking.jobs.rules import Actor, DisputedTooMuch, IllegalTransition
from booking.jobs.words import Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.wallets.rules import GivenBackTooMuch
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import Told, tell
from web.parts import Filled
from web.respond import page, see_other

MATTERS = tuple(each.value for each in Matter)
OF_THE_AMOUNT = (DisputedTooMuch, GivenBackTooMuch)
OF_THE_CASE = (CaseOpenAlready, CaseWindowOver, CaseWordsNotAllowed, IllegalTransition)


@get("/jobs/{id:uuid}/case", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The form, and what happens to the money."""
    told, _ = _look(request, id)
    if not told.may("open_case"):
        return see_other(f"/jobs/{id}/help")
    return _page(request, id, Filled(), 200)


@post("/jobs/{id:uuid}/case", opt={"policy": "job.own.write"}, sync_to_thread=True)
def open_case(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Open it; exactly the disputed amount is kept back until somebody has decided."""
    fields = Fields(data, request.user.language)
    matter = fields.choice("matter", MATTERS)
    text = fields.text("text", longest=CASE_WORDS_MAX, required=False)
    nothing = Money.zero(home().currency)
    disputed = fields.money("disputed", nothing.currency) if fields.raw("disputed") else nothing
    values = {name: fields.raw(name) for name in ("matter", "text", "disputed")}
    if fields.errors:
        return _page(request, id, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            cases.open_case(
                session, id, actor=Actor(Role.CUSTOMER, request.user.person_id), matter=Matter(matter),
                disputed=disputed, text=text, command_id=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except (*OF_THE_AMOUNT, *OF_THE_CASE) as refusal:
        said = answers.answer(refusal, request)
        field = "disputed" if isinstance(refusal, OF_THE_AMOUNT) else "matter"
        return _page(request, id, Filled(values, {field: said.sentence}), said.status)
    return see_other(f"/jobs/{id}/help")


routes = [ask, open_case]


def _look(request: Req, id: UUID) -> tuple[Told, list[Case]]:
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=clock.now(), shows_name=False)
        return told, cases_of_job(session, id, sides=("customer",))


def _page(request: Req, id: UUID, form: Filled, status: int) -> Response[str]:
    told, mine = _look(request, id)
    return page(
        request, "pages/customer/case.html", status_code=status, told=told, form=form, cases=mine,
        longest=CASE_WORDS_MAX,
    )  # fmt: skip
