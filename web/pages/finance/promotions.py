"""Promotion codes: what each takes off, how often it was used, a new one, the end of one."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from payments.promotions import actions, queries
from payments.promotions.rules import LONGEST_CODE, PromotionExists, PromotionImpossible
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.parts import Filled
from web.respond import page, reader_of, see_other

MOST_USES = 1_000_000
NAMES = ("code", "amount", "percent", "at_most", "uses", "until")


@get("/finance/promotions", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """All codes, the newest first."""
    return _page(request, Filled(), 200)


@post("/finance/promotions", opt={"policy": "finance.write"}, sync_to_thread=True)
def publish(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """A new code, valid from now to the end of its last day; the house pays for it."""
    here, fields, now = home(), Fields(data, request.user.language), clock.now()
    code = fields.text("code", longest=LONGEST_CODE)
    amount = fields.money("amount", here.currency) if fields.raw("amount") else None
    percent = fields.whole("percent", least=1, most=99) if fields.raw("percent") else None
    at_most = fields.money("at_most", here.currency) if fields.raw("at_most") else None
    uses = fields.whole("uses", least=1, most=MOST_USES)
    day = fields.day("until", reader_of(request).formatter.calendar)
    if not fields.errors and day is not None:
        until = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(here.time_zone)).astimezone(UTC)
        try:
            with transaction() as session:
                made = actions.publish(
                    session, code=code, currency=here.currency, amount=amount,
                    basis_points=None if percent is None else percent * 100, at_most=at_most, uses_max=uses, since=now,
                    until=until, by=request.user.person_id, now=now,
                )  # fmt: skip
                audit.record(
                    session, action="finance.promotion_published", actor=request.user.person_id, subject=None,
                    reason=None, now=now, promotion=made,
                )  # fmt: skip
            return see_other("/finance/promotions")
        except (PromotionExists, PromotionImpossible) as refusal:
            fields.refuse("code", refusal)
    values = {name: fields.raw(name) for name in NAMES}
    return _page(request, Filled(values, answers.beside(fields.errors, request)), 422)


@post("/finance/promotions/{id:uuid}/end", opt={"policy": "finance.write"}, sync_to_thread=True)
def end(id: FromPath[UUID]) -> Response[None]:
    """Nobody takes it from now on."""
    with transaction() as session:
        actions.end(session, id, now=clock.now())
    return see_other("/finance/promotions")


routes = [show, publish, end]


def _page(request: Req, form: Filled, status: int) -> Response[str]:
    with transaction() as session:
        found = queries.promotions(session)
    return page(
        request, "pages/finance/promotions.html", status_code=status, form=form, promotions=found, now=clock.now(),
        currency=home().currency,
    )  # fmt: skip
