"""Codes, and who used which for what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

USED = field("user.financial", use=("pay", "legal"), subject="customer_id", source="system", retention="statutory")
STAFF = field("user.account.id", use=("protect", "legal"), subject="made_by", source="system", retention="statutory")
MOMENT = DateTime(timezone=True)


class PromotionRow(Table):
    """A code as it was published; it ends, and is never changed. `payer`: whose money it is."""

    __tablename__ = "promotion"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    code: Mapped[str] = mapped_column(Text, unique=True, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    amount: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    basis_points: Mapped[int | None] = mapped_column(info=SYSTEM)
    at_most: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    payer: Mapped[str] = mapped_column(Text, server_default="house", info=SYSTEM)
    valid_from: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    valid_until: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    uses_max: Mapped[int] = mapped_column(info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=STAFF)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("num_nulls(amount, basis_points) = 1", name="one_way"),
        CheckConstraint("amount > 0 and basis_points between 1 and 9999", name="sound"),
        CheckConstraint("at_most > 0 and uses_max > 0 and valid_from < valid_until", name="bounds"),
        CheckConstraint("payer in ('house')", name="payer"),
    )


class PromotionUse(Table):
    """One use: promised to a job, spent on it, or free again."""

    __tablename__ = "promotion_use"
    job: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    promotion: Mapped[UUID] = mapped_column(ForeignKey("promotion.id"), info=SYSTEM)
    customer_id: Mapped[UUID] = mapped_column(info=USED)
    amount: Mapped[int] = mapped_column(BigInteger, info=USED)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("state in ('taken', 'spent', 'freed')", name="state"),
        CheckConstraint("amount >= 0", name="amount"),
        Index("promotion_use_once", "promotion", "customer_id", unique=True, postgresql_where=text("state <> 'freed'")),
    )
