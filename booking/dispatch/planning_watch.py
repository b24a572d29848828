"""Whether a day wants a new plan: what was called off, or who stays away, since the last one was asked for."""

from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import Kind, Status
from booking.availability.tables import Occupation, ShiftRow
from booking.availability.windows import day_period
from booking.dispatch.day_plan_tables import DayPlan
from booking.dispatch.planning_rules import Why
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, State

CALLED_OFF = (Event.CANCEL_BY_CUSTOMER, Event.CANCEL_BY_OPERATOR)
GIVEN_BACK = (Event.CANCEL_BY_WORKER, Event.NO_SHOW_WORKER)
LOOK_BACK = timedelta(hours=12)  # of a day that nobody has planned
LOOK_AGAIN = timedelta(hours=2)  # while visits stand with somebody who does not work


def planned(session: Session, on_day: date) -> bool:
    """Whether a plan of that day was ever asked for."""
    return session.scalar(select(exists().where(DayPlan.on_day == on_day))) or False


def reason(session: Session, on_day: date, *, now: datetime) -> Why | None:
    """Why the day is to be planned anew; None when nothing has happened since it was last planned.

    An absence is somebody who gave a visit of that day back, or whose working time has left a visit that may move.
    """
    since = _since(session, on_day, now=now)
    if _happened(session, on_day, GIVEN_BACK, since) or (since <= now - LOOK_AGAIN and _stranded(session, on_day)):
        return Why.ABSENCE
    return Why.CANCELLATION if _happened(session, on_day, CALLED_OFF, since) else None


def _since(session: Session, on_day: date, *, now: datetime) -> datetime:
    newest = session.scalar(select(func.max(DayPlan.asked_at)).where(DayPlan.on_day == on_day))
    return newest or now - LOOK_BACK


def _happened(session: Session, on_day: date, events: tuple[Event, ...], since: datetime) -> bool:
    span = day_period(on_day, availability.policy(session).time_zone)
    found = (
        select(JobEvent.id)
        .join(Job, Job.id == JobEvent.job_id)
        .where(
            Job.window_start >= span.start,
            Job.window_start < span.end,
            JobEvent.event.in_(events),
            JobEvent.recorded_at > since,
            JobEvent.from_state.in_((State.OPEN, State.ASSIGNED, State.EN_ROUTE, State.DELAYED)),
        )
    )
    return session.scalar(found.limit(1)) is not None


def _stranded(session: Session, on_day: date) -> bool:
    """Whether a promised visit stands outside of its person's working time."""
    works = exists().where(
        ShiftRow.specialist_id == Occupation.specialist_id,
        ShiftRow.starts_at < func.upper(Occupation.during),
        ShiftRow.ends_at > func.lower(Occupation.during),
    )
    found = (
        select(Occupation.visit_id)
        .join(Job, Job.occupation_id == Occupation.visit_id)
        .where(
            Occupation.on_day == on_day,
            Occupation.kind == Kind.VISIT,
            Occupation.status == Status.CONFIRMED,
            Job.state.in_((State.OPEN, State.ASSIGNED)),
            ~works,
        )
    )
    return session.scalar(found.limit(1)) is not None
