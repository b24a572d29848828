"""A day of the town as a problem for a planner: who works, what is promised, what may move and what may not.

What may move: a paid visit that has found nobody yet goes to anybody who may do it, inside its promised window. What
somebody has accepted stays with them and moves inside its window alone. Whatever is being paid for, begins soon, runs,
or is not understood stays at its minute. A day that does not work out as it stands is left alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.days import Day, Entry
from booking.availability.pace import slowest, travel_minutes
from booking.availability.route import minute, minute_up
from booking.availability.rules import Kind, Somebody, Status, TimePolicy
from booking.availability.windows import day_period
from booking.dispatch.day_plan import Break, Matrix, Plan, Problem, Span, Stop, Technician, Visit
from booking.dispatch.day_times import Item, timed
from booking.dispatch.planning_facts import holders, jobs_of, looks_for_somebody, offered_to, who_may
from booking.dispatch.planning_rules import CALM_MINUTES
from booking.jobs.slots import place_of
from booking.jobs.tables import Job
from booking.jobs.words import State
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

USUAL_PRIORITY = 50
CALM = timedelta(minutes=CALM_MINUTES)


@dataclass(frozen=True, slots=True)
class Collected:
    """A day's problem, the version of each day it was read from, the job of each visit, and what nobody can plan."""

    problem: Problem
    versions: Mapping[UUID, int]
    jobs: Mapping[UUID, UUID]
    accepted: frozenset[UUID]  # the visits that somebody has accepted
    away: Mapping[UUID, tuple[Stop, ...]]  # what looks for somebody and stands with one who does not work that day
    left_alone: tuple[UUID, ...]  # people whose day does not work out as it stands
    to_hand_on: tuple[UUID, ...]  # jobs that were accepted by somebody who does not work that day


@dataclass(slots=True)
class _Reading:
    """What is known while a day is read; `places` and `speeds` are the rows of the matrix, the speed that of the way
    to the row."""

    session: Session
    now: datetime
    policy: TimePolicy
    jobs: Mapping[UUID, Job]
    may: Mapping[UUID, frozenset[UUID]]
    offered: set[tuple[UUID, UUID]]
    places: list[Point | None] = field(default_factory=list)
    speeds: list[int] = field(default_factory=list)

    def row(self, place: Point | None, window: Period | None = None) -> int:
        self.places.append(place)
        zone = self.policy.time_zone
        self.speeds.append(slowest(self.policy.pace, window.start, window.end, zone) if window else 1)
        return len(self.places) - 1

    def job(self, entry: Entry) -> Job | None:
        """The job of a visit that this reading knows, when the visit is the one its row speaks of."""
        row = None if entry.booked.job is None else self.jobs.get(entry.booked.job)
        return row if row is not None and row.occupation_id == entry.booked.visit else None


@dataclass(frozen=True, slots=True)
class _OneDay:
    person: Technician
    visits: tuple[Visit, ...]
    order: tuple[Item, ...]


def collect(session: Session, on_day: date, *, now: datetime) -> Collected:
    """Read the day as it stands. Without a lock: what changes afterwards is found out when the plan is published."""
    policy = availability.policy(session)
    span = day_period(on_day, policy.time_zone)
    jobs = jobs_of(session, span)
    looking = [row for row in jobs.values() if looks_for_somebody(row)]
    bases, may = who_may(session, looking, on_day, now=now)
    reading = _Reading(session, now, policy, jobs, may, offered_to(session, [row.id for row in looking]))
    have = holders(session, on_day)
    asked = [Somebody(PersonId(id), bases.get(id)) for id in sorted(bases.keys() | have)]
    found = availability.days_of(session, asked, span, now=now)
    working = [day for day in found if day.on_day == on_day and day.shifts]
    absent = sorted(have - {day.specialist for day in working})
    away = [availability.day_of(session, id, on_day, bases.get(id), now=now) for id in absent]
    return _put_together(reading, working, away)


def _put_together(reading: _Reading, working: Sequence[Day], away: Sequence[Day]) -> Collected:
    days = [_one_day(reading, day) for day in working]
    stranded = [(day.specialist, entry) for day in away for entry in day.entries if _looks(reading, entry)]
    loose = [_visit(reading, None, entry) for _, entry in stranded]
    placed = {entry.booked.visit for day in (*working, *away) for entry in day.entries}
    unplaced = {
        (visit := _unplaced(reading, row)).id: (visit, row)
        for row in reading.jobs.values()
        if looks_for_somebody(row) and row.occupation_id not in placed
    }
    matrix = _matrix(reading)
    routes: dict[UUID, tuple[Stop, ...]] = {}
    alone = []
    for day, one in zip(working, days, strict=True):
        stood = {entry.booked.visit: minute(entry.booked.starts_at) for entry in day.entries}
        stops = timed(one.person, one.order, matrix, stood)
        if stops is None or any(stop.starts != stood[stop.visit] for stop in stops):
            alone.append(one.person.id)
        else:
            routes[one.person.id] = stops
    kept = [one for one in days if one.person.id in routes]
    visits = (*loose, *(visit for visit, _ in unplaced.values()), *(visit for one in kept for visit in one.visits))
    travel = sum(_travelled(matrix, one) for one in kept)
    entries = [entry for day in (*working, *away) for entry in day.entries]
    return Collected(
        Problem(tuple(one.person for one in kept), visits, matrix, Plan(routes, (), travel, "standing")),
        {day.specialist: day.version for day in (*working, *away)},
        {entry.booked.visit: entry.booked.job for entry in entries if entry.booked.job is not None}
        | {id: row.id for id, (_, row) in unplaced.items()},
        frozenset(entry.booked.visit for entry in entries if _has_accepted(reading, entry)),
        {
            day.specialist: tuple(_stands(entry) for who, entry in stranded if who == day.specialist)
            for day in away
            if any(who == day.specialist for who, _ in stranded)
        },
        tuple(alone),
        tuple(
            entry.booked.job
            for day in away
            for entry in day.entries
            if entry.booked.job is not None and _has_accepted(reading, entry)
        ),
    )


