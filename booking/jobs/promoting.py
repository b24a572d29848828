"""A promotion code for a request, before it is paid."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import record
from booking.jobs.rules import AlreadyFunded, JobNotFound, NotPriced
from booking.jobs.words import State
from marketplace.foundation.ids import PersonId
from marketplace.foundation.money import Money
from payments.promotions import actions as promotions


def use_code(session: Session, job: UUID, *, customer: PersonId, code: str, now: datetime) -> Money:
    """Take a code's discount off what this customer will pay for the job; the house pays it.

    Refuses JobNotFound, AlreadyFunded, NotPriced, and what `promotions.take` refuses.
    """
    row = record.locked(session, job)
    if row.customer_id != customer:
        raise JobNotFound()
    if row.funded_at is not None or row.state != State.REQUESTED:
        raise AlreadyFunded()
    if row.price_minor is None:
        raise NotPriced()
    price = Money(row.price_minor, row.currency)
    off = promotions.take(session, code=code, customer=customer, job=job, price=price, now=now)
    if row.promo_minor != (off.minor or None):
        record.swap(session, row, {"promo_minor": off.minor or None})
    return off


def drop_code(session: Session, job: UUID, *, customer: PersonId, now: datetime) -> None:
    """Pay the whole price after all. Refuses JobNotFound, AlreadyFunded."""
    row = record.locked(session, job)
    if row.customer_id != customer:
        raise JobNotFound()
    if row.funded_at is not None:
        raise AlreadyFunded()
    promotions.let_go(session, job=job, now=now)
    if row.promo_minor is not None:
        record.swap(session, row, {"promo_minor": None})
