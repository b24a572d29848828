"""What matched what and by which rule, what is suggested, and what is left over with the work that was done on it.

Matches, voids and history are written once. Lines, attempts and batches are never deleted, so `match_item` and
`recon_exception` name them without a foreign key, whose trigger would take longer for a row than the rest; that what
they name is there is an audit (`checks.py`).
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from payments.reconciliation.attachments import Form
from payments.reconciliation.rules import How, Kind, Proposal, Solution, What, Why

MOMENT = DateTime(timezone=True)
MONEY = field("transaction.reference", use=("pay", "legal"), source="gateway", retention="statutory")
WORDS = field("system.operations", use=("pay", "legal"), source="user", retention="statutory")
ACTOR = field("user.reference", use=("pay", "legal"), source="system", retention="statutory")


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """A column that holds one of a closed list of words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class MatchRule(Table):
    """One version of one rule: its pass, whether what it finds confirms itself, and its two limits.

    The newest version of a code counts. `days`: how far two dates may lie apart; `items`: how many may be summed up.
    """

    __tablename__ = "match_rule"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    code: Mapped[str] = mapped_column(Text, info=SYSTEM)
    version: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    pass_no: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    confirms: Mapped[bool] = mapped_column(info=SYSTEM)
    enabled: Mapped[bool] = mapped_column(info=SYSTEM)
    days: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    items: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    made_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    __table_args__ = (
        UniqueConstraint("code", "version"),
        one_of("code", How),
        CheckConstraint("days between 0 and 31 and items between 1 and 20", name="limits"),
        CheckConstraint("not confirms or pass_no in (0, 1, 4)", name="confirms"),
    )


class RuleTrial(Table):
    """What a version of a rule would have found at a moment, without doing any of it."""

    __tablename__ = "match_rule_trial"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    rule: Mapped[UUID] = mapped_column(ForeignKey("match_rule.id"), info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    tried_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    tried_by: Mapped[UUID] = mapped_column(info=ACTOR)
    open_lines: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    found: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    __table_args__ = (Index(None, "rule", "tried_at"),)


class GatewayTerms(Table):
    """What a gateway takes of a payment by contract, from a day on: parts of a million, and a fixed amount on top.

    `settles_days`: within how many days it reports a payment and pays its batch out.
    """

    __tablename__ = "gateway_terms"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    valid_from: Mapped[date] = mapped_column(info=SYSTEM)
    parts_per_million: Mapped[int] = mapped_column(info=SYSTEM)
    fixed: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    settles_days: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=ACTOR)
    __table_args__ = (
        UniqueConstraint("gateway", "currency", "valid_from"),
        CheckConstraint("parts_per_million between 0 and 1000000 and fixed >= 0", name="fee"),
        CheckConstraint("settles_days between 0 and 60", name="settles_days"),
    )


class SettlementBatch(Table):
    """What a gateway's report says that it pays out together: the sums of its lines as far as they are in."""

    __tablename__ = "settlement_batch"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    batch: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    lines: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    gross: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    fees: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    net: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    first_on: Mapped[date] = mapped_column(info=SYSTEM)
    last_on: Mapped[date] = mapped_column(info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("gateway", "batch", "currency"),
        CheckConstraint("gross - fees = net", name="net"),
    )


class MatchedFile(Table):
    """A file whose lines have been through the passes; what they left over is in open exceptions."""

    __tablename__ = "matched_file"
    file: Mapped[UUID] = mapped_column(ForeignKey("statement_file.id"), primary_key=True, info=SYSTEM)
    matched_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    new_lines: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)


class MatchSet(Table):
    """Things that explain each other, the rule that found them, and who accepted it (nobody: it confirmed itself).

    `value` is what its lines move, whichever way; `last_on` the day of the last of them. The pairs of one day that one
    rule found in one go are one set, whose fees are one posting.
    """

    __tablename__ = "match_set"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    rule: Mapped[UUID] = mapped_column(ForeignKey("match_rule.id"), info=SYSTEM)
    pass_no: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    made_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    items: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    lines: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    last_on: Mapped[date] = mapped_column(info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    fees: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    __table_args__ = (Index(None, "rule"), Index(None, "gateway", "last_on"))


class MatchItem(Table):
    """A line with what it pairs with, or one thing of a set of many. `turn`: how often it was in a set since voided.

    A line is in one set at a time, and so is an attempt, a batch, a refund: each turn of each of them exists once.
    """

    __tablename__ = "match_item"
    match_set: Mapped[UUID] = mapped_column(info=SYSTEM)
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True, cache=100), primary_key=True, info=SYSTEM)
    turn: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    line: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    attempt: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    batch: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    refund: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    chargeback: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    payout: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(attempt, batch, refund, chargeback, payout) < 2"
            " and num_nonnulls(line, attempt, batch, refund, chargeback, payout) > 0",
            name="things",
        ),
        # Pairs are looked up by their line, a million of which share few sets; what stands alone, by its set as well.
        Index("match_item_set", "match_set", postgresql_where=text("line is null or attempt is null")),
        Index("match_item_line", "line", "turn", unique=True, postgresql_where=text("line is not null")),
        Index("match_item_attempt", "attempt", "turn", unique=True, postgresql_where=text("attempt is not null")),
        Index("match_item_batch", "batch", "turn", unique=True, postgresql_where=text("batch is not null")),
        Index("match_item_refund", "refund", "turn", unique=True, postgresql_where=text("refund is not null")),
        Index("match_item_chargeback", "chargeback", postgresql_where=text("chargeback is not null")),
        Index("match_item_payout", "payout", postgresql_where=text("payout is not null")),
    )


