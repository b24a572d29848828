"""Who was offered which job, and why them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, SmallInteger, Text, UniqueConstraint, text
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


def _listed(words: tuple[OfferState, ...] | tuple[Mode, ...]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


class DecisionRow(Table):
    """One decision with everything that went into it, so that it can be replayed and explained (dispatch.md §5)."""

    __tablename__ = "decision"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(index=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    policy_version: Mapped[str] = mapped_column(Text, info=SYSTEM)
    seed: Mapped[int] = mapped_column(info=SYSTEM)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SYSTEM)
    inputs_hash: Mapped[str] = mapped_column(Text, info=SYSTEM)


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
