"""A promotion code on the payment page: taken, or dropped again, before anything is paid."""

from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from booking.jobs import promoting
from booking.jobs.rules import AlreadyFunded
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.promotions.rules import (
    LONGEST_CODE,
    PromotionOver,
    PromotionUnknown,
    PromotionUsedBefore,
    PromotionUsedUp,
)
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.book_payment import again
from web.respond import see_other


@post("/bookings/{id:uuid}/promotion", opt={"policy": "job.own.write"}, sync_to_thread=True)
def use(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Take a code; an empty one drops what was taken."""
    fields = Fields(data, request.user.language)
    code = fields.text("code", longest=2 * LONGEST_CODE, required=False)
    if fields.errors:
        return again(request, id, PromotionUnknown(), status=422)
    try:
        with transaction() as session:
            me, now = request.user.person_id, clock.now()
            if code:
                promoting.use_code(session, id, customer=me, code=code, now=now)
            else:
                promoting.drop_code(session, id, customer=me, now=now)
    except AlreadyFunded:
        return see_other(f"/jobs/{id}")
    except (PromotionOver, PromotionUnknown, PromotionUsedBefore, PromotionUsedUp) as refusal:
        return again(request, id, refusal, status=answers.answer(refusal, request).status)
    return see_other(f"/bookings/{id}/payment")


routes = [use]
