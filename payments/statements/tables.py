"""Files and their lines as imported, never changed or deleted; the profiles by which tables are read; uploads."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.statements.rules import LineKind, Source, Stage

REFERENCE = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="statutory")


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class StatementFileRow(Table):
    """A file that was imported, by its digest; not its bytes, nor its name. One row for each account in it."""

    __tablename__ = "statement_file"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    section: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    form: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    profile: Mapped[UUID | None] = mapped_column(info=SYSTEM)
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
        UniqueConstraint("digest", "section"),
        one_of("source", Source),
        Index(None, "account", "last_on"),
    )


class StatementBalanceRow(Table):
    """What the bank says stood on an account at the end of a day: every closing balance that a file told."""

    __tablename__ = "statement_balance"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    file: Mapped[UUID] = mapped_column(ForeignKey("statement_file.id"), info=SYSTEM)
    account: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    ends_on: Mapped[date] = mapped_column(info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    __table_args__ = (Index(None, "file"), Index(None, "account", "ends_on"))


class StatementLineRow(Table):
    """One line. `net` is what it moves on the bank account; a line of a bank statement has no fee of its own.

    `scope` is whose numbers `line_key` is one of: the gateway's, or the account's, whichever gateway pays into it.
    """

    __tablename__ = "statement_line"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    file: Mapped[UUID] = mapped_column(ForeignKey("statement_file.id"), info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    scope: Mapped[str] = mapped_column(Text, info=SYSTEM)
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
        UniqueConstraint("source", "scope", "line_key"),
        one_of("source", Source),
        one_of("kind", LineKind),
        CheckConstraint("gross - fee = net", name="net"),
        Index(None, "file"),
        Index(None, "gateway", "txn"),
        Index(None, "gateway", "batch"),
        Index(None, "account", "booked"),
        Index(None, "reference", postgresql_where=text("reference is not null")),
    )


class StatementTotalRow(Table):
    """What the lines of a file add up to by batch (none: "") and day: written by the database whenever lines come in.

    `value` is the sum of their nets without signs. Lines that came in several statements have as many rows.
    """

    __tablename__ = "statement_total"
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=SYSTEM)
    file: Mapped[UUID] = mapped_column(ForeignKey("statement_file.id"), info=SYSTEM)
    batch: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    booked: Mapped[date] = mapped_column(info=SYSTEM)
    lines: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    gross: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    fees: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    net: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    __table_args__ = (Index(None, "file"),)


class StatementProfileRow(Table):
    """How a sender's table is read. A change is a new row; the one before is retired, and stays for what it read."""

    __tablename__ = "statement_profile"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    name: Mapped[str] = mapped_column(Text, info=SYSTEM)
    version: Mapped[int] = mapped_column(info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=SYSTEM)
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("statement_profile_current_idx", "name", unique=True, postgresql_where=text("retired_at is null")),
        one_of("source", Source),
    )


class StatementUploadRow(Table):
    """A file that was handed in and is not imported yet, or has been lately: how far its reading is, and what it told.

    Its bytes lie under the key of whoever handed it in, in pieces, until `expires_at`.
    """

    __tablename__ = "statement_upload"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    handed_in_by: Mapped[UUID] = mapped_column(info=SYSTEM)
    handed_in_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    profile: Mapped[UUID | None] = mapped_column(ForeignKey("statement_profile.id"), info=SYSTEM)
    size: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    stage: Mapped[str] = mapped_column(Text, info=SYSTEM)
    lines: Mapped[int] = mapped_column(info=SYSTEM)
    done: Mapped[int] = mapped_column(info=SYSTEM)
    told: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    file: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    new_lines: Mapped[int] = mapped_column(info=SYSTEM)
    matched: Mapped[int] = mapped_column(info=SYSTEM)
    exceptions: Mapped[int] = mapped_column(info=SYSTEM)
    worked_on_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        one_of("source", Source),
        one_of("stage", Stage),
        Index(None, "handed_in_at"),
        Index(None, "expires_at"),
    )
