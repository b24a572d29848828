"""Charge-backs: what payers' banks took back, told by a gateway or by a letter, and what each bank decided."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.care import region
from booking.jobs import queries as jobs
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import ascii_digits, clean_text
from payments.ledger.rules import CurrencyDiffers
from payments.topups import by_letter, queries
from payments.topups.rules import (
    DECIDED,
    CaseEntered,
    CaseFeeImpossible,
    CaseNumberImpossible,
    CaseOver,
    CaseTooMuch,
    ChargebackReason,
    PaymentNotFound,
)
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance import bank_cases
from web.parts import Filled
from web.respond import page, see_other

HERE = "/finance/chargebacks"
REASONS = tuple(each.value for each in ChargebackReason)
BESIDE: dict[type[Refused], str] = {
    PaymentNotFound: "reference", CaseEntered: "number", CaseNumberImpossible: "number", CaseTooMuch: "amount",
    CaseFeeImpossible: "fee", CurrencyDiffers: "amount",
}  # fmt: skip


@get(HERE, opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Every case, the last that changed first; and the form for a letter of the bank."""
    return _shown(request, Filled(), 200)


@post(HERE, opt={"policy": "finance.write"}, sync_to_thread=True)
def enter(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """Write down what a letter says: the money leaves the wallet as far as it is there. The same form is one case."""
    fields, currency = Fields(data, request.user.language), home().currency
    reference, number = fields.text("reference", longest=60), fields.text("number", longest=40)
    amount, reason = fields.money("amount", currency), fields.choice("reason", REASONS)
    fee = fields.money("fee", currency) if fields.raw("fee") else Money.zero(currency)
    values = {name: fields.raw(name) for name in ("reference", "number", "amount", "fee", "reason")}
    if fields.errors:
        return _shown(request, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            by_letter.enter(
                session, by_letter.find(session, ascii_digits(clean_text(reference))),
                number=ascii_digits(clean_text(number)), amount=amount, fee=fee, reason=ChargebackReason(reason),
                by=request.user.person_id, command=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except tuple(BESIDE) as refusal:
        said = answers.answer(refusal, request)
        return _shown(request, Filled(values, {BESIDE[type(refusal)]: said.sentence}), said.status)
    return see_other(HERE)


@post(HERE + "/{id:uuid}/decision", opt={"policy": "finance.write"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """What the bank decided of a case that a letter told of."""
    won = Fields(data, request.user.language).choice("outcome", ("won", "lost")) == "won"
    try:
        with transaction() as session:
            by_letter.decide(session, id, won=won, by=request.user.person_id, now=clock.now())
    except CaseOver as refusal:
        said = answers.answer(refusal, request)
        return _shown(request, Filled(), said.status, said.sentence)
    return see_other(HERE)


routes = [show, enter, decide]


def _shown(request: Req, form: Filled, status: int, said: str = "") -> Response[str]:
    with transaction() as session:
        cases = queries.cases(session, limit=queries.MOST_ROWS)
        paid = {
            each.id: [jobs.for_finance(session, job) for job in region.paid_from(session, each)]
            for each in cases
            if each.state not in DECIDED
        }
    return page(
        request, "pages/finance/chargebacks.html", status_code=status, form=form, cases=cases, paid=paid, said=said,
        states=bank_cases.CASES, reasons=bank_cases.REASONS, by_letter=REASONS, currency=home().currency,
    )  # fmt: skip
