"""What the house has promised off a job's price: one line of its quote, however often it is priced anew."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.jobs.discount_tables import JobDiscount
from booking.pricing.rules import Adjustment


def promise(session: Session, job_id: UUID, *, code: str, basis_points: int, now: datetime) -> None:
    """Take so many hundredths of a percent off the job's price, before it is priced. Twice is once; zero is nothing."""
    if basis_points:
        made = {"job_id": job_id, "code": code, "basis_points": basis_points, "given_at": now}
        session.execute(insert(JobDiscount).values(made).on_conflict_do_nothing())


def of_job(session: Session, job_id: UUID) -> tuple[Adjustment, ...]:
    """What was promised, as the quote takes it."""
    found = session.get(JobDiscount, job_id)
    return () if found is None else (Adjustment(found.code, -found.basis_points),)
