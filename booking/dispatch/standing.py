"""What is known of people beside their days: what the day brings them, how they answer, what they are busy with.

Nothing here says who somebody is; each figure is one of the closed list of inputs (`rules.Candidate`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.availability.days import Day
from booking.dispatch.rules import GIVEN_BACK, OfferState
from booking.dispatch.scoring import accept_permille, way_band
from booking.dispatch.soon_free import Running, expected_end
from booking.dispatch.tables import Offer
from booking.jobs.tables import CrewSeat, Job
from booking.jobs.words import CREW_AT_WORK, ENDS, State
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre

ANSWERS_COUNT_FOR = timedelta(days=60)
NOT_AN_ANSWER = ("overlap", "cash_debt")  # the day or the debt said no, not the person
UNDER_WAY = CREW_AT_WORK - {State.ASSIGNED}
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody at work: until when, where, and how many jobs they hold for afterwards."""

    running: Running
    place: Point | None


def income(session: Session, people: Collection[UUID], *, within: Period) -> dict[UUID, int]:
    """What the work that each was given in that time brings, in minor units, commission not yet taken off."""
    given = and_(
        Job.window_start >= within.start, Job.window_start < within.end, Job.state.not_in(ENDS - {State.CLOSED})
    )
    worth = func.coalesce(Job.final_minor, Job.price_minor, 0)
    percent = Job.quote["crew"].op("->")(CrewSeat.seat - 1).op("->>")("percent").cast(Integer)
    alone = select(Job.specialist_id, worth).where(Job.specialist_id.in_(people), Job.seats == 1, given)
    together = (
        select(CrewSeat.specialist_id, worth * percent / 100)
        .join(Job, Job.id == CrewSeat.job_id)
        .where(CrewSeat.specialist_id.in_(people), given)
    )
    found: dict[UUID, int] = {}
    for part in (alone, together):
        for who, amount in session.execute(part):
            if who is not None:
                found[who] = found.get(who, 0) + int(amount)
    return found


def active_minutes(days: Sequence[Day], *, now: datetime) -> int:
    """As `minutes_on_shift`, of all of somebody's days that a window touches."""
    return minutes_on_shift([shift for day in days for shift in day.shifts], now=now)


def minutes_on_shift(shifts: Sequence[Period], *, now: datetime) -> int:
    """How long somebody has been on shift on a day that has begun, or will be on one that is to come."""
    begun = [Period(shift.start, min(shift.end, now)).length for shift in shifts if shift.start < now]
    return sum((begun or [shift.length for shift in shifts]), timedelta()) // MINUTE


def acceptance(session: Session, ways: Mapping[UUID, int], *, now: datetime) -> dict[UUID, int]:
    """How often a way as long as each one's (in minutes) is accepted, in permille; nothing when nobody has answered.

    By the answers of all of these people to ways of that length, drawn towards what is usual among them: nobody's own
    refusals count against them.
    """
    told = _answers(Offer.reasons[0]["hundredths"].as_integer(), ways, now=now)
    bands: dict[int, tuple[int, int]] = {}
    for hundredths, accepted, answered in session.execute(told):
        before = bands.get(way_band((hundredths or 0) // 100), (0, 0))
        bands[way_band((hundredths or 0) // 100)] = before[0] + accepted, before[1] + answered
    every = sum(answered for _, answered in bands.values())
    if not every:
        return {}
    usual = sum(accepted for accepted, _ in bands.values()) * 1000 // every
    return {
        who: accept_permille(*bands.get(way_band(minutes), (0, 0)), usual_permille=usual)
        for who, minutes in ways.items()
    }


def counted_answers(session: Session, people: Collection[UUID], *, now: datetime) -> dict[UUID, tuple[int, int]]:
    """How many offers of the last sixty days each accepted, and answered at all.

    An offer that ran out unseen is no answer, and neither is one that the day or the debt turned down.
    """
    told = _answers(Offer.specialist_id, people, now=now)
    return {id: (accepted, answered) for id, accepted, answered in session.execute(told)}


def _answers(
    by: ColumnElement[Any] | InstrumentedAttribute[Any], people: Collection[UUID], *, now: datetime
) -> Select[Any]:
    yes = or_(Offer.state == OfferState.ACCEPTED, Offer.reason_code == GIVEN_BACK)
    no = or_(
        and_(Offer.state == OfferState.DECLINED, func.coalesce(Offer.reason_code, "").not_in([*NOT_AN_ANSWER])),
        and_(Offer.state == OfferState.EXPIRED, Offer.seen_at.is_not(None)),
    )
    return (
        select(by, func.count().filter(yes), func.count().filter(or_(yes, no)))
        .where(Offer.specialist_id.in_(people), Offer.created_at > now - ANSWERS_COUNT_FOR)
        .group_by(by)
    )


def busy(session: Session, days: Mapping[UUID, Sequence[Day]], *, soon: datetime, now: datetime) -> dict[UUID, Busy]:
    """Who of these is at work, and what they hold for afterwards; who is idle is not named.

    Work that has begun is expected to end its planned length later; who is on the way should be there as planned, and
    now at the earliest. What is over its time lasts some minutes more (`soon_free.expected_end`).
    """
    columns = select(Job.id, Job.specialist_id, Job.state, Job.window_start, Job.started_at, Job.minutes)
    mine = columns.where(Job.specialist_id.in_(days), Job.state.in_(CREW_AT_WORK))
    at_work: dict[UUID, tuple[UUID, datetime | None, timedelta]] = {}
    next_jobs: dict[UUID, int] = {}
    for id, specialist, state, window_start, started_at, minutes in session.execute(mine):
        if specialist is None:
            continue
        if started_at is not None or state in (State.EN_ROUTE, State.ON_SITE):
            at_work[specialist] = id, started_at, (minutes or 0) * MINUTE
        elif window_start is not None and window_start <= soon:
            next_jobs[specialist] = next_jobs.get(specialist, 0) + 1
    found = {}
    for specialist, (job, started_at, length) in at_work.items():
        entries = [entry for day in days[specialist] for entry in day.entries if entry.booked.job == job]
        if entries:
            cell = entries[-1].cell
            place = None if cell is None else cell_centre(cell)
            began = started_at or max(now, entries[-1].booked.starts_at)
            ends_at = expected_end(began + length, now=now)
            found[specialist] = Busy(Running(ends_at, next_jobs.get(specialist, 0)), place)
    return found
