"""What ties the visits of one piece of work together: links, quotes after an estimate, visits under warranty."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.jobs.quote_rules import MINUTES_LEAST, MINUTES_MOST, QuoteState
from booking.jobs.visit_rules import Relation, Verdict
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.vault import Sealed, SealedText

_MOMENT = DateTime(timezone=True)
_STATES = ", ".join(f"'{state.value}'" for state in QuoteState)
_RELATIONS = ", ".join(f"'{relation.value}'" for relation in Relation)
_VERDICTS = ", ".join(f"'{verdict.value}'" for verdict in Verdict)


def _who(column: str, export: str | None = None) -> dict[str, Any]:
    return field(
        "user.account.id", use=("provide", "protect"), subject=column, source="system", retention="statutory",
        export=export,
    )  # fmt: skip


def _sealed(export: str) -> dict[str, Any]:
    return field(
        "user.content", use=("provide",), subject="holder_id", source="person", retention="job", crypt="subject",
        export=export,
    )  # fmt: skip


class JobLink(Table):
    """One job belongs to another: the visit `job_id` was made for the work `to_id`, in the way that `relation` says."""

    __tablename__ = "job_link"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True, info=SYSTEM)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    relation: Mapped[str] = mapped_column(Text, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(f"relation in ({_RELATIONS})", name="relation"),
        CheckConstraint("job_id <> to_id", name="another"),
        Index(None, "to_id"),
    )


class JobQuote(Table):
    """What a specialist asks for a piece of work after having seen it. `content` is its lines and its note, under the
    customer's key; `hash` covers them with everything else once it is sent, and from then on the figures never change.
    """

    __tablename__ = "job_quote"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    holder_id: Mapped[UUID] = mapped_column(info=_who("holder_id"))
    by_id: Mapped[UUID] = mapped_column(info=_who("by_id", "quotes written"))
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    content: Mapped[Sealed] = mapped_column(SealedText, info=_sealed("lines of quotes"))
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    work_minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)  # the sum of the lines
    credit_minor: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)  # of the estimate's fee
    minutes: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)  # how long the work takes
    valid_days: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    valid_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    hash: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    written_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    sent_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)  # approved, refused, expired, superseded
    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint("0 <= credit_minor and credit_minor <= work_minor", name="amounts"),
        CheckConstraint(f"minutes between {MINUTES_LEAST} and {MINUTES_MOST}", name="minutes"),
        CheckConstraint("(state = 'draft') = (sent_at is null)", name="sent"),
        CheckConstraint("num_nulls(sent_at, valid_until, hash) in (0, 3)", name="sent_whole"),
        CheckConstraint("(state in ('draft', 'sent')) = (ended_at is null)", name="ended"),
        Index("job_quote_one_draft", "job_id", unique=True, postgresql_where=text("state = 'draft'")),
        Index("job_quote_one_waits", "job_id", unique=True, postgresql_where=text("state = 'sent'")),
        Index("job_quote_one_approved", "job_id", unique=True, postgresql_where=text("state = 'approved'")),
        Index(None, "job_id", "sent_at"),
        Index(None, "by_id", "written_at"),
    )


class WarrantyVisit(Table):
    """A visit that the customer asked for under the warranty of another, and what the house decided to pay for it."""

    __tablename__ = "warranty_visit"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True, info=SYSTEM)
    of_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), info=SYSTEM)
    holder_id: Mapped[UUID] = mapped_column(info=_who("holder_id"))
    words: Mapped[Sealed] = mapped_column(SealedText, info=_sealed("words of warranty visits"))
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    most_minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)  # the published pay
    asked_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    verdict: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    pay_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    ground: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    decided_by: Mapped[UUID | None] = mapped_column(info=_who("decided_by"))
    decided_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(f"verdict in ({_VERDICTS})", name="verdict"),
        CheckConstraint("num_nulls(verdict, pay_minor, ground, decided_by, decided_at) in (0, 5)", name="decided"),
        CheckConstraint("0 <= pay_minor and pay_minor <= most_minor", name="pay"),
        CheckConstraint("verdict <> 'own_defect' or pay_minor = 0", name="own_defect"),
        Index(None, "of_id"),
        Index("warranty_visit_undecided", "asked_at", postgresql_where=text("verdict is null")),
    )
