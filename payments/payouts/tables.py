"""Where money may be sent, what is asked to be sent, the batches it goes in and their files, and what happened."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedBytes, SealedText
from payments.payouts.rules import HELD, BatchState, Form, Reason, State

OWNER = field("user.unique_id", use=("pay", "legal"), subject="owner", retention="statutory")
PAYOUT = field("user.financial", use=("pay", "legal"), subject="owner", retention="statutory", export="payout")
ACTOR = field("user.reference", use=("pay", "legal"), source="system", retention="statutory")
MOMENT = DateTime(timezone=True)
OPEN_STATES = ", ".join(f"'{state}'" for state in sorted(HELD))

ONE_OPEN = "payout_one_open"


def account_field(name: str) -> dict[str, object]:
    """A value of somebody's bank account, sealed under their key."""
    return field(
        "user.financial", use=("pay", "legal"), subject="owner", retention="statutory", crypt="subject", export=name
    )


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class Destination(Table):
    """An account of an owner. It never changes: another account is another row, and the former one is replaced.

    `blind` finds equal numbers without reading one; `branch` is a routing number, which names a bank's branch.
    """

    __tablename__ = "payout_destination"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=OWNER)
    owner_kind: Mapped[str] = mapped_column(Text, info=PAYOUT)
    country: Mapped[str] = mapped_column(Text, info=PAYOUT)
    account: Mapped[Sealed] = mapped_column(SealedText, info=account_field("bank_account"))
    holder: Mapped[Sealed] = mapped_column(SealedText, info=account_field("bank_account_holder"))
    last4: Mapped[str] = mapped_column(Text, info=PAYOUT)
    bank: Mapped[str] = mapped_column(Text, info=PAYOUT)
    branch: Mapped[str] = mapped_column(Text, info=PAYOUT)
    blind: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=field(
            "user.financial", use=("pay", "legal"), subject="owner", retention="statutory", crypt="hash", index="blind"
        ),
    )
    name_matches: Mapped[bool | None] = mapped_column(info=PAYOUT)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=PAYOUT)
    usable_from: Mapped[datetime] = mapped_column(MOMENT, info=PAYOUT)
    blocked_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PAYOUT)
    replaced_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PAYOUT)
    __table_args__ = (
        CheckConstraint("owner_kind in ('customer', 'specialist')", name="owner_kind"),
        CheckConstraint("length(last4) = 4", name="last4"),
        Index(
            "payout_destination_current", "owner", "owner_kind", unique=True,
            postgresql_where=text("replaced_at is null"),
        ),
        Index(None, "blind"),
    )  # fmt: skip


class Batch(Table):
    """Items that go to the bank together. `count`, `total` and `digest` are those of its items as they are now."""

    __tablename__ = "payout_batch"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    reference: Mapped[str] = mapped_column(Text, unique=True, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    form: Mapped[str] = mapped_column(Text, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    count: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    total: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    digest: Mapped[str] = mapped_column(Text, info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=ACTOR)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    approved_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    batched_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    sent_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    __table_args__ = (
        one_of("form", Form),
        one_of("state", BatchState),
        CheckConstraint("count >= 0 and total >= 0", name="sums"),
        CheckConstraint("approved_at is not null or state in ('draft', 'dissolved')", name="approved_at"),
        CheckConstraint("(sent_at is not null) = (state = 'sending')", name="sent_at"),
        Index(None, "made_at"),
    )


class Approval(Table):
    """One person's yes to a batch as it was then; void once anything of it changes."""

    __tablename__ = "payout_approval"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    batch: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"), info=SYSTEM)
    approver: Mapped[UUID] = mapped_column(info=ACTOR)
    at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    digest: Mapped[str] = mapped_column(Text, info=SYSTEM)
    voided_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        Index(
            "payout_approval_once", "batch", "approver", unique=True, postgresql_where=text("voided_at is null")
        ),
    )  # fmt: skip


class Payout(Table):
    """One amount for one account. `reference` stands in the bank's file and, if all goes well, on its statement."""

    __tablename__ = "payout"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    reference: Mapped[str] = mapped_column(Text, unique=True, info=PAYOUT)
    owner: Mapped[UUID] = mapped_column(info=OWNER)
    owner_kind: Mapped[str] = mapped_column(Text, info=PAYOUT)
    amount: Mapped[int] = mapped_column(BigInteger, info=PAYOUT)
    currency: Mapped[str] = mapped_column(Text, info=PAYOUT)
    destination: Mapped[UUID] = mapped_column(ForeignKey("payout_destination.id"), info=SYSTEM)
    because: Mapped[str] = mapped_column(Text, info=PAYOUT)
    state: Mapped[str] = mapped_column(Text, info=PAYOUT)
    findings: Mapped[list[str]] = mapped_column(ARRAY(Text), info=PAYOUT)
    passed: Mapped[list[str]] = mapped_column(ARRAY(Text), info=PAYOUT)  # findings that a person has waved through
    batch: Mapped[UUID | None] = mapped_column(ForeignKey("payout_batch.id"), info=SYSTEM)
    requested_at: Mapped[datetime] = mapped_column(MOMENT, info=PAYOUT)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PAYOUT)
    settled_at: Mapped[datetime | None] = mapped_column(MOMENT, info=PAYOUT)
    reason: Mapped[str | None] = mapped_column(Text, info=PAYOUT)
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("owner_kind in ('customer', 'specialist')", name="owner_kind"),
        CheckConstraint("because in ('asked', 'schedule')", name="because"),
        one_of("state", State),
        one_of("reason", Reason),
        CheckConstraint(
            "batch is not null or state not in ('approved', 'batched', 'sending', 'unknown', 'accepted')", name="batch"
        ),
        Index(
            ONE_OPEN, "owner", "owner_kind", "currency", unique=True, postgresql_where=text(f"state in ({OPEN_STATES})")
        ),
        Index(None, "owner", "requested_at"),
        Index(None, "requested_at"),
        Index(None, "batch"),
        Index("payout_at_the_bank", "sent_at", postgresql_where=text("state = 'sending'")),
    )  # fmt: skip


class PayoutEvent(Table):
    """One step of an item: to which state, when, by whom (empty: the house, or the bank's statement)."""

    __tablename__ = "payout_event"
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=SYSTEM)
    payout: Mapped[UUID] = mapped_column(ForeignKey("payout.id"), info=SYSTEM)
    at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        one_of("state", State),
        Index(None, "payout", "number"),
        Index("payout_event_sent_once", "payout", unique=True, postgresql_where=text("state = 'sending'")),
    )


class BankFile(Table):
    """What the bank is given for a batch, made once. It lies under a key of the batch itself."""

    __tablename__ = "payout_file"
    batch: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"), primary_key=True, info=SYSTEM)
    content: Mapped[Sealed] = mapped_column(
        SealedBytes,
        info=field(
            "user.financial",
            use=("pay", "legal"),
            subject="batch",
            source="system",
            retention="statutory",
            crypt="subject",
        ),
    )
    sha256: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=ACTOR)
