"""When a specialist is willing to work: the week, the days set apart, and the promises that no longer lie in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import Conflict
from booking.availability.tasks import hours_changed
from booking.availability.windows import local_day
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.languages import Formatter
from marketplace.organizations.queries import Organization
from marketplace.specialists import actions, queries, seasons
from marketplace.specialists.rules import HoursException, Season, WeeklyHours
from web.forms import FormBody
from web.forms.fields import Fields
from web.forms.times import DayNotAhead, LastDayUnfit, stretches
from web.home import home
from web.identity import Req
from web.pages.specialist.acts import filled, worst
from web.pages.specialist.season_hours import hours_of
from web.parts import Filled
from web.respond import page, reader_of, see_other

FURTHEST = timedelta(days=366)
ABSENT_MOST = timedelta(days=62)


@dataclass(frozen=True)
class Plan:
    """What the page shows. `order` holds the ISO weekdays as this town's week runs."""

    week: Mapping[int, Sequence[WeeklyHours]]
    order: tuple[int, ...]
    apart: Mapping[date, Sequence[HoursException]]
    seasons: Sequence[Season]
    chosen: frozenset[UUID]
    conflicts: tuple[Conflict, ...]


@get("/work/hours", opt={"policy": "specialist.read"}, sync_to_thread=True)
def hours(request: Req) -> Response[str]:
    """The week, the days set apart, and what was promised outside of them."""
    return _page(request)


