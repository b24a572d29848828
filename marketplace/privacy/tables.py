"""What is remembered of policies, consents, windows and looks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.privacy.rules import CHANGES, CHANNELS

Moment = DateTime(timezone=True)
CONSENT = field("user.consent", use=("legal",), subject="person_id", retention="policy", export="consent")
LOOK = field(
    "user.disclosure", use=("protect", "legal"), subject="subject_id", source="system", retention="disclosure",
    export="who saw my data",
)  # fmt: skip
LOOKED_AT = field("user.account.id", use=("protect",), subject="subject_id", source="system", retention="disclosure")
LOOKER = field("user.account.id", use=("protect",), subject="reader_id", source="system", retention="disclosure")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


class PolicyVersionRow(Table):
    """One posted policy; immutable, and its hash is that of its body."""

    __tablename__ = "policy_version"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    number: Mapped[int] = mapped_column(unique=True, info=SYSTEM)
    profiles: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    change: Mapped[str] = mapped_column(Text, info=SYSTEM)
    posted_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    effective_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    posted_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(_one_of("change", CHANGES), name="change"),
        CheckConstraint("effective_at >= posted_at", name="order"),
    )


class Acceptance(Table):
    """A person accepted a version, with the purposes that were listed then (O7, K13)."""

    __tablename__ = "acceptance"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=CONSENT)
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy_version.id"), info=SYSTEM)
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=CONSENT)
    accepted_at: Mapped[datetime] = mapped_column(Moment, info=CONSENT)
    language: Mapped[str] = mapped_column(Text, info=CONSENT)
    channel: Mapped[str] = mapped_column(Text, info=CONSENT)
    read_out_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)  # the agent on the telephone
    __table_args__ = (UniqueConstraint("person_id", "policy_id"),)  # fmt: skip


class Consent(Table):
    """A switch for an optional purpose: a receipt from its grant to its withdrawal (ISO/IEC TS 27560)."""

    __tablename__ = "consent"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=CONSENT)
    purpose: Mapped[str] = mapped_column(Text, info=CONSENT)
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy_version.id"), info=SYSTEM)
    language: Mapped[str] = mapped_column(Text, info=CONSENT)
    method: Mapped[str] = mapped_column(Text, info=CONSENT)
    granted_at: Mapped[datetime] = mapped_column(Moment, info=CONSENT)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment, info=CONSENT)
    __table_args__ = (
        Index("consent_once", "person_id", "purpose", unique=True, postgresql_where=text("withdrawn_at is null")),
    )


class Window(Table):
    """A reader may see these fields of a subject for one job, from a moment on and until another (E.5)."""

    __tablename__ = "contact_window"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=LOOKED_AT)
    reader_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=LOOKER)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    address_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)  # which of the subject's addresses
    opens_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    until: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    opened_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    closed_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        Index(
            "contact_window_once", "job_id", "subject_id", "reader_id", unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index(None, "reader_id", "job_id"),
    )  # fmt: skip


class DisclosureRow(Table):
    """One look at one field of a person, written with the look itself; the subject reads it (D3)."""

    __tablename__ = "disclosure"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    subject_id: Mapped[UUID] = mapped_column(info=LOOKED_AT)
    reader_id: Mapped[UUID] = mapped_column(info=LOOKER)
    on_behalf_of: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    role: Mapped[str] = mapped_column(Text, info=LOOK)
    field: Mapped[str] = mapped_column(Text, info=LOOK)
    purpose: Mapped[str] = mapped_column(Text, info=LOOK)
    job_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    case_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    device_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)  # the reader's session
    channel: Mapped[str] = mapped_column(Text, info=LOOK)
    policy_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    at: Mapped[datetime] = mapped_column(Moment, info=LOOK)
    secret_until: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)  # a judge's order (A.6)
    __table_args__ = (
        Index(None, "subject_id", "at"),
        Index(None, "reader_id", "at"),
        CheckConstraint(_one_of("channel", CHANNELS), name="channel"),
    )


class Erasure(Table):
    """The journal of erasures: what a restored backup must do again before it opens (reliability.md §7.5)."""

    __tablename__ = "erasure"
    person_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=field("user.account.id", use=("legal",), source="system", retention="forever")
    )
    asked_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    asked_by: Mapped[UUID] = mapped_column(info=SYSTEM)
    shredded_at: Mapped[datetime | None] = mapped_column(Moment, info=SYSTEM)
    key_fingerprint: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    files: Mapped[int | None] = mapped_column(info=SYSTEM)
