"""The person a customer had last time, asked for again, before the search begins."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import queries as jobs
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.repeats import Answer
from web.api.amounts import In, Out
from web.api.commands import carry_out, done
from web.identity import Req


class WishMade(In, frozen=True, kw_only=True):
    """Whether they are to be asked first, and alone for a while."""

    wanted: bool


class WishView(Out, frozen=True, kw_only=True):
    """`possible`: somebody did such work for this customer before; `wanted`: they are asked first."""

    possible: bool
    wanted: bool


@get("/api/v1/jobs/{id:uuid}/wish", opt={"policy": "job.own.read"}, tags=["jobs"], sync_to_thread=True)
def wish(request: Req, id: FromPath[UUID]) -> WishView:
    """Whether the same person could be asked for again, and is. Refuses JobNotFound."""
    me, now = request.user.person_id, clock.now()
    with transaction() as session:
        job = jobs.for_customer(session, id, me, now=now)
        possible = wishes.who_came_last(session, me, job.service) is not None
        return WishView(possible=possible, wanted=wishes.wished(session, id) is not None)


@post(
    "/api/v1/jobs/{id:uuid}/wish", opt={"policy": "job.own.write"}, status_code=200, tags=["jobs"], sync_to_thread=True
)
def make(request: Req, id: FromPath[UUID], data: JSONBody[WishMade]) -> Response[WishView]:
    """Ask for them first, or for everybody at once. Refuses JobNotFound, NobodyToAskAgain."""
    me = request.user.person_id

    def work(session: Session, _: UUID) -> Answer:
        wishes.wish(session, id, customer=me, wanted=data.wanted, now=clock.now())
        return done(WishView(possible=True, wanted=data.wanted))

    return carry_out(request, data, work, WishView)


routes = [wish, make]
