"""The dispatcher's board: a whole day at a glance, narrowed by the address of the page; its parts asked for again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import TimePolicy
from booking.availability.windows import local_day, windows_of
from booking.dispatch import board
from booking.dispatch.board import Asked
from booking.dispatch.board_rules import REASONS
from booking.jobs.words import State
from booking.plans import queries as plans
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Zone
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import Formatter
from marketplace.organizations import queries as organizations
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.dispatch import board_words
from web.pages.dispatch.board_layout import Axis, axis_of, lane
from web.pages.dispatch.board_view import Drawing, Names, drawn_map
from web.parts import Choice, Link
from web.respond import formatter_for, fragment, page

BOARD: Final = "/dispatch/board"
AHEAD: Final = 7  # days that may be looked at from the page itself
MOVED_WITHIN: Final = 3  # days whose windows an act on many offers
CHANGED_MOST: Final = 200  # rows that are drawn again one by one; beyond it the whole is
LONGEST_DAY: Final = 25
FURTHEST: Final = timedelta(days=400)


@dataclass(frozen=True)
class Outcome:
    """What became of one job of an act on many."""

    id: UUID
    number: str
    said: str
    done: bool


@dataclass(frozen=True)
class Where:
    """What the address of the page asks for, and the names that it needs for it."""

    asked: Asked
    today: date
    names: Names
    zones: Sequence[Zone]

    @property
    def query(self) -> dict[str, str]:
        """As the address says it."""
        asked, names = self.asked, self.names
        said = {
            "on": asked.on_day.isoformat(), "area": names.zones[asked.zone][0] if asked.zone else "",
            "service": names.services[asked.service][0] if asked.service else "",
            "state": asked.state.value if asked.state else "",
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}

    @property
    def address(self) -> str:
        return f"{BOARD}?{urlencode(self.query)}"


@get(BOARD, opt={"policy": "board.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The day. What the address asks for and nobody knows is not narrowed to."""
    return answer(request)


@get(f"{BOARD}/parts", opt={"policy": "board.read"}, sync_to_thread=True)
def parts(request: Req) -> Response[str]:
    """The rows of people whose day has changed since, of `people`, and of whoever has one of `jobs`; and these jobs.

    Drawn on the `axis` that the page has; where that is too short for them, the answer says that the whole is wanted.
    """
    home()
    now, params = clock.now(), request.query_params
    with transaction() as session:
        where = read_where(session, request)
        wanted, since = _ids(params.get("jobs", "")), params.get("since", "")
        seen, changed = board.changed(session, where.asked, since=int(since[:18]) if since.isdecimal() else None)
        jobs = board.listed(session, where.asked, only=wanted) if wanted else ()
        crews = board.holders(session, wanted) if wanted else []
        only = list(dict.fromkeys([*changed, *_ids(params.get("people", "")), *crews]))
        people = board.people(session, where.asked, now=now, only=only) if only else ()
        counts, found = board.counts(session, where.asked), board.places(session, where.asked)
        recurring = plans.jobs_in(session, where.asked.period)
    natural = axis_of(where.asked.period, people)
    axis = _axis(params.get("axis", ""), natural)
    drawing = Drawing(where.asked, axis, where.names, _formatter(request), now, recurring)
    return fragment(
        request, "pages/dispatch/board.html", "parts", where=where, rows=drawing.rows(people), only=only,
        items=[drawing.item(each) for each in jobs], seen=seen, chips=chips(where, drawing, counts), at=now,
        map=drawn_map(where.zones, found, lambda zone: zone.name[request.user.language]),
        whole=natural.first < axis.first or natural.last > axis.last or len(only) > CHANGED_MOST,
    )  # fmt: skip


def answer(request: Req, *, outcomes: Sequence[Outcome] = (), said: str = "", status: int = 200) -> Response[str]:
    """The page of the day, with what became of an act on many."""
    home()
    now, language = clock.now(), request.user.language
    with transaction() as session:
        where = read_where(session, request)
        day = board.read(session, where.asked, now=now)
        counts = board.counts(session, where.asked)
        policy = availability.policy(session)
        found = board.places(session, where.asked)
        recurring = plans.jobs_in(session, where.asked.period)
    axis = axis_of(where.asked.period, day.people)
    drawing = Drawing(where.asked, axis, where.names, _formatter(request), now, recurring)
    town = drawn_map(where.zones, found, lambda zone: zone.name[language])
    return page(
        request, "pages/dispatch/board.html", status_code=status, where=where, rows=drawing.rows(day.people),
        items=[drawing.item(each) for each in day.jobs], seen=day.seen, axis=axis, at=now,
        hours=hours_of(axis, drawing), now_at=lane(axis, now, now), map=town, outcomes=outcomes, said=said,
        chips=chips(where, drawing, counts), areas=_choices(where.names.zones),
        services=_choices(where.names.services), days=_days(where, drawing.formatter), me=mark(request.user.person_id),
        windows=windows(max(where.asked.on_day, where.today), policy, drawing.formatter, now=now),
        reasons=reasons(drawing),
    )  # fmt: skip


