"""Refunds to the source, as finance and their owner see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import AttemptId
from marketplace.foundation.money import Money
from payments.refunds.rules import COUNTS, IN_FLIGHT, RefundNotFound, RefundReason, RefundState
from payments.refunds.tables import Refund

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class RefundView:
    """One refund. `needs_person`: it has no clear answer, and nobody is going to ask again by itself."""

    id: UUID
    attempt: AttemptId
    owner: UUID
    wallet: str
    amount: Money
    reason: RefundReason
    state: RefundState
    asked_by: UUID
    asked_at: datetime
    approved_by: UUID | None
    tries: int
    due_at: datetime | None
    reference: str | None
    settled_at: datetime | None

    @property
    def needs_person(self) -> bool:
        return self.state is RefundState.UNKNOWN and self.due_at is None


def refund(session: Session, id: UUID) -> RefundView:
    """One refund. Refuses RefundNotFound."""
    row = session.scalars(select(Refund).where(Refund.id == id).execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise RefundNotFound()
    return _view(row)


def of_attempts(session: Session, attempts: list[AttemptId]) -> list[RefundView]:
    """The refunds of these tries, newest first."""
    wanted = select(Refund).where(Refund.attempt.in_(attempts)).order_by(Refund.asked_at.desc(), Refund.id)
    return [_view(row) for row in session.scalars(wanted)]


def open_refunds(session: Session, *, limit: int = MOST_ROWS) -> list[RefundView]:
    """What waits for a second person, for the gateway or for a decision, oldest first."""
    wanted = select(Refund).where(Refund.state.in_({RefundState.ASKED, *IN_FLIGHT})).order_by(Refund.asked_at)
    return [_view(row) for row in session.scalars(wanted.limit(min(limit, MOST_ROWS)))]


def recent(session: Session, *, limit: int = MOST_ROWS) -> list[RefundView]:
    """What is over, newest first."""
    wanted = select(Refund).where(Refund.state.not_in({RefundState.ASKED, *IN_FLIGHT})).order_by(Refund.asked_at.desc())
    return [_view(row) for row in session.scalars(wanted.limit(min(limit, MOST_ROWS)))]


def taken(session: Session, attempt: UUID, currency: str) -> Money:
    """What refunds of a try have taken, or wait to take."""
    total = func.coalesce(func.sum(Refund.amount), 0).cast(BigInteger)
    minor = session.scalar(select(total).where(Refund.attempt == attempt, Refund.state.in_(COUNTS)))
    return Money(int(minor or 0), currency)


def _view(row: Refund) -> RefundView:
    return RefundView(
        id=row.id, attempt=AttemptId(row.attempt), owner=row.owner, wallet=row.wallet,
        amount=Money(row.amount, row.currency), reason=RefundReason(row.reason), state=RefundState(row.state),
        asked_by=row.asked_by, asked_at=row.asked_at, approved_by=row.approved_by, tries=row.tries, due_at=row.due_at,
        reference=row.reference, settled_at=row.settled_at,
    )  # fmt: skip
