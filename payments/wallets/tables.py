"""What a specialist earned, with every deduction: facts for the statement, beside the transfers of the money."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

EARNED = field(
    "user.financial.earning", use=("pay", "legal"), subject="specialist_id", source="system", retention="statutory"
)
PAID = field("user.financial", use=("pay", "legal"), subject="customer_id", source="system", retention="statutory")
MOMENT = DateTime(timezone=True)


class Earning(Table):
    """One earning, or the giving back of one (then all amounts are negative). `id` is the key of its transfer.

    Where one transfer pays several people, `transfer` is its key in the rows of all but the first.

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
    transfer: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        CheckConstraint("kind in ('job', 'cancellation', 'cash', 'tip', 'refund')", name="kind"),
        CheckConstraint("gross = net + commission + tax", name="parts"),
        CheckConstraint("(kind = 'refund') = (gross < 0)", name="sign"),
        Index(None, "specialist_id", "earned_at"),
        Index(None, "subject"),
    )


class JobPayment(Table):
    """What was paid for a job, once, and how much of it has gone back: the one row under whose lock money goes back.

    gross = net + commission + tax, of which `promotion` was the house's. `refunded` never passes `gross`. Where
    several people were paid, `people` says how many, and each has a `JobPaymentPart`.
    """

    __tablename__ = "job_payment"
    job: Mapped[UUID] = mapped_column(primary_key=True, info=PAID)
    customer_id: Mapped[UUID] = mapped_column(info=PAID)
    specialist_id: Mapped[UUID] = mapped_column(info=PAID)
    currency: Mapped[str] = mapped_column(Text, info=PAID)
    gross: Mapped[int] = mapped_column(BigInteger, info=PAID)
    commission: Mapped[int] = mapped_column(BigInteger, info=PAID)
    tax: Mapped[int] = mapped_column(BigInteger, info=PAID)
    tax_code: Mapped[str] = mapped_column(Text, info=SYSTEM)
    promotion: Mapped[int] = mapped_column(BigInteger, info=PAID)
    refunded: Mapped[int] = mapped_column(BigInteger, server_default="0", info=PAID)
    refunds: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    freezes: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    in_cash: Mapped[bool] = mapped_column(info=SYSTEM)
    people: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)
    paid_at: Mapped[datetime] = mapped_column(MOMENT, info=PAID)
    payable_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("gross >= 0 and commission >= 0 and tax >= 0 and commission + tax <= gross", name="parts"),
        CheckConstraint("promotion between 0 and gross", name="promotion"),
        CheckConstraint("refunded between 0 and gross", name="refunded"),
        Index(None, "customer_id", "paid_at"),
    )


class JobPaymentPart(Table):
    """What one of several people got of a job's price, and how much of it has gone back; under the payment's lock."""

    __tablename__ = "job_payment_part"
    job: Mapped[UUID] = mapped_column(ForeignKey("job_payment.job"), primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=EARNED)
    seat: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    gross: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    commission: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    tax: Mapped[int] = mapped_column(BigInteger, info=EARNED)
    refunded: Mapped[int] = mapped_column(BigInteger, server_default="0", info=EARNED)
    __table_args__ = (
        CheckConstraint("gross >= 0 and commission >= 0 and tax >= 0 and commission + tax <= gross", name="parts"),
        CheckConstraint("refunded between 0 and gross", name="refunded"),
        UniqueConstraint("job", "seat"),
    )


GIVEN = field("user.financial", use=("pay", "legal"), subject="owner", source="system", retention="statutory")
GIVER = field("user.account.id", use=("protect", "legal"), subject="asked_by", source="system", retention="statutory")
AGREER = field(
    "user.account.id", use=("protect", "legal"), subject="approved_by", source="system", retention="statutory"
)


class Gift(Table):
    """Goodwill of the house: given, or waiting for a second person."""

    __tablename__ = "gift"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=GIVEN)
    owner_kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=GIVEN)
    currency: Mapped[str] = mapped_column(Text, info=GIVEN)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    subject: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    asked_by: Mapped[UUID] = mapped_column(info=GIVER)
    asked_at: Mapped[datetime] = mapped_column(MOMENT, info=GIVEN)
    approved_by: Mapped[UUID | None] = mapped_column(info=AGREER)
    given_at: Mapped[datetime | None] = mapped_column(MOMENT, info=GIVEN)
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("owner_kind in ('customer', 'specialist')", name="owner_kind"),
        CheckConstraint("state in ('asked', 'given', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'given') = (given_at is not null)", name="given"),
        CheckConstraint("approved_by <> asked_by", name="two_people"),
        Index(None, "asked_at"),
        Index(None, "owner"),
    )


INDEBTED = field("user.financial", use=("pay", "legal"), subject="specialist_id", source="system",
                 retention="statutory")  # fmt: skip


class DebtMark(Table):
    """Whether a specialist stands at the limit of what may be owed for cash jobs.

    `turns` counts how often that changed, so that each turn is told once.
    """

    __tablename__ = "debt_mark"
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=INDEBTED)
    currency: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    at_limit: Mapped[bool] = mapped_column(info=INDEBTED)
    turns: Mapped[int] = mapped_column(info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(MOMENT, info=INDEBTED)
    __table_args__ = (CheckConstraint("turns >= 0", name="turns"),)
