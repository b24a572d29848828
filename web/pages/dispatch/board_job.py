"""One job on the board: who could do it and why, who not and by which rule; giving it, and another time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.windows import local_day
from booking.dispatch import board, board_actions
from booking.dispatch.board_actions import Given
from booking.dispatch.board_rules import SOFT
from booking.dispatch.rules import Decision, Ranked
from booking.jobs import queries as jobs
from booking.jobs import visits
from booking.jobs.crew_queries import CrewView, crew_of
from booking.jobs.queries import DeskJob
from booking.jobs.rules import JobNotFound
from booking.jobs.visit_rules import Relation
from booking.jobs.visits import Related
from booking.jobs.words import State
from booking.plans import queries as plans
from booking.tracking import queries as tracking
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.languages import Formatter
from marketplace.foundation.periods import Period
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.dispatch.acting import Said, actor, refusal
from web.pages.dispatch.board import BOARD, read_where, reasons, windows
from web.pages.dispatch.board_layout import axis_of
from web.pages.dispatch.board_view import Drawing
from web.pages.dispatch.board_words import GIVEN_TO, PLANNED_AT, RULES, TERMS
from web.respond import formatter_for, page, see_other, wants_json

SHOWN: Final = 12  # of those who could
EXCLUDED_SHOWN: Final = 60
JOBS: Final = "/dispatch/jobs"
GIVEN: Final = (State.OPEN, State.ASSIGNED)
FROM_WHERE_THEY_ARE: Final = frozenset({"travel", "refusal", "position"})  # the longer the way, the likelier a no


@dataclass(frozen=True)
class Could:
    """Somebody who could do it: their score in minutes, and what it is made of. Who hides where they are has no score
    and no way here: either would tell how far they are (O11)."""

    id: UUID
    mark: str
    area: str
    minutes: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class CouldNot:
    """Somebody who could not, and by which rule; `soft` when a reason sets it aside."""

    id: UUID
    mark: str
    sentence: str
    soft: bool


@dataclass(frozen=True)
class Place:
    """A seat of a crew: who has it, and what it needs."""

    number: int
    mark: str
    needs: str
    there_since: str


@dataclass(frozen=True)
class Panel:
    """Everything about a job that a dispatcher decides by; no personal value."""

    job: DeskJob
    service: str
    area: str
    crew: str
    window: str
    day: str
    could: tuple[Could, ...]
    could_not: tuple[CouldNot, ...]
    more: int  # of those who could, beyond what is listed
    seats: tuple[Place, ...]  # of work that takes several people
    seat: int | None  # the one that the candidates are for
    relation: Relation | None  # what this visit is to other work: an estimate, or a visit under warranty
    related: tuple[Related, ...]
    recurs: bool  # whether it comes from a plan

    @property
    def may_give(self) -> bool:
        return self.job.job.state in GIVEN

    @property
    def may_move(self) -> bool:
        return self.job.job.state is State.ASSIGNED


@get(f"{JOBS}/{{id:uuid}}", opt={"policy": "board.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID]) -> Response[str]:
    """The job with its candidates; on the board it opens beside the day. `wanted`: who is to have it all the same."""
    wanted = Fields(request.query_params).identity("wanted")
    return answer(request, id, wanted=wanted)


@post(f"{JOBS}/{{id:uuid}}/assignment", opt={"policy": "board.write"}, sync_to_thread=True)
def assign(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Give the job to somebody: pressed, dropped or chosen by keys, with the rules that the engine has.

    A script gets its answer as JSON: what became of it, or the refusal in words.
    """
    fields, now = Fields(data, request.user.language), clock.now()
    specialist, version, reason = _chosen(fields), _version(fields), fields.raw("reason") or None
    try:
        if specialist is None:
            raise NotOffered
        with transaction() as session:
            given = board_actions.give(
                session, id, specialist, actor=actor(request), command_id=once.command_id(request, data), now=now,
                expected_version=version, at=moment_of(fields.raw("at")), reason=reason, seat=_seat(fields),
            )  # fmt: skip
    except Refused as refused:
        return _refused(request, id, refused, wanted=specialist)
    return _done(request, given)


@post(f"{JOBS}/{{id:uuid}}/window", opt={"policy": "board.write"}, sync_to_thread=True)
def move(request: Req, id: FromPath[UUID], data: FormBody) -> Response[Any] | Redirect:
    """Promise the customer another window, with whoever has the job."""
    fields, now = Fields(data, request.user.language), clock.now()
    window, version = period_of(fields.raw("window")), _version(fields)
    try:
        if window is None:
            raise NotOffered
        with transaction() as session:
            given = board_actions.move(
                session, id, window, actor=actor(request), command_id=once.command_id(request, data), now=now,
                expected_version=version,
            )  # fmt: skip
    except Refused as refused:
        return _refused(request, id, refused)
    return _done(request, given)


