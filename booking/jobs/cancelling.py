"""What calling off costs now: the price beside the button, computed by the very function that the act uses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import terms
from booking.jobs.queries import for_customer
from booking.jobs.rules import NotPriced
from booking.pricing.cancelling import FeeStep, Split, fee_table
from marketplace.foundation.ids import PersonId


def preview(session: Session, job_id: UUID, customer: PersonId, *, now: datetime) -> Split:
    """What the customer loses and gets back by calling off this moment (E.4 #28).

    Hand `fee.minor` on to `actions.fire(…, "cancel_by_customer", fee_minor=…)`: that refuses FeeHasChanged when
    the fee is another by then. Refuses JobNotFound; NotPriced for a draft.
    """
    mine = for_customer(session, job_id, customer, now=now)
    if mine.terms is None:
        raise NotPriced()
    return terms.on_cancelling(mine.job, mine.terms, now=now)


def steps(session: Session, job_id: UUID, customer: PersonId, *, now: datetime) -> tuple[FeeStep, ...]:
    """The whole table "if you cancel now, after acceptance, within three hours" for this job."""
    mine = for_customer(session, job_id, customer, now=now)
    if mine.terms is None or mine.job.committed_start is None:
        raise NotPriced()
    return fee_table(
        terms.held_money(mine.job, mine.terms), starts_at=mine.job.committed_start, now=now,
        policy=mine.terms.cancellation, price=mine.job.price,
    )  # fmt: skip
