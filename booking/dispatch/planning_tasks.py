"""Plans of days by the clock: in the evening, and when a cancellation or an absence has left its marks on a day."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.windows import local_day
from booking.dispatch import planning, planning_watch
from booking.dispatch.day_plan import DayPlanner, PlannerFailed
from booking.dispatch.planning_rules import SECONDS, Why
from booking.dispatch.vroom_planner import VroomPlanner
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.tasks import task

EVENING_FROM, EVENING_UNTIL = 19, 23  # local hours in which the day after is planned
PLANNERS: list[DayPlanner] = [VroomPlanner()]  # the one that makes plans


@task("dispatch.plan_day", in_steps=True)
def plan_day(*, id: str) -> None:
    """Read the day, let the solver work in a process of its own, write down what it made. The old plan stands on."""
    plan_id = UUID(id)
    with transaction() as session:
        collected = planning.begin(session, plan_id, now=clock.now())
    if collected is None:
        return
    try:
        plan = PLANNERS[-1].plan_day(collected.problem, seconds=SECONDS)
    except PlannerFailed as failed:
        with transaction() as session:
            planning.fail(session, plan_id, failed.how, now=clock.now())
        return
    with transaction() as session:
        planning.propose(session, plan_id, collected, plan, now=clock.now())


@task("dispatch.plan_watch")
def watch(session: Session) -> None:
    """Comes round every ten minutes: is there a day to be planned, or to be planned anew?"""
    now = clock.now()
    planning.give_up_old(session, now=now)
    today = local_day(now, availability.policy(session).time_zone)
    tomorrow = today + timedelta(days=1)
    if _evening(session, now) and not planning_watch.planned(session, tomorrow):
        planning.ask(session, tomorrow, why=Why.EVENING, by=None, now=now)
    for on_day in (today, tomorrow):
        why = planning_watch.reason(session, on_day, now=now)
        if why is not None:
            planning.ask(session, on_day, why=why, by=None, now=now)


def _evening(session: Session, now: datetime) -> bool:
    zone = ZoneInfo(availability.policy(session).time_zone)
    return EVENING_FROM <= now.astimezone(zone).hour < EVENING_UNTIL
