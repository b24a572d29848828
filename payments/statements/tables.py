"""Files and their lines as imported. Lines are never changed or deleted."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.statements.rules import LineKind, Source

REFERENCE = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="statutory")


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class StatementFileRow(Table):
    """A file that was imported, by its digest; not its bytes, nor its name."""

    __tablename__ = "statement_file"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    imported_by: Mapped[UUID] = mapped_column(info=SYSTEM)
    lines: Mapped[int] = mapped_column(info=SYSTEM)
    account: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    opening: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    closing: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    first_on: Mapped[date | None] = mapped_column(info=SYSTEM)
    last_on: Mapped[date | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("digest"),
        one_of("source", Source),
        Index(None, "account", "last_on"),
    )


class StatementLineRow(Table):
    """One line. `net` is what it moves on the bank account; a line of a bank statement has no fee of its own."""

    __tablename__ = "statement_line"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    file: Mapped[UUID] = mapped_column(ForeignKey("statement_file.id"), info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    line_key: Mapped[str] = mapped_column(Text, info=REFERENCE)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    txn: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    bank: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    ours: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    account: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    batch: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    reference: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    reversal: Mapped[bool] = mapped_column(info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gross: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    fee: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    net: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    booked: Mapped[date] = mapped_column(info=SYSTEM)
    value: Mapped[date | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("gateway", "source", "line_key"),
        one_of("source", Source),
        one_of("kind", LineKind),
        CheckConstraint("gross - fee = net", name="net"),
        Index(None, "file"),
        Index(None, "gateway", "txn"),
        Index(None, "gateway", "batch"),
    )
