"""Whom the customer wants again: the person who came last time, asked for or not, before the search begins."""

from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from booking.dispatch import wishes
from booking.dispatch.rules import NobodyToAskAgain
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.book_payment import again
from web.respond import see_other


@post("/bookings/{id:uuid}/wish", opt={"policy": "job.own.write"}, sync_to_thread=True)
def wish(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Ask for them first, or for everybody at once."""
    wanted = Fields(data, request.user.language).raw("wanted") == "yes"
    try:
        with transaction() as session:
            wishes.wish(session, id, customer=request.user.person_id, wanted=wanted, now=clock.now())
    except NobodyToAskAgain as refusal:
        return again(request, id, refusal)
    return see_other(f"/bookings/{id}/payment")


routes = [wish]
