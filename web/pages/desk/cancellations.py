"""Calling off for a customer: what it costs is read out first, and that is what is charged (D18)."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.jobs import actions
from booking.jobs import queries as jobs
from booking.jobs.rules import FeeHasChanged, IllegalTransition, ReasonNeeded, StaleVersion, WorkHasBegun
from booking.jobs.words import Event
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.desk import callers, job_views
from web.pages.desk.script import CANCELLING_FEE, CANCELLING_FREE, aloud
from web.pages.desk.words import CANCELLING
from web.parts import Filled
from web.respond import page, see_other

MOST_MINOR: Final = 18  # digits of the amount that comes back from the page


@get("/desk/jobs/{id:uuid}/cancellation", opt={"policy": "desk.read"}, sync_to_thread=True)
def preview(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """What calling off costs this moment, in figures and in a sentence to read out."""
    return _page(request, id, Filled())


@post("/desk/jobs/{id:uuid}/cancellation", opt={"policy": "desk.write"}, sync_to_thread=True)
def call_off(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Call off at the cost that was read out. When it has changed since, the new one is shown first."""
    fields, now = Fields(data, request.user.language), clock.now()
    reason, shown = fields.choice("reason", list(CANCELLING)), fields.raw("fee")
    if fields.errors or not (shown.isdecimal() and shown.isascii() and len(shown) <= MOST_MINOR):
        return _page(request, id, Filled(data, answers.beside(fields.errors, request)), status=422)
    try:
        with transaction() as session:
            job = jobs.for_desk(session, id, callers.agent(request), now=now)
            actions.fire(
                session, id, Event.CANCEL_BY_CUSTOMER, actor=callers.agent(request, job.customer),
                command_id=once.command_id(request, data), now=now, reason=reason, fee_minor=int(shown),
            )  # fmt: skip
    except (FeeHasChanged, StaleVersion, WorkHasBegun, ReasonNeeded) as refusal:
        return _refused(request, id, data, refusal)
    except IllegalTransition:  # over already, perhaps by the same form a moment ago
        return see_other(f"/desk/jobs/{id}")
    return see_other(f"/desk/jobs/{id}")


routes = [preview, call_off]


def _refused(request: Req, id: UUID, data: dict[str, object], refusal: Refused) -> Response[str] | Redirect:
    said = answers.answer(refusal, request)
    return _page(request, id, Filled(data), said=said.sentence, status=said.status)


def _page(request: Req, id: UUID, form: Filled, *, said: str = "", status: int = 200) -> Response[str] | Redirect:
    home()
    with transaction() as session:
        view = job_views.read(session, request, id, now=clock.now())
    split = view.split
    if split is None or not view.may_cancel:
        return see_other(f"/desk/jobs/{id}")
    free = split.fee.is_zero
    sentence = (
        aloud(view.language, CANCELLING_FREE)
        if free
        else aloud(view.language, CANCELLING_FEE, fee=split.fee, back=split.back)
    )
    return page(
        request, "pages/desk/cancellation.html", status_code=status, view=view, split=split, form=form, said=said,
        aloud=sentence, reasons=CANCELLING,
    )  # fmt: skip
