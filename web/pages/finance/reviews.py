"""Payments that a gateway found risky: what waits for a person's look, and the decision."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from payments.topups import reviews
from payments.topups.reviews import ReviewReason
from payments.topups.rules import NotUnderReview
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance import words
from web.respond import page, see_other

HERE = "/finance/reviews"
REASONS = tuple(each.value for each in ReviewReason)


@get(HERE, opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What waits, oldest first."""
    return _shown(request, 200)


@post(HERE + "/{id:uuid}/clearance", opt={"policy": "finance.write"}, sync_to_thread=True)
def clear(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """The money is free, with the reason; its owner hears it."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", REASONS)
    if fields.errors:
        return _shown(request, 422, answers.beside(fields.errors, request)["reason"])
    try:
        with transaction() as session:
            reviews.clear(
                session, AttemptId(id), reason=ReviewReason(reason), by=request.user.person_id, now=clock.now()
            )
    except NotUnderReview as refusal:
        said = answers.answer(refusal, request)
        return _shown(request, said.status, said.sentence)
    return see_other(HERE)


routes = [show, clear]


def _shown(request: Req, status: int, said: str = "") -> Response[str]:
    with transaction() as session:
        waiting = reviews.under_review(session)
    return page(
        request, "pages/finance/reviews.html", status_code=status, waiting=waiting, said=said,
        reasons=words.REVIEW_REASONS,
    )  # fmt: skip
