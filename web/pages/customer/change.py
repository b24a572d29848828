"""More work than was booked: what it costs and why, the customer's yes or no."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs import actions as jobs
from booking.jobs.rules import Actor, ChangeDiffers, Facts, IllegalTransition, NoChangeWaits, StaleVersion
from booking.jobs.words import Event, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from payments.ledger.rules import InsufficientFunds
from payments.wallets import queries as wallets
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import tell
from web.parts import Filled
from web.respond import page, see_other

SHOWN_AGAIN = (ChangeDiffers, NoChangeWaits, StaleVersion, InsufficientFunds, IllegalTransition)


@get("/jobs/{id:uuid}/change", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """What the specialist proposes, and what the visit costs with it."""
    return _page(request, id)


@post("/jobs/{id:uuid}/change-approval", opt={"policy": "job.own.write"}, sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Yes, for exactly the amount that was shown: so much more is set aside."""
    shown = Fields(data).raw("change_minor")
    facts: Facts = {"change_minor": int(shown)} if shown.isdecimal() and len(shown) < 18 else {}
    return _answered(request, id, data, Event.APPROVE_CHANGE, facts)


@post("/jobs/{id:uuid}/change-refusal", opt={"policy": "job.own.write"}, sync_to_thread=True)
def refuse(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """No: the work goes on for the price that was agreed."""
    return _answered(request, id, data, Event.REFUSE_CHANGE, {})


routes = [ask, approve, refuse]


def _answered(request: Req, id: UUID, data: FormBody, event: Event, facts: Facts) -> Response[str] | Response[None]:
    try:
        with transaction() as session:
            jobs.fire(
                session, id, event, actor=Actor(Role.CUSTOMER, request.user.person_id),
                command_id=once.command_id(request, data), now=clock.now(), **facts,
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        return _page(request, id, refusal=refusal)
    return see_other(f"/jobs/{id}")


def _page(request: Req, id: UUID, *, refusal: Refused | None = None) -> Response[str] | Response[None]:
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=clock.now())
        job = told.mine.job
        available = None
        if job.change is not None:
            available = wallets.balance(
                session, owner=request.user.person_id, owner_kind="customer", currency=job.change.currency
            ).available
    said = answers.answer(refusal, request) if refusal else None
    if job.change is None and said is None:
        return see_other(f"/jobs/{id}")
    return page(
        request, "pages/customer/change.html", status_code=said.status if said else 200, told=told, form=Filled(),
        said=said.sentence if said else "", available=available,
    )  # fmt: skip
