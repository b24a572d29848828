"""From rows to routes and back: the working day of a person as the arithmetic of `route` wants it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from booking.availability.openings import Found, Outlook, Span, Ways, cheapest, openings, ways_of
from booking.availability.pace import Pace, slowest, travel_minutes
from booking.availability.route import (
    Fit,
    Gap,
    Leg,
    Minute,
    Planned,
    Route,
    Stop,
    Travel,
    fits,
    gaps,
    inserted,
    minute_up,
    moment,
    plan,
)
from booking.availability.route import minute as minute_of
from booking.availability.rules import Booked, Kind, Status, TimePolicy, Window, WindowOffer
from booking.availability.windows import windows_of
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell, cell_centre

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One occupation as it was read: what it is, where (coarse cell), how long, and which row of which visit."""

    booked: Booked
    minutes: int
    cell: str | None
    extended: bool
    row: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Day:
    """A person's working day at a `version`: the entries in the order of their planned starts."""

    specialist: PersonId
    on_day: date
    version: int
    base: Point | None
    shifts: tuple[Period, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A visit that wants a place: where roughly, how long, and from when to when it may start."""

    visit: UUID
    place: Point
    minutes: int
    opens: Minute
    closes: Minute
    speed: int


def coarse(point: Point) -> Point:
    """The middle of the point's cell: all that is kept and computed with."""
    return cell_centre(cell(point))


def travel_by(pace: Pace) -> Travel:
    """The travel function of a town. It remembers, since the same few ways are asked for again and again."""

    @lru_cache(maxsize=4_096)
    def travel(start: Point | None, end: Point | None, speed: int) -> int:
        return travel_minutes(start, end, speed=speed, pace=pace)

    return travel


def ask(visit: UUID, point: Point, minutes: int, window: Period, *, not_before: datetime, policy: TimePolicy) -> Ask:
    """A visit in that window, starting no sooner than `not_before`."""
    return Ask(
        visit=visit,
        place=coarse(point),
        minutes=minutes,
        opens=Minute(max(minute_of(window.start), minute_up(not_before))),
        closes=minute_of(window.end),
        speed=slowest(policy.pace, window.start, window.end, policy.time_zone),
    )


def route_of(day: Day, *, now: datetime, policy: TimePolicy) -> Route:
    """The day as legs and stops. What begins soon, runs, is done or is no visit stays where it is."""
    return Route(
        base=day.base,
        legs=tuple(Leg(minute_of(shift.start), minute_of(shift.end)) for shift in day.shifts),
        stops=tuple(_stop(entry, now=now, policy=policy) for entry in day.entries),
    )


def room(day: Day, place: Point, travel: Travel, *, now: datetime, policy: TimePolicy) -> list[Gap]:
    """Where in that day a visit at `place` could go."""
    return gaps(route_of(day, now=now, policy=policy), place, travel)


def fit_of(found: Sequence[Gap], wanted: Ask, travel: Travel) -> Fit | None:
    return fits(
        found,
        wanted.place,
        opens=wanted.opens,
        closes=wanted.closes,
        minutes=wanted.minutes,
        speed=wanted.speed,
        travel=travel,
    )


def planned_with(
    day: Day, wanted: Ask, fit: Fit, travel: Travel, *, now: datetime, policy: TimePolicy
) -> tuple[Planned, ...]:
    """The day's plan with the new visit in it."""
    new = Stop(wanted.visit, wanted.place, wanted.opens, wanted.closes, wanted.minutes, fit.first, wanted.speed)
    return plan(inserted(route_of(day, now=now, policy=policy), new, fit, travel), travel)


def planned_as_is(day: Day, travel: Travel, *, now: datetime, policy: TimePolicy) -> tuple[Planned, ...]:
    """The day's plan with the same starts and the ways that follow from the present order."""
    return plan(route_of(day, now=now, policy=policy), travel)


def fixed(entry: Entry) -> bool:
    """Whether a row of the plan is never written anew: it runs, is done, or is a break."""
    return entry.booked.kind is not Kind.VISIT or entry.booked.status in (Status.STARTED, Status.DONE)


def outlook(day: Day, ways: Ways, *, now: datetime, policy: TimePolicy) -> Outlook:
    """What the day can still take, at this minute."""
    return Outlook(day.specialist, tie(day).int, openings(route_of(day, now=now, policy=policy), ways))


def stands_until(day: Day, *, now: datetime, policy: TimePolicy) -> datetime:
    """Until when the day's outlook stays what it is, if nobody changes the day: work goes on, holds run out, and what
    begins soon may no longer be moved."""
    until = datetime.max.replace(tzinfo=UTC)
    next_minute, soon = moment(minute_of(now) + 1), now + policy.frozen
    for entry in day.entries:
        booked = entry.booked
        if booked.expires_at is not None and booked.status is Status.HELD:
            until = min(until, booked.expires_at)
        if booked.status is Status.STARTED:
            until = min(until, max(next_minute, booked.starts_at + entry.minutes * MINUTE))
        elif not fixed(entry) and booked.window is not None and booked.starts_at > soon:
            until = min(until, max(next_minute, booked.window.start - policy.frozen))
    return until


def offers_of(
    outlooks: Iterable[Outlook],
    windows: Sequence[Window],
    point: Point,
    minutes: int,
    *,
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    """For each window that can be held now the person with the least extra travel, in the order of `windows`."""
    soonest = now + policy.notice
    asks = [ask(NOBODY, point, minutes, window.period, not_before=soonest, policy=policy) for window in windows]
    found = _cheapest(outlooks, point, minutes, asks, policy)
    return tuple(
        WindowOffer(window, best.specialist, best.extra)
        for window, best in zip(windows, found, strict=True)
        if best is not None
    )


def may_move(entry: Entry, *, now: datetime, policy: TimePolicy) -> bool:
    """Whether the plan may still give this visit another time inside its window."""
    return not fixed(entry) and entry.booked.window is not None and entry.booked.starts_at > now + policy.frozen


def spans_on(on_day: date, *, now: datetime, policy: TimePolicy) -> list[Span]:
    """The windows of a local day that could still be promised now."""
    soonest = minute_up(now + policy.notice)
    spans = []
    for window in windows_of(on_day, bands=policy.bands, time_zone=policy.time_zone):
        opens, closes = max(minute_of(window.period.start), soonest), minute_of(window.period.end)
        if opens <= closes:
            speed = slowest(policy.pace, window.period.start, window.period.end, policy.time_zone)
            spans.append(Span(opens, closes, speed))
    return spans


def best_offers(
    days: Sequence[Day],
    windows: Sequence[Window],
    point: Point,
    minutes: int,
    *,
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    """As `offers_of`, for days of which no outlook is at hand."""
    ways = ways_of(policy.pace)
    outlooks = [outlook(day, ways, now=now, policy=policy) for day in days if day.shifts]
    return offers_of(outlooks, windows, point, minutes, now=now, policy=policy)


def best_days(days: Iterable[Day], wanted: Ask, *, now: datetime, policy: TimePolicy) -> list[Day]:
    """The days that have room for the visit, those to which it adds the least travel first."""
    ways = ways_of(policy.pace)
    return ranked([(day, outlook(day, ways, now=now, policy=policy)) for day in days], wanted, policy)


def ranked(days: Iterable[tuple[Day, Outlook]], wanted: Ask, policy: TimePolicy) -> list[Day]:
    """As `best_days`, for days whose outlooks are at hand."""
    found: list[tuple[int, int, Day]] = []
    for day, seen in days:
        best = _cheapest([seen], wanted.place, wanted.minutes, [wanted], policy)[0]
        if best is not None:
            found.append((best.extra, best.order, day))
    return [day for _, _, day in sorted(found, key=lambda each: each[:2])]


def _cheapest(
    outlooks: Iterable[Outlook], point: Point, minutes: int, asks: Sequence[Ask], policy: TimePolicy
) -> list[Found | None]:
    spans = [Span(each.opens, each.closes, each.speed) for each in asks]
    return cheapest(list(outlooks), coarse(point), minutes, spans, ways_of(policy.pace))


NOBODY = derived("availability", "nobody")


def tie(day: Day) -> UUID:
    """What decides between equals: the same for everybody who computes it, and fair over the days."""
    return derived("availability", day.on_day, day.specialist)


def free_spans(within: Period, shifts: Sequence[Period], taken: Sequence[Period]) -> list[Period]:
    """The working time inside `within` that nothing takes, in order."""
    spans = [meeting for shift in shifts if (meeting := shift.meet(within)) is not None]
    return [left for span in sorted(spans) for left in span.subtract(taken)]


def changed(day: Day, planned: Sequence[Planned]) -> Mapping[UUID, tuple[Entry, Planned]]:
    """Which visits of the day have to be written anew for this plan, by visit."""
    entries = {entry.booked.visit: entry for entry in day.entries}
    anew: dict[UUID, tuple[Entry, Planned]] = {}
    for each in planned:
        entry = entries.get(each.stop.visit)
        if entry is None or fixed(entry):
            continue
        if unlike(entry, day.specialist, each):
            anew[each.stop.visit] = (entry, each)
    return anew


def unlike(entry: Entry, who: PersonId, each: Planned) -> bool:
    """Whether the row says another person or time than the plan."""
    booked = entry.booked
    stands = (booked.specialist, booked.departs_at, booked.starts_at, booked.ends_at)
    return stands != (who, moment(each.departs), moment(each.stop.starts), moment(each.ends))


def without(day: Day, visit: UUID) -> Day:
    """The same day as if that visit were not in it."""
    return replace(day, entries=tuple(entry for entry in day.entries if entry.booked.visit != visit))


def _stop(entry: Entry, *, now: datetime, policy: TimePolicy) -> Stop:
    booked = entry.booked
    starts, minutes = minute_of(booked.starts_at), entry.minutes
    window = booked.window or Period(booked.starts_at, booked.ends_at)
    opens = closes = starts
    if booked.status is Status.STARTED:
        minutes = max(minutes, minute_up(now) - starts)  # it takes longer than planned
    elif not fixed(entry) and booked.starts_at > now + policy.frozen:
        opens = Minute(min(starts, max(minute_of(window.start), minute_up(now + policy.frozen))))
        closes = Minute(max(starts, minute_of(window.end)))
    return Stop(
        visit=booked.visit,
        place=None if entry.cell is None else cell_centre(entry.cell),
        opens=opens,
        closes=closes,
        minutes=minutes,
        starts=starts,
        speed=slowest(policy.pace, window.start, window.end, policy.time_zone),
    )
