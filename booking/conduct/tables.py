"""Versions of the rules, outages of ours, proceedings with their evidence, and the money they moved.

What is written in words lies under the key of the specialist whom it is about: theirs to read, and gone with them.
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

from booking.conduct.charter import Counted
from booking.conduct.rules import Consequence, Result, State, Verdict
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.vault import Sealed, SealedText

_MOMENT = DateTime(timezone=True)


def _listed(words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


def _by(column: str) -> dict[str, Any]:
    return field("user.account.id", use=("protect", "legal"), subject=column, source="system", retention="case")


def _about(export: str) -> dict[str, Any]:
    return field(
        "user.workplace.standing", use=("quality", "legal"), subject="specialist_id", source="company",
        retention="case", export=export,
    )  # fmt: skip


def _sealed(export: str, *, source: str = "company") -> dict[str, Any]:
    return field(
        "user.content", use=("quality", "legal"), subject="specialist_id", source=source, retention="case",
        crypt="subject", export=export,
    )  # fmt: skip


class ConductRules(Table):
    """One version of an organization's rules of conduct, as numbers. Once published it never changes.

    `trial` is what the dry run of exactly this content said.
    """

    __tablename__ = "conduct_rules"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    number: Mapped[int | None] = mapped_column(Integer, info=SYSTEM)
    content: Mapped[dict[str, int]] = mapped_column(JSONB, info=SYSTEM)
    trial: Mapped[dict[str, Any] | None] = mapped_column(JSONB, info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    changed_by: Mapped[UUID] = mapped_column(info=_by("changed_by"))
    published_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    published_by: Mapped[UUID | None] = mapped_column(info=_by("published_by"))
    in_force_from: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("state in ('draft', 'published')", name="state"),
        CheckConstraint(
            "num_nonnulls(number, published_at, published_by, in_force_from) = "
            "case state when 'published' then 4 else 0 end",
            name="published_whole",
        ),
        CheckConstraint("published_by <> changed_by", name="two_people"),
        CheckConstraint("published_at < in_force_from", name="notice"),
        UniqueConstraint("organization_id", "number"),
        Index("conduct_rules_one_draft", "organization_id", unique=True, postgresql_where=text("state = 'draft'")),
    )


class ConductOutage(Table):
    """A stretch in which something of ours did not work: nothing that happened in it counts."""

    __tablename__ = "conduct_outage"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    starts_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    ends_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    recorded_by: Mapped[UUID] = mapped_column(info=_by("recorded_by"))
    recorded_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forwards"),
        Index(None, "organization_id", "starts_at"),
    )


class Proceeding(Table):
    """One proceeding about one specialist, from its notice to its end. `opened_by` is empty when a rule opened it.

    Two kinds of pause: `safety_…` runs from the opening, `pause_…` from a decision. `day_minor` is what a lost working
    day is paid by, as it was known when work was taken away.
    """

    __tablename__ = "proceeding"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    number: Mapped[str] = mapped_column(Text, unique=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), info=_about("proceedings"))
    rules_id: Mapped[UUID | None] = mapped_column(ForeignKey("conduct_rules.id"), info=SYSTEM)
    what: Mapped[str] = mapped_column(Text, info=_about("proceedings"))
    state: Mapped[str] = mapped_column(Text, info=_about("proceedings"))
    opened_at: Mapped[datetime] = mapped_column(_MOMENT, info=_about("proceedings"))
    opened_by: Mapped[UUID | None] = mapped_column(info=_by("opened_by"))
    notice: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("notices of proceedings"))
    answer_until: Mapped[datetime] = mapped_column(_MOMENT, info=_about("proceedings"))
    answered_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    answer: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("answers given", source="person"))
    decide_until: Mapped[datetime] = mapped_column(_MOMENT, info=_about("proceedings"))
    safety_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    safety_ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    decided_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    decided_by: Mapped[UUID | None] = mapped_column(info=_by("decided_by"))
    consequence: Mapped[str | None] = mapped_column(Text, info=_about("proceedings"))
    pause_days: Mapped[int | None] = mapped_column(SmallInteger, info=_about("proceedings"))
    fee_minor: Mapped[int | None] = mapped_column(BigInteger, info=_about("proceedings"))
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    decision: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("decisions about you"))
    pause_begun_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    pause_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    pause_ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    day_minor: Mapped[int | None] = mapped_column(BigInteger, info=_about("proceedings"))
    appeal_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    appealed_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    appeal: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("appeals made", source="person"))
    hear_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    heard_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    heard_by: Mapped[UUID | None] = mapped_column(info=_by("heard_by"))
    verdict: Mapped[str | None] = mapped_column(Text, info=_about("proceedings"))
    verdict_words: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("verdicts about you"))
    lesser: Mapped[str | None] = mapped_column(Text, info=_about("proceedings"))
    lesser_days: Mapped[int | None] = mapped_column(SmallInteger, info=_about("proceedings"))
    lesser_minor: Mapped[int | None] = mapped_column(BigInteger, info=_about("proceedings"))
    closed_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=_about("proceedings"))
    result: Mapped[str | None] = mapped_column(Text, info=_about("proceedings"))
    __table_args__ = (
        CheckConstraint(f"what in ({_listed(Counted)})", name="what"),
        CheckConstraint(f"state in ({_listed(State)})", name="state"),
        CheckConstraint(f"consequence in ({_listed(Consequence)})", name="consequence"),
        CheckConstraint(f"verdict in ({_listed(Verdict)})", name="verdict"),
        CheckConstraint(f"result in ({_listed(Result)})", name="result"),
        CheckConstraint("(state = 'closed') = (closed_at is not null and result is not null)", name="closed"),
        CheckConstraint("rules_id is not null or what = 'safety'", name="by_a_rule"),
        CheckConstraint("opened_by is not null or what <> 'safety'", name="safety_by_a_person"),
        CheckConstraint("(what = 'safety') = (safety_until is not null)", name="safety"),
        CheckConstraint("num_nonnulls(decided_at, decided_by, consequence) in (0, 3)", name="decided_whole"),
        CheckConstraint("state not in ('decided', 'appealed') or decided_at is not null", name="decided"),
        CheckConstraint("num_nonnulls(heard_at, heard_by, verdict) in (0, 3)", name="heard_whole"),
        CheckConstraint("heard_at is null or appealed_at is not null", name="heard"),
        CheckConstraint("decided_by <> opened_by and decided_by <> specialist_id", name="decided_by_another"),
        CheckConstraint(
            "heard_by <> opened_by and heard_by <> decided_by and heard_by <> specialist_id", name="heard_by_a_third"
        ),
        CheckConstraint("opened_by <> specialist_id", name="opened_by_another"),
        CheckConstraint(
            "decided_at is null or answered_at <= decided_at or answer_until <= decided_at", name="after_the_answer"
        ),
        CheckConstraint("pause_begun_at is null or consequence in ('pause', 'end')", name="paused_by_a_decision"),
        CheckConstraint("(fee_minor is not null) = (coalesce(consequence, '') = 'fee')", name="fee"),
        CheckConstraint("fee_minor > 0 and pause_days > 0", name="sizes"),
        Index(None, "specialist_id", "opened_at"),
        Index("proceeding_open", "decide_until", postgresql_where=text("state <> 'closed'")),
        Index(
            "proceeding_safety_once", "specialist_id", unique=True,
            postgresql_where=text("safety_until is not null and safety_ended_at is null"),
        ),
    )  # fmt: skip


class Evidence(Table):
    """One event of a job that a proceeding is about. An event is held against somebody once, whatever came of it."""

    __tablename__ = "proceeding_evidence"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    proceeding_id: Mapped[UUID] = mapped_column(ForeignKey("proceeding.id"), info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=_about("evidence of proceedings"))
    event_id: Mapped[UUID] = mapped_column(unique=True, info=SYSTEM)
    job_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    number: Mapped[str] = mapped_column(Text, info=_about("evidence of proceedings"))
    happened_at: Mapped[datetime] = mapped_column(_MOMENT, info=_about("evidence of proceedings"))
    minutes_before: Mapped[int | None] = mapped_column(info=_about("evidence of proceedings"))
    wrong: Mapped[bool] = mapped_column(server_default=text("false"), info=_about("evidence of proceedings"))
    __table_args__ = (Index(None, "proceeding_id"),)


class ConductMoney(Table):
    """One transfer of a proceeding; `id` is its key in the ledger."""

    __tablename__ = "proceeding_money"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    proceeding_id: Mapped[UUID] = mapped_column(ForeignKey("proceeding.id"), info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=_about("money of proceedings"))
    kind: Mapped[str] = mapped_column(Text, info=_about("money of proceedings"))
    minor: Mapped[int] = mapped_column(BigInteger, info=_about("money of proceedings"))
    days: Mapped[int | None] = mapped_column(SmallInteger, info=_about("money of proceedings"))
    at: Mapped[datetime] = mapped_column(_MOMENT, info=_about("money of proceedings"))
    __table_args__ = (
        CheckConstraint("kind in ('fee', 'fee_back', 'lesser_fee', 'safety_pay', 'lost_pay')", name="kind"),
        CheckConstraint("minor > 0", name="amount"),
        UniqueConstraint("proceeding_id", "kind"),
    )
