"""Refunds to the source, each with what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

OWNER = field("user.financial", use=("pay", "legal"), subject="owner", source="system", retention="statutory",
              export="refund")  # fmt: skip
STAFF = field("user.account.id", use=("protect", "legal"), subject="asked_by", source="system", retention="statutory")
SECOND = field("user.account.id", use=("protect", "legal"), subject="approved_by", source="system",
               retention="statutory")  # fmt: skip
DECIDER = field("user.account.id", use=("protect", "legal"), subject="decided_by", source="system",
                retention="statutory")  # fmt: skip
MOMENT = DateTime(timezone=True)


class Refund(Table):
    """So much of a top-up, on its way back to where it came from. `reference`: the gateway's own number of it.

    `decided_by`: who said by hand what became of it, where the gateway had no clear answer.
    """

    __tablename__ = "refund"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    attempt: Mapped[UUID] = mapped_column(ForeignKey("topup_attempt.id"), info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=OWNER)
    wallet: Mapped[str] = mapped_column(Text, info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=OWNER)
    currency: Mapped[str] = mapped_column(Text, info=OWNER)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=OWNER)
    asked_by: Mapped[UUID] = mapped_column(info=STAFF)
    asked_at: Mapped[datetime] = mapped_column(MOMENT, info=OWNER)
    approved_by: Mapped[UUID | None] = mapped_column(info=SECOND)
    reserved_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    tries: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    leased_until: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    due_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    reference: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    settled_at: Mapped[datetime | None] = mapped_column(MOMENT, info=OWNER)
    decided_by: Mapped[UUID | None] = mapped_column(info=DECIDER)
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("wallet in ('customer', 'specialist')", name="wallet"),
        CheckConstraint("state in ('asked', 'reserved', 'unknown', 'done', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state in ('done', 'refused')) = (settled_at is not null)", name="settled"),
        CheckConstraint("approved_by <> asked_by", name="two_people"),
        Index(None, "attempt"),
        Index(None, "owner"),
        Index("refund_open", "asked_at", postgresql_where=text("state in ('asked', 'reserved', 'unknown')")),
    )