@get("/work/hours/{weekday:int}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_weekday(request: Req, weekday: FromPath[int]) -> Response[str]:
    """The hours of one weekday; ISO, Monday is 1."""
    return _weekday_page(request, weekday)


@post("/work/hours/{weekday:int}", opt={"policy": "specialist.write"}, sync_to_thread=True)
def set_weekday(request: Req, weekday: FromPath[int], data: FormBody) -> Response[str] | Redirect:
    """Other hours on a weekday, and on those ticked beside it. What is promised stays promised, and is listed."""
    _check_weekday(weekday)
    fields = Fields(data, request.user.language)
    worked = stretches(fields)
    days = {weekday, *(int(day) for day in _several(data, "also") if day in {str(each) for each in range(1, 8)})}
    if not fields.errors:
        try:
            with transaction() as session:
                me = request.user.person_id
                kept = [each for each in queries.weekly_hours(session, me) if each.weekday not in days]
                new = [WeeklyHours(day, opens, closes) for day in sorted(days) for opens, closes in worked]
                actions.set_weekly_hours(session, me, [*kept, *new], now=clock.now())
                hours_changed(session, str(me))  # at once, so that the page can say what no longer fits
            return see_other("/work/hours")
        except Refused as refusal:
            fields.refuse("opens_1", refusal)
    return _weekday_page(request, weekday, form=filled(request, fields), status=worst(request, fields))


@get("/work/hours/days", opt={"policy": "specialist.read"}, sync_to_thread=True)
def ask_day(request: Req) -> Response[str]:
    """The form for one day that is other than usual."""
    return _day_page(request)


@post("/work/hours/days", opt={"policy": "specialist.write"}, sync_to_thread=True)
def set_day(request: Req, data: FormBody) -> Response[str] | Redirect:
    """One day off, or with other hours; with a last day, all days up to it: a journey, an illness."""
    fields = Fields(data, request.user.language)
    calendar = reader_of(request).formatter.calendar
    on_day, last = fields.day("day", calendar), fields.day("until", calendar) if fields.raw("until") else None
    worked = stretches(fields)
    today = local_day(clock.now(), home().time_zone)
    if on_day is not None and not today <= on_day <= today + FURTHEST:
        fields.refuse("day", DayNotAhead())
    if on_day is not None and last is not None and not on_day <= last < on_day + ABSENT_MOST:
        fields.refuse("until", LastDayUnfit())
    if on_day is not None and not fields.errors:
        try:
            with transaction() as session:
                for number in range(((last or on_day) - on_day).days + 1):
                    each = on_day + timedelta(days=number)
                    actions.set_day(session, request.user.person_id, each, worked, now=clock.now())
                hours_changed(session, str(request.user.person_id))
            return see_other("/work/hours")
        except Refused as refusal:
            fields.refuse("opens_1", refusal)
    return _day_page(request, form=filled(request, fields), status=worst(request, fields))


@post("/work/hours/days/{day:str}/removal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def clear_day(request: Req, day: FromPath[str]) -> Redirect:
    """Let the week hold again on that day. Twice is once."""
    try:
        on_day = date.fromisoformat(day)
    except ValueError:
        raise NotFoundException from None
    with transaction() as session:
        actions.clear_day(session, request.user.person_id, on_day, now=clock.now())
        hours_changed(session, str(request.user.person_id))
    return see_other("/work/hours")


@post("/work/hours/seasons/{id:uuid}/choice", opt={"policy": "specialist.write"}, sync_to_thread=True)
def choose_season(request: Req, id: FromPath[UUID]) -> Redirect:
    """Work by the hours of a season. Twice is once."""
    return _chosen(request, id, wanted=True)


@post("/work/hours/seasons/{id:uuid}/removal", opt={"policy": "specialist.write"}, sync_to_thread=True)
def leave_season(request: Req, id: FromPath[UUID]) -> Redirect:
    """Work by one's own week after all. Twice is once."""
    return _chosen(request, id, wanted=False)


def _chosen(request: Req, id: UUID, *, wanted: bool) -> Redirect:
    with transaction() as session:
        seasons.choose(session, request.user.person_id, id, wanted=wanted, now=clock.now())
        hours_changed(session, str(request.user.person_id))
    return see_other("/work/hours")


def _page(request: Req) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        plan = _read(session, request.user.person_id, here, now=now)
    shown = _hours_text(reader_of(request).formatter, local_day(now, here.time_zone))
    listed = {each.id: hours_of(each, request) for each in plan.seasons}
    return page(
        request, "pages/specialist/hours.html", plan=plan, days=_days(here, now), hours_text=shown, season_hours=listed
    )


def _weekday_page(request: Req, weekday: int, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    _check_weekday(weekday)
    here, now = home(), clock.now()
    with transaction() as session:
        week = queries.weekly_hours(session, request.user.person_id)
    typed = form or Filled(_typed([(each.opens, each.closes) for each in week if each.weekday == weekday]))
    others = [day for day in _order(here) if day != weekday]
    return page(
        request, "pages/specialist/hours_weekday.html", status_code=status, weekday=weekday, others=others, form=typed,
        days=_days(here, now),
    )  # fmt: skip


def _check_weekday(weekday: int) -> None:
    if not 1 <= weekday <= 7:
        raise NotFoundException


def _day_page(request: Req, *, form: Filled | None = None, status: int = 200) -> Response[str]:
    tomorrow = local_day(clock.now(), home().time_zone) + timedelta(days=1)
    return page(
        request, "pages/specialist/hours_day.html", status_code=status, form=form or Filled(), tomorrow=tomorrow
    )


def _hours_text(formatter: Formatter, day: date) -> Callable[[WeeklyHours | HoursException], str]:
    """A stretch of work as this reader tells the time; the wall's hours, whichever day."""
    zone = ZoneInfo(formatter.time_zone)

    def shown(stretch: WeeklyHours | HoursException) -> str:
        if stretch.opens is None or stretch.closes is None:
            return ""
        start, end = (datetime.combine(day, at, zone) for at in (stretch.opens, stretch.closes))
        return formatter.time_range(start, end)

    return shown


def _read(session: Session, me: PersonId, here: Organization, *, now: datetime) -> Plan:
    week: dict[int, list[WeeklyHours]] = {}
    for each in queries.weekly_hours(session, me):
        week.setdefault(each.weekday, []).append(each)
    apart: dict[date, list[HoursException]] = {}
    for day in queries.exceptions(session, me, from_day=local_day(now, here.time_zone)):
        apart.setdefault(day.on_day, []).append(day)
    every = seasons.all_of(session, here.id, from_day=local_day(now, here.time_zone))
    conflicts = availability.conflicts(session, me, now=now)
    return Plan(week, _order(here), apart, every, seasons.chosen_by(session, me), conflicts)


def _order(here: Organization) -> tuple[int, ...]:
    """The weekdays from the day after the week-end on."""
    first = here.weekend[-1] % 7 + 1 if here.weekend else 1
    return tuple((first + each - 1) % 7 + 1 for each in range(7))


def _days(here: Organization, now: datetime) -> dict[int, date]:
    """Some day for each weekday, so that the formatter can name it."""
    today = local_day(now, here.time_zone)
    return {(today + timedelta(days=each)).isoweekday(): today + timedelta(days=each) for each in range(7)}


def _typed(worked: Sequence[tuple[time, time]]) -> dict[str, object]:
    values: dict[str, object] = {}
    for number, (opens, closes) in enumerate(worked, start=1):
        values |= {f"opens_{number}": f"{opens:%H:%M}", f"closes_{number}": f"{closes:%H:%M}"}
    return values if worked else {"off": "on"}


def _several(data: Mapping[str, Any], name: str) -> list[str]:
    value = data.get(name, [])
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


routes = [hours, ask_weekday, set_weekday, ask_day, set_day, clear_day, choose_season, leave_season]
