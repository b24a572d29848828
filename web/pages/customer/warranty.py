"""A visit under warranty, asked for by the customer: what is wrong in words, then a time as for any visit."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import warranty
from booking.jobs.rules import Actor, IllegalTransition
from booking.jobs.visit_rules import WORDS_MOST, DefectNeedsWords, NoWarranty, WarrantyAskedAlready, WarrantyOver
from booking.jobs.words import Role
from marketplace.catalogue.rules import NoPriceBook, UnknownService
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import tell
from web.parts import Filled
from web.respond import page, see_other

SHOWN_AGAIN = (NoWarranty, WarrantyOver, WarrantyAskedAlready, IllegalTransition, UnknownService, NoPriceBook)


@get("/jobs/{id:uuid}/warranty", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """Until when the warranty runs, what it means, and what is wrong."""
    return _page(request, id, Filled())


@post("/jobs/{id:uuid}/warranty", opt={"policy": "job.own.write"}, sync_to_thread=True)
def send(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Ask for the visit; whoever did the work is asked first, and the time is chosen next."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    words = fields.text("words", longest=WORDS_MOST)
    if fields.errors:
        return _page(request, id, Filled(data, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            visit = warranty.ask(
                session, id, actor=Actor(Role.CUSTOMER, me), words=words, command_id=once.command_id(request, data),
                now=now,
            )  # fmt: skip
            first_whoever_came(session, visit, me, now=now)
    except DefectNeedsWords as refusal:
        return _page(request, id, Filled(data, answers.beside({"words": refusal}, request)), status=422)
    except SHOWN_AGAIN as refusal:
        return _page(request, id, Filled(data), refusal=refusal)
    return see_other(f"/bookings/{visit}")


routes = [ask, send]


def first_whoever_came(session: Session, visit: JobId, customer: PersonId, *, now: datetime) -> None:
    """Ask whoever did the work before anybody else; where they may not be asked, the search begins as ever."""
    who = warranty.who_came(session, visit)
    if who is not None:
        wishes.wish_for(session, visit, customer=customer, who=who, now=now)


def _page(
    request: Req, id: UUID, form: Filled, *, refusal: Refused | None = None, status: int = 200
) -> Response[str] | Response[None]:
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=clock.now(), shows_name=False)
    held = told.follows.warranty
    if refusal is None and (held is None or not held.may_ask):
        return see_other(f"/jobs/{id}")
    said = answers.answer(refusal, request) if refusal else None
    return page(
        request, "pages/customer/warranty.html", status_code=said.status if said else status, told=told, held=held,
        form=form, said=said.sentence if said else "", longest=WORDS_MOST,
    )  # fmt: skip
