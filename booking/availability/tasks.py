"""What happens to time later: holds that run out, and working hours that come nearer day by day."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from booking.availability import actions, queries
from booking.availability.windows import local_day
from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.tasks import task
from marketplace.specialists.queries import everybody, working_periods
from marketplace.specialists.rules import Standing

DAYS_AHEAD = 60


@task("availability.lapse")
def lapse(session: Session, visit: str) -> None:
    """At the moment a hold ends: free the time, unless it was paid for or extended."""
    actions.lapse_one(session, UUID(visit), now=clock.now(), policy=queries.policy(session))


@task("availability.sweep")
def sweep(session: Session) -> None:
    """Whatever has run out and still stands; comes round every minute."""
    actions.lapse(session, now=clock.now(), policy=queries.policy(session))


@task("availability.expand")
def expand(session: Session) -> None:
    """Ask for everybody's hours to be carried forward; one row each, so that no lock is held for long."""
    now = clock.now()
    for specialist in everybody(session, standing=Standing.GOOD):
        enqueue(session, "availability.hours_changed", key=derived("hours", specialist, now.date()), id=specialist)


@task("availability.hours_changed")
def hours_changed(session: Session, id: str) -> None:
    """Expand one person's weekly plan and exceptions sixty days ahead."""
    now, policy, specialist = clock.now(), queries.policy(session), PersonId(UUID(id))
    from_day = local_day(now, policy.time_zone)
    to_day = from_day + timedelta(days=DAYS_AHEAD)
    periods = working_periods(session, specialist, from_day, to_day, policy.time_zone)
    actions.expand(session, specialist, periods, from_day=from_day, to_day=to_day, now=now, policy=policy)
