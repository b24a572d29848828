"""Questions about time: which windows can be promised, what stands in somebody's plan, when they are free."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from booking.availability.days import Ask, Day, Entry, offers_of, ranked
from booking.availability.days import free_spans as spans_left
from booking.availability.memory import Known, Mark, Memory, known_day
from booking.availability.memory import of as memory_of
from booking.availability.openings import Outlook
from booking.availability.rules import (
    LIVE,
    Booked,
    Candidate,
    Conflict,
    Kind,
    Shift,
    Status,
    TimePolicy,
    UnknownVisit,
    Window,
    WindowOffer,
    time_policy,
)
from booking.availability.tables import Occupation, ShiftRow
from booking.availability.windows import day_period, windows_of
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.organizations import queries as organizations

DAY = timedelta(days=1)
Mapped = TypeVar("Mapped", Occupation, ShiftRow)


def policy(session: Session) -> TimePolicy:
    """How the home organization keeps its time. Refuses NotFounded."""
    home = organizations.home(session)
    return time_policy(home.time_zone, home.settings)


def windows_at(
    session: Session,
    *,
    specialists: Sequence[Candidate],
    point: Point,
    minutes: int,
    days: Sequence[date],
    now: datetime,
    policy: TimePolicy,
) -> tuple[WindowOffer, ...]:
    """The windows of these local days in which at least one of the specialists can come, in order of time.

    Bands and single hours. Each is feasible at this moment, the ways before and after it included, and can be held
    by `actions.hold` with the same arguments. `specialist` of an offer is internal until acceptance (T, M6).
    """
    if not days or not specialists:
        return ()
    span, windows = ahead(days, now=now, policy=policy)
    on_days = sorted({each - n * DAY for each in days for n in (0, 1)})  # a night shift belongs to the day before
    known = _known(session, specialists, span, on_days, now=now)
    outlooks = [each.outlook(base, now=now, policy=policy) for base, each in known]
    return offers_of(outlooks, windows, point, minutes, now=now, policy=policy)


def ahead(days: Sequence[date], *, now: datetime, policy: TimePolicy) -> tuple[Period, list[Window]]:
    """The span of these local days, and the windows in it that are not too near, in order of time."""
    span = Period(day_period(min(days), policy.time_zone).start, day_period(max(days), policy.time_zone).end)
    windows = [
        window
        for on_day in sorted(set(days))
        for window in windows_of(on_day, bands=policy.bands, time_zone=policy.time_zone)
        if window.period.end >= now + policy.notice
    ]
    return span, windows


def days_of(session: Session, specialists: Iterable[Candidate], span: Period, *, now: datetime) -> list[Day]:
    """The working days of these people that meet the span, each as it stands; holds that are over are left out."""
    return [each.as_day(base, now) for base, each in _known(session, specialists, span, _around(span), now=now)]


def days_with_room(
    session: Session, specialists: Iterable[Candidate], wanted: Ask, span: Period, *, now: datetime, policy: TimePolicy
) -> list[Day]:
    """Those of the days that meet the span in which the visit fits, least added travel first."""
    known = _known(session, specialists, span, _around(span), now=now)
    days = [(each.as_day(base, now), each.outlook(base, now=now, policy=policy)) for base, each in known]
    return ranked(days, wanted, policy)


def outlooks_of(
    session: Session, specialists: Iterable[Candidate], span: Period, *, now: datetime, policy: TimePolicy
) -> list[Outlook]:
    """What the days of these people that meet the span can still take."""
    known = _known(session, specialists, span, _around(span), now=now)
    return [each.outlook(base, now=now, policy=policy) for base, each in known]


def day_of(session: Session, specialist: PersonId, on_day: date, base: Point | None, *, now: datetime) -> Day:
    """One working day as it stands, even one without working time."""
    day, _ = _days(session, [specialist], [on_day], now=now)[0]
    return day if base is None else replace(day, base=base)


def find(session: Session, visit: UUID) -> Entry | None:
    """The newest row of a visit, whatever became of it."""
    newest = select(Occupation).where(Occupation.visit_id == visit).order_by(Occupation.sequence.desc()).limit(1)
    row = session.scalar(_fresh(newest))
    return None if row is None else _entry(row)


def next_sequence(session: Session, visit: UUID) -> int:
    """The number of the next row of a visit."""
    newest = select(func.max(Occupation.sequence)).where(Occupation.visit_id == visit)
    return (session.scalar(newest) or 0) + 1


def visit(session: Session, id: UUID) -> Booked:
    """A visit as it stands. Refuses UnknownVisit."""
    found = find(session, id)
    if found is None:
        raise UnknownVisit(id)
    return found.booked


def visits_on(session: Session, on_day: date, *, now: datetime) -> list[Booked]:
    """What takes people's time on that local day, visits of jobs only."""
    rows = select(Occupation).where(Occupation.on_day == on_day, Occupation.kind == Kind.VISIT, _counts(now))
    return [_entry(row).booked for row in session.scalars(_fresh(rows.order_by(Occupation.starts_at)))]


