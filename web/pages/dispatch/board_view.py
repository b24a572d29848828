"""The day as the page draws it: rows of bars, the list with age and reason, the map; all in the reader's words."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.availability.rules import Kind
from booking.dispatch.board import Asked, Because, BoardJob, Listed, Person, Places, Time
from booking.jobs.words import State
from marketplace.catalogue.queries import Zone
from marketplace.foundation.languages import Formatter
from marketplace.foundation.periods import Period
from marketplace.foundation.places import cell_centre
from web.pages.admin.people import mark
from web.pages.dispatch import board_layout, board_words
from web.pages.dispatch.board_layout import Axis
from web.templating import Words, plain

METRES_OF_A_DEGREE = 111_195
LATE_MINUTES = 60  # what begins so soon and is open stands out


@dataclass(frozen=True, slots=True)
class Names:
    """What areas and services are called and how the address of the page names them, in the reader's language."""

    zones: Mapping[UUID, tuple[str, str]]  # key, name
    services: Mapping[UUID, tuple[str, str]]

    def zone(self, id: UUID | None) -> str:
        return self.zones[id][1] if id is not None and id in self.zones else ""

    def service(self, id: UUID) -> str:
        return self.services[id][1] if id in self.services else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in somebody's lane; with a job it is a link to it. `promise`: first step and number of the window."""

    classes: str
    label: str
    job: UUID | None
    number: str
    version: int
    promise: str

    @property
    def short(self) -> str:
        """The number without what all have in front."""
        return self.number.partition("-")[2] or self.number


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody's day."""

    id: UUID
    mark: str
    area: str
    shifts: tuple[str, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A job of the list; `urgent` when its time is near and nobody has it."""

    job: BoardJob
    service: str
    area: str
    window: str
    age: str
    because: str
    crew: str
    promise: str
    urgent: bool
    recurs: bool  # whether it comes from a plan

    @property
    def since(self) -> int:
        """By what the list is ordered."""
        return int(self.job.window.start.timestamp()) if self.job.window else 0


@dataclass(frozen=True, slots=True)
class Area:
    """A zone of the map with what is in it; `shape` are the points of its ground, or a circle's middle and radius."""

    key: str
    name: str
    shape: str
    circle: tuple[int, int, int]
    open: int
    visits: int
    people: int


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing of areas and coarse cells; never a place."""

    width: int
    height: int
    areas: tuple[Area, ...]
    cells: tuple[tuple[int, int, int, int, int], ...]  # x, y, width, height, open jobs


@dataclass
class Drawing:
    """How one reader's board is drawn: the axis, the names, the ways of counting."""

    asked: Asked
    axis: Axis
    names: Names
    formatter: Formatter
    now: datetime
    recurring: frozenset[UUID] = frozenset()  # jobs that come from plans

    def __post_init__(self) -> None:
        self.words = Words(self.formatter)
        self._times: dict[datetime, str] = {}
        self._states = {state: self.say(message) for state, message in board_words.STATES.items()}
        self._kinds = {kind: self.say(message) for kind, message in board_words.KINDS.items()}
        self._planned = self.say(board_words.PLANNED)

    def say(self, message: str, **facts: object) -> str:
        return plain(self.words.gettext(message, **facts))

    def time(self, moment: datetime) -> str:
        if moment not in self._times:
            self._times[moment] = self.formatter.time(moment)
        return self._times[moment]

    def row(self, person: Person) -> Row:
        shifts = (board_layout.lane(self.axis, each.start, each.end) for each in person.shifts)
        bars = (self._bar(each) for each in person.times)
        return Row(
            person.id, mark(person.id), self.names.zone(person.home_zone),
            tuple(each.classes for each in shifts if each), tuple(each for each in bars if each),
        )  # fmt: skip

    def rows(self, people: Iterable[Person]) -> list[Row]:
        """By home area as the reader's alphabet orders them, then by mark."""
        order = {id: place for place, id in enumerate(self.names.zones)}
        drawn = sorted(people, key=lambda each: (order.get(each.home_zone, len(order)), each.id.hex[-8:]))
        return [self.row(each) for each in drawn]

    def item(self, listed: Listed) -> Item:
        job = listed.job
        window = f"{self.time(job.window.start)}–{self.time(job.window.end)}" if job.window else ""
        soon = job.window is not None and (job.window.start - self.now).total_seconds() < LATE_MINUTES * 60
        return Item(
            job, self.names.service(job.service), self.names.zone(job.zone), window,
            self.formatter.relative(listed.since, now=self.now) if listed.since else "", self.because(listed),
            mark(job.crew) if job.crew else "", self._promise(job.window), soon and job.state is State.OPEN,
            job.id in self.recurring,
        )  # fmt: skip

    def because(self, listed: Listed) -> str:
        """Why the job is still open, in a sentence."""
        said = self.words
        match listed.because:
            case None:
                return self._states[listed.job.state]
            case Because.ASKING if listed.until is not None:
                told = said.ngettext(
                    "{count} person is asked, until {until}.", "{count} people are asked, until {until}.", listed.live,
                    until=self.time(listed.until),
                )  # fmt: skip
                return plain(told)
            case Because.SAID_NO:
                told = said.ngettext("{count} person said no.", "{count} people said no.", listed.declined)
                return plain(told)
            case Because.NOBODY:
                rule = board_words.RULES.get(listed.rule or "skill", "")
                return self.say(board_words.NOBODY_CAN, rule=self.say(rule))
        return self.say(board_words.BECAUSE[listed.because]) if listed.because in board_words.BECAUSE else ""

    def _bar(self, time: Time) -> Bar | None:
        found = board_layout.lane(self.axis, time.departs_at, time.ends_at)
        if found is None:
            return None
        span = f"{self.time(time.starts_at)}–{self.time(time.ends_at)}"
        job = time.job
        if job is None or not self.asked.suits(job):
            kind = "busy" if time.kind is Kind.VISIT else time.kind.value
            return Bar(f"{kind} {found.classes}", f"{span} · {self._kinds[time.kind]}", None, "", 0, "")
        look = "planned" if time.planned else job.state.value
        way = board_layout.way_steps(self.axis, time.departs_at, time.starts_at)
        state = self._planned if time.planned else self._states.get(job.state, "")
        recurs = job.id in self.recurring
        plan = self.say(board_words.FROM_A_PLAN) if recurs else ""
        named = (span, job.number, self.names.service(job.service), self.names.zone(job.zone), state, plan)
        label = " · ".join(each for each in named if each)
        classes = f"{look}{' recurs' if recurs else ''} {found.classes} w{way}"
        return Bar(classes, label, job.id, job.number, job.version, self._promise(job.window))

    def _promise(self, window: Period | None) -> str:
        found = board_layout.lane(self.axis, window.start, window.end) if window else None
        return f"{found.start} {found.steps}" if found else ""


def drawn_map(zones: Sequence[Zone], found: Places, name: Callable[[Zone], str]) -> Map:
    """The areas with what is in each, and the cells in which something is open. Pure."""
    points = [*(zone.centre for zone in zones), *(point for zone in zones for point in zone.ring)]
    if not points:
        return Map(600, 1, (), ())
    squeeze = math.cos(math.radians(sum(each.latitude for each in points) / len(points)))
    widest = max(zone.radius_metres for zone in zones) / METRES_OF_A_DEGREE
    plane = board_layout.plane_of(points, squeeze=squeeze, margin=widest / squeeze)
    areas = tuple(
        Area(
            zone.key, name(zone), " ".join(f"{x},{y}" for x, y in map(plane.at, zone.ring)),
            (*plane.at(zone.centre), round(zone.radius_metres / METRES_OF_A_DEGREE * plane.scale)),
            found.open.get(zone.id, 0), found.visits.get(zone.id, 0), found.people.get(zone.id, 0),
        )
        for zone in zones
    )  # fmt: skip
    cells = tuple((*plane.cell(cell_centre(cell)), number) for cell, number in sorted(found.cells.items()))
    return Map(plane.width, plane.height, areas, cells)
