"""When somebody shall come: days as links, the free windows of one day as rows. Full windows are not there.

A draft remembers the window; the time itself is set aside, with an end that is shown, when the request is sent
(`sending.send`). A request whose time has run out chooses anew here, and the new time is set aside at once.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken, TooManyHolds
from booking.availability.windows import day_period
from booking.jobs import requests
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import Organization
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, Missing
from web.home import home
from web.identity import Req
from web.pages.customer import drafts, windows
from web.pages.customer.drafts import Asked
from web.pages.customer.windows import Free
from web.parts import Filled
from web.respond import page, see_other


@dataclass(frozen=True)
class Day:
    """A day as a chip: its noon, for showing it; whether anybody can come; whether it is a day of the week-end."""

    on_day: date
    noon: datetime
    has_room: bool
    is_weekend: bool
    is_shown: bool


@get("/bookings/{id:uuid}/time", opt={"policy": "draft.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID], day: FromQuery[str] = "") -> Response[str] | Response[None]:
    """The free windows of a day; without one, of the first that has any."""
    organization, now = home(), clock.now()
    with transaction() as session:
        asked = drafts.look(session, request, id, now=now)
    if not drafts.is_open(asked.mine):
        return see_other(drafts.next_page(asked.mine))
    if asked.zone is None:
        return see_other(f"/bookings/{id}/place")
    gone = (
        Filled(errors=answers.beside({"window": _taken(asked)}, request)) if "taken" in request.query_params else None
    )
    return _page(request, asked, organization, windows.day_of(day), gone or Filled(), now=now)


@post("/bookings/{id:uuid}/time", opt={"policy": "draft.write"}, sync_to_thread=True)
def choose(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Keep the window with the draft; or, of a request that has been sent, set it aside now."""
    organization, now, fields = home(), clock.now(), Fields(data, request.user.language)
    command, typed = once.command_id(request, data), fields.raw("window")
    refusal: Refused | None = None
    try:
        with transaction() as session:
            asked = drafts.look(session, request, id, now=now)
            chosen = windows.chosen(session, asked, organization, typed, now=now) if typed else None
            if chosen is None:
                refusal = _taken(asked) if typed else Missing()
            elif drafts.is_draft(asked.mine):
                draft = replace(drafts.as_draft(asked.mine), window=chosen.period)
                drafts.keep(session, request, asked.mine, draft, command=command, now=now)
            elif drafts.is_open(asked.mine):
                _hold(session, request, asked, chosen, command, now=now)
            mine = drafts.find(session, request, id, now=now)
    except (SlotTaken, TooManyHolds) as refused:
        refusal = refused
    if refusal is not None:
        form = Filled(values={"window": typed}, errors=answers.beside({"window": refusal}, request))
        status = answers.answer(refusal, request).status
        return _page(request, asked, organization, windows.day_of(typed), form, now=now, status=status)
    return see_other(drafts.next_page(mine))


routes = [ask, choose]


def _hold(session: Session, request: Req, asked: Asked, chosen: Free, command: UUID, *, now: datetime) -> None:
    requests.hold_slot(
        session, asked.id, window=chosen.period, actor=drafts.actor_of(request),
        command_id=derived("hold", command, asked.mine.version), now=now,
    )  # fmt: skip


def _taken(asked: Asked) -> SlotTaken:
    """What to say of a window that is past, never was, or has gone to somebody else."""
    epoch = clock.now()
    return SlotTaken(asked.mine.job.window or Period(epoch, epoch + timedelta(hours=1)))


def _page(
    request: Req,
    asked: Asked,
    organization: Organization,
    wanted: date | None,
    form: Filled,
    *,
    now: datetime,
    status: int = 200,
) -> Response[str]:
    with transaction() as session:
        ahead = windows.days_for(session, asked, organization, now=now)
        rooms = windows.days_with_room(session, asked, ahead, now=now)
        shown = wanted if wanted in rooms else next((day for day, has_room in rooms.items() if has_room), ahead[0])
        free = windows.free_on(session, asked, shown, now=now) if shown else []
    days = [
        Day(each, _noon(each, organization), rooms[each], each.isoweekday() in organization.weekend, each == shown)
        for each in ahead
    ]
    cheapest = min((each.price for each in free if each.price is not None), default=None)
    return page(
        request, "pages/customer/time.html", status_code=status, asked=asked, days=days, form=form,
        bands=[each for each in free if each.is_band], hours=[each for each in free if not each.is_band],
        day=next(each for each in days if each.is_shown), cheapest=cheapest, course=drafts.course(request, 3),
        minutes=timedelta(minutes=asked.minutes), hold_minutes=organization.settings["slot_hold_minutes"],
        steps=request.query_params.get("steps", ""),
    )  # fmt: skip


def _noon(on_day: date, organization: Organization) -> datetime:
    return day_period(on_day, organization.time_zone).start + timedelta(hours=12)