def visits_of_job(session: Session, job: JobId) -> tuple[Booked, ...]:
    """What a job takes of people's time now, in the order of the planned starts."""
    rows = select(Occupation).where(Occupation.job_id == job, Occupation.status.in_(LIVE))
    return tuple(_entry(row).booked for row in session.scalars(_fresh(rows.order_by(Occupation.starts_at))))


def plan_of(session: Session, specialist: PersonId, *, within: Period) -> tuple[Booked, ...]:
    """What stands in somebody's plan: visits and breaks, live and done, in order; the time rail of the day."""
    shown = (*LIVE, Status.DONE)
    rows = select(Occupation).where(
        Occupation.specialist_id == specialist,
        Occupation.status.in_(shown),
        Occupation.during.overlaps(Range(within.start, within.end)),
    )
    return tuple(_entry(row).booked for row in session.scalars(_fresh(rows.order_by(Occupation.starts_at))))


def free_spans(session: Session, specialist: PersonId, *, within: Period, now: datetime) -> list[Period]:
    """The working time inside `within` that nothing takes; whether a visit fits is `windows_at`'s question."""
    taken = select(Occupation.during).where(
        Occupation.specialist_id == specialist,
        _counts(now),
        Occupation.during.overlaps(Range(within.start, within.end)),
    )
    shifts = [shift.period for shift in shifts_of(session, specialist, within=within)]
    return spans_left(within, shifts, [_period(during) for during in session.scalars(taken)])


def shifts_of(session: Session, specialist: PersonId, *, within: Period) -> list[Shift]:
    """The working time that meets `within`, whole and in order."""
    rows = select(ShiftRow).where(
        ShiftRow.specialist_id == specialist, ShiftRow.starts_at < within.end, ShiftRow.ends_at > within.start
    )
    ordered = session.scalars(_fresh(rows.order_by(ShiftRow.starts_at)))
    return [Shift(row.on_day, Period(row.starts_at, row.ends_at)) for row in ordered]


def is_free(session: Session, specialist: PersonId, *, during: Period, now: datetime) -> bool:
    """Whether the whole stretch is working time and nothing takes any of it."""
    return free_spans(session, specialist, within=during, now=now) == [during]


def live_holds(session: Session, customer: PersonId, *, now: datetime) -> list[Booked]:
    """What the customer has set aside and not paid for, the first to end first."""
    rows = select(Occupation).where(
        Occupation.customer_id == customer, Occupation.status == Status.HELD, Occupation.expires_at > now
    )
    return [_entry(row).booked for row in session.scalars(_fresh(rows.order_by(Occupation.expires_at)))]


def overdue(session: Session, *, now: datetime, limit: int) -> list[tuple[PersonId, date]]:
    """The days on which holds have run out and still stand, in the order in which locks are taken."""
    days = (
        select(Occupation.specialist_id, Occupation.on_day)
        .where(Occupation.status == Status.HELD, Occupation.expires_at <= now)
        .distinct()
        .order_by(Occupation.specialist_id, Occupation.on_day)
        .limit(limit)
    )
    return [(PersonId(specialist), on_day) for specialist, on_day in session.execute(days)]