@get(
    [f"{JOBS}/{{id:uuid}}/assignment", f"{JOBS}/{{id:uuid}}/window"],
    opt={"policy": "board.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Redirect:
    """What is reloaded, or read in another language, is the job as it stands."""
    return see_other(f"{JOBS}/{id}")


def answer(request: Req, id: UUID, *, said: Said | None = None, wanted: UUID | None = None) -> Response[str]:
    """The page of a job. `wanted`: who was chosen, when a rule said no."""
    here, now = home(), clock.now()
    with transaction() as session:
        where = read_where(session, request)
        drawing = Drawing(where.asked, axis_of(where.asked.period, ()), where.names, _formatter(request), now)
        panel = read(session, request, id, drawing, now=now)
        policy = availability.policy(session)
    window = panel.job.job.window
    first = max(where.today, local_day(window.start, here.time_zone)) if window else where.today
    return page(
        request, "pages/dispatch/board_job.html", status_code=said.status if said else 200, panel=panel, said=said,
        wanted=wanted, wanted_mark=mark(wanted) if wanted else "", reasons=reasons(drawing),
        windows=windows(first, policy, drawing.formatter, now=now),
    )  # fmt: skip


def read(session: Session, request: Req, id: UUID, drawing: Drawing, *, now: datetime) -> Panel:
    """The job with everybody of its trade as the rules rank them now. Refuses JobNotFound for what is not published."""
    job = jobs.for_desk(session, id, actor(request), now=now)
    standing = job.job
    if standing.window is None or job.zone is None or standing.published_at is None:
        raise JobNotFound
    crew = crew_of(session, id)
    seat = _seat(Fields(request.query_params)) or _first(crew)
    found = Decision((), ())
    if standing.state in GIVEN:
        found = board_actions.ranking(session, id, actor=actor(request), now=now, seat=seat)
    shown = found.ranked[:SHOWN]
    homes = board.home_zones(session, [each.specialist_id for each in shown])
    hidden = tracking.hiding(session, [each.specialist_id for each in shown])
    show = drawing.formatter
    return Panel(
        job=job,
        service=drawing.names.service(job.service),
        area=drawing.names.zone(job.zone),
        crew=mark(job.specialist) if job.specialist else "",
        window=show.time_range(standing.window.start, standing.window.end),
        day=show.date(standing.window.start),
        could=tuple(_could(each, drawing, homes, hides=each.specialist_id in hidden) for each in shown),
        could_not=tuple(
            CouldNot(each.specialist_id, mark(each.specialist_id), drawing.say(RULES[each.rule]), each.rule in SOFT)
            for each in found.excluded[:EXCLUDED_SHOWN]
        ),
        more=max(0, len(found.ranked) - SHOWN),
        seats=_seats(session, request, crew, drawing),
        seat=seat,
        relation=visits.relation_of(session, id),
        related=visits.related(session, id),
        recurs=plans.plan_of_job(session, id) is not None,
    )


def _first(crew: CrewView | None) -> int | None:
    """The seat that somebody is looked for first."""
    if crew is None:
        return None
    return next((each.seat for each in crew.seats if each.specialist is None), crew.seats[0].seat)


def _seats(session: Session, request: Req, crew: CrewView | None, drawing: Drawing) -> tuple[Place, ...]:
    titles = catalogue.skills(session) if crew else {}
    language = request.user.language
    return tuple(
        Place(
            each.seat,
            mark(each.specialist) if each.specialist else "",
            ", ".join(titles[need].title[language] for need in each.needs if need in titles),
            drawing.formatter.time(each.present_at) if each.present_at else "",
        )
        for each in (crew.seats if crew else ())
    )


def _seat(fields: Fields) -> int | None:
    text = fields.raw("seat")
    return int(text) if len(text) == 1 and text in "123456" else None


def _could(each: Ranked, drawing: Drawing, homes: Mapping[UUID, UUID], *, hides: bool) -> Could:
    def minutes(hundredths: int) -> str:
        return drawing.formatter.number(Decimal(hundredths) / 100, decimals=1)

    terms = [
        drawing.say(TERMS[term.term], minutes=minutes(term.hundredths))
        for term in each.terms
        if term.term in TERMS and not (hides and term.term in FROM_WHERE_THEY_ARE)
    ]
    area = drawing.names.zone(homes.get(each.specialist_id))
    score = "" if hides else minutes(each.score_hundredths)
    return Could(each.specialist_id, mark(each.specialist_id), area, score, tuple(terms))


def period_of(text: str) -> Period | None:
    """Two moments with a stroke between them, as the page's windows say them."""
    start, end = (moment_of(each) for each in (text.partition("/")[0], text.partition("/")[2]))
    return Period(start, end) if start and end and start < end else None


def moment_of(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _done(request: Req, given: Given) -> Response[Any] | Redirect:
    """To a script the act's outcome in words; to a page the board of that day, at the person's row."""
    if not wants_json(request):
        return see_other(f"{BOARD}#{'p' if given.specialist else 'o'}-{given.specialist or given.job}")
    show, crew = _formatter(request), mark(given.specialist) if given.specialist else ""
    if given.starts_at:
        said = answers.sentence(request, PLANNED_AT, number=given.number, who=crew, moment=given.starts_at)
    else:
        said = answers.sentence(request, GIVEN_TO, number=given.number, who=crew)
    return Response({"said": said, "version": given.version, "day": show.date(clock.now())}, status_code=200)


def _refused(request: Req, id: UUID, refused: Refused, wanted: PersonId | None = None) -> Response[Any]:
    said = refusal(request, refused)
    if not wants_json(request):
        return answer(request, id, said=said, wanted=wanted if said.wants_reason else None)
    told = {"said": said.sentence, "rule": said.rule, "wants_reason": said.wants_reason}
    return Response(told, status_code=said.status)


def _chosen(fields: Fields) -> PersonId | None:
    found = fields.identity("specialist")
    return None if found is None else PersonId(found)


def _version(fields: Fields) -> int | None:
    text = fields.raw("version")
    return int(text[:9]) if text.isascii() and text.isdecimal() else None


def _formatter(request: Req) -> Formatter:
    return formatter_for(request.user.language, home())


routes = [show, assign, move, back]
