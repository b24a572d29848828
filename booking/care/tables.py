"""The two ratings of a job."""

from datetime import datetime
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
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedText

GAVE = field("user.behavior.rating", use=("quality",), subject="by_id", retention="job", export="ratings given")
GOT = field("user.workplace.rating", use=("quality",), subject="about_id", source="person", retention="job",
            export="ratings received")  # fmt: skip
WORDS = field("user.content", use=("quality",), subject="by_id", retention="job", crypt="subject",
              export="words of ratings given")  # fmt: skip


class RatingRow(Table):
    """One side's rating of a job; of a crew the customer may give one about each. Nobody but its writer sees it before
    `opened_at`."""

    __tablename__ = "rating"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    by_id: Mapped[UUID] = mapped_column(info=GAVE)
    about_id: Mapped[UUID] = mapped_column(info=GOT)
    side: Mapped[str] = mapped_column(Text, info=SYSTEM)
    matter: Mapped[int] = mapped_column(SmallInteger, info=GOT)
    manner: Mapped[int] = mapped_column(SmallInteger, info=GOT)
    words: Mapped[Sealed | None] = mapped_column(SealedText, info=WORDS)
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=GAVE)
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("job_id", "side", "about_id"),
        Index("rating_about_open", "about_id", postgresql_where=text("opened_at is not null")),
        CheckConstraint("side in ('customer', 'specialist')", name="side"),
        CheckConstraint("matter between 1 and 5 and manner between 1 and 5", name="marks"),
        CheckConstraint("by_id <> about_id", name="not_of_oneself"),
    )


OPENED = field("user.behavior.complaint", use=("support", "legal"), subject="opened_by", retention="case",
               export="cases opened")  # fmt: skip
SAID = field("user.content", use=("support", "legal"), subject="opened_by", retention="case", crypt="subject",
             export="words of cases")  # fmt: skip
DECIDER = field("user.account.id", use=("protect", "legal"), subject="decided_by", source="system", retention="case")
PROPOSER = field("user.account.id", use=("protect", "legal"), subject="proposed_by", source="system", retention="case")


class CaseFile(Table):
    """One case about a job. `back_minor` is what the customer gets, once somebody has proposed or decided it."""

    __tablename__ = "case_file"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    opened_by: Mapped[UUID] = mapped_column(info=OPENED)
    side: Mapped[str] = mapped_column(Text, info=SYSTEM)
    matter: Mapped[str] = mapped_column(Text, info=OPENED)
    disputed_minor: Mapped[int] = mapped_column(BigInteger, info=OPENED)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    words: Mapped[Sealed | None] = mapped_column(SealedText, info=SAID)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=OPENED)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    back_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    ground: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    proposed_by: Mapped[UUID | None] = mapped_column(info=PROPOSER)
    decided_by: Mapped[UUID | None] = mapped_column(info=DECIDER)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        CheckConstraint("side in ('customer', 'specialist', 'house')", name="side"),
        CheckConstraint("state in ('open', 'proposed', 'decided')", name="state"),
        CheckConstraint("disputed_minor >= 0 and back_minor >= 0", name="amounts"),
        CheckConstraint("(state = 'open') = (back_minor is null)", name="proposal"),
        CheckConstraint("(state = 'decided') = (decided_by is not null)", name="decision"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        Index(None, "job_id"),
        Index("case_file_open", "opened_at", postgresql_where=text("state <> 'decided'")),
    )