def conflicts(session: Session, specialist: PersonId, *, now: datetime) -> tuple[Conflict, ...]:
    """The promises to come that lie outside of the person's working time: to be handed on or agreed anew."""
    return _outside(session, Occupation.specialist_id == specialist, now=now)


def conflicts_on(session: Session, first_day: date, last_day: date, *, now: datetime) -> tuple[Conflict, ...]:
    """The same for everybody, on the local days from the first to the last."""
    return _outside(session, Occupation.on_day.between(first_day, last_day), now=now)


def _outside(session: Session, which: ColumnElement[bool], *, now: datetime) -> tuple[Conflict, ...]:
    covered = (
        select(ShiftRow.specialist_id)
        .where(
            ShiftRow.specialist_id == Occupation.specialist_id,
            Occupation.during.contained_by(func.tstzrange(ShiftRow.starts_at, ShiftRow.ends_at)),
        )
        .exists()
    )
    rows = select(Occupation).where(
        which,
        Occupation.kind == Kind.VISIT,
        Occupation.status.in_((Status.HELD, Status.CONFIRMED)),
        Occupation.starts_at > now,
        ~covered,
    )
    ordered = session.scalars(_fresh(rows.order_by(Occupation.starts_at)))
    return tuple(
        Conflict(row.visit_id, None if row.job_id is None else JobId(row.job_id), row.starts_at) for row in ordered
    )


def _around(span: Period) -> list[date]:
    """The local days whose shifts may meet the span, whatever the zone."""
    first = span.start.date() - 2 * DAY
    return [first + n * DAY for n in range((span.end.date() - first).days + 2)]


LOOK = text(
    """SELECT l.seen, l.unwritten, d.specialist_id, d.on_day, d.version, d.changed_in
       FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen,
                    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next,
                    pg_current_xact_id_if_assigned() IS NULL AS unwritten) l
       LEFT JOIN route_day d ON d.changed_in >= :seen AND d.changed_in < l.next"""
)


def _known(
    session: Session, specialists: Iterable[Candidate], span: Period, on_days: Sequence[date], *, now: datetime
) -> list[tuple[Point | None, Known]]:
    """The working days among `on_days` that meet the span, with the base of their person, each person's together.

    What this process remembers is taken from there, unless this transaction has written: see `memory`.
    """
    memory = memory_of(session.get_bind().engine)
    rows = session.execute(LOOK, {"seen": memory.seen}).all()
    seen, unwritten = rows[0][:2]
    if not unwritten:
        memory = Memory()
    look = memory.look(seen, [(row[2], row[3], Mark(row[4], row[5])) for row in rows if row[2] is not None])
    days = [memory.on(on_day) for on_day in on_days]
    people = [(each.specialist, each.base) for each in specialists]
    found, missing = _remembered(people, days, span, now=now)
    if missing:
        read = _read(session, missing, on_days, now=now)
        memory.keep(look, read.values())
        anew = [{who: read[who, on_day] for who in missing} for on_day in on_days]
        theirs, _ = _remembered([one for one in people if one[0] in missing], anew, span, now=now)
        found = [each for each in found if each[1].day.specialist not in missing] + theirs
    return found


def _remembered(
    people: Sequence[tuple[PersonId, Point | None]],
    days: Sequence[Mapping[PersonId, Known]],
    span: Period,
    *,
    now: datetime,
) -> tuple[list[tuple[Point | None, Known]], set[PersonId]]:
    """The days that meet the span, and who has a day that is not known."""
    found: list[tuple[Point | None, Known]] = []
    missing: set[PersonId] = set()
    for who, base in people:
        for day in days:
            known = day.get(who)
            if known is None or known.read_at > now:
                missing.add(who)
            elif known.begins < span.end and span.start < known.ends and known.meets(span):
                found.append((base, known))
    return found, missing


def _read(
    session: Session, people: set[PersonId], on_days: Sequence[date], *, now: datetime
) -> dict[tuple[PersonId, date], Known]:
    found = _days(session, sorted(people), on_days, now=now)
    return {(day.specialist, day.on_day): known_day(day, mark, now) for day, mark in found}


