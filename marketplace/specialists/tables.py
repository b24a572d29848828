"""Specialists, their skills, hours and zones. No name, no phone, no photo, no exact home."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, SmallInteger, Text, Time, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

WHO = field("user.account.id", use=("provide",), subject="person_id", source="person", export="specialist")
HOME = field("user.location.coarse", use=("provide",), subject="person_id", source="person", export="home area")
RATED = {
    name: field("user.workplace.rating", use=("quality",), subject="person_id", source="derived", export=name,
                formula=formula)
    for name, formula in (("ratings", "number of open ratings"), ("marks", "sum of the marks of open ratings"))
}  # fmt: skip
STANDING = field("user.workplace.standing", use=("provide", "quality"), subject="person_id", source="company",
                 export="standing")  # fmt: skip
SKILL = field("user.workplace.skill", use=("provide",), subject="specialist_id", source="company", export="skill")
VERIFIED_BY = field("user.account.id", use=("protect",), subject="verified_by", source="system", retention="statutory")
HOURS = field("user.workplace.hours", use=("provide",), subject="specialist_id", export="working hours")
AREA = field("user.location.coarse", use=("provide",), subject="specialist_id", export="zones served")
DECIDED_BY = field("user.account.id", use=("protect",), subject="decided_by", source="system", retention="statutory")
MADE_BY = field("user.account.id", use=("protect",), subject="made_by", source="system", retention="statutory")
CHANGED = field("user.workplace.standing", use=("legal", "quality"), subject="specialist_id", source="company",
                retention="case", export="changes of standing")  # fmt: skip
# Whoever did not wish it must not read of it in an export.
NEVER = {
    name: field("user.account.id", use=("provide", "protect"), subject=name, source="system")
    for name in ("customer_id", "specialist_id")
}


class SpecialistRow(Table):
    """A person who does the work. `home_cell` is the coarse cell of their home (foundation.places.cell)."""

    __tablename__ = "specialist"
    person_id: Mapped[UUID] = mapped_column(primary_key=True, info=WHO)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    standing: Mapped[str] = mapped_column(Text, info=STANDING)
    home_cell: Mapped[str] = mapped_column(Text, info=HOME)
    home_zone_id: Mapped[UUID] = mapped_column(ForeignKey("zone.id"), info=HOME)
    rating_count: Mapped[int] = mapped_column(Integer, server_default="0", info=RATED["ratings"])
    rating_total: Mapped[int] = mapped_column(Integer, server_default="0", info=RATED["marks"])
    enrolled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=WHO)
    __table_args__ = (
        CheckConstraint("standing in ('applicant', 'good', 'suspended', 'left')", name="standing"),
        CheckConstraint("rating_total between rating_count and 5 * rating_count", name="rating"),
    )


class StandingChange(Table):
    """Every change of standing, with its reason: the person's own history (promises.md, due process).

    A trigger refuses a suspension by another without a proceeding.
    """

    __tablename__ = "standing_change"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), index=True, info=CHANGED)
    before: Mapped[str] = mapped_column(Text, info=CHANGED)
    after: Mapped[str] = mapped_column(Text, info=CHANGED)
    reason: Mapped[str] = mapped_column(Text, info=CHANGED)
    decided_by: Mapped[UUID | None] = mapped_column(info=DECIDED_BY)  # nobody: the clock gave it back
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=CHANGED)
    proceeding_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    __table_args__ = (
        CheckConstraint("decided_by is not null or (proceeding_id is not null and after = 'good')", name="by_somebody"),
    )


class SkillGrant(Table):
    """A skill as somebody verified it: by whom, when, until when; taken back rather than deleted."""

    __tablename__ = "skill_grant"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), info=SKILL)
    skill: Mapped[str] = mapped_column(ForeignKey("skill.key"), info=SKILL)
    verified_by: Mapped[UUID] = mapped_column(info=VERIFIED_BY)
    verified_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SKILL)
    expires_on: Mapped[date | None] = mapped_column(Date, info=SKILL)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SKILL)
    __table_args__ = (
        Index("skill_grant_live", "skill", "specialist_id", unique=True, postgresql_where=text("revoked_at is null")),
        Index(None, "specialist_id"),
        CheckConstraint("verified_by <> specialist_id", name="not_by_oneself"),
    )


class WeeklyHoursRow(Table):
    """A stretch of every week in the town's wall time; ISO weekday."""

    __tablename__ = "weekly_hours"
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), primary_key=True, info=HOURS)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, info=HOURS)
    opens: Mapped[time] = mapped_column(Time, primary_key=True, info=HOURS)
    closes: Mapped[time] = mapped_column(Time, info=HOURS)
    __table_args__ = (CheckConstraint("weekday between 1 and 7", name="weekday"),)


class HoursExceptionRow(Table):
    """One day that is off, or other than usual."""

    __tablename__ = "hours_exception"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), info=HOURS)
    on_day: Mapped[date] = mapped_column(Date, info=HOURS)
    opens: Mapped[time | None] = mapped_column(Time, info=HOURS)
    closes: Mapped[time | None] = mapped_column(Time, info=HOURS)
    __table_args__ = (
        Index(None, "specialist_id", "on_day"),
        CheckConstraint("(opens is null) = (closes is null)", name="both_or_none"),
    )


class Block(Table):
    """Two people who are never brought together again, and which of them wished it. The other is not told."""

    __tablename__ = "block"
    customer_id: Mapped[UUID] = mapped_column(primary_key=True, info=NEVER["customer_id"])
    specialist_id: Mapped[UUID] = mapped_column(
        ForeignKey("specialist.person_id"), primary_key=True, info=NEVER["specialist_id"]
    )
    wanted_by: Mapped[str] = mapped_column(Text, primary_key=True, info=SYSTEM)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (CheckConstraint("wanted_by in ('customer', 'specialist')", name="wanted_by"),)


class ServedZone(Table):
    """A zone that a specialist is willing to go to."""

    __tablename__ = "served_zone"
    specialist_id: Mapped[UUID] = mapped_column(ForeignKey("specialist.person_id"), primary_key=True, info=AREA)
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("zone.id"), primary_key=True, index=True, info=AREA)


class SeasonRow(Table):
    """Other hours of an organization for a while; `stretches` are pairs of wall times, "HH:MM"; none on a holiday."""

    __tablename__ = "season"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), index=True, info=SYSTEM)
    name: Mapped[str] = mapped_column(Text, info=SYSTEM)
    first_day: Mapped[date] = mapped_column(Date, info=SYSTEM)
    last_day: Mapped[date] = mapped_column(Date, info=SYSTEM)
    stretches: Mapped[list[list[str]]] = mapped_column(JSONB, info=SYSTEM)
    for_all: Mapped[bool] = mapped_column(info=SYSTEM)
    made_by: Mapped[UUID] = mapped_column(info=MADE_BY)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    __table_args__ = (CheckConstraint("first_day <= last_day", name="forwards"),)


class SeasonChoice(Table):
    """Somebody works by the hours of a season that is not for all."""

    __tablename__ = "season_choice"
    season_id: Mapped[UUID] = mapped_column(ForeignKey("season.id"), primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(
        ForeignKey("specialist.person_id"), primary_key=True, index=True, info=HOURS
    )
    chosen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=HOURS)
