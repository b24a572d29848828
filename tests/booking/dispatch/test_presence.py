"""From where people could take the next job: what the town knows without asking a device, and what a device adds."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.availability.days import Day, Entry
from booking.availability.rules import Booked, Kind, Status
from booking.dispatch import presence
from booking.dispatch.presence import Worker, place
from booking.tracking import actions, queries
from booking.tracking.rules import Basis, Fix, Place, PositionNotTaken, Seen, Switch
from booking.tracking.tables import LivePosition
from marketplace.foundation.ids import PersonId
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell, cell_centre, metres_between
from tests.booking.jobs.town import GULSHAN, Town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime.fromisoformat("2026-11-22T06:00:00+00:00")
KARIM = PersonId(uuid4())
BASE, THERE = Point(90.41, 23.79), cell(Point(90.37, 23.75))
WORKER = Worker(KARIM, (3, 7), BASE)


def entry(begins: int, ends: int, status: Status, *, kind: Kind = Kind.VISIT) -> Entry:
    """What takes time from so many minutes after now to so many."""
    start, end = NOW + begins * MINUTE, NOW + ends * MINUTE
    booked = Booked(uuid4(), KARIM, None, None, kind, status, NOW.date(), None, start, start + MINUTE, end, None)
    return Entry(booked, ends - begins, THERE if kind is Kind.VISIT else None, False, uuid4(), 0)


def stands(*entries: Entry, known: Place | None = None, hours: tuple[int, int] = (-2, 6)) -> Place | None:
    day = Day(KARIM, NOW.date(), 1, BASE, (Period(NOW + hours[0] * HOUR, NOW + hours[1] * HOUR),), entries)
    return place(WORKER, day, known, now=NOW)


def told(found: Place | None) -> tuple[Basis, int, bool] | None:
    """What it stands on, in how many minutes they are free (0: by now), and whether they may be asked."""
    return None if found is None else (found.basis, max(0, (found.free_at - NOW) // MINUTE), found.available)


def test_people_stand_where_the_town_knows_them_to_be() -> None:
    done, later = entry(-90, -30, Status.DONE), entry(120, 180, Status.CONFIRMED)
    assert told(stands()) == (Basis.BASE, 0, True)
    assert told(stands(done, later)) == (Basis.STEP, 0, True)
    assert told(stands(done, entry(-20, 25, Status.STARTED))) == (Basis.NEXT, 25, True)
    assert told(stands(entry(-20, 25, Status.CONFIRMED))) == (Basis.NEXT, 25, True), "they are on the way"
    assert told(stands(entry(-90, -5, Status.STARTED))) == (Basis.NEXT, 5, True), "it takes longer than planned"
    assert told(stands(entry(-20, 25, Status.STARTED), entry(60, 90, Status.CONFIRMED))) == (Basis.NEXT, 25, False)
    assert told(stands(entry(-20, 25, Status.STARTED), later)) == (Basis.NEXT, 25, True)
    assert told(stands(entry(-5, 30, Status.CONFIRMED, kind=Kind.BREAK))) == (Basis.BASE, 30, True)
    assert told(stands(hours=(1, 2))) is None
    assert place(WORKER, None, None, now=NOW) is None


def test_a_shared_position_counts_while_it_is_fresh_and_a_running_job_comes_before_it() -> None:
    live = Place(KARIM, (3,), Point(90.4, 23.8), NOW - HOUR, NOW - 9 * MINUTE, Basis.LIVE, True)
    old = Place(KARIM, (3,), Point(90.4, 23.8), NOW - HOUR, NOW - 10 * MINUTE, Basis.LIVE, True)
    assert told(stands(known=live)) == (Basis.LIVE, 0, True)
    assert told(stands(known=old)) == (Basis.BASE, 0, True)
    assert told(stands(entry(-20, 25, Status.STARTED), known=live)) == (Basis.NEXT, 25, True)


def rows(session: Session, who: UUID) -> int:
    counted = select(func.count()).where(LivePosition.specialist_id == who)
    return session.scalars(counted).one()


def test_a_shift_begins_a_position_is_shared_withdrawn_and_the_shift_ends(session: Session, town: Town) -> None:
    karim = town.craftsman(session).id
    at_night, at_noon = town.now.replace(hour=1), town.later(hours=2)
    shift = Period(at_noon - HOUR, at_noon + HOUR)
    here = Point(90.4, 23.8)
    assert presence.tend(session, now=at_night) == 0
    assert presence.tend(session, now=at_noon) == 1
    assert presence.tend(session, now=at_noon) == 0, "nothing has changed"
    assert rows(session, karim) == len(town.skills)
    known = queries.places_of(session, [karim])[karim]
    assert known.basis is Basis.BASE
    assert metres_between(known.point, cell_centre(cell(GULSHAN))) == 0

    fixes = [Fix(here, at_noon - 2 * MINUTE), Fix(GULSHAN, at_noon - 3 * MINUTE)]
    with pytest.raises(PositionNotTaken):
        actions.take_position(session, karim, fixes, shift=shift, now=at_noon)
    actions.choose(session, karim, Switch.SHARE, now=at_noon)
    with pytest.raises(PositionNotTaken):
        actions.take_position(session, karim, fixes, shift=None, now=at_noon)
    assert queries.places_of(session, [karim])[karim].basis is Basis.BASE, "nothing was stored"
    assert actions.take_position(session, karim, fixes, shift=shift, now=at_noon)
    assert not actions.take_position(session, karim, fixes, shift=shift, now=at_noon), "no news"
    assert not actions.take_position(session, karim, fixes, shift=shift, now=at_noon + 8 * MINUTE), "stale"
    shared = queries.places_of(session, [karim])[karim]
    assert shared.basis is Basis.LIVE
    assert metres_between(shared.point, here) <= 1
    assert presence.tend(session, now=at_noon + MINUTE) == 0
    assert presence.tend(session, now=at_noon + 9 * MINUTE) == 1, "not heard of for ten minutes"
    assert queries.places_of(session, [karim])[karim].basis is Basis.BASE

    actions.take_positions(session, [Seen(karim, here, at_noon + 20 * MINUTE), Seen(uuid4(), here, at_noon)])
    actions.choose(session, karim, Switch.OFF, now=at_noon)
    assert rows(session, karim) == 0, "what was shared is gone at once"
    asked = select(Outbox.arguments).where(Outbox.task == "dispatch.presence")
    assert {"person": str(karim)} in session.scalars(asked).all()
    assert presence.tend(session, now=at_noon) == 1
    assert presence.tend(session, now=at_noon + 13 * HOUR) == 1
    assert rows(session, karim) == 0


def test_work_that_began_and_ended_is_seen(session: Session, town: Town) -> None:
    rahima, karim = town.customer(session, money=1_000_000), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    at_work = town.later(hours=29)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, waiver="no_phone")
    presence.tend(session, now=at_work)
    busy = queries.places_of(session, [karim.id])[karim.id]
    assert (busy.basis, busy.free_at > at_work) == (Basis.NEXT, True)
    assert not actions.take_positions(session, [Seen(karim.id, BASE, at_work)]), "the job says where they are"
    town.later(minutes=30)
    town.fire(session, job, "complete", karim.specialist)
    told = select(Outbox.arguments["person"].astext).where(Outbox.task == "dispatch.presence")
    assert session.scalars(told).all() == [str(karim.id)] * 2, "for the start and for the end"
    presence.refresh(session, [karim.id], now=town.now)
    rests = queries.places_of(session, [karim.id])[karim.id]
    assert (rests.basis, rests.free_at <= town.now) == (Basis.STEP, True)
