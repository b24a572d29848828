"""Planning a day anew in the background (booking.availability): which jobs may change hands before anybody has them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.availability import actions as availability
from booking.availability import queries
from booking.availability.rules import Booked, Candidate, Somebody
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId, ServiceId, ZoneId
from marketplace.specialists import queries as specialists

TRIES = 1_000  # changes looked at in one go: a second or two for two hundred people
UNASKED = (State.REQUESTED, State.OPEN)


def replan(session: Session, on_day: date, *, now: datetime, tries: int = TRIES) -> int:
    """Look for a plan of that local day that leaves more windows open, and let it be the plan. How many jobs changed
    hands.

    Only a job that nobody has been offered changes hands; every window that was promised stays. Where anything of the
    day has changed meanwhile nothing is done: the next booking asks again.
    """
    policy = queries.policy(session)
    visits = [each for each in queries.visits_on(session, on_day, now=now) if each.job is not None]
    jobs = _jobs(session, visits)
    people: dict[PersonId, Candidate] = {each.specialist: Somebody(each.specialist) for each in visits}
    able: dict[tuple[UUID, UUID], frozenset[PersonId]] = {}
    alike: dict[UUID, frozenset[PersonId]] = {}
    for job in jobs:
        assert job.zone_id is not None
        assert job.occupation_id is not None
        key = (job.service_id, job.zone_id)
        if key not in able:
            found = _able(session, *key, on_day=on_day, now=now)
            people |= {each.specialist: each for each in found}
            able[key] = frozenset(each.specialist for each in found)
        alike[job.occupation_id] = able[key]
    asked = _asked(session, jobs)
    free = [job.occupation_id for job in jobs if _unasked(job) and job.id not in asked and job.occupation_id]
    proposal = availability.propose(
        session, on_day, list(people.values()), alike, free=free, now=now, policy=policy, tries=tries
    )
    handed_on = proposal.handed_on()
    if not _still_unasked(session, sorted(handed_on)) or not availability.carry_out(session, proposal, now=now):
        return 0
    for id, who in handed_on.items():
        session.execute(update(Job).where(Job.id == id).values(planned_specialist_id=who))
    return len(handed_on)


def _jobs(session: Session, visits: Sequence[Booked]) -> list[Job]:
    ids = [each.job for each in visits]
    rows = select(Job).where(Job.id.in_(ids), Job.zone_id.is_not(None), Job.occupation_id.is_not(None))
    return list(session.scalars(rows.order_by(Job.id).execution_options(populate_existing=True)))


def _able(session: Session, service: UUID, zone: UUID, *, on_day: date, now: datetime) -> list[specialists.Candidate]:
    skills = catalogue.service(session, ServiceId(service), now=now).skills
    return specialists.candidates(session, skills=skills, zone_id=ZoneId(zone), on=on_day)


def _unasked(job: Job) -> bool:
    return job.state in UNASKED and job.specialist_id is None and job.seats == 1


def _asked(session: Session, jobs: Sequence[Job]) -> set[UUID]:
    """The jobs that somebody has been offered, whatever they answered."""
    ids = [job.id for job in jobs if _unasked(job)]
    return set(session.scalars(select(JobEvent.job_id).where(JobEvent.job_id.in_(ids), JobEvent.event == Event.OFFER)))


def _still_unasked(session: Session, ids: Sequence[UUID]) -> bool:
    """Lock these jobs, waiting for nobody; False when one of them is busy, or was offered to somebody meanwhile."""
    rows = select(Job).where(Job.id.in_(ids)).order_by(Job.id).with_for_update(skip_locked=True)
    jobs = list(session.scalars(rows.execution_options(populate_existing=True)))
    return len(jobs) == len(ids) and all(_unasked(job) for job in jobs) and not _asked(session, jobs)