class MatchVoid(Table):
    """An item that is matched no more, since when and why; the match itself stays as it was written."""

    __tablename__ = "match_void"
    match_set: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=SYSTEM)
    voided_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    voided_by: Mapped[UUID] = mapped_column(info=ACTOR)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)


class Suggestion(Table):
    """What a rule found and does not dare to confirm, with its rank (1 is best) and its reason; a person decides."""

    __tablename__ = "match_suggestion"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    rule: Mapped[UUID] = mapped_column(ForeignKey("match_rule.id"), info=SYSTEM)
    rank: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    lines: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), info=SYSTEM)
    attempts: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), info=SYSTEM)
    batches: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    decided_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    match_set: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        one_of("state", Proposal),
        one_of("reason", Why),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
        Index("match_suggestion_open", "gateway", "rank", "made_at", postgresql_where=text("state = 'open'")),
    )


class ReconException(Table):
    """What found no partner, or found it with a difference: with an owner from the first moment until it is closed.

    Its subject is a line, an attempt or a batch, each of which has one exception that is opened and closed again;
    `named` is the attempt or the batch that its line names. `value` is what is at risk.
    """

    __tablename__ = "recon_exception"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    gateway: Mapped[str] = mapped_column(Text, info=SYSTEM)
    line: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    attempt: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    batch: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    named: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    suggestion: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    owner: Mapped[UUID] = mapped_column(info=ACTOR)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    value: Mapped[int] = mapped_column(BigInteger, info=MONEY)
    opened_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        Index("recon_exception_line", "line", unique=True, postgresql_where=text("line is not null")),
        Index("recon_exception_attempt", "attempt", unique=True, postgresql_where=text("attempt is not null")),
        Index("recon_exception_batch", "batch", unique=True, postgresql_where=text("batch is not null")),
        CheckConstraint("num_nonnulls(line, attempt, batch) = 1", name="one_thing"),
        one_of("kind", Kind),
        # All that the list sorts and filters by, so that the open ones are ranked without reading their rows.
        Index(
            "recon_exception_open", "kind", "owner", "gateway", "currency", "opened_at", "value", "id",
            postgresql_where=text("closed_at is null"),
        ),
        # Of each day the most money first: the list takes the first of each day, and looks at no more.
        Index(
            "recon_exception_urgent", text("((opened_at AT TIME ZONE 'UTC')::date)"), text("(-abs(value))"), "id",
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "recon_exception_named", "named", postgresql_where=text("closed_at is null and named is not null")
        ),
    )  # fmt: skip


class ExceptionEvent(Table):
    """One step of an exception: what happened, when, by whom (nobody: the house), and what was said of it."""

    __tablename__ = "recon_exception_event"
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, info=SYSTEM)
    exception: Mapped[UUID] = mapped_column(ForeignKey("recon_exception.id"), info=SYSTEM)
    at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, info=SYSTEM)
    by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    fact: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    note: Mapped[str | None] = mapped_column(Text, info=WORDS)
    __table_args__ = (one_of("what", What), Index(None, "exception", "number"))


class ExceptionSolution(Table):
    """An act that moves money because of an exception: who asked, who agreed where two are needed, and its transfer."""

    __tablename__ = "recon_solution"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    exception: Mapped[UUID] = mapped_column(ForeignKey("recon_exception.id"), info=SYSTEM)
    how: Mapped[str] = mapped_column(Text, info=SYSTEM)
    amount: Mapped[int] = mapped_column(BigInteger, info=MONEY)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    reason: Mapped[str] = mapped_column(Text, info=SYSTEM)
    asked_by: Mapped[UUID] = mapped_column(info=ACTOR)
    asked_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    approved_by: Mapped[UUID | None] = mapped_column(info=ACTOR)
    done_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    withdrawn_at: Mapped[datetime | None] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        one_of("how", Solution),
        CheckConstraint("approved_by <> asked_by", name="two_people"),
        CheckConstraint("num_nonnulls(done_at, withdrawn_at) < 2", name="ends_once"),
        Index(
            "recon_solution_waiting", "exception", unique=True,
            postgresql_where=text("done_at is null and withdrawn_at is null"),
        ),
        Index(None, "exception"),
    )  # fmt: skip


class ExceptionAttachment(Table):
    """A file that somebody attached to an exception; its bytes lie encrypted under a key of the exception's own."""

    __tablename__ = "recon_attachment"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    exception: Mapped[UUID] = mapped_column(ForeignKey("recon_exception.id"), info=SYSTEM)
    name: Mapped[str] = mapped_column(Text, info=WORDS)
    form: Mapped[str] = mapped_column(Text, info=SYSTEM)
    size: Mapped[int] = mapped_column(info=SYSTEM)
    address: Mapped[str] = mapped_column(Text, info=WORDS)
    attached_by: Mapped[UUID] = mapped_column(info=ACTOR)
    attached_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
    __table_args__ = (
        one_of("form", Form),
        CheckConstraint("size between 1 and 5000000 and char_length(name) between 1 and 80", name="size"),
        CheckConstraint("address ~ '^[0-9a-f]{64}$'", name="address"),
        Index(None, "exception"),
    )


class AttachmentRemoval(Table):
    """That whoever attached a file took it away again: its row stays, its bytes are dropped."""

    __tablename__ = "recon_attachment_removal"
    attachment: Mapped[UUID] = mapped_column(ForeignKey("recon_attachment.id"), primary_key=True, info=SYSTEM)
    removed_by: Mapped[UUID] = mapped_column(info=ACTOR)
    removed_at: Mapped[datetime] = mapped_column(MOMENT, info=SYSTEM)
