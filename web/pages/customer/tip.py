"""A tip after the work: from the wallet, all of it the specialist's."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs import actions as jobs
from booking.jobs.rules import Actor, IllegalTransition, TipOutOfBounds
from booking.jobs.words import Event, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.ledger.rules import InsufficientFunds
from payments.wallets import queries as wallets
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import tell
from web.parts import Filled
from web.respond import page, see_other


@get("/jobs/{id:uuid}/tip", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """How much, from what is in the wallet."""
    return _page(request, id, Filled(), 200)


@post("/jobs/{id:uuid}/tip", opt={"policy": "job.own.write"}, sync_to_thread=True)
def give(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Give it; the same form sent twice is one tip."""
    fields = Fields(data, request.user.language)
    amount = fields.money("amount", home().currency)
    values = {"amount": fields.raw("amount")}
    if fields.errors:
        return _page(request, id, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            jobs.fire(
                session, id, Event.TIP, actor=Actor(Role.CUSTOMER, request.user.person_id), now=clock.now(),
                command_id=once.command_id(request, data), tip_minor=amount.minor,
            )  # fmt: skip
    except (TipOutOfBounds, InsufficientFunds, IllegalTransition) as refusal:
        said = answers.answer(refusal, request)
        return _page(request, id, Filled(values, {"amount": said.sentence}), said.status)
    return see_other(f"/jobs/{id}")


routes = [ask, give]


def _page(request: Req, id: UUID, form: Filled, status: int) -> Response[str] | Response[None]:
    here = home()
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=clock.now())
        wallet = wallets.balance(session, owner=request.user.person_id, owner_kind="customer", currency=here.currency)
    if not told.may("tip") and status == 200:
        return see_other(f"/jobs/{id}")
    return page(
        request, "pages/customer/tip.html", status_code=status, told=told, form=form, available=wallet.available
    )