HEADS = text(
    """SELECT p.who, q.on_day, coalesce(d.version, 0), coalesce(d.changed_in, 0), d.base_cell,
              ARRAY(SELECT s.starts_at FROM shift s WHERE s.specialist_id = p.who AND s.on_day = q.on_day ORDER BY 1),
              ARRAY(SELECT s.ends_at FROM shift s WHERE s.specialist_id = p.who AND s.on_day = q.on_day ORDER BY 1)
       FROM unnest(:people) p(who) CROSS JOIN unnest(:days) q(on_day)
       LEFT JOIN route_day d ON d.specialist_id = p.who AND d.on_day = q.on_day"""
)
TAKEN = text(
    """SELECT * FROM occupation
       WHERE specialist_id = ANY(:people)
         AND (on_day = ANY(:days) OR kind <> 'visit' AND during && tstzrange(:since, :until))
         AND (status IN ('confirmed', 'started', 'done') OR status = 'held' AND expires_at > :now)
       ORDER BY starts_at"""
)


def _days(
    session: Session, people: Sequence[PersonId], on_days: Sequence[date], *, now: datetime
) -> list[tuple[Day, Mark]]:
    """Two statements, since this is read after every booking; with the base that is kept with the day."""
    # The versions are read before the entries: a change in between is then seen as a newer version, never missed.
    heads = session.execute(HEADS, {"people": list(people), "days": list(on_days)}).all()
    bounds = [moment for head in heads for moment in (*head[5], *head[6])]
    asked = {"people": list(people), "days": list(on_days), "now": now}
    asked |= {"since": min(bounds, default=now), "until": max(bounds, default=now)}
    entries: dict[PersonId, list[Entry]] = {}
    for row in session.execute(TAKEN, asked):
        entries.setdefault(PersonId(row.specialist_id), []).append(_entry(row))
    days: list[tuple[Day, Mark]] = []
    for who, on_day, version, changed_in, base_cell, starts, ends in heads:
        shifts = tuple(Period(start, end) for start, end in zip(starts, ends, strict=True))
        mine = tuple(entry for entry in entries.get(who, ()) if _belongs(entry.booked, on_day, shifts))
        base = cell_centre(base_cell) if base_cell else None
        days.append((Day(who, on_day, version, base, shifts, mine), Mark(version, changed_in)))
    return days


def _belongs(booked: Booked, on_day: date, shifts: Sequence[Period]) -> bool:
    if booked.on_day == on_day:
        return True
    taken = Period(booked.departs_at, booked.ends_at)
    return booked.kind is not Kind.VISIT and any(taken.overlaps(shift) for shift in shifts)


def _fresh(rows: Select[Mapped]) -> Select[Mapped]:
    """As the database has them now, also rows that this transaction has read before (stack.md §6)."""
    return rows.execution_options(populate_existing=True)


def _counts(now: datetime) -> ColumnElement[bool]:
    """Live, and not a hold that has run out."""
    return and_(Occupation.status.in_(LIVE), or_(Occupation.status != Status.HELD, Occupation.expires_at > now))


def _entry(row: Occupation | Row[Any]) -> Entry:
    taken = _period(row.during)
    window = Period(row.window_start, row.window_end) if row.window_start and row.window_end else None
    booked = Booked(
        visit=row.visit_id,
        specialist=PersonId(row.specialist_id),
        job=None if row.job_id is None else JobId(row.job_id),
        customer=None if row.customer_id is None else PersonId(row.customer_id),
        kind=Kind(row.kind),
        status=Status(row.status),
        on_day=row.on_day,
        window=window,
        departs_at=taken.start,
        starts_at=row.starts_at,
        ends_at=taken.end,
        expires_at=row.expires_at,
    )
    return Entry(booked, row.minutes, row.cell, row.extended, row.id, row.sequence)


def _period(during: Range[datetime]) -> Period:
    assert during.lower is not None
    assert during.upper is not None
    return Period(during.lower, during.upper)
