"""Categories, services and their questions; price books; zones. Nothing here belongs to a person."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM


class StoredOption(TypedDict):
    key: str
    title: dict[str, str]


class StoredSeat(TypedDict):
    needs: list[str]
    percent: int


def four_languages(column: str) -> CheckConstraint:
    """Every text of data stands in English, Bengali, Persian and Arabic, or not at all."""
    return CheckConstraint(f"jsonb_exists_all({column}, array['en', 'bn', 'fa', 'ar'])", name=f"{column}_languages")


class CategoryRow(Table):
    """A trade, as a customer thinks of it."""

    __tablename__ = "category"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    position: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    icon: Mapped[str] = mapped_column(Text, info=SYSTEM)
    title: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    summary: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (UniqueConstraint("key"), four_languages("title"), four_languages("summary"))


class SkillRow(Table):
    """What a specialist must be verified in; `number` is its strip of the plane (dispatch.md §4), never reused."""

    __tablename__ = "skill"
    key: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    number: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    title: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (UniqueConstraint("number"), four_languages("title"))


class ServiceRow(Table):
    """One kind of work that can be booked; `search_key` holds all its words, folded for looking up.

    `crew` lists the seats of work that takes several people, the lead's first; it is empty for what one person does.
    """

    __tablename__ = "service"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("category.id"), info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    position: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    title: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    summary: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    minutes: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    search_key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    crew: Mapped[list[StoredSeat]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"), info=SYSTEM)
    by_estimate: Mapped[bool] = mapped_column(server_default=text("false"), info=SYSTEM)  # priced is the visit alone
    estimate_credited: Mapped[bool] = mapped_column(server_default=text("false"), info=SYSTEM)
    warranty_days: Mapped[int | None] = mapped_column(SmallInteger, info=SYSTEM)  # none: as the house's setting says
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("key"),
        four_languages("title"),
        four_languages("summary"),
        CheckConstraint("minutes between 15 and 720", name="minutes"),
        CheckConstraint("by_estimate or not estimate_credited", name="credited"),
        CheckConstraint("warranty_days between 0 and 3650", name="warranty"),
        CheckConstraint("jsonb_array_length(crew) <> 1 and jsonb_array_length(crew) <= 6", name="crew"),
    )


Index("service_search_idx", func.trigrams(ServiceRow.search_key), postgresql_using="gin")


class ServiceSkill(Table):
    """A skill that whoever does this service must have been verified in."""

    __tablename__ = "service_skill"
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True, info=SYSTEM)
    skill: Mapped[str] = mapped_column(ForeignKey("skill.key"), primary_key=True, info=SYSTEM)


class QuestionRow(Table):
    """One question of a service, typed; `show_question` and `show_any_of` are its condition."""

    __tablename__ = "question"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    position: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    title: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    hint: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True), info=SYSTEM)
    unit: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True), info=SYSTEM)
    required: Mapped[bool] = mapped_column(info=SYSTEM)
    options: Mapped[list[StoredOption]] = mapped_column(JSONB, info=SYSTEM)
    at_least: Mapped[int | None] = mapped_column(Integer, info=SYSTEM)
    at_most: Mapped[int | None] = mapped_column(Integer, info=SYSTEM)
    show_question: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    show_any_of: Mapped[list[str | int | bool]] = mapped_column(JSONB, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("service_id", "key"),
        four_languages("title"),
        CheckConstraint("kind in ('choice', 'number', 'yes_no', 'text')", name="kind"),
        CheckConstraint("(kind = 'choice') = (jsonb_array_length(options) > 1)", name="options"),
        CheckConstraint("(kind = 'number') = (at_least is not null and at_most is not null)", name="bounds"),
    )


class PriceBook(Table):
    """One version of an organization's prices, in one currency; the latest that is valid is in force."""

    __tablename__ = "price_book"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    version: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (UniqueConstraint("organization_id", "version"),)


class PriceLineRow(Table):
    """One price; `minor` in minor units of the book's currency, `minutes` is what it adds to the visit."""

    __tablename__ = "price_line"
    price_book_id: Mapped[UUID] = mapped_column(ForeignKey("price_book.id"), primary_key=True, info=SYSTEM)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True, info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    position: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=SYSTEM)
    title: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    minutes: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    question: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    option: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    included: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    __table_args__ = (
        four_languages("title"),
        CheckConstraint("kind in ('base', 'per_unit', 'option', 'visit_fee')", name="kind"),
        CheckConstraint("minor >= 0 and minutes >= 0 and included >= 0", name="never_negative"),
        CheckConstraint("(kind in ('per_unit', 'option')) = (question is not null)", name="question"),
        CheckConstraint("(kind = 'option') = (option is not null)", name="option"),
    )


class ZoneRow(Table):
    """A part of the town: names, middle, ground, neighbours; keys for sorting in each language and for searching."""

    __tablename__ = "zone"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    name: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    sort_keys: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    search_key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    longitude: Mapped[float] = mapped_column(Double, info=SYSTEM)
    latitude: Mapped[float] = mapped_column(Double, info=SYSTEM)
    radius_metres: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    ring: Mapped[list[list[float]]] = mapped_column(JSONB, info=SYSTEM)
    neighbours: Mapped[list[str]] = mapped_column(ARRAY(Text), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        four_languages("name"),
        CheckConstraint("radius_metres > 0", name="radius"),
    )
