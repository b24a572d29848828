"""Seasons: hours that the house sets for a while (Ramadan, holidays), and the promises that lie outside of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.availability import queries as availability
from booking.availability.rules import Conflict
from booking.availability.windows import local_day
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.specialists import seasons
from marketplace.specialists.rules import Season
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.forms.times import DayNotAhead, stretches
from web.home import home
from web.identity import Req
from web.once import command_id
from web.pages.specialist.season_hours import hours_of
from web.parts import Filled
from web.respond import page, reader_of, see_other

WHO = ("all", "choice")
NAME_LONGEST = 80


@dataclass(frozen=True)
class Listed:
    """A season as the list shows it: its hours in the reader's words, and what was promised outside of them."""

    season: Season
    hours: Sequence[str]
    conflicts: Sequence[Conflict]


@get("/dispatch/seasons", opt={"policy": "rules.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is set, from today on, each with the visits that lie outside of it."""
    return _page(request, Filled(), 200)


@post("/dispatch/seasons", opt={"policy": "rules.write"}, sync_to_thread=True)
def make(request: Req, data: FormBody) -> Response[Any] | Redirect:
    """Other hours for a while. No promise is cancelled: the list says which lie outside."""
    fields = Fields(data, request.user.language)
    calendar = reader_of(request).formatter.calendar
    name = fields.text("name", longest=NAME_LONGEST)
    first, last = fields.day("first_day", calendar), fields.day("last_day", calendar)
    who, worked, now = fields.choice("who", WHO), stretches(fields), clock.now()
    today = local_day(now, home().time_zone)
    if first is not None and first < today:
        fields.refuse("first_day", DayNotAhead())
    if first is None or last is None or fields.errors:
        return _page(request, Filled(data, answers.beside(fields.errors, request)), 422)
    season = Season(command_id(request, data), name, first, last, tuple(worked), who == "all")
    try:
        with transaction() as session:
            seasons.make(session, home().id, season, by=request.user.person_id, now=now)
    except Refused as refusal:
        fields.refuse("last_day", refusal)
        status = answers.answer(refusal, request).status
        return _page(request, Filled(data, answers.beside(fields.errors, request)), status)
    return see_other("/dispatch/seasons")


@post("/dispatch/seasons/{id:uuid}/removal", opt={"policy": "rules.write"}, sync_to_thread=True)
def end(request: Req, id: FromPath[UUID]) -> Redirect:
    """Take a season back: everybody's weekly hours hold again. Twice is once."""
    with transaction() as session:
        seasons.end(session, home().id, id, by=request.user.person_id, now=clock.now())
    return see_other("/dispatch/seasons")


@get("/dispatch/seasons/{id:uuid}/removal", opt={"policy": "rules.read"}, sync_to_thread=False)
def back() -> Redirect:
    """Whoever reloads the answer to a form is led back."""
    return see_other("/dispatch/seasons")


def _page(request: Req, form: Filled, status: int) -> Response[str]:
    now, here = clock.now(), home()
    today = local_day(now, here.time_zone)
    with transaction() as session:
        every = seasons.all_of(session, here.id, from_day=today)
        outside: Mapping[UUID, Sequence[Conflict]] = {
            each.id: availability.conflicts_on(session, each.first_day, each.last_day, now=now) for each in every
        }
    listed = [Listed(each, hours_of(each, request), outside[each.id]) for each in every]
    may_write = request.user.has("manager") or request.user.has("dispatcher")
    return page(
        request, "pages/dispatch/seasons.html", status_code=status, form=form, seasons=listed, may_write=may_write,
        today=today,
    )  # fmt: skip


routes = [show, make, end, back]
