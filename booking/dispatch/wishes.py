"""The person a customer had last time, asked for again: asked first, and alone for a while (dispatch.md §6)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.dispatch.rules import NobodyToAskAgain
from booking.dispatch.tables import Wish
from booking.jobs import record
from booking.jobs.rules import JobNotFound
from booking.jobs.tables import Job
from booking.jobs.words import Kind, State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import PersonId, ServiceId
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing

LOOKED_BACK = 20
BEFORE_SEARCH = (State.DRAFT, State.REQUESTED)


def who_came_last(session: Session, customer: PersonId, service: ServiceId) -> PersonId | None:
    """Who last did work of the same trade for this customer to the end, stands well and is not blocked; else None."""
    needed = set(catalogue.skills_of(session, service))
    done = select(Job.specialist_id, Job.service_id).where(
        Job.customer_id == customer, Job.specialist_id.is_not(None), Job.kind == Kind.BOOKING,
        Job.state.in_([State.APPROVED, State.CLOSED]),
    )  # fmt: skip
    for specialist, of_service in session.execute(done.order_by(Job.approved_at.desc(), Job.id).limit(LOOKED_BACK)):
        if specialist is None or not needed <= set(catalogue.skills_of(session, of_service)):
            continue
        who = PersonId(specialist)
        if not specialists.blocked(session, customer, [who]):
            return who if specialists.standing(session, who) is Standing.GOOD else None
    return None


def wished(session: Session, job_id: UUID) -> PersonId | None:
    """Whom the customer of this job asked for."""
    found = session.scalar(select(Wish.specialist_id).where(Wish.job_id == job_id))
    return None if found is None else PersonId(found)


def wish_for(session: Session, job_id: UUID, *, customer: PersonId, who: PersonId, now: datetime) -> bool:
    """Ask first for somebody who knows the work: they wrote its quote, or did it. Twice is once.

    False, and nothing is written, where they do not stand well, or the customer wants them no more. Refuses
    JobNotFound, and NobodyToAskAgain once the search runs.
    """
    row = record.locked(session, job_id)
    if row.customer_id != customer:
        raise JobNotFound()
    if row.state not in BEFORE_SEARCH:
        raise NobodyToAskAgain()
    if specialists.blocked(session, customer, [who]) or specialists.standing(session, who) is not Standing.GOOD:
        return False
    made = {"job_id": job_id, "customer_id": customer, "specialist_id": who, "wished_at": now}
    session.execute(insert(Wish).values(made).on_conflict_do_nothing())
    return True


def wish(session: Session, job_id: UUID, *, customer: PersonId, wanted: bool, now: datetime) -> None:
    """Ask for the person who came last, or no longer; before the search begins. Twice is once.

    Refuses JobNotFound for a job of somebody else, and NobodyToAskAgain when nobody came before, or the search runs.
    """
    row = record.locked(session, job_id)
    if row.customer_id != customer:
        raise JobNotFound()
    if row.state not in BEFORE_SEARCH:
        raise NobodyToAskAgain()
    session.execute(delete(Wish).where(Wish.job_id == job_id))
    if not wanted:
        return
    who = who_came_last(session, customer, ServiceId(row.service_id))
    if who is None:
        raise NobodyToAskAgain()
    made = {"job_id": job_id, "customer_id": customer, "specialist_id": who, "wished_at": now}
    session.execute(insert(Wish).values(made).on_conflict_do_nothing())
