"""Who was offered which job, and why them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from booking.dispatch.rules import LIVE, Mode, OfferState
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

_MOMENT = DateTime(timezone=True)
ASKED = field(
    "user.workplace.offers", use=("provide", "quality"), subject="specialist_id", source="derived", retention="job",
    export="offers shown", formula="who may come, by score",
)  # fmt: skip
SCORE = field(
    "user.workplace.offers", use=("provide", "quality"), subject="specialist_id", source="derived", retention="job",
    export="score of an offer", formula="sum of the reasons of the offer, in hundredths",
)  # fmt: skip
WISHED = field(
    "user.account.id", use=("provide",), subject="customer_id", source="person", retention="job",
    export="whom you asked for",
)  # fmt: skip
CHOSEN = field(
    "user.workplace.offers", use=("provide", "quality"), subject="chosen_id", source="derived", retention="job",
    export="jobs you were chosen for", formula="by the batch, or by a dispatcher",
)  # fmt: skip


def _by(column: str) -> dict[str, Any]:
    return field("user.account.id", use=("protect", "legal"), subject=column, source="system", retention="forever")


def _listed(words: tuple[OfferState, ...] | tuple[Mode, ...]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


class RulesRow(Table):
    """One version of an organization's rules of dispatch: weights and ladder. Once published it never changes.

    `number` counts the published ones. `trial` is what the last dry run of exactly this content said.
    """

    __tablename__ = "dispatch_rules"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    number: Mapped[int | None] = mapped_column(Integer, info=SYSTEM)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    trial: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    changed_by: Mapped[UUID] = mapped_column(info=_by("changed_by"))
    published_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    published_by: Mapped[UUID | None] = mapped_column(info=_by("published_by"))
    __table_args__ = (
        CheckConstraint("state in ('draft', 'published')", name="state"),
        CheckConstraint(
            "num_nonnulls(number, published_at, published_by) = case state when 'published' then 3 else 0 end",
            name="published_whole",
        ),
        UniqueConstraint("organization_id", "number"),
        Index("dispatch_rules_one_draft", "organization_id", unique=True, postgresql_where=text("state = 'draft'")),
    )


class DecisionRow(Table):
    """One decision with everything that went into it, so that it can be replayed and explained (dispatch.md §5).

    About one job, or (kind `matching`, without a job) about a batch of them, whose own decisions name it in
    `batch_id`. `rules_id` is the version of the rules; none: those the house began with. A matching's value, bound
    and gap are here too: hundredths of a minute, and percent.
    """

    __tablename__ = "decision"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID | None] = mapped_column(index=True, info=SYSTEM)
    batch_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    at: Mapped[datetime] = mapped_column(_MOMENT, index=True, info=SYSTEM)
    rules_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    policy_version: Mapped[str] = mapped_column(Text, info=SYSTEM)
    seed: Mapped[int] = mapped_column(info=SYSTEM)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    inputs_hash: Mapped[str] = mapped_column(Text, info=SYSTEM)
    chosen_id: Mapped[UUID | None] = mapped_column(info=CHOSEN)  # where it is not simply the first of the ranking
    deviation: Mapped[str | None] = mapped_column(Text, info=SYSTEM)  # why somebody chose other than the rules
    size: Mapped[int | None] = mapped_column(Integer, info=SYSTEM)
    value: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    bound: Mapped[int | None] = mapped_column(BigInteger, info=SYSTEM)
    gap_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 4), info=SYSTEM)
    __table_args__ = (
        CheckConstraint("(job_id is null) = (kind = 'matching')", name="about"),
        CheckConstraint("num_nulls(size, value, bound, gap_percent) in (0, 4)", name="batch_whole"),
        CheckConstraint("gap_percent >= 0", name="gap"),
        Index(None, "batch_id", postgresql_where=text("batch_id is not null")),
    )


class Wish(Table):
    """Whom the customer of a job asked for: they are asked first, alone, for a while."""

    __tablename__ = "dispatch_wish"
    job_id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    customer_id: Mapped[UUID] = mapped_column(info=WISHED)
    specialist_id: Mapped[UUID] = mapped_column(info=ASKED)
    wished_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)


class Offer(Table):
    """One question to one specialist: will you take this visit? Exactly one may be accepted for each seat."""

    __tablename__ = "offer"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    seat: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)
    round: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=ASKED)
    decision_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    mode: Mapped[str] = mapped_column(Text, info=SYSTEM)
    rank: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    exclusive: Mapped[bool] = mapped_column(info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=ASKED)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=SYSTEM)
    score_hundredths: Mapped[int] = mapped_column(info=SCORE)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    sent_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    seen_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=ASKED)
    expires_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    answered_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=ASKED)
    answer_command_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    reason_code: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(f"state in ({_listed(tuple(OfferState))})", name="state"),
        CheckConstraint(f"mode in ({_listed(tuple(Mode))})", name="mode"),
        Index("offer_one_accepted", "job_id", "seat", unique=True, postgresql_where=text("state = 'accepted'")),
        Index(
            "offer_one_exclusive",
            "specialist_id",
            unique=True,
            postgresql_where=text(f"exclusive and state in ({_listed(LIVE)})"),
        ),
        UniqueConstraint("job_id", "seat", "specialist_id", "round"),
        Index(None, "specialist_id", "created_at"),
    )
