"""What a day of the town is read from, for planning it: its jobs, who may do which, whose time is taken."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.rules import LIVE as TAKING
from booking.availability.rules import Kind
from booking.availability.tables import Occupation
from booking.dispatch.rules import LIVE, OfferState
from booking.dispatch.tables import Offer
from booking.jobs.tables import Job
from booking.jobs.words import CREW_AT_WORK, State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId, ServiceId, ZoneId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point
from marketplace.specialists import queries as specialists

SAID_NO = (OfferState.DECLINED, OfferState.ACCEPTED)  # an accepted offer of an open job was given back


def jobs_of(session: Session, span: Period) -> dict[UUID, Job]:
    """The jobs whose promised window begins in that time and that somebody has or looks for, by id."""
    states = [State.OPEN, *CREW_AT_WORK]
    asked = select(Job).where(Job.state.in_(states), Job.window_start >= span.start, Job.window_start < span.end)
    rows = session.scalars(asked.order_by(Job.id).execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def looks_for_somebody(row: Job | None) -> bool:
    """Whether the job is promised to its customer and nobody has accepted it."""
    if row is None or row.seats > 1:  # a crew begins together: nobody of it is planned alone
        return False
    return row.state == State.OPEN and row.specialist_id is None and row.funded_at is not None


def who_may(
    session: Session, jobs: Sequence[Job], on_day: date, *, now: datetime
) -> tuple[dict[UUID, Point], dict[UUID, frozenset[UUID]]]:
    """Where each person of these trades sets out, and by job who may do it: all hard rules but time.

    Whoever said no to a job, or gave it back, is not planned for it.
    """
    bases: dict[UUID, Point] = {}
    able: dict[tuple[UUID, UUID], list[UUID]] = {}
    skills: dict[UUID, tuple[str, ...]] = {}
    refused = _refused(session, jobs)
    may: dict[UUID, frozenset[UUID]] = {}
    for row in jobs:
        if row.zone_id is None:
            continue
        kind = row.service_id, row.zone_id
        if kind not in able:
            if row.service_id not in skills:
                skills[row.service_id] = catalogue.service(session, ServiceId(row.service_id), now=now).skills
            found = specialists.candidates(
                session, skills=skills[row.service_id], zone_id=ZoneId(row.zone_id), on=on_day
            )
            able[kind] = [each.specialist for each in found]
            bases |= {each.specialist: each.base for each in found}
        people = [PersonId(each) for each in able[kind]]
        apart = set() if row.customer_id is None else specialists.blocked(session, PersonId(row.customer_id), people)
        may[row.id] = frozenset(people) - apart - refused[row.id]
    return bases, may


def offered_to(session: Session, jobs: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """The pairs of job and person between whom an offer is live: their answer must find things as they were told."""
    live = select(Offer.job_id, Offer.specialist_id).where(Offer.job_id.in_(jobs), Offer.state.in_(LIVE))
    return {(job, specialist) for job, specialist in session.execute(live)}


def holders(session: Session, on_day: date) -> set[PersonId]:
    """Whoever has a visit that day."""
    taken = select(Occupation.specialist_id).where(
        Occupation.on_day == on_day, Occupation.kind == Kind.VISIT, Occupation.status.in_(TAKING)
    )
    return {PersonId(each) for each in session.scalars(taken.distinct())}


def _refused(session: Session, jobs: Sequence[Job]) -> dict[UUID, set[UUID]]:
    asked = select(Offer.job_id, Offer.specialist_id).where(
        Offer.job_id.in_([row.id for row in jobs]), Offer.state.in_(SAID_NO)
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for job, specialist in session.execute(asked):
        found[job].add(specialist)
    return found
