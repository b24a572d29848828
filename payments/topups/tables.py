"""Top-ups, their attempts and what happened to each. The first three are closed lists of columns (payments.md §6.1):

never a card number, not even masked, nor its hash, holder or expiry, nor a raw answer, nor the payer's bank account.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.gateways.protocol import DisputeState
from payments.topups.rules import By, Difference, State, What

OWNER = field("user.unique_id", use=("pay", "legal"), subject="owner", retention="statutory")
PAYMENT = field("user.financial", use=("pay", "legal"), subject="owner", retention="statutory", export="payment")
REFERENCE = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="statutory")
WORKING = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="device")
ENTERED = field("user.account.id", use=("protect", "legal"), subject="entered_by", source="system",
                retention="statutory")  # fmt: skip

UNIQUE_NUMBER = "topup_attempt_gateway_txn_key"
UNIQUE_TRACKING = "topup_attempt_gateway_terminal_bank_financial_day_key"


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class TopUp(Table):
    """So much money that a person wants in a wallet. `subject`: the job it pays, if it pays one."""

    __tablename__ = "topup"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=OWNER)
    wallet: Mapped[str] = mapped_column(Text, info=PAYMENT)
    amount: Mapped[int] = mapped_column(BigInteger, info=PAYMENT)
    currency: Mapped[str] = mapped_column(Text, info=PAYMENT)
    state: Mapped[str] = mapped_column(Text, info=PAYMENT)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=PAYMENT)
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=PAYMENT)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    late: Mapped[bool] = mapped_column(server_default="false", info=SYSTEM)
    subject: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("wallet in ('customer', 'specialist')", name="wallet"),
        one_of("state", State),
        CheckConstraint("paid_at is not null or state not in ('paid', 'partly_refunded')", name="paid_at"),
        Index(None, "owner", "created_at"),
        Index(None, "created_at"),
    )


class TopUpAttempt(Table):
    """One try at one gateway. `txn` is the transaction number, `bank` the bank's tracking number.

    The working references are erased once it is reconciled and can no longer be refunded.
    """

    __tablename__ = "topup_attempt"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    topup: Mapped[UUID] = mapped_column(ForeignKey("topup.id"), info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    txn: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    bank: Mapped[str | None] = mapped_column(Text, info=REFERENCE)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=REFERENCE)
    ours: Mapped[str | None] = mapped_column(Text, info=WORKING)
    page: Mapped[str | None] = mapped_column(Text, info=WORKING)
    trace: Mapped[str | None] = mapped_column(Text, info=WORKING)
    terminal: Mapped[str | None] = mapped_column(Text, info=WORKING)
    financial_day: Mapped[date | None] = mapped_column(info=WORKING)
    __table_args__ = (
        UniqueConstraint("gateway", "txn"),
        UniqueConstraint("gateway", "terminal", "bank", "financial_day"),
        UniqueConstraint("gateway", "ours"),
        one_of("state", State),
        CheckConstraint(
            "state not in ('paid', 'partly_refunded', 'refunded', 'reversed') "
            "or (txn is not null and paid_at is not null)",
            name="paid_has_number",
        ),
        Index(None, "topup"),
        Index(None, "started_at", postgresql_where=text("state in ('created', 'started', 'pending', 'unknown')")),
        Index(None, "page"),
        Index(None, "gateway", "financial_day"),
        Index(None, "gateway", "bank"),
    )


class TopUpEvent(Table):
    """One line of an attempt's history: words of closed lists, never text from outside."""

    __tablename__ = "topup_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    attempt: Mapped[UUID] = mapped_column(ForeignKey("topup_attempt.id"), info=SYSTEM)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, info=SYSTEM)
    by: Mapped[str] = mapped_column(Text, info=SYSTEM)
    outcome: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    difference: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        one_of("what", What),
        one_of("by", By),
        one_of("difference", Difference),
        Index(None, "attempt", "at"),
    )


class TopUpCase(Table):
    """What a gateway, or a letter of the bank, says of one case there, and what of it we have booked. `number`: theirs.

    `taken`: what is away from the wallet now, all of it or nothing; `turns`: how often money went or came. `by_letter`:
    no gateway has told of it; then `entered_by` wrote it down, with `command` the id of the form.
    """

    __tablename__ = "topup_case"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    attempt: Mapped[UUID] = mapped_column(ForeignKey("topup_attempt.id"), info=SYSTEM)
    number: Mapped[str] = mapped_column(Text, info=REFERENCE)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    fee: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    taken: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)
    turns: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    answer_by: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    fee_booked: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)
    by_letter: Mapped[bool] = mapped_column(server_default="false", info=SYSTEM)
    entered_by: Mapped[UUID | None] = mapped_column(info=ENTERED)
    command: Mapped[UUID | None] = mapped_column(unique=True, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("attempt", "number"),
        one_of("state", DisputeState),
        CheckConstraint("amount > 0 and fee >= 0 and taken in (0, amount)", name="amount"),
        CheckConstraint("fee_booked >= 0", name="fee_booked"),
        CheckConstraint("not by_letter or entered_by is not null", name="by_letter"),
        Index(None, "changed_at"),
    )


class TopUpInquiry(Table):
    """When an attempt is asked about next, and who is asking right now. A courtesy among workers, not a guard.

    `due_at` empty: nothing is planned, yet a notice may still wake us.
    """

    __tablename__ = "topup_inquiry"
    attempt: Mapped[UUID] = mapped_column(ForeignKey("topup_attempt.id"), primary_key=True, info=SYSTEM)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    asked: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    lease: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (Index(None, "due_at", postgresql_where=text("due_at is not null")),)
