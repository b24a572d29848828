"""Acts with money or a promise in them: each has a page that first says, in words and figures, what will follow."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs import contact, queries, terms
from booking.jobs.rules import Facts, JobNotFound, NewTimeNeeded, TimeRules
from booking.jobs.words import REASONS, Event
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import delays, words
from web.pages.specialist.acts import Answer, filled, fire
from web.pages.specialist.cards import Card, over, show
from web.parts import Filled
from web.respond import reader_of, see_other

RIALS_IN_A_TOMAN: Final = 10
_ENDS: Final = {"cancellation": Event.CANCEL_BY_WORKER, "failure": Event.FAIL}
_AMOUNTS: Final = {"completion": Event.COMPLETE, "cash": Event.DECLARE_CASH}


@get("/work/jobs/{job_id:uuid}/delay", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_delay(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """The reasons, the new times, and the very words that the customer will get for each."""
    return _delay_page(request, job_id)


@post("/work/jobs/{job_id:uuid}/delay", opt={"policy": "specialist.write"}, sync_to_thread=True)
def delay(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Later than promised, with reason and new time; the customer is told once (E.4 #19)."""
    fields = Fields(data, request.user.language)
    reason, promised = fields.choice("reason", REASONS[Event.DELAY]), delays.chosen(fields.raw("promised"))
    if promised is None or not delays.is_near(promised, now=clock.now()):
        fields.refuse("promised", NewTimeNeeded())
    elif not fields.errors:
        facts: Facts = {"reason": reason, "promised_start": promised.start, "promised_end": promised.end}
        return _sent(request, job_id, data, Event.DELAY, facts)
    return _delay_page(request, job_id, form=filled(request, fields), status=422)


