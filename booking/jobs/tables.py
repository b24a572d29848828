"""Jobs, and everything that ever happened to each of them."""

from datetime import datetime
from typing import Any
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from booking.jobs.words import Kind, Method, State
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.vault import Sealed, SealedText

_MOMENT = DateTime(timezone=True)


def _who(column: str, export: str | None = None) -> dict[str, Any]:
    return field(
        "user.account.id", use=("provide", "protect"), subject=column, source="system", retention="statutory",
        export=export,
    )  # fmt: skip


def _one_of(column: str, words: type[Kind] | type[State] | type[Method]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def _sealed(cat: str, export: str) -> dict[str, Any]:
    return field(
        cat, use=("provide",), subject="holder_id", source="person", retention="job", crypt="subject", export=export
    )


class Job(Table):
    """One request from its first word to its settlement. Personal text lies under the key of `holder_id`.

    `holder_id` is the customer; for a visitor's draft it is the draft itself, whose key is destroyed with it.
    """

    __tablename__ = "job"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    version: Mapped[int] = mapped_column(server_default="1", info=SYSTEM)
    number: Mapped[str] = mapped_column(Text, unique=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    before_delay: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    delay_reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    customer_id: Mapped[UUID | None] = mapped_column(info=_who("customer_id", "jobs"))
    holder_id: Mapped[UUID] = mapped_column(info=_who("holder_id"))
    session_hash: Mapped[bytes | None] = mapped_column(LargeBinary, info=SYSTEM)
    entered_by: Mapped[UUID | None] = mapped_column(info=_who("entered_by"))
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    service_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    zone_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    cell: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    address_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    answers: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.answers", "answers"))
    place: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.contact.address", "place"))
    quote: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=SYSTEM)
    quote_hash: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    price_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    final_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    cash_declared_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    method: Mapped[str] = mapped_column(Text, server_default=Method.WALLET.value, info=SYSTEM)
    window_start: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    window_end: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    committed_start: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    minutes: Mapped[int | None] = mapped_column(info=SYSTEM)
    occupation_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    slot_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    planned_specialist_id: Mapped[UUID | None] = mapped_column(info=_who("planned_specialist_id"))
    specialist_id: Mapped[UUID | None] = mapped_column(info=_who("specialist_id", "visits"))
    start_code: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.code", "start_code"))
    start_code_hash: Mapped[bytes | None] = mapped_column(LargeBinary, info=SYSTEM)
    code_tries: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    open_cases: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    changes: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)  # proposed so far: part of money keys
    change_parts_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)  # proposed, not answered yet
    change_labour_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    change_reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    tips: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)  # given so far: part of money keys
    tipped_minor: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)
    promo_minor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)  # paid by the house with a code
    crews: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)  # how many crews it has had: part of money keys
    seats: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)  # how many people it takes
    created_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    submitted_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    funded_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    published_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    assigned_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    arrived_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    started_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    completed_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    approved_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        _one_of("kind", Kind),
        _one_of("state", State),
        _one_of("method", Method),
        CheckConstraint("(state = 'delayed') = (before_delay is not null)", name="before_delay"),
        CheckConstraint("(window_start is null) = (window_end is null)", name="window_both"),
        CheckConstraint("window_start < window_end", name="window"),
        CheckConstraint("price_minor >= 0 and final_minor >= 0 and final_minor <= price_minor", name="amounts"),
        CheckConstraint("open_cases >= 0", name="open_cases"),
        CheckConstraint(
            "seats between 1 and 6 and (seats = 1 or method = 'wallet' or funded_at is null)", name="seats"
        ),
        CheckConstraint("promo_minor >= 0 and promo_minor < price_minor", name="promo"),
        CheckConstraint("tips >= 0 and tipped_minor >= 0 and changes >= 0", name="counted"),
        CheckConstraint(
            "num_nulls(change_parts_minor, change_labour_minor, change_reason) in (0, 3)", name="change_whole"
        ),
        CheckConstraint("customer_id is not null or state in ('draft', 'cancelled')", name="customer"),
        CheckConstraint(
            "specialist_id is not null or state not in "
            "('assigned', 'en_route', 'on_site', 'in_progress', 'delayed', 'completed', 'approved', 'closed')",
            name="crew",
        ),
        Index(None, "customer_id", "created_at"),
        Index(None, "specialist_id", "window_start"),
        Index(None, "state", "window_start"),
        Index(None, "session_hash", postgresql_where=text("session_hash is not null")),
    )


class JobEvent(Table):
    """One thing that happened to a job. Never changed, never deleted, no personal value; `hash` covers the last one."""

    __tablename__ = "job_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    place: Mapped[int] = mapped_column(info=SYSTEM)  # 1, 2, 3 … of its job
    command_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    event: Mapped[str] = mapped_column(Text, info=SYSTEM)
    actor_id: Mapped[UUID | None] = mapped_column(info=_who("actor_id", "what you did"))
    on_behalf_of: Mapped[UUID | None] = mapped_column(info=_who("on_behalf_of"))
    role: Mapped[str] = mapped_column(Text, info=SYSTEM)
    from_state: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    to_state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    version: Mapped[int] = mapped_column(info=SYSTEM)
    device_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    recorded_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    __table_args__ = (UniqueConstraint("job_id", "command_id"), UniqueConstraint("job_id", "place"))


class CrewSeat(Table):
    """One seat of a job that takes several people; a job of one person has none. Written under the job's lock.

    Seat 1 is the lead's, who is also `job.specialist_id`. `visit_id` is the time taken for the seat, of whoever has it
    or is planned for it; all begin at `meets_at`. `searches` counts how often somebody was looked for.
    """

    __tablename__ = "crew_seat"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True, info=SYSTEM)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True, info=SYSTEM)
    visit_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    planned_id: Mapped[UUID | None] = mapped_column(info=_who("planned_id"))
    specialist_id: Mapped[UUID | None] = mapped_column(info=_who("specialist_id", "visits in a crew"))
    meets_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    taken_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    present_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_who("specialist_id", "when you were there"))
    searches: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    __table_args__ = (
        CheckConstraint("seat between 1 and 6 and searches >= 0", name="counted"),
        CheckConstraint("(specialist_id is null) = (taken_at is null)", name="taken"),
        CheckConstraint("present_at is null or specialist_id is not null", name="present"),
        UniqueConstraint("job_id", "specialist_id"),
        Index(None, "specialist_id", postgresql_where=text("specialist_id is not null")),
    )
