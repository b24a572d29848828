"""Codes with how often each was used."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from payments.promotions.rules import Promotion, UseState
from payments.promotions.tables import PromotionRow, PromotionUse


def promotions(session: Session, *, limit: int = 100) -> list[Promotion]:
    """The last codes first."""
    rows = session.execute(with_uses().order_by(PromotionRow.made_at.desc(), PromotionRow.id).limit(limit))
    return [promotion(row, uses) for row, uses in rows]


def promised(session: Session, job: UUID) -> tuple[str, Money] | None:
    """The code that a job has, and what it takes off; None when it has none."""
    found = session.execute(
        select(PromotionRow.code, PromotionUse.amount, PromotionRow.currency)
        .join(PromotionUse, PromotionUse.promotion == PromotionRow.id)
        .where(PromotionUse.job == job, PromotionUse.state != UseState.FREED)
    ).one_or_none()
    return None if found is None else (found.code, Money(found.amount, found.currency))


def with_uses() -> Select[PromotionRow, int]:
    """Each code with the number of its uses that are not free again."""
    uses = select(func.count()).where(PromotionUse.promotion == PromotionRow.id, PromotionUse.state != UseState.FREED)
    return select(PromotionRow, uses.correlate(PromotionRow).scalar_subquery())


def promotion(row: PromotionRow, uses: int) -> Promotion:
    return Promotion(
        id=row.id, code=row.code, currency=row.currency,
        amount=None if row.amount is None else Money(row.amount, row.currency), basis_points=row.basis_points,
        at_most=None if row.at_most is None else Money(row.at_most, row.currency), valid_from=row.valid_from,
        valid_until=row.valid_until, uses_max=row.uses_max, uses=uses, ended_at=row.ended_at,
    )  # fmt: skip
