"""What the house has promised off a job's price before it was priced."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM


class JobDiscount(Table):
    """A part of the price of one job; `code` names why, and is the code of the line in its quote."""

    __tablename__ = "job_discount"
    job_id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    code: Mapped[str] = mapped_column(Text, info=SYSTEM)
    basis_points: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (CheckConstraint("basis_points > 0 and basis_points <= 10000", name="basis_points"),)
