"""Signatures, with all that they say. Rows are added and never changed; what became of one is another row."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

SIGNER = field("ledger.actor", use=("pay", "legal"), source="system", retention="statutory")


class SignOff(Table):
    """An act of signing: of which account (0 and `every`: all of them), through the end of which day, begun by whom."""

    __tablename__ = "sign_off"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    account_group: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    account_kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    day: Mapped[date] = mapped_column(info=SYSTEM)
    since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    locked_through: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    begun_by: Mapped[UUID] = mapped_column(info=SIGNER)
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        CheckConstraint("since < locked_through", name="since"),
        Index(None, "account_group", "day"),
    )


class Signature(Table):
    """What was signed: balances with the ledger's sign, the lines that had a partner, what was open, and the digest.

    `seal_no` and `seal_hash` are the head of the chain of seals at that moment; without one they are empty.
    """

    __tablename__ = "signature"
    sign_off: Mapped[UUID] = mapped_column(ForeignKey("sign_off.id"), primary_key=True, info=SYSTEM)
    signed_by: Mapped[UUID] = mapped_column(info=SIGNER)
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    opening: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    closing: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    bank_says: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    hanging: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    lines: Mapped[int] = mapped_column(info=SYSTEM)
    lines_matched: Mapped[int] = mapped_column(info=SYSTEM)
    matched: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    seal_no: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    seal_hash: Mapped[str | None] = mapped_column(Text, info=SYSTEM)


class SignedTotal(Table):
    """What one kind of movement came to in the period, with the ledger's sign."""

    __tablename__ = "signed_total"
    sign_off: Mapped[UUID] = mapped_column(ForeignKey("sign_off.id"), primary_key=True, info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    count: Mapped[int] = mapped_column(info=SYSTEM)


class CarriedOver(Table):
    """An exception that was open when the day was signed, as it stood then. Its own row goes on living elsewhere."""

    __tablename__ = "carried_over"
    sign_off: Mapped[UUID] = mapped_column(ForeignKey("sign_off.id"), primary_key=True, info=SYSTEM)
    exception: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=SIGNER)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)


class SignOffEnd(Table):
    """Why an act of signing does not stand: given up (a check failed while it waited), or opened again.

    `reason`: the name of the refusal, or one of `rules.Why`.
    """

    __tablename__ = "sign_off_end"
    sign_off: Mapped[UUID] = mapped_column(ForeignKey("sign_off.id"), primary_key=True, info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, info=SYSTEM)
    by: Mapped[UUID] = mapped_column(info=SIGNER)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (CheckConstraint("what in ('given_up', 'reopened')", name="what"),)
