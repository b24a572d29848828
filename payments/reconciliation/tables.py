"""Files and their lines as imported, what matched what, and what is left over. Lines are never changed or deleted."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.reconciliation.rules import Kind, Source

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
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gross: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    fee: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    net: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    booked: Mapped[date] = mapped_column(info=SYSTEM)
    value: Mapped[date | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("gateway", "source", "line_key"),
        one_of("source", Source),
        CheckConstraint("gross - fee = net", name="net"),
        Index(None, "file"),
        Index(None, "gateway", "txn"),
        Index(None, "gateway", "batch"),
    )


class MatchSet(Table):
    """Things that explain each other, and the pass that found them: 1 line and attempt, 4 batch and deposit."""

    __tablename__ = "match_set"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    pass_no: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (CheckConstraint("pass_no in (1, 4)", name="pass_no"),)


class MatchItem(Table):
    """One line, or one attempt, in a set; in each pass it is in one set at most."""

    __tablename__ = "match_item"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    match_set: Mapped[UUID] = mapped_column(ForeignKey("match_set.id"), info=SYSTEM)
    pass_no: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    line: Mapped[UUID | None] = mapped_column(ForeignKey("statement_line.id"), info=SYSTEM)
    attempt: Mapped[UUID | None] = mapped_column(ForeignKey("topup_attempt.id"), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("pass_no", "line"),
        UniqueConstraint("pass_no", "attempt"),
        CheckConstraint("num_nonnulls(line, attempt) = 1", name="one_thing"),
        Index(None, "match_set"),
    )


class ReconException(Table):
    """What found no partner: with an owner from the first moment, closed when it finds one."""

    __tablename__ = "recon_exception"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    line: Mapped[UUID | None] = mapped_column(ForeignKey("statement_line.id"), info=SYSTEM)
    attempt: Mapped[UUID | None] = mapped_column(ForeignKey("topup_attempt.id"), info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("line"),
        UniqueConstraint("attempt"),
        CheckConstraint("num_nonnulls(line, attempt) = 1", name="one_thing"),
        one_of("kind", Kind),
        Index(None, "opened_at", postgresql_where=text("closed_at is null")),
    )
