"""What matched what, and what is left over."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM
from payments.reconciliation.rules import Kind


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


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
