"""What a job's page tells of the visits around it: the estimate, the quote, the work, the warranty."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import quotes, visits, warranty
from booking.jobs.quotes import QuoteView
from booking.jobs.visit_rules import Relation
from booking.jobs.visits import Related
from booking.jobs.warranty import Warranty, WarrantyView


@dataclass(frozen=True)
class Follows:
    """`relation`: what this job itself is to another; None for work in its own right."""

    related: tuple[Related, ...]
    relation: Relation | None
    quotes: tuple[QuoteView, ...]
    waiting: QuoteView | None
    warranty: Warranty | None
    claim: WarrantyView | None

    @property
    def is_empty(self) -> bool:
        return not self.related and not self.quotes and self.warranty is None


def of(session: Session, job: UUID, *, now: datetime) -> Follows:
    """Everything that belongs to this job, whoever asks: the caller has checked that it is theirs."""
    relation = visits.relation_of(session, job)
    sent = tuple(quotes.of_job(session, job))
    return Follows(
        related=visits.related(session, job),
        relation=relation,
        quotes=sent,
        waiting=next((each for each in sent if each.waits(now)), None),
        warranty=warranty.of_job(session, job, now=now),
        claim=warranty.view(session, job) if relation is Relation.WARRANTY_OF else None,
    )
