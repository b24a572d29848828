"""Who moved money by hand: transfers that name an actor or an approver, newest first. A task's have neither."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, func, or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.ledger.tables import Account, Entry, Transfer


@dataclass(frozen=True, slots=True)
class Act:
    """One transfer that a person asked for. `amount`: what it moved or set aside, counted once."""

    transfer: UUID
    at: datetime
    kind: str
    actor: UUID | None
    approver: UUID | None
    reason: str | None
    subject: UUID | None
    amount: Money | None


def acts(session: Session, *, person: UUID | None = None, before: datetime | None = None, limit: int = 50) -> list[Act]:
    """The newest first; of one person, when `person` is given, as actor or approver. `before` continues a page."""
    by_hand = or_(Transfer.actor.is_not(None), Transfer.approver.is_not(None))
    wanted = select(Transfer).where(by_hand) if person is None else select(Transfer).where(
        or_(Transfer.actor == person, Transfer.approver == person)
    )  # fmt: skip
    if before is not None:
        wanted = wanted.where(Transfer.recorded_at < before)
    newest = wanted.order_by(Transfer.incarnation.desc(), Transfer.xid.desc(), Transfer.seq.desc()).limit(limit)
    rows = session.scalars(newest).all()
    amounts = _amounts(session, [row.id for row in rows])
    return [
        Act(row.id, row.recorded_at, row.kind, row.actor, row.approver, row.reason, row.subject, amounts.get(row.id))
        for row in rows
    ]


def _amounts(session: Session, transfers: list[UUID]) -> dict[UUID, Money]:
    gave = func.sum(func.greatest(Entry.d_posted, 0)).cast(BigInteger)
    set_aside = func.sum(func.abs(Entry.d_held)).cast(BigInteger)
    found = (
        select(Entry.transfer_id, Account.currency, gave, set_aside)
        .join(Account, Account.id == Entry.account_id)
        .where(Entry.transfer_id.in_(transfers))
        .group_by(Entry.transfer_id, Account.currency)
    )
    return {id: Money(posted or held, currency) for id, currency, posted, held in session.execute(found)}
