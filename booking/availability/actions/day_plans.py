"""Changing one person's day: take its lock, compute on what stands now, write what differs.

Every change goes through here, so travel stays feasible; the exclusion constraint keeps people single even if not.
A planned time is never updated in place: an UPDATE of `during` waits for its rivals until somebody is shot as a
deadlock's victim (dispatch.md §3), a released row and a new one do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.days import (
    Ask,
    Day,
    Entry,
    changed,
    fit_of,
    planned_as_is,
    planned_with,
    room,
    travel_by,
)
from booking.availability.route import Planned, moment
from booking.availability.rules import Candidate, Kind, NotInPlan, Status, TimePolicy, UnknownVisit
from booking.availability.tables import THIS_TRANSACTION, Occupation, RouteDay
from marketplace.foundation.ids import JobId, PersonId, uuid7
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell


@dataclass(frozen=True, slots=True)
class Visit:
    """What a new row of a visit says, apart from when."""

    visit: UUID
    status: Status
    customer: PersonId | None
    job: JobId | None
    window: Period
    expires_at: datetime | None
    extended: bool = False
    sequence: int = 0


def take_day(session: Session, specialist: PersonId, on_day: date, base: Point | None = None) -> int:
    """Lock the person's day until the transaction (or savepoint) ends, and count its version up.

    `base`, where it is known, is kept with the day.
    """
    base_cell = None if base is None else cell(base)
    row = insert(RouteDay).values(specialist_id=specialist, on_day=on_day, version=1, base_cell=base_cell)
    counted = row.on_conflict_do_update(
        index_elements=[RouteDay.specialist_id, RouteDay.on_day],
        set_={
            "version": RouteDay.version + 1,
            "changed_in": THIS_TRANSACTION,
            "base_cell": func.coalesce(row.excluded.base_cell, RouteDay.base_cell),
        },
    )
    return session.execute(counted.returning(RouteDay.version)).scalar_one()


def take_visit(session: Session, visit: UUID) -> Entry:
    """Lock the day a visit stands in and give the visit as it is under that lock. Refuses UnknownVisit."""
    entry = _found(session, visit)
    for _ in range(3):  # it may be moved to another day while this waits for the lock of the old one
        day = entry.booked.specialist, entry.booked.on_day
        take_day(session, *day)
        entry = _found(session, visit)
        if (entry.booked.specialist, entry.booked.on_day) == day:
            return entry
    raise NotInPlan(visit, entry.booked.status)


def place(session: Session, day: Day, wanted: Ask, new: Visit, *, now: datetime, policy: TimePolicy) -> bool:
    """Put a visit into that day if it still fits. False, and no effect, when it does not.

    `day` was read without a lock. When nobody changed it meanwhile, the plan made from it holds; otherwise it is made
    anew under the lock. Everything happens in a savepoint, so that giving up frees the lock at once.
    """
    savepoint = session.begin_nested()
    if take_day(session, day.specialist, day.on_day, day.base) != day.version + 1:
        day = queries.day_of(session, day.specialist, day.on_day, day.base, now=now)
    travel = travel_by(policy.pace)
    fit = fit_of(room(day, wanted.place, travel, now=now, policy=policy), wanted, travel)
    if fit is None:
        savepoint.rollback()
        return False
    clear_overdue(session, day.specialist, day.on_day, now=now)
    planned = planned_with(day, wanted, fit, travel, now=now, policy=policy)
    if not _write(session, day, planned, (wanted, new), now=now):
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def place_best(
    session: Session,
    specialists: Sequence[Candidate],
    wanted: Ask,
    new: Visit,
    *,
    now: datetime,
    policy: TimePolicy,
) -> bool:
    """Try the people in the order of the travel that the visit adds to their day, until it is placed."""
    days = queries.days_with_room(session, specialists, wanted, new.window, now=now, policy=policy)
    return any(place(session, day, wanted, new, now=now, policy=policy) for day in days)


def clear_overdue(session: Session, specialist: PersonId, on_day: date, *, now: datetime) -> list[UUID]:
    """End the holds of that day that have run out. The caller holds the day's lock."""
    over = update(Occupation).where(
        Occupation.specialist_id == specialist,
        Occupation.on_day == on_day,
        Occupation.status == Status.HELD,
        Occupation.expires_at <= now,
    )
    return list(session.scalars(over.values(status=Status.LAPSED).returning(Occupation.visit_id)))


def tidy(session: Session, specialist: PersonId, on_day: date, *, now: datetime, policy: TimePolicy) -> None:
    """After something left the day: the same starts, with the ways that now lead to them. The caller holds the lock."""
    day = queries.day_of(session, specialist, on_day, None, now=now)
    _write(session, day, planned_as_is(day, travel_by(policy.pace), now=now, policy=policy), None, now=now)


def set_status(session: Session, entry: Entry, status: Status, **values: object) -> None:
    """Change one row; its time stays. The caller holds the day's lock."""
    session.execute(update(Occupation).where(Occupation.id == entry.row).values(status=status, **values))


def _found(session: Session, visit: UUID) -> Entry:
    entry = queries.find(session, visit)
    if entry is None:
        raise UnknownVisit(visit)
    return entry


def _write(
    session: Session, day: Day, planned: Sequence[Planned], new: tuple[Ask, Visit] | None, *, now: datetime
) -> bool:
    """Release the rows whose time differs from the plan and write them anew, and the new one. False if it clashes."""
    anew = changed(day, planned)
    rows = [moved_row(entry, each, now=now) for entry, each in anew.values()]
    if new is not None:
        wanted, visit = new
        rows += [_first(day, wanted, visit, each, now=now) for each in planned if each.stop.visit == visit.visit]
    if anew:
        old = [entry.row for entry, _ in anew.values()]
        session.execute(update(Occupation).where(Occupation.id.in_(old)).values(status=Status.RELEASED))
    if not rows:
        return True
    written = session.scalars(insert(Occupation).values(rows).on_conflict_do_nothing().returning(Occupation.id))
    return len(list(written)) == len(rows)


def moved_row(entry: Entry, each: Planned, *, now: datetime) -> Mapping[str, object]:
    """The next row of a visit, at the time that is planned for it now."""
    booked = entry.booked
    assert booked.window is not None
    visit = Visit(
        visit=booked.visit,
        status=booked.status,
        customer=booked.customer,
        job=booked.job,
        window=booked.window,
        expires_at=booked.expires_at,
        extended=entry.extended,
        sequence=entry.sequence + 1,
    )
    whose = {"specialist_id": booked.specialist, "on_day": booked.on_day}
    return whose | {"minutes": entry.minutes, "cell": entry.cell} | _told(visit, each, now=now)


def _first(day: Day, wanted: Ask, visit: Visit, each: Planned, *, now: datetime) -> Mapping[str, object]:
    whose = {"specialist_id": day.specialist, "on_day": day.on_day}
    return whose | {"minutes": wanted.minutes, "cell": cell(wanted.place)} | _told(visit, each, now=now)


def _told(visit: Visit, each: Planned, *, now: datetime) -> dict[str, object]:
    return {
        "id": uuid7(),
        "visit_id": visit.visit,
        "job_id": visit.job,
        "customer_id": visit.customer,
        "kind": Kind.VISIT,
        "status": visit.status,
        "during": Range(moment(each.departs), moment(each.ends)),
        "starts_at": moment(each.stop.starts),
        "window_start": visit.window.start,
        "window_end": visit.window.end,
        "expires_at": visit.expires_at,
        "extended": visit.extended,
        "written_at": now,
        "sequence": visit.sequence,
    }
