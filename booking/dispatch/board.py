"""A whole day as the dispatcher's board shows it: who works when, what takes their time, what is open and why.

Three statements (`board.sql`) whatever the town's size, and one more that says whose day has changed since. Reads
only; no name, no address: people by id and home area, places by their coarse cell (dispatch.md §11, promises.md M6).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from booking.availability.rules import Kind, Status
from booking.availability.windows import day_period
from booking.jobs.words import State
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import home
from marketplace.specialists.tables import SpecialistRow

LISTED_MOST: Final = 2_000
WORK: Final = (State.ASSIGNED, State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS, State.DELAYED, State.COMPLETED)
STATES: Final = (State.OPEN, *WORK, State.APPROVED, State.CLOSED)


def _statements(source: str) -> dict[str, TextClause]:
    named = (part.split("\n", 1) for part in source.split("\n-- ")[1:])
    return {name.strip(): text(sql.strip().rstrip(";")) for name, sql in named}


_SQL: Final = _statements((Path(__file__).parent / "board.sql").read_text())


class Because(StrEnum):
    """Why a job is still open."""

    ASKING = "asking"  # somebody has an offer on the screen
    NOT_ASKED = "not_asked"  # the search has not begun
    NOBODY = "nobody"  # of everybody of the trade the rules exclude all; `rule` says by what most of them
    SAID_NO = "said_no"  # whoever was asked declined
    NO_ANSWER = "no_answer"  # offers ran out
    HANDED_BACK = "handed_back"  # somebody had it, and gave it up


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at: a local day, and what the reader narrowed it to."""

    on_day: date
    time_zone: str
    zone: UUID | None = None
    service: UUID | None = None
    state: State | None = None

    @property
    def period(self) -> Period:
        return day_period(self.on_day, self.time_zone)

    def suits(self, job: "BoardJob") -> bool:
        """Whether a job is among those that the reader asked for."""
        return self.zone in (None, job.zone) and self.service in (None, job.service) and self.state in (None, job.state)


@dataclass(frozen=True, slots=True)
class BoardJob:
    """A job without any personal value. `crew` is who has it, if anybody."""

    id: UUID
    number: str
    version: int
    state: State
    service: UUID
    zone: UUID | None
    cell: str | None
    window: Period | None
    crew: UUID | None


@dataclass(frozen=True, slots=True)
class Time:
    """A stretch of somebody's day: a visit from setting out to its end, or what else takes their time.

    `starts_at` is when the work begins; before it is the way. A visit whose job nobody has yet is only planned.
    """

    specialist: UUID
    kind: Kind
    status: Status
    departs_at: datetime
    starts_at: datetime
    ends_at: datetime
    job: BoardJob | None

    @property
    def planned(self) -> bool:
        return self.job is not None and self.job.crew != self.specialist


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's day: shifts and what stands in it, in order of time."""

    id: UUID
    home_zone: UUID
    shifts: tuple[Period, ...]
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A job of the list, and for an open one since when and why it is open."""

    job: BoardJob
    minutes: int
    since: datetime | None
    because: Because | None
    rule: str | None
    live: int
    declined: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Places:
    """How much is where: open jobs, jobs that somebody has, and people at home there who work that day, by area; open
    jobs by coarse cell."""

    open: Mapping[UUID, int]
    visits: Mapping[UUID, int]
    people: Mapping[UUID, int]
    cells: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Board:
    """The day. `seen` is where the next question `since` begins."""

    people: tuple[Person, ...]
    jobs: tuple[Listed, ...]
    seen: int


def read(session: Session, asked: Asked, *, now: datetime) -> Board:
    """The whole day, as the reader narrowed it; the list holds the jobs in the state asked for, or the open ones."""
    seen, _ = changed(session, asked, since=None)
    return Board(people(session, asked, now=now), listed(session, asked), seen)


def people(session: Session, asked: Asked, *, now: datetime, only: Sequence[UUID] | None = None) -> tuple[Person, ...]:
    """Who works that day in the area and can do the service, or has a visit of it; by id."""
    found: dict[UUID, tuple[UUID, list[Period]]] = {}
    for row in session.execute(_SQL["people"], _told(session, asked, only=only)):
        shifts = found.setdefault(row.person_id, (row.home_zone_id, []))[1]
        if row.starts_at is not None:
            shifts.append(Period(row.starts_at, row.ends_at))
    times: dict[UUID, list[Time]] = {id: [] for id in found}
    if found:
        told = _told(session, asked) | {"people": list(found), "now": now}
        for row in session.execute(_SQL["times"], told):
            times[row.specialist_id].append(_time(row))
    return tuple(Person(id, zone, tuple(shifts), tuple(times[id])) for id, (zone, shifts) in found.items())


def listed(
    session: Session, asked: Asked, *, only: Sequence[UUID] | None = None, most: int = LISTED_MOST
) -> tuple[Listed, ...]:
    """The jobs in the state asked for, the open ones otherwise, soonest promise first; at most `most`."""
    states = [(asked.state or State.OPEN).value]
    rows = session.execute(_SQL["jobs"], _told(session, asked, only=only) | {"states": states, "most": most})
    return tuple(_listed(row) for row in rows)


def counts(session: Session, asked: Asked) -> Mapping[State, int]:
    """How many jobs of the day, the area and the service stand in each state."""
    told = _told(session, asked) | {"states": [state.value for state in STATES]}
    return {State(row.state): row.number for row in session.execute(_SQL["counts"], told)}


def places(session: Session, asked: Asked) -> Places:
    """Where the day's jobs and people are, as coarsely as anybody may know it."""
    told = _told(session, asked) | {"states": [state.value for state in STATES]}
    waiting, going, cells = Counter[UUID](), Counter[UUID](), Counter[str]()
    for row in session.execute(_SQL["places"], told):
        (waiting if row.open else going)[row.zone_id] += row.number
        if row.open and row.cell:
            cells[row.cell] += row.number
    at_home = {row.home_zone_id: row.number for row in session.execute(_SQL["homes"], told)}
    return Places(waiting, going, at_home, cells)


