"""How a request by phone is confirmed: in cash, or from the customer's wallet with the code that only they can read.

The code is bound to this job and this agent's session; it is the customer's word that the money may be set aside
(lifecycle.md E.4 #7).
"""

from datetime import datetime
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken, TooManyHolds
from booking.jobs import actions, requests
from booking.jobs import queries as jobs
from booking.jobs.queries import DeskJob
from booking.jobs.rules import AlreadyFunded, IllegalTransition, JobNotFound, SlotNotHeld, StaleVersion
from booking.jobs.words import Event, Method
from booking.pricing.rules import QuoteChanged, QuoteExpired
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices
from marketplace.people import actions as people
from marketplace.people.rules import NotAContact, TooManyTries, WrongCode
from marketplace.privacy import actions as privacy
from payments.ledger.rules import InsufficientFunds
from web import answers, once
from web.entering import send_code
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.desk import callers, job_views
from web.parts import Filled
from web.respond import see_other

SHOWN_AGAIN = (
    InsufficientFunds, SlotNotHeld, QuoteChanged, QuoteExpired, NotOffered, StaleVersion, SlotTaken, TooManyHolds,
    TooManyTries, NotAContact,
)  # fmt: skip
OVER = (AlreadyFunded, IllegalTransition)  # done already, perhaps by the same form a moment ago


@post("/desk/jobs/{id:uuid}/codes", opt={"policy": "desk.write"}, sync_to_thread=True)
def ask_code(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Send the customer six digits; they prove the customer's word when the agent types them."""
    here, now = home(), clock.now()
    try:
        with transaction() as session:
            job, customer = job_of(session, request, id, now=now)
            code = ask_word(session, request, job, customer, here.region, now=now)
    except SHOWN_AGAIN as refusal:
        return _again(request, id, refusal)
    return see_other(f"/desk/jobs/{id}?code={code}")


@post("/desk/jobs/{id:uuid}/payment", opt={"policy": "desk.write"}, sync_to_thread=True)
def confirm(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Cash agreed, or the wallet with the customer's code. A wrong code is counted and moves nothing."""
    fields, command = Fields(data, request.user.language), once.command_id(request, data)
    method, wrong = fields.choice("method", [each.value for each in Method]), None
    try:
        if not method:
            raise NotOffered
        with transaction() as session:
            now = clock.now()
            job, customer = job_of(session, request, id, now=now)
            if method == Method.WALLET and not job.job.funded:
                code = _id(fields.raw("code_id"))
                wrong = wrong_word(session, request, job, customer, code=code, typed=fields.raw("code"), now=now)
            if wrong is None:
                actions.fire(
                    session, id, Event.FUND, actor=callers.agent(request, customer), command_id=command, now=now,
                    method=method,
                )  # fmt: skip
    except OVER:
        return see_other(f"/desk/jobs/{id}")
    except SHOWN_AGAIN as refusal:
        return _again(request, id, refusal)
    if wrong is not None:
        said = answers.answer(wrong, request)
        return job_views.answer(
            request, id, code=_id(fields.raw("code_id")), form=Filled(errors={"code": said.sentence}),
            status=said.status,
        )  # fmt: skip
    return see_other(f"/desk/jobs/{id}")


@post("/desk/jobs/{id:uuid}/slot", opt={"policy": "desk.write"}, sync_to_thread=True)
def keep_time(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Set the same time aside once more, when the first hold has run out before the payment."""
    now = clock.now()
    try:
        with transaction() as session:
            job, customer = job_of(session, request, id, now=now)
            if job.job.window is None:
                raise SlotNotHeld
            if not job.job.slot_held:
                requests.hold_slot(
                    session, id, window=job.job.window, actor=callers.agent(request, customer),
                    command_id=once.command_id(request, data), now=now,
                )  # fmt: skip
    except OVER:
        return see_other(f"/desk/jobs/{id}")
    except SHOWN_AGAIN as refusal:
        return _again(request, id, refusal)
    return see_other(f"/desk/jobs/{id}")


@post("/desk/jobs/{id:uuid}/letter", opt={"policy": "desk.write"}, sync_to_thread=True)
def send_link(request: Req, id: FromPath[UUID]) -> Redirect:
    """Send the customer the link to their booking, once, so that they can pay there themselves."""
    now = clock.now()
    with transaction() as session:
        job, customer = job_of(session, request, id, now=now)
        key = derived("letter", job.id, "by_phone")
        notices.send(session, to=customer, letter="booking_by_phone", key=key, now=now, job=job.id)
    return see_other(f"/desk/jobs/{id}?sent=link")


routes = [ask_code, confirm, keep_time, send_link]


def job_of(session: Session, request: Req, id: UUID, *, now: datetime) -> tuple[DeskJob, PersonId]:
    """A job with its customer. Refuses JobNotFound, also for a visitor's draft."""
    job = jobs.for_desk(session, id, callers.agent(request), now=now)
    if job.customer is None:
        raise JobNotFound
    return job, job.customer


def ask_word(session: Session, request: Req, job: DeskJob, customer: PersonId, region: str, *, now: datetime) -> UUID:
    """Send the customer a code for this job, and give its id. Refuses TooManyTries, NotAContact."""
    phone = privacy.own(session, person=customer, field="phone")  # for a message to themselves
    asked = people.request_code(
        session, contact=phone or "", region=region, purpose="confirm_order", bound_to=_bound(request, job.id),
        network_address=f"desk {request.user.person_id}", now=now,
    )  # fmt: skip
    send_code(session, asked, now=now)
    return asked.id


def _bound(request: Req, job: UUID) -> UUID:
    """A code works for this job, in the session of the agent who asked for it, and nowhere else."""
    return derived("confirm_order", job, request.user.session)


def wrong_word(
    session: Session, request: Req, job: DeskJob, customer: PersonId, *, code: UUID | None, typed: str, now: datetime
) -> WrongCode | None:
    """None when these are the digits that the customer was sent; else the refusal, to be raised after the commit."""
    if code is None:
        return WrongCode(0)
    found = people.confirm_code(
        session, id=code, purpose="confirm_order", bound_to=_bound(request, job.id), typed=typed, now=now
    )
    if isinstance(found, WrongCode):
        return found
    return None if found.person_id == customer else WrongCode(0)


def _again(request: Req, id: UUID, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    return job_views.answer(request, id, said=said.sentence, status=said.status)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
