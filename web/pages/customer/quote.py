"""The quote after an estimate: read line by line, approved as it was shown, or refused."""

from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import quotes
from booking.jobs.quote_rules import QuoteNotFound, QuoteOver
from booking.jobs.quotes import QuoteView
from booking.jobs.rules import Actor, IllegalTransition, StaleVersion
from booking.jobs.words import REASONS, Event, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import tell
from web.parts import Filled
from web.respond import page, see_other
from web.sentences.marking import N_

SHOWN_AGAIN = (QuoteOver, QuoteNotFound, StaleVersion, IllegalTransition)
REFUSALS: Final[dict[str, str]] = {
    "price": N_("It is too dear"),
    "time": N_("It takes too long, or comes too late"),
    "found_other": N_("Somebody else does it"),
    "changed_mind": N_("I have changed my mind"),
    "other": N_("Another reason"),
}


@get("/jobs/{id:uuid}/quote", opt={"policy": "job.own.read"}, sync_to_thread=True)
def read(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The newest quote with every line; what came before it, with what became of it."""
    return _page(request, id)


@post("/jobs/{id:uuid}/quote-approval", opt={"policy": "job.own.write"}, sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Yes to exactly what was shown: it becomes the price, and the time is chosen next."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    try:
        with transaction() as session:
            quotes.approve(
                session, id, actor=Actor(Role.CUSTOMER, me), shown=fields.raw("shown"),
                command_id=once.command_id(request, data), now=now,
            )  # fmt: skip
            if fields.ticked("estimator_first"):
                _wish(session, id, request, now=now)
    except SHOWN_AGAIN as refusal:
        return _page(request, id, refusal=refusal)
    return see_other(f"/bookings/{id}")


@post("/jobs/{id:uuid}/quote-refusal", opt={"policy": "job.own.write"}, sync_to_thread=True)
def refuse(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """No, with a reason if one likes; another quote may be written."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS[Event.REFUSE_QUOTE], required=False)
    if fields.errors:
        form = Filled(data, answers.beside(fields.errors, request))
        return _page(request, id, form=form, status=422)
    try:
        with transaction() as session:
            quotes.refuse(
                session, id, actor=Actor(Role.CUSTOMER, request.user.person_id), shown=fields.raw("shown"),
                reason=reason or None, command_id=once.command_id(request, data), now=clock.now(),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        return _page(request, id, refusal=refusal)
    return see_other(f"/jobs/{id}")


routes = [read, approve, refuse]


def _wish(session: Session, id: UUID, request: Req, *, now: datetime) -> None:
    approved: QuoteView = quotes.of_job(session, id)[0]
    wishes.wish_for(session, id, customer=request.user.person_id, who=approved.by, now=now)


def _page(
    request: Req, id: UUID, *, refusal: Refused | None = None, form: Filled | None = None, status: int = 200
) -> Response[str] | Response[None]:
    now = clock.now()
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=now, shows_name=False)
    said = answers.answer(refusal, request) if refusal else None
    if not told.follows.quotes:
        return see_other(f"/jobs/{id}")
    return page(
        request, "pages/customer/quote.html", status_code=said.status if said else status, told=told,
        quote=told.follows.waiting or told.follows.quotes[0], waits=told.follows.waiting is not None,
        form=form or Filled(), said=said.sentence if said else "", refusals=REFUSALS,
    )  # fmt: skip