def holders(session: Session, jobs: Sequence[UUID]) -> list[UUID]:
    """In whose time these jobs stand, whoever has them."""
    told = {"jobs": list(jobs)}
    return list(session.scalars(_SQL["holders"], told))


def home_zones(session: Session, people: Sequence[UUID]) -> dict[UUID, UUID]:
    """Where these people are at home."""
    asked = select(SpecialistRow.person_id, SpecialistRow.home_zone_id).where(SpecialistRow.person_id.in_(people))
    return {row.person_id: row.home_zone_id for row in session.execute(asked)}


def changed(session: Session, asked: Asked, *, since: int | None) -> tuple[int, list[UUID]]:
    """Where the next question begins, and whose day has changed since the last; nobody's without one.

    A change may be told twice, never missed: one that is not committed yet is told by the question after.
    """
    beyond = 2**62 if since is None else since
    row = session.execute(_SQL["changed"], _days(asked) | {"since": beyond}).one()
    return row.seen, list(row.people)


def why_open(*, live: int, asked: int, declined: int, crews: int, ranked: int | None) -> Because:
    """Why a job is open. Pure. `ranked`: how many the last decision could have asked; None: none was made."""
    if live:
        return Because.ASKING
    if ranked == 0:
        return Because.NOBODY
    if asked == 0:
        return Because.HANDED_BACK if crews else Because.NOT_ASKED
    return Because.SAID_NO if declined else Because.NO_ANSWER


def _told(session: Session, asked: Asked, *, only: Sequence[UUID] | None = None) -> dict[str, Any]:
    period = asked.period
    return _days(asked) | {
        "here": home(session).id, "start": period.start, "end": period.end, "zone": asked.zone,
        "service": asked.service, "only": None if only is None else list(only),
    }  # fmt: skip


def _days(asked: Asked) -> dict[str, Any]:
    """A night shift belongs to the day before."""
    return {"before": asked.on_day - timedelta(days=1), "on_day": asked.on_day}


def _job(row: Any) -> BoardJob:
    window = Period(row.window_start, row.window_end) if row.window_start else None
    return BoardJob(
        row.id, row.number, row.version, State(row.state), row.service_id, row.zone_id, row.cell, window, row.crew
    )


def _time(row: Any) -> Time:
    return Time(
        row.specialist_id, Kind(row.kind), Status(row.status), row.departs_at, row.starts_at, row.ends_at,
        None if row.id is None else _job(row),
    )  # fmt: skip


def _listed(row: Any) -> Listed:
    because = None
    if row.state == State.OPEN:
        because = why_open(
            live=row.live, asked=row.asked, declined=row.declined, crews=row.crews, ranked=row.ranked
        )  # fmt: skip
    rule = row.rule if because is Because.NOBODY else None
    return Listed(_job(row), row.minutes or 0, row.published_at, because, rule, row.live, row.declined, row.until)
