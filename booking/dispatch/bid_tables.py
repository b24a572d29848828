"""Rounds of bids, who may bid in each, and what was bid.

Until a sealed round closes, an amount is in no column that anybody but its bidder can open: `sealed_amount` lies under
the round's own key, `own_amount` under the bidder's. At the close the first is opened into `amount_minor`, for the
ranking, and the round's key is destroyed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from booking.dispatch.bid_rules import UNFINISHED, BidState, RoundState, Void
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.vault import Sealed, SealedText

_MOMENT = DateTime(timezone=True)


def _listed(words: type[StrEnum] | tuple[StrEnum, ...]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


def _by(column: str) -> dict[str, Any]:
    return field("user.account.id", use=("protect", "legal"), subject=column, source="system", retention="forever")


def _bid(export: str, *, source: str = "person", formula: str | None = None) -> dict[str, Any]:
    return field(
        "user.workplace.bids", use=("provide",), subject="specialist_id", source=source, retention="job",
        export=export, formula=formula,
    )  # fmt: skip


def _sealed(category: str, export: str) -> dict[str, Any]:
    return field(
        category, use=("provide",), subject="specialist_id", source="person", retention="job", crypt="subject",
        export=export,
    )  # fmt: skip


class BidRound(Table):
    """One round for one open job. What stands above `state` is announced before it opens and never changes."""

    __tablename__ = "bid_round"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(index=True, info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=_by("made_by"))
    made_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    sealed: Mapped[bool] = mapped_column(info=SYSTEM)
    opens_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    closes_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    minimum_bids: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    value_of_minute: Mapped[int] = mapped_column(info=SYSTEM)
    quality_hundredths: Mapped[int] = mapped_column(info=SYSTEM)
    may_deviate: Mapped[bool] = mapped_column(info=SYSTEM)
    least_minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    most_minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    eligibility: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)  # the question; its answers: bid_invited
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    opened_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)  # when the question was asked
    closed_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    ranking: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=SYSTEM)  # what was ranked, and how it came out
    awarded_bid_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    awarded_by: Mapped[UUID | None] = mapped_column(info=_by("awarded_by"))  # nobody: the rule did
    deviation_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)  # the journal's row that holds the words why
    void_reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    next_step: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(f"state in ({_listed(RoundState)})", name="state"),
        CheckConstraint(f"void_reason in ({_listed(Void)})", name="void_reason"),
        CheckConstraint("(state = 'void') = (void_reason is not null and next_step is not null)", name="void"),
        CheckConstraint("(state = 'awarded') = (awarded_bid_id is not null)", name="awarded"),
        CheckConstraint("opens_at < closes_at", name="times"),
        CheckConstraint("0 < least_minor and least_minor <= most_minor", name="bounds"),
        Index(
            "bid_round_one_of_a_job", "job_id", unique=True, postgresql_where=text(f"state in ({_listed(UNFINISHED)})")
        ),
    )


class BidInvited(Table):
    """Who may bid in a round: the answers to its question at the moment it opened."""

    __tablename__ = "bid_invited"
    round_id: Mapped[UUID] = mapped_column(ForeignKey("bid_round.id"), primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(
        primary_key=True,
        index=True,
        info=_bid("rounds of bids", source="derived", formula="standing, skills, areas and blocks when it opened"),
    )


class Bid(Table):
    """What somebody bids in a round: one for each person, revised in place until the close."""

    __tablename__ = "bid"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("bid_round.id"), info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=_bid("bids"))
    state: Mapped[str] = mapped_column(Text, info=_bid("state of a bid"))
    sealed_amount: Mapped[Sealed | None] = mapped_column(SealedText, info=SYSTEM)  # under the key of the round
    own_amount: Mapped[Sealed] = mapped_column(SealedText, info=_sealed("user.workplace.bids", "amount of a bid"))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger, info=_bid("amount of a bid, opened"))
    note: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.notes", "note of a bid"))
    revisions: Mapped[int] = mapped_column(Integer, server_default="0", info=SYSTEM)
    submitted_at: Mapped[datetime] = mapped_column(_MOMENT, info=_bid("when you bid"))
    final_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    device_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    command_id: Mapped[UUID] = mapped_column(info=SYSTEM)  # the last that changed it
    travel_minutes: Mapped[int] = mapped_column(info=SYSTEM)
    basis: Mapped[str] = mapped_column(Text, info=SYSTEM)
    point: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.location", "place of a bid"))
    rank: Mapped[int | None] = mapped_column(SmallInteger, info=SYSTEM)
    score_hundredths: Mapped[int | None] = mapped_column(
        BigInteger, info=_bid("score of a bid", source="derived", formula="amount, way and ratings by the round's rule")
    )
    terms: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB, info=SYSTEM)
    lost_because: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("round_id", "specialist_id"),
        Index(None, "specialist_id", "submitted_at"),
        Index("bid_one_awarded", "round_id", unique=True, postgresql_where=text("state = 'awarded'")),
        CheckConstraint(f"state in ({_listed(BidState)})", name="state"),
        CheckConstraint("sealed_amount is null or amount_minor is null", name="sealed_or_open"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("basis in ('live', 'base')", name="basis"),
        CheckConstraint("num_nulls(rank, score_hundredths, terms) in (0, 3)", name="ranked"),
    )
