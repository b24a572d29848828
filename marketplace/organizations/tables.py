"""Organizations, their teams and what they have set."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

FOUR_LANGUAGES = "jsonb_exists_all(name, array['en', 'bn', 'fa', 'ar'])"
MEMBER = field("user.account.team", use=("provide",), subject="person_id", source="company", export="team")
SET_BY = field("user.account.id", use=("protect", "legal"), subject="changed_by", source="system", retention="forever")


class StoredTier(TypedDict):
    """A tier of the cancellation policy as it lies in a setting; see `rules.CancellationTier`."""

    code: str
    stage: str
    minutes_before_start: int | None
    fee_basis_points: int
    fee_at_least: int
    fee_at_most: int | None


class OrganizationRow(Table):
    """A tenant: the marketplace that runs the deployment, or a compound that belongs to one and lives by its clock."""

    __tablename__ = "organization"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, server_default=text("'marketplace'"), info=SYSTEM)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    town: Mapped[str] = mapped_column(Text, info=SYSTEM)
    name: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    region: Mapped[str] = mapped_column(Text, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    time_zone: Mapped[str] = mapped_column(Text, info=SYSTEM)
    language: Mapped[str] = mapped_column(Text, info=SYSTEM)
    calendar: Mapped[str] = mapped_column(Text, info=SYSTEM)
    weekend: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), info=SYSTEM)
    phone: Mapped[str] = mapped_column(Text, info=SYSTEM)
    founded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        Index("organization_one_of_a_town", "town", unique=True, postgresql_where=text("kind = 'marketplace'")),
        CheckConstraint("kind in ('marketplace', 'compound')", name="kind"),
        CheckConstraint("(kind = 'compound') = (owner_id is not null)", name="owner"),
        CheckConstraint(FOUR_LANGUAGES, name="four_languages"),
        CheckConstraint("language in ('en', 'bn', 'fa', 'ar')", name="language"),
        CheckConstraint("calendar in ('gregorian', 'jalali', 'hijri', 'bengali')", name="calendar"),
        CheckConstraint("weekend <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]", name="weekend"),
    )


class SettingRow(Table):
    """One value that differs from the default; `scope` is empty for the organization, or the key of a service."""

    __tablename__ = "setting"
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True, info=SYSTEM)
    scope: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    value: Mapped[int | list[StoredTier]] = mapped_column(JSONB, info=SYSTEM)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    changed_by: Mapped[UUID | None] = mapped_column(info=SET_BY)


class Team(Table):
    """People of one organization who share a queue and see each other's jobs."""

    __tablename__ = "team"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    key: Mapped[str] = mapped_column(Text, info=SYSTEM)
    name: Mapped[dict[str, str]] = mapped_column(JSONB, info=SYSTEM)
    formed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        CheckConstraint(FOUR_LANGUAGES, name="four_languages"),
    )


class TeamMember(Table):
    """A person's time in a team: an edge with a start and an end (promises.md T20)."""

    __tablename__ = "team_member"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(info=MEMBER)
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=MEMBER)
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=MEMBER)
    __table_args__ = (
        Index(
            "team_member_one_at_a_time", "team_id", "person_id", unique=True, postgresql_where=text("left_at is null")
        ),
        Index(None, "person_id"),
        CheckConstraint("left_at >= joined_at", name="order"),
    )
