"""A time for a request that has its price but no time yet: work after its quote, or a visit under warranty."""

from datetime import datetime, timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken, TooManyHolds
from booking.availability.windows import day_period
from booking.jobs import actions, requests
from booking.jobs import queries as jobs
from booking.jobs.words import Event, Method
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.customer import drafts, windows
from web.pages.customer.drafts import Asked
from web.pages.desk import callers, job_views
from web.pages.desk.payments import OVER, job_of
from web.respond import page, see_other

SHOWN_AGAIN = (SlotTaken, TooManyHolds, NotOffered)


@get("/desk/jobs/{id:uuid}/times", opt={"policy": "desk.read"}, sync_to_thread=True)
def offer(request: Req, id: FromPath[UUID], day: FromQuery[str] = "") -> Response[str] | Response[None]:
    """The free times of one day; without one, of the first that has any."""
    return _page(request, id, day)


@post("/desk/jobs/{id:uuid}/times", opt={"policy": "desk.write"}, sync_to_thread=True)
def choose(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Set the time aside; a visit that costs nothing is booked with it, any other waits for its payment."""
    here, now, typed = home(), clock.now(), Fields(data).raw("window")
    command = once.command_id(request, data)
    try:
        with transaction() as session:
            asked = _asked(session, request, id, now=now)
            chosen = windows.chosen(session, asked, here, typed, now=now)
            if chosen is None:
                raise NotOffered
            actor = callers.agent(request, job_of(session, request, id, now=now)[1])
            requests.hold_slot(session, id, window=chosen.period, actor=actor, command_id=command, now=now)
            price = asked.mine.job.price
            if price is not None and price.is_zero:
                paid = derived("fund", command)
                method = Method.WALLET.value
                actions.fire(session, id, Event.FUND, actor=actor, command_id=paid, now=now, method=method)
    except OVER:
        return see_other(f"/desk/jobs/{id}")
    except SHOWN_AGAIN as refusal:
        said = answers.answer(refusal, request)
        return _page(request, id, typed, said=said.sentence, status=said.status)
    return see_other(f"/desk/jobs/{id}")


routes = [offer, choose]


def _asked(session: Session, request: Req, id: UUID, *, now: datetime) -> Asked:
    _, customer = job_of(session, request, id, now=now)
    return drafts.about(session, jobs.for_customer(session, id, customer, now=now), now=now)


def _page(request: Req, id: UUID, wanted: str, *, said: str = "", status: int = 200) -> Response[str] | Response[None]:
    here, now = home(), clock.now()
    ahead = windows.days_ahead(here, now=now)
    with transaction() as session:
        view = job_views.read(session, request, id, now=now)
        if not view.waits_for_money:
            return see_other(f"/desk/jobs/{id}")
        asked = _asked(session, request, id, now=now)
        rooms = windows.days_with_room(session, asked, ahead, now=now)
        asked_for = windows.day_of(wanted)
        first = next((day for day, has_room in rooms.items() if has_room), ahead[0])
        shown = asked_for if asked_for is not None and asked_for in rooms else first
        free = windows.free_on(session, asked, shown, now=now)
    days = [(each, day_period(each, here.time_zone).start + timedelta(hours=12), rooms[each]) for each in ahead]
    return page(
        request, "pages/desk/request_times.html", status_code=status, view=view, days=days, day=shown, free=free,
        said=said,
    )  # fmt: skip