def _one_day(reading: _Reading, day: Day) -> _OneDay:
    """A person's day from where they are free: what runs, is done or begins soon lies before it."""
    entries = sorted(day.entries, key=lambda entry: entry.booked.starts_at)
    frozen = [number for number, entry in enumerate(entries) if _frozen(reading, entry)]
    before, after = entries[: frozen[-1] + 1] if frozen else [], entries[frozen[-1] + 1 :] if frozen else entries
    seen = [entry for entry in before if entry.cell is not None]
    start = cell_centre(seen[-1].cell) if seen and seen[-1].cell else day.base
    free = max((minute_up(_over(reading, entry)) for entry in before), default=0)
    first = min(minute(shift.start) for shift in day.shifts)
    if minute(reading.now) + CALM_MINUTES > first:
        free = max(free, minute_up(reading.now + CALM))
    hours = tuple(
        Span(max(free, minute(shift.start)), minute(shift.end)) for shift in day.shifts if minute(shift.end) > free
    )
    skills = frozenset(str(job) for job, people in reading.may.items() if day.specialist in people)
    items: list[Item] = []
    for entry in after:
        if entry.booked.kind is Kind.VISIT:
            items.append(_visit(reading, day.specialist, entry))
        elif minute(entry.booked.starts_at) >= free:
            starts = minute(entry.booked.starts_at)
            items.append(Break(entry.booked.visit, starts, starts, entry.minutes))
    breaks = tuple(item for item in items if isinstance(item, Break))
    visits = tuple(item for item in items if isinstance(item, Visit))
    person = Technician(day.specialist, reading.row(start), hours, skills, breaks)
    return _OneDay(person, visits, tuple(items))


def _visit(reading: _Reading, holder: UUID | None, entry: Entry) -> Visit:
    """A visit with as much freedom as it has: other hands, another minute, or none."""
    booked, row = entry.booked, reading.job(entry)
    window, starts = booked.window or Period(booked.starts_at, booked.ends_at), minute(booked.starts_at)
    place = reading.row(None if entry.cell is None else cell_centre(entry.cell), window)
    free = _looks(reading, entry) and (holder is None or (row is not None and (row.id, holder) not in reading.offered))
    span = Span(minute_up(window.start), minute(window.end))
    in_time = holder is None or span.opens <= starts <= span.closes
    may_shift = row is not None and row.state in (State.OPEN, State.ASSIGNED) and booked.status is Status.CONFIRMED
    return Visit(
        booked.visit,
        place,
        frozenset((str(row.id),)) if free and row is not None else frozenset(),
        entry.minutes,
        (span if may_shift and in_time else Span(starts, starts),),
        USUAL_PRIORITY,
        None if free else holder,
        promised=True,
    )


def _unplaced(reading: _Reading, row: Job) -> Visit:
    """A promised visit that stands in nobody's day: given back, and not found anybody since."""
    assert row.window_start is not None
    assert row.window_end is not None
    window = Period(row.window_start, row.window_end)
    span = Span(minute_up(window.start), minute(window.end))
    place = reading.row(place_of(reading.session, row), window)
    id = derived("planned", row.id, row.version)
    return Visit(id, place, frozenset((str(row.id),)), row.minutes or 1, (span,), USUAL_PRIORITY, promised=True)


def _looks(reading: _Reading, entry: Entry) -> bool:
    return entry.booked.status is Status.CONFIRMED and looks_for_somebody(reading.job(entry))


def _has_accepted(reading: _Reading, entry: Entry) -> bool:
    row = None if entry.booked.job is None else reading.jobs.get(entry.booked.job)
    return row is not None and row.specialist_id == entry.booked.specialist


def _frozen(reading: _Reading, entry: Entry) -> bool:
    booked = entry.booked
    if booked.kind is not Kind.VISIT:
        return booked.departs_at <= reading.now
    soon = booked.departs_at <= reading.now + CALM or booked.starts_at <= reading.now + reading.policy.frozen
    return soon or booked.status in (Status.STARTED, Status.DONE)


def _over(reading: _Reading, entry: Entry) -> datetime:
    """When the person is free after it; what runs may take longer than planned."""
    ends = entry.booked.ends_at
    return max(ends, reading.now) if entry.booked.status is Status.STARTED else ends


def _stands(entry: Entry) -> Stop:
    booked = entry.booked
    starts, ends = minute(booked.starts_at), minute(booked.ends_at)
    return Stop(booked.visit, minute(booked.departs_at), starts, starts, ends)


def _matrix(reading: _Reading) -> Matrix:
    pace, places, speeds = reading.policy.pace, reading.places, reading.speeds
    known: dict[tuple[Point | None, Point | None, int], int] = {}

    def ways(start: Point | None) -> Iterator[int]:
        for end, speed in zip(places, speeds, strict=True):
            key = start, end, speed
            if key not in known:
                known[key] = travel_minutes(start, end, speed=speed, pace=pace)
            yield known[key]

    return Matrix(tuple(tuple(ways(start)) for start in places))


def _travelled(matrix: Matrix, one: _OneDay) -> int:
    places = [one.person.start, *(visit.place for visit in one.visits)]
    return sum(matrix.way(here, there) for here, there in pairwise(places))
