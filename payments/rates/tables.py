"""Published rules and rates; rows are added and never changed, but that a rate gets its end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

STAFF = field(
    "user.account.id", use=("protect", "legal"), subject="published_by", source="system", retention="statutory"
)
MOMENT = DateTime(timezone=True)


class CommissionRow(Table):
    """A version of the commission of a currency; it counts from `valid_from` until a later one does."""

    __tablename__ = "commission_rule"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=SYSTEM)
    at_least: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    at_most: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    valid_from: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    published_by: Mapped[UUID] = mapped_column(info=STAFF)
    published_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("at_least >= 0 and at_most >= at_least", name="bounds"),
        Index(None, "currency", "valid_from"),
    )


class TaxRow(Table):
    """The rate of one code from a moment on, until the next of its code."""

    __tablename__ = "tax_rate"
    code: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    valid_from: Mapped[datetime] = mapped_column(MOMENT, primary_key=True, info=SYSTEM)
    valid_until: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    basis_points: Mapped[int] = mapped_column(info=SYSTEM)
    published_by: Mapped[UUID] = mapped_column(info=STAFF)
    published_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("basis_points between 0 and 10000", name="basis_points"),
        CheckConstraint("valid_from < valid_until", name="valid"),
    )
