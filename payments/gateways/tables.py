"""The inbox of notices: a bell that rang, with references only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

REFERENCE = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="device")
OUTCOMES = "'paid', 'failed', 'cancelled', 'pending', 'unknown', 'expired', 'reversed', 'refunded'"


class GatewayNotice(Table):
    """One delivery of a notice. `settled_by` is the event of the verdict it led to; without one it is still open."""

    __tablename__ = "gateway_notice"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    delivery_key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    authentic: Mapped[bool] = mapped_column(info=SYSTEM)
    claimed: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    ours: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    page: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    txn: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    bank: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    trace: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    terminal: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    settled_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("gateway", "delivery_key"),
        CheckConstraint(f"claimed in ({OUTCOMES})", name="claimed"),
        Index(None, "gateway", "ours", postgresql_where=text("settled_by is null")),
        Index(None, "received_at"),
    )
