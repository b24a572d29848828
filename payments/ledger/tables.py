"""What the ledger remembers (payments.md §3.1). Written by its own functions alone: the application may only read.

The unit of work of the ORM never touches these tables; the classes are there for Core statements and for the registry.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

LEDGER = "ledger"
ENTRY = field("ledger.entry", use=("pay", "legal"), source="system", retention="statutory")
OWNER = field("ledger.owner", use=("pay", "legal"), source="system", retention="statutory")
ACTOR = field("ledger.actor", use=("pay", "legal"), source="system", retention="statutory")


class TransactionNumber(UserDefinedType[int]):
    """PostgreSQL's xid8: a transaction's number, which never comes round again within one incarnation."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """The name of the type in SQL."""
        return "xid8"


class Currency(Table):
    """A currency the ledger knows, and how many decimals its major unit has."""

    __tablename__ = "currency"
    code: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    exponent: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    __table_args__ = (CheckConstraint("exponent between 0 and 4", name="exponent"), {"schema": LEDGER})


class TransferKindRow(Table):
    """What one kind of movement may touch: account kinds of negative and positive legs, holds, a second person."""

    __tablename__ = "transfer_kind"
    code: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    takes_from: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    gives_to: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    may_touch_holds: Mapped[bool] = mapped_column(Boolean, info=SYSTEM)
    second_person: Mapped[bool] = mapped_column(Boolean, info=SYSTEM)
    __table_args__ = ({"schema": LEDGER},)


class Incarnation(Table):
    """One life of the database cluster: a restore starts transaction numbers anew, so order is (no, xid, seq)."""

    __tablename__ = "incarnation"
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    system_identifier: Mapped[str] = mapped_column(Text, info=SYSTEM)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    why: Mapped[str] = mapped_column(Text, info=SYSTEM)
    __table_args__ = ({"schema": LEDGER},)


class Account(Table):
    """A balance: one row, one lock. A striped account is `stripes` rows with one `group_id`, the id of stripe 0.

    Callers name the group; the door chooses the stripe. Floor and ceiling follow from the kind (`open_account`); that
    they do, and that the currency is one, is judged when the row is made, by a trigger, and not in every update.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    owner_kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    owner_id: Mapped[UUID] = mapped_column(info=OWNER)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    group_id: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    stripe: Mapped[int] = mapped_column(SmallInteger, server_default="0", info=SYSTEM)
    stripes: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)
    posted: Mapped[int] = mapped_column(BigInteger, server_default="0", info=ENTRY)
    held: Mapped[int] = mapped_column(BigInteger, server_default="0", info=ENTRY)
    floor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    ceil: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    hold_floor: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    version: Mapped[int] = mapped_column(BigInteger, server_default="0", info=SYSTEM)
    opened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()"), info=SYSTEM
    )
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("kind", "owner_kind", "owner_id", "currency", "stripe"),
        UniqueConstraint("group_id", "stripe"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("posted - held >= floor", name="floor"),
        CheckConstraint("posted <= ceil", name="ceil"),
        {"schema": LEDGER},
    )


class Transfer(Table):
    """One movement. `id` is made by the caller and is the idempotency key; `fingerprint` is of the request.

    `kind` and `reverses` have no foreign key, which every transfer would pay for: the door has looked them up, and
    neither a kind nor a transfer ever goes away.
    """

    __tablename__ = "transfer"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=ENTRY)
    reason: Mapped[str | None] = mapped_column(Text, info=ENTRY)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    reverses: Mapped[UUID | None] = mapped_column(info=ENTRY)
    subject: Mapped[UUID | None] = mapped_column(info=ENTRY)
    actor: Mapped[UUID | None] = mapped_column(info=ACTOR)
    approver: Mapped[UUID | None] = mapped_column(info=ACTOR)
    effective_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=ENTRY)
    recorded_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()"), info=ENTRY
    )
    incarnation: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)  # begin_incarnation
    xid: Mapped[int] = mapped_column(TransactionNumber(), server_default=text("pg_current_xact_id()"), info=SYSTEM)
    meta: Mapped[dict[str, str] | None] = mapped_column(JSONB, info=ENTRY)
    __table_args__ = (
        Index("transfer_reverses_key", "reverses", unique=True, postgresql_where=text("reverses is not null")),
        Index("transfer_order_idx", "incarnation", "xid"),
        Index("transfer_subject_idx", "subject", postgresql_where=text("subject is not null")),
        {"schema": LEDGER},
    )


