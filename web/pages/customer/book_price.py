"""What it costs and what calling it off costs: each line with its reason, before anybody gives a number."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.availability.rules import TooManyHolds
from booking.jobs.requests import terms_for
from booking.jobs.terms import Terms
from booking.jobs.words import State
from booking.pricing.cancelling import FeeStep, fee_table
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.organizations.queries import Organization
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer import drafts
from web.pages.customer.drafts import Asked
from web.pages.customer.sending import send
from web.respond import page, see_other


@dataclass(frozen=True)
class Shown:
    """A price with the whole rule of calling off, as it is now."""

    terms: Terms
    fees: tuple[FeeStep, ...]

    @property
    def rest(self) -> Money:
        """What is paid after the work."""
        return self.terms.quote.total - self.terms.quote.deposit


@get("/bookings/{id:uuid}/price", opt={"policy": "draft.read"}, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The price and the rules for what has been filled in."""
    organization, now = home(), clock.now()
    with transaction() as session:
        asked = drafts.look(session, request, id, now=now)
        shown = shown_for(session, asked, now=now) if _is_ready(asked) else None
    if shown is None:
        return see_other(drafts.next_page(asked.mine))
    return _page(request, asked, shown, organization)


@post("/bookings/{id:uuid}/price", opt={"policy": "draft.write"}, sync_to_thread=True)
def agree(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Go on with this price: to the number, or, for somebody signed in, to the payment with the time set aside.

    A price that has changed since it was shown is shown again first.
    """
    organization, now, fields = home(), clock.now(), Fields(data, request.user.language)
    with transaction() as session:
        asked = drafts.look(session, request, id, now=now)
        shown = shown_for(session, asked, now=now) if _is_ready(asked) else None
    if shown is None:
        return see_other(drafts.next_page(asked.mine))
    if fields.raw("total") != str(shown.terms.quote.total.minor):
        return _page(request, asked, shown, organization, changed=True, status=409)
    if request.user.person is None:
        return see_other(f"/bookings/{id}/number")
    try:
        return see_other(send(id, request.user.person))
    except TooManyHolds as refusal:
        said = answers.answer(refusal, request)
        return _page(request, asked, shown, organization, said=said.sentence, status=said.status)


routes = [look, agree]


def shown_for(session: Session, asked: Asked, *, now: datetime) -> Shown:
    """The price of a draft now, with the fees of calling off. Refuses NothingToPrice."""
    window = asked.mine.job.window
    made = terms_for(session, asked.mine.service, asked.answers, window=window, now=now)
    quote = made.quote
    fees = fee_table(
        quote.deposit, starts_at=window.start if window else now, now=now, policy=made.cancellation, price=quote.total
    )
    return Shown(made, fees)


def _is_ready(asked: Asked) -> bool:
    return asked.mine.job.state is State.DRAFT and drafts.next_page(asked.mine).endswith("/price")


def _page(
    request: Req,
    asked: Asked,
    shown: Shown,
    organization: Organization,
    *,
    changed: bool = False,
    said: str = "",
    status: int = 200,
) -> Response[str]:
    return page(
        request, "pages/customer/price.html", status_code=status, asked=asked, shown=shown, quote=shown.terms.quote,
        changed=changed, said=said, course=drafts.course(request, 4), zone=asked.zone,
        hold_minutes=organization.settings["slot_hold_minutes"], grace=shown.terms.cancellation.grace,
    )  # fmt: skip
