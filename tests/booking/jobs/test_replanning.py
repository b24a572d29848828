"""A day planned anew in the background: jobs change hands only while nobody was offered them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import queries
from booking.availability.windows import local_day
from booking.jobs import replanning
from booking.jobs.tables import Job
from booking.jobs.words import Event
from tests.booking.jobs.town import Town


def planned(session: Session) -> dict[UUID, tuple[UUID | None, datetime | None]]:
    """Who each job is planned for, and its promise."""
    rows = session.execute(select(Job.id, Job.planned_specialist_id, Job.window_start).order_by(Job.number)).all()
    return {id: (who, window) for id, who, window in rows}


def busy_day(session: Session, town: Town) -> list[UUID]:
    """Two craftsmen; the first has all the jobs."""
    first = town.craftsman(session)
    jobs = [town.opened(session, town.customer(session, money=1_000_000)) for _ in range(2)]
    town.craftsman(session)
    assert {who for who, _ in planned(session).values()} == {first.id}
    return jobs


def test_a_job_that_nobody_was_offered_may_change_hands(session: Session, town: Town) -> None:
    jobs = busy_day(session, town)
    before = planned(session)
    on_day = local_day(town.tomorrow.start, "Asia/Dhaka")
    assert replanning.replan(session, on_day, now=town.now, tries=200) > 0
    after = planned(session)
    assert after != before
    assert [window for _, window in after.values()] == [window for _, window in before.values()]
    for id in jobs:
        job = session.get(Job, id, populate_existing=True)
        assert job is not None
        assert job.occupation_id is not None
        assert queries.visit(session, job.occupation_id).specialist == job.planned_specialist_id


def test_a_job_that_somebody_was_offered_stays(session: Session, town: Town) -> None:
    jobs = busy_day(session, town)
    for id in jobs:
        town.fire(session, id, Event.OFFER, town.dispatcher)
    before = planned(session)
    on_day = local_day(town.tomorrow.start, "Asia/Dhaka")
    assert replanning.replan(session, on_day, now=town.now, tries=200) == 0
    assert planned(session) == before
