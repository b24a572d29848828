"""Who may see whose name, phone and address for a job, and until when (lifecycle.md E.5)."""

from datetime import datetime, timedelta
from itertools import permutations

from sqlalchemy.orm import Session

from booking.jobs import crews
from booking.jobs.process import ContactEffect
from booking.jobs.rules import TimeRules, contact_ends, contact_opens
from booking.jobs.tables import Job
from booking.jobs.words import Kind
from marketplace.foundation.ids import AddressId, JobId, PersonId
from marketplace.foundation.periods import Period
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as privacy_queries

OF_THE_CUSTOMER = ("name", "phone", "address")
OF_THE_RESIDENT = ("name", "phone")  # where they live, the ticket says
OF_THE_SPECIALIST = ("name", "phone")
OF_EACH_OTHER = ("name",)  # in a crew
APART = timedelta(minutes=1)  # two looks at a number within it are one attempt to reach somebody


def act(session: Session, effect: ContactEffect | None, row: Job, *, times: TimeRules, now: datetime) -> None:
    """Open, move or close the windows of this job's crew and customer on each other."""
    job = JobId(row.id)
    match effect:
        case ContactEffect.OPEN:
            _open(session, row, times=times, now=now)
        case ContactEffect.SWAP:
            privacy.close_windows(session, job=job, now=now)
            _open(session, row, times=times, now=now)
        case ContactEffect.MOVE:
            privacy.set_window_end(session, job=job, until=contact_ends(_window(row), times), now=now)
        case ContactEffect.GRACE:
            until = now + timedelta(hours=times.contact_grace_hours)
            privacy.set_window_end(session, job=job, until=until, now=now)
        case ContactEffect.CLOSE:
            privacy.close_windows(session, job=job, now=now)
        case None:
            pass


def attempts(session: Session, job: JobId, specialist: PersonId, *, since: datetime) -> tuple[datetime, ...]:
    """When this specialist tried to reach the customer: each look at the number since then, at least a minute apart.

    The disclosure log is the evidence (E.4 #31); nobody counts their own attempts.
    """
    looks = privacy_queries.looks_of(session, specialist, since=since)
    found: list[datetime] = []
    for at in sorted(look.at for look in looks if look.job_id == job and look.field == "phone"):
        if not found or at - found[-1] >= APART:
            found.append(at)
    return tuple(found)


def _open(session: Session, row: Job, *, times: TimeRules, now: datetime) -> None:
    if row.customer_id is None or row.specialist_id is None:
        raise ValueError("a crew is made of a customer and a specialist")
    crew = crews.members(session, row) or (row.specialist_id,)
    for each in crew:
        _open_for(session, row, PersonId(row.customer_id), PersonId(each), times=times, now=now)
    for one, other in permutations(crew, 2):
        privacy.open_window(
            session, subject=PersonId(one), reader=PersonId(other), job=JobId(row.id), fields=OF_EACH_OTHER,
            until=_until(row, times), now=now,
        )  # fmt: skip


def _open_for(
    session: Session, row: Job, customer: PersonId, specialist: PersonId, *, times: TimeRules, now: datetime
) -> None:
    job, until = JobId(row.id), _until(row, times)
    privacy.open_window(
        session,
        subject=customer,
        reader=specialist,
        job=job,
        fields=OF_THE_RESIDENT if row.kind == Kind.TICKET else OF_THE_CUSTOMER,
        address=None if row.address_id is None else AddressId(row.address_id),
        opens_at=now if until is None else contact_opens(_window(row), times, now=now),
        until=until,
        now=now,
    )
    privacy.open_window(
        session, subject=specialist, reader=customer, job=job, fields=OF_THE_SPECIALIST, until=until, now=now
    )


def _until(row: Job, times: TimeRules) -> datetime | None:
    """A ticket has no promised end: contact for it ends when its work is done, and the grace after it."""
    return None if row.kind == Kind.TICKET else contact_ends(_window(row), times)


def _window(row: Job) -> Period:
    if row.window_start is None or row.window_end is None:
        raise ValueError("a job with a crew has a promised window")
    return Period(row.window_start, row.window_end)
