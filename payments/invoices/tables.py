"""Documents as issued: rows that are added and never changed, a locked counter for each series, a digest for each.

No name of a person stands here, and no free text: owners are ids, reasons are words of closed lists.
"""

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
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.invoices.rules import Kind, What

OWNER = field("user.unique_id", use=("pay", "legal"), subject="owner_id", source="system", retention="statutory")
SUPPLIER = field("user.unique_id", use=("pay", "legal"), subject="supplier_id", source="system", retention="statutory")
BY = field("user.unique_id", use=("pay", "legal"), subject="issued_by", source="system", retention="statutory")
SAYS = field(
    "user.financial", use=("pay", "legal"), subject="owner_id", source="system", retention="statutory",
    export="document",
)  # fmt: skip
MOMENT = DateTime(timezone=True)


def _one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class DocumentCounter(Table):
    """The last number of a series in a fiscal year. Its row is locked by whoever issues, until COMMIT."""

    __tablename__ = "document_counter"
    organization_id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SYSTEM)
    last: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    __table_args__ = (CheckConstraint("last >= 0", name="last"),)


class Document(Table):
    """A receipt, an invoice or a credit note. `id` follows from what it documents; `corrects` is what it credits.

    total and tax are positive minor units, tax lies within total. `issuer`: what the organization was called then.
    """

    __tablename__ = "document"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    fiscal_year: Mapped[int] = mapped_column(info=SYSTEM)
    number: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    reference: Mapped[str] = mapped_column(Text, info=SAYS)
    owner_id: Mapped[UUID] = mapped_column(info=OWNER)
    owner_kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    supplier_id: Mapped[UUID | None] = mapped_column(info=SUPPLIER)
    currency: Mapped[str] = mapped_column(Text, info=SAYS)
    total: Mapped[int] = mapped_column(BigInteger, info=SAYS)
    tax: Mapped[int] = mapped_column(BigInteger, info=SAYS)
    corrects: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"), info=SYSTEM)
    reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    period_from: Mapped[date | None] = mapped_column(info=SYSTEM)
    period_until: Mapped[date | None] = mapped_column(info=SYSTEM)  # the day after the last
    issued_at: Mapped[datetime] = mapped_column(MOMENT, info=SAYS)
    issued_by: Mapped[UUID | None] = mapped_column(info=BY)
    issuer: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("organization_id", "kind", "fiscal_year", "number"),
        UniqueConstraint("organization_id", "reference"),
        _one_of("kind", Kind),
        CheckConstraint("owner_kind in ('customer', 'specialist')", name="owner_kind"),
        CheckConstraint("total > 0 and tax between 0 and total and number > 0", name="amounts"),
        CheckConstraint("(kind = 'credit_note') = (corrects is not null)", name="corrects"),
        CheckConstraint("(period_from is null) = (period_until is null)", name="period"),
        Index(None, "owner_id", "issued_at"),
        Index(None, "corrects", postgresql_where=text("corrects is not null")),
        Index(None, "issued_at"),
    )


class DocumentLine(Table):
    """One line, with the transfer that it documents and the frozen words about it in four languages."""

    __tablename__ = "document_line"
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, info=SYSTEM)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, info=SYSTEM)
    source: Mapped[UUID] = mapped_column(info=SYSTEM)
    subject: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    tax: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    words: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (
        _one_of("what", What),
        Index("document_line_once", "source", "what", unique=True, postgresql_where=text("what <> 'refund'")),
        Index(None, "source"),
        Index(None, "subject"),
    )


class DocumentTax(Table):
    """The tax of one rate code: on `net`, so much."""

    __tablename__ = "document_tax"
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, info=SYSTEM)
    code: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    net: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    tax: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)


class DocumentSeal(Table):
    """The digest of a document with its lines and taxes, as `document_digest` of the database computes it."""

    __tablename__ = "document_seal"
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), primary_key=True, info=SYSTEM)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