class Entry(Table):
    """What a transfer did to one account row, with the balances after it. Versions have no gap.

    `recorded_at` rises with the version, so "as of" finds the nearest of every sixteenth entry, then walks.
    """

    __tablename__ = "entry"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    transfer_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    d_posted: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    d_held: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    posted: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    held: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=ENTRY)
    __table_args__ = (
        Index(None, "transfer_id"),
        Index("entry_as_of_idx", "account_id", "recorded_at", postgresql_where=text("version % 16 = 0")),
        CheckConstraint("d_posted | d_held <> 0", name="moves"),
        {"schema": LEDGER},
    )


class Hold(Table):
    """Money set aside on one account for one subject. Amount and account never change; more money is a second hold.

    Closed exactly when all of it has been captured or returned; `closed_by` is the transfer that did it. That its
    account exists is asked by the door; a foreign key would be looked at whenever a balance moves.
    """

    __tablename__ = "hold"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    account_id: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    captured: Mapped[int] = mapped_column(BigInteger, server_default="0", info=ENTRY)
    returned: Mapped[int] = mapped_column(BigInteger, server_default="0", info=ENTRY)
    state: Mapped[str] = mapped_column(Text, server_default="open", info=ENTRY)
    purpose: Mapped[str] = mapped_column(Text, info=ENTRY)
    subject: Mapped[UUID] = mapped_column(info=ENTRY)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=ENTRY)
    made_by: Mapped[UUID] = mapped_column(ForeignKey(Transfer.id), info=SYSTEM)
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Transfer.id), info=SYSTEM)
    __table_args__ = (
        CheckConstraint("amount > 0 and captured >= 0 and returned >= 0", name="amount"),
        CheckConstraint("captured + returned <= amount", name="captured"),
        CheckConstraint("state in ('open', 'captured', 'released', 'expired')", name="state"),
        CheckConstraint("(state = 'open') = (captured + returned < amount)", name="closed"),
        CheckConstraint("(state = 'open') = (closed_by is null)", name="closed_by"),
        CheckConstraint("purpose in ('job', 'warranty', 'commission', 'refund', 'payout', 'dispute')", name="purpose"),
        Index(None, "subject", "purpose"),
        Index("hold_made_by_idx", "made_by"),
        Index("hold_open_idx", "account_id", postgresql_where=text("state = 'open'")),
        {"schema": LEDGER},
    )


class Period(Table):
    """Days whose books are being signed, or are signed. `account_group` 0 stands for every account."""

    __tablename__ = "period"
    account_group: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    locked_through: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    closing_xid: Mapped[int | None] = mapped_column(TransactionNumber(), info=SYSTEM)
    signed_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("state in ('open', 'closing', 'signed')", name="state"),
        CheckConstraint("state <> 'signed' or (signed_by is not null and signed_at is not null)", name="signed"),
        {"schema": LEDGER},
    )


class BalanceCheck(Table):
    """ "The bank says X at the end of day D", asserted for ever after; `expected` has the ledger's sign."""

    __tablename__ = "balance_check"
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True, info=SYSTEM)
    expected: Mapped[int] = mapped_column(BigInteger, info=ENTRY)
    source: Mapped[str] = mapped_column(Text, info=SYSTEM)
    line_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = ({"schema": LEDGER},)


class Seal(Table):
    """A link of the chain over all transfers in (incarnation, xid, seq) order; anybody can recompute it."""

    __tablename__ = "seal"
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    incarnation: Mapped[int] = mapped_column(ForeignKey(Incarnation.no), info=SYSTEM)
    from_xid: Mapped[int] = mapped_column(TransactionNumber(), info=SYSTEM)
    to_xid: Mapped[int] = mapped_column(TransactionNumber(), info=SYSTEM)
    count: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    sealed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()"), info=SYSTEM
    )
    __table_args__ = (CheckConstraint("count > 0", name="count"), {"schema": LEDGER})


class PublishedHead(Table):
    """The head of the chain as it was told outside the house on one day; never changed, never removed."""

    __tablename__ = "published_head"
    day: Mapped[date] = mapped_column(primary_key=True, info=SYSTEM)
    no: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    count: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=SYSTEM)
    sealed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (CheckConstraint("no > 0 and octet_length(hash) = 32", name="head"),)
