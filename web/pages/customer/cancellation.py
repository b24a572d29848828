"""Calling a visit off: first what it costs at this moment, then the act with exactly that fee."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.jobs import actions as jobs
from booking.jobs import cancelling
from booking.jobs.queries import CustomerJob, for_customer
from booking.jobs.rules import Actor, Facts, FeeHasChanged, NotPriced, ReasonNeeded, StaleVersion
from booking.jobs.words import Event, Role
from booking.pricing.cancelling import FeeStep, Split
from marketplace.catalogue.rules import Texts
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.telling import title_of
from web.parts import Filled
from web.respond import page, see_other

WHY = ("changed_mind", "wrong_time", "price", "found_other", "other")
SHOWN_AGAIN = (FeeHasChanged, StaleVersion, ReasonNeeded)


@get("/jobs/{id:uuid}/cancellation", opt={"policy": "job.own.read"}, sync_to_thread=True)
def preview(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """What calling off costs now and would cost later."""
    return _page(request, id, Filled())


@post("/jobs/{id:uuid}/cancellation", opt={"policy": "job.own.write"}, sync_to_thread=True)
def cancel(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Call it off for the fee that was shown, or show the fee of now."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", WHY, required=False)
    if fields.errors:
        return _page(request, id, Filled(errors=answers.beside(fields.errors, request)), status=422)
    actor = Actor(Role.CUSTOMER, request.user.person_id)
    try:
        with transaction() as session:
            jobs.fire(
                session, id, Event.CANCEL_BY_CUSTOMER, actor=actor, command_id=once.command_id(request, data),
                expected_version=_number(fields, "version"), now=clock.now(), **_facts(fields, reason),
            )  # fmt: skip
    except SHOWN_AGAIN as refusal:
        return _page(request, id, Filled(values={"reason": reason}), refusal=refusal)
    return see_other(f"/jobs/{id}")


routes = [preview, cancel]


def _facts(fields: Fields, reason: str) -> Facts:
    facts: Facts = {}
    fee = _number(fields, "fee_minor")
    if fee is not None:
        facts["fee_minor"] = fee
    if reason:
        facts["reason"] = reason
    return facts


def _number(fields: Fields, name: str) -> int | None:
    typed = fields.raw(name)
    return int(typed) if typed.isdecimal() and len(typed) < 18 else None


def _look(
    session: Session, request: Req, id: UUID, *, now: datetime
) -> tuple[CustomerJob, Texts | None, Split | None, tuple[FeeStep, ...]]:
    customer = request.user.person_id
    mine = for_customer(session, id, customer, now=now)
    title = title_of(session, mine.service, now=now)
    try:
        split = cancelling.preview(session, id, customer, now=now)
        steps = cancelling.steps(session, id, customer, now=now) if mine.job.funded else ()
    except NotPriced:
        return mine, title, None, ()
    return mine, title, split, steps


def _page(
    request: Req, id: UUID, form: Filled, *, refusal: Refused | None = None, status: int = 200
) -> Response[str] | Response[None]:
    with transaction() as session:
        mine, title, split, steps = _look(session, request, id, now=clock.now())
    if Event.CANCEL_BY_CUSTOMER not in mine.may:
        return see_other(f"/jobs/{id}")
    said = answers.answer(refusal, request) if refusal else None
    return page(
        request, "pages/customer/cancellation.html", status_code=said.status if said else status, mine=mine,
        title=title, split=split, steps=steps, why=WHY, form=form, said=said.sentence if said else "",
        grace=mine.terms.cancellation.grace if mine.terms else None,
    )  # fmt: skip
