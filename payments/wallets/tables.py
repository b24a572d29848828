"""What a specialist earned, with every deduction: facts for the statement, beside the transfers of the money."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

EARNED = field(
    "user.financial.earning", use=("pay", "legal"), subject="specialist_id", source="system", retention="statutory"
)
MOMENT = DateTime(timezone=True)


class Earning(Table):
    """One earning, or the giving back of one (then all amounts are negative). `id` is the key of its transfer.

    gross = net + commission + tax. In a cash job the specialist has the gross in hand and owes commission and tax.
    """

    __tablename__ = "earning"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=EARNED)
    subject: Mapped[UUID] = mapped_column(info=EARNED)
    kind: Mapped[str] = mapped_column(Text, info=EARNED)
    currency: Mapped[str] = mapped_column(Text, info=EARNED)
    gross: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    commission: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    tax: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    net: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    earned_at: Mapped[datetime] = mapped_column(MOMENT, info=EARNED)
    payable_at: Mapped[datetime | None] = mapped_column(MOMENT, info=EARNED)  # the end of the warranty window
    __table_args__ = (
        CheckConstraint("kind in ('job', 'cancellation', 'cash', 'tip', 'refund')", name="kind"),
        CheckConstraint("gross = net + commission + tax", name="parts"),
        CheckConstraint("(kind = 'refund') = (gross < 0)", name="sign"),
        Index(None, "specialist_id", "earned_at"),
        Index(None, "subject"),
    )
