"""Buildings of a compound, their units, who lives there since when, and which team owns a trade of a building."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Double, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

Moment = DateTime(timezone=True)
RESIDENT = field(
    "user.account.residence", use=("provide", "manage_requests"), subject="person_id", source="company",
    export="residence",
)  # fmt: skip


class Building(Table):
    """A building of a compound, and where it stands; `name` as it is called there, in whatever language."""

    __tablename__ = "building"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    name: Mapped[str] = mapped_column(Text, info=SYSTEM)
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("zone.id"), info=SYSTEM)
    longitude: Mapped[float] = mapped_column(Double, info=SYSTEM)
    latitude: Mapped[float] = mapped_column(Double, info=SYSTEM)
    added_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("longitude between -180 and 180 and latitude between -90 and 90", name="on_earth"),
    )


class Unit(Table):
    """A home in a building, or whatever else has a door and a label."""

    __tablename__ = "unit"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"), info=SYSTEM)
    label: Mapped[str] = mapped_column(Text, info=SYSTEM)
    added_at: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
    __table_args__ = (UniqueConstraint("building_id", "label"),)


class Residency(Table):
    """A person's time in a unit, from `since` until just before `until`; open while it lasts."""

    __tablename__ = "residency"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), info=RESIDENT)
    person_id: Mapped[UUID] = mapped_column(info=RESIDENT)
    since: Mapped[datetime] = mapped_column(Moment, info=RESIDENT)
    until: Mapped[datetime | None] = mapped_column(Moment, info=RESIDENT)
    __table_args__ = (
        Index("residency_once_at_a_time", "unit_id", "person_id", unique=True, postgresql_where=text("until is null")),
        Index(None, "person_id"),
        CheckConstraint("until >= since", name="order"),
    )


class TeamDuty(Table):
    """The one team that owns a trade of a building; whose it was before stands in the journal."""

    __tablename__ = "team_duty"
    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"), primary_key=True, info=SYSTEM)
    trade: Mapped[str] = mapped_column(ForeignKey("category.key"), primary_key=True, info=SYSTEM)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), index=True, info=SYSTEM)
    since: Mapped[datetime] = mapped_column(Moment, info=SYSTEM)
