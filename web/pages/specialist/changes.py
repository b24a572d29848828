"""More work than was booked: the specialist proposes it with its price, and may take the proposal back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs import terms
from booking.jobs.rules import ChangeOutOfBounds, Facts, JobNotFound
from booking.jobs.words import REASONS, Event
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.acts import Answer, filled, fire
from web.pages.specialist.cards import Card, over, show
from web.parts import Filled
from web.respond import see_other


@get("/work/jobs/{job_id:uuid}/change", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """Parts, labour, why; and what stays of it."""
    return _page(request, job_id)


@post("/work/jobs/{job_id:uuid}/change", opt={"policy": "specialist.write"}, sync_to_thread=True)
def propose(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Propose it; the work goes on as agreed until the customer has answered (E.4 #21)."""
    fields = Fields(data, request.user.language)
    currency = home().currency
    reason = fields.choice("reason", REASONS[Event.PROPOSE_CHANGE])
    parts = fields.money("parts", currency) if fields.raw("parts") else Money.zero(currency)
    labour = fields.money("labour", currency) if fields.raw("labour") else Money.zero(currency)
    if not fields.errors:
        facts: Facts = {"reason": reason, "parts_minor": parts.minor, "labour_minor": labour.minor}
        try:
            fire(request, job_id, data, Event.PROPOSE_CHANGE, **facts)
            return see_other(f"/work/jobs/{job_id}")
        except JobNotFound:
            return over(request, job_id)
        except ChangeOutOfBounds as refusal:
            fields.refuse("parts", refusal)
        except Refused as refusal:
            return show(request, job_id, refusal=refusal)
    return _page(request, job_id, form=filled(request, fields), status=422)


@post("/work/jobs/{job_id:uuid}/change-withdrawal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def withdraw(request: Req, job_id: FromPath[UUID], data: FormBody) -> Answer:
    """Take the proposal back: the price stays what was agreed."""
    try:
        fire(request, job_id, data, Event.REFUSE_CHANGE)
    except JobNotFound:
        return over(request, job_id)
    except Refused as refusal:
        return show(request, job_id, refusal=refusal)
    return see_other(f"/work/jobs/{job_id}")


routes = [ask, propose, withdraw]


def _page(request: Req, job_id: UUID, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    def tell(card: Card, _: datetime) -> Mapping[str, object]:
        made = card.job.terms
        one = Money(100_00, card.job.pay.gross.currency)
        return {
            "reasons": words.choices(request, words.REASONS[Event.PROPOSE_CHANGE]),
            "kept_percent": terms.net_pay(made, one).net.minor // 100,
        }

    return show(request, job_id, template="change", act=Event.PROPOSE_CHANGE, tell=tell, form=form, status=status)