@get("/work/jobs/{job_id:uuid}/completion", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_completion(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """The amount that was approved, and what stays of it."""
    return _amount_page(request, job_id, "completion")


@post("/work/jobs/{job_id:uuid}/completion", opt={"policy": "specialist.write"}, sync_to_thread=True)
def complete(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """The work is done, for no more than was approved (E.4 #23)."""
    return _with_amount(request, job_id, data, "completion")


@get("/work/jobs/{job_id:uuid}/cash", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_cash(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """How much was paid by hand."""
    return _amount_page(request, job_id, "cash")


@post("/work/jobs/{job_id:uuid}/cash", opt={"policy": "specialist.write"}, sync_to_thread=True)
def declare_cash(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """So much was received in cash; the customer is asked whether it is so (E.4 #25c)."""
    return _with_amount(request, job_id, data, "cash")


@get("/work/jobs/{job_id:uuid}/no-show", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_no_show(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """Since when one waits, how often one tried, what is still missing, and what follows."""
    return show(request, job_id, template="no_show", act=Event.NO_SHOW_CUSTOMER, tell=_absence)


@post("/work/jobs/{job_id:uuid}/no-show", opt={"policy": "specialist.write"}, sync_to_thread=True)
def no_show(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Nobody opened (E.4 #31). The attempts are counted from the log of looks, whatever the form says."""
    try:
        fire(request, job_id, data, Event.NO_SHOW_CUSTOMER, contact_attempts=_attempts(request, job_id))
    except JobNotFound:
        return over(request, job_id)
    except Refused as refusal:
        return show(request, job_id, template="no_show", act=Event.NO_SHOW_CUSTOMER, tell=_absence, refusal=refusal)
    return see_other("/work")


@get("/work/jobs/{job_id:uuid}/cancellation", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_cancellation(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """Giving a job back: first what follows, then the reasons."""
    return _end_page(request, job_id, "cancellation")


@post("/work/jobs/{job_id:uuid}/cancellation", opt={"policy": "specialist.write"}, sync_to_thread=True)
def give_back(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Give the job back, with a reason; somebody else is looked for at once (E.4 #29)."""
    return _ended(request, job_id, data, "cancellation")


@get("/work/jobs/{job_id:uuid}/failure", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_failure(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """Saying that it cannot be done: first what follows, then the reasons."""
    return _end_page(request, job_id, "failure")


@post("/work/jobs/{job_id:uuid}/failure", opt={"policy": "specialist.write"}, sync_to_thread=True)
def fail(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """The work turned out to be impossible, with a reason (E.4 #34)."""
    return _ended(request, job_id, data, "failure")


def _sent(request: Req, job_id: UUID, data: Mapping[str, Any], event: Event, facts: Facts, *, then: str = "") -> Answer:
    try:
        fire(request, job_id, data, event, **facts)
    except JobNotFound:
        return over(request, job_id)
    except Refused as refusal:
        return show(request, job_id, refusal=refusal)
    return see_other(then or f"/work/jobs/{job_id}")


def _delay_page(request: Req, job_id: UUID, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    reader = reader_of(request)

    def tell(card: Card, now: datetime) -> Mapping[str, object]:
        window = card.job.job.window
        service = card.names.service(card.job.service, reader.language)
        promises = delays.offered(window, service, reader.formatter, reader.house.name, now=now) if window else []
        return {"reasons": words.choices(request, words.REASONS[Event.DELAY]), "promises": promises}

    return show(request, job_id, template="delay", act=Event.DELAY, tell=tell, form=form, status=status)


def _with_amount(request: Req, job_id: UUID, data: Mapping[str, Any], noun: str) -> Answer:
    event, fields = _AMOUNTS[noun], Fields(data, request.user.language)
    amount = fields.money("amount", home().currency)
    if not fields.errors:
        facts: Facts = {"final_minor": amount.minor} if event is Event.COMPLETE else {"cash_minor": amount.minor}
        try:
            fire(request, job_id, data, event, **facts)
            return see_other(f"/work/jobs/{job_id}")
        except JobNotFound:
            return over(request, job_id)
        except Refused as refusal:
            if answers.answer(refusal, request).status != 422:
                return show(request, job_id, refusal=refusal)
            fields.refuse("amount", refusal)
    return _amount_page(request, job_id, noun, form=filled(request, fields), status=422)


def _amount_page(
    request: Req, job_id: UUID, noun: str, *, form: Filled | None = None, status: int = 200
) -> Response[str]:
    def tell(card: Card, _: datetime) -> Mapping[str, object]:
        amount = card.job.job.final or card.job.job.price
        return {"amount": amount, "typed": as_typed(request, amount) if amount and form is None else None}

    return show(request, job_id, template=noun, act=_AMOUNTS[noun], tell=tell, form=form, status=status)


def as_typed(request: Req, amount: Money) -> str:
    """An amount as its field takes it: in the unit that stands beside the field, without a word."""
    show_in = reader_of(request).formatter
    in_toman = amount.currency == "IRR" and show_in.toman
    return show_in.number(Decimal(amount.minor) / RIALS_IN_A_TOMAN if in_toman else amount.decimal)


def _attempts(request: Req, job_id: UUID) -> int:
    me = request.user.person_id
    with transaction() as session:
        job = queries.for_crew(session, job_id, me, now=clock.now())
        if job.job.arrived_at is None:
            return 0
        return len(contact.attempts(session, job.id, me, since=job.job.arrived_at))


def _absence(card: Card, now: datetime) -> Mapping[str, object]:
    rules = TimeRules.of(home().settings)
    waited_at = (card.job.job.arrived_at or now) + timedelta(minutes=rules.waiting_minutes)
    return {
        "waited_at": waited_at if waited_at > now else None,
        "missing": max(0, rules.contact_attempts - len(card.attempts)),
        "share": terms.on_no_show(card.job.job, card.job.terms).specialist_share,
    }


def _ended(request: Req, job_id: UUID, data: Mapping[str, Any], noun: str) -> Answer:
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS[_ENDS[noun]])
    if fields.errors:
        return _end_page(request, job_id, noun, form=filled(request, fields), status=422)
    return _sent(request, job_id, data, _ENDS[noun], {"reason": reason}, then="/work")


def _end_page(request: Req, job_id: UUID, noun: str, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    event = _ENDS[noun]

    def tell(card: Card, _: datetime) -> Mapping[str, object]:
        return {
            "noun": noun,
            "reasons": words.choices(request, words.REASONS[event]),
            "share": terms.on_failing(card.job.job, card.job.terms).specialist_share,
        }

    return show(request, job_id, template="end", act=event, tell=tell, form=form, status=status)


routes = [
    ask_delay, delay, ask_completion, complete, ask_cash, declare_cash, ask_no_show, no_show, ask_cancellation,
    give_back, ask_failure, fail,
]  # fmt: skip