def chips(where: Where, drawing: Drawing, counts: Mapping[State, int]) -> list[Link]:
    """A link for each state that has a job that day, with how many; what is open always."""
    made = []
    for state in board.STATES:
        current = where.asked.state is state or (where.asked.state is None and state is State.OPEN)
        if counts.get(state) or current or state is State.OPEN:
            query = where.query | {"state": "" if state is State.OPEN else state.value}
            address = f"{BOARD}?{urlencode({name: value for name, value in query.items() if value})}"
            made.append(
                Link(address, drawing.say(board_words.STATES[state]), count=counts.get(state, 0), current=current)
            )
    return made


def windows(first: date, policy: TimePolicy, show: Formatter, *, now: datetime) -> list[Choice]:
    """The bands of a day and of those after it, as another time to promise."""
    days = [first + timedelta(days=ahead) for ahead in range(MOVED_WITHIN)]
    found = [each for day in days for each in windows_of(day, bands=policy.bands, time_zone=policy.time_zone)]
    return [
        Choice(f"{each.period.start.isoformat()}/{each.period.end.isoformat()}",
               f"{show.date(each.on_day)}, {show.time_range(each.period.start, each.period.end)}")
        for each in found
        if not each.code.isdecimal() and each.period.end > now
    ]  # fmt: skip


def hours_of(axis: Axis, drawing: Drawing) -> list[str]:
    """The hours of the axis as the wall shows them, in the reader's digits."""
    zone = ZoneInfo(drawing.asked.time_zone)
    return [drawing.formatter.number(axis.at(hour).astimezone(zone).hour) for hour in axis.hours]


def reasons(drawing: Drawing) -> list[Choice]:
    """Why a dispatcher does otherwise than the rules would."""
    return [Choice(code, drawing.say(board_words.REASONS[code])) for code in REASONS]


def read_where(session: Session, request: Req) -> Where:
    """What the address asks for; the day is today where it says none."""
    here, language, params = organizations.home(session), request.user.language, request.query_params
    zones = catalogue.zones(session, here.id, language=language)
    trades = catalogue.categories(session, now=clock.now())
    names = Names(
        {zone.id: (zone.key, zone.name[language]) for zone in zones},
        {each.id: (each.key, each.title[language]) for trade in trades for each in trade.services},
    )
    today = local_day(clock.now(), here.time_zone)
    wished = _day(params.get("on", "")) or today
    asked = Asked(
        wished if abs(wished - today) <= FURTHEST else today, here.time_zone,
        _by_key(names.zones, params.get("area", "")), _by_key(names.services, params.get("service", "")),
        next((state for state in board.STATES if state.value == params.get("state") != State.OPEN.value), None),
    )  # fmt: skip
    return Where(asked, today, names, zones)


def _by_key(names: Mapping[UUID, tuple[str, str]], key: str) -> UUID | None:
    return next((id for id, (known, _) in names.items() if known == key), None)


def _choices(names: Mapping[UUID, tuple[str, str]]) -> list[Choice]:
    return [Choice(key, name) for key, name in names.values()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _days(where: Where, show: Formatter) -> list[Choice]:
    """The day that is shown, and those about today."""
    about = {where.today + timedelta(days=ahead) for ahead in range(-1, AHEAD)} | {where.asked.on_day}
    return [Choice(day.isoformat(), show.date(day)) for day in sorted(about)]


def _ids(text: str) -> list[UUID]:
    """Ids between commas; what is none is left out."""
    found = []
    for each in text.split(",")[:CHANGED_MOST]:
        with suppress(ValueError):
            found.append(UUID(each))
    return found


def _axis(text: str, natural: Axis) -> Axis:
    """The hours that the page draws, as it says them."""
    first, _, last = text.partition("-")
    if first.isdecimal() and last.isdecimal() and int(first) < int(last) <= LONGEST_DAY:
        return replace(natural, first=int(first), last=int(last))
    return natural


def _formatter(request: Req) -> Formatter:
    return formatter_for(request.user.language, home())


routes = [show, parts]
