"""What customers keep at home, what was done to it, and the plans by which work comes back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from booking.plans.rules import BANDS, Outcome, PlanState, Unit, Why
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field
from marketplace.foundation.sealed import Sealed, SealedText

_MOMENT = DateTime(timezone=True)
_OWNER = field("user.account.id", use=("provide",), subject="customer_id", source="system", retention="job")


def _own(cat: str, export: str) -> dict[str, object]:
    return field(cat, use=("provide",), subject="customer_id", retention="job", export=export)


def _sealed(cat: str, export: str) -> dict[str, object]:
    return field(cat, use=("provide",), subject="customer_id", retention="job", crypt="subject", export=export)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


class Equipment(Table):
    """Something at an address that work is done on. No serial number: those are never collected (lifecycle.md F.1)."""

    __tablename__ = "equipment"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    customer_id: Mapped[UUID] = mapped_column(info=_OWNER)
    address_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    kind: Mapped[str] = mapped_column(Text, info=_own("user.preferences.equipment", "equipment"))
    name: Mapped[Sealed] = mapped_column(SealedText, info=_sealed("user.content.equipment", "equipment's name"))
    maker: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.equipment", "maker"))
    model: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.equipment", "model"))
    installed_on: Mapped[Sealed | None] = mapped_column(
        SealedText, info=_sealed("user.content.equipment", "installed on")
    )
    added_at: Mapped[datetime] = mapped_column(_MOMENT, info=_own("user.account.times", "equipment added at"))
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (Index(None, "customer_id"),)


class EquipmentVisit(Table):
    """A job that is, or was, about a piece of equipment: its history. What was done is the job's to tell."""

    __tablename__ = "equipment_visit"
    job_id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    equipment_id: Mapped[UUID] = mapped_column(
        ForeignKey("equipment.id"), info=_own("user.reference.equipment", "equipment of a visit")
    )
    customer_id: Mapped[UUID] = mapped_column(info=_OWNER)
    named_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (Index(None, "equipment_id"),)


class ServicePlan(Table):
    """A service that comes back. `due_on` and `attempt` are what is proposed next; `price_minor` is what its customer
    has agreed to for each visit, `discount_basis_points` what the house has promised off it."""

    __tablename__ = "service_plan"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    customer_id: Mapped[UUID] = mapped_column(info=_OWNER)
    organization_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    service_id: Mapped[UUID] = mapped_column(info=_own("user.preferences.plan", "plan's service"))
    equipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("equipment.id"), info=SYSTEM)
    address_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    answers: Mapped[Sealed | None] = mapped_column(SealedText, info=_sealed("user.content.answers", "plan's answers"))
    entered_by: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=_own("user.preferences.plan", "plan's state"))
    why: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    every: Mapped[int] = mapped_column(SmallInteger, info=_own("user.preferences.plan", "plan's interval"))
    unit: Mapped[str] = mapped_column(Text, info=_own("user.preferences.plan", "unit of the interval"))
    calendar: Mapped[str] = mapped_column(Text, info=SYSTEM)
    first_on: Mapped[date] = mapped_column(Date, info=_own("user.preferences.plan", "plan's first day"))
    weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), info=_own("user.preferences.plan", "plan's weekdays")
    )
    band: Mapped[str | None] = mapped_column(Text, info=_own("user.preferences.plan", "plan's part of the day"))
    same_person: Mapped[bool] = mapped_column(info=_own("user.preferences.plan", "the same specialist wished"))
    price_minor: Mapped[int] = mapped_column(BigInteger, info=SYSTEM)
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    discount_basis_points: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    book_version: Mapped[str] = mapped_column(Text, info=SYSTEM)
    due_on: Mapped[date] = mapped_column(Date, info=SYSTEM)
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default="1", info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(_MOMENT, info=_own("user.account.times", "plan made at"))
    changed_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        CheckConstraint(_one_of("state", tuple(PlanState)), name="state"),
        CheckConstraint(_one_of("why", tuple(Why)), name="why"),
        CheckConstraint(_one_of("unit", tuple(Unit)), name="unit"),
        CheckConstraint(_one_of("band", BANDS), name="band"),
        CheckConstraint("(state = 'ended') = (ended_at is not null)", name="ended"),
        CheckConstraint("(state = 'active') = (why is null)", name="reason"),
        CheckConstraint("every > 0 and attempt > 0 and price_minor >= 0", name="counted"),
        Index(None, "customer_id"),
    )


class PlanPermission(Table):
    """A customer's word that a plan's visits may be paid from their wallet up to an amount; kept when it is revoked."""

    __tablename__ = "plan_permission"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("service_plan.id"), info=SYSTEM)
    customer_id: Mapped[UUID] = mapped_column(info=_OWNER)
    limit_minor: Mapped[int] = mapped_column(
        BigInteger, info=_own("user.consent.payment", "may be paid up to (minor units)")
    )
    currency: Mapped[str] = mapped_column(Text, info=SYSTEM)
    given_at: Mapped[datetime] = mapped_column(_MOMENT, info=_own("user.consent.payment", "permission given at"))
    ended_at: Mapped[datetime | None] = mapped_column(
        _MOMENT, info=_own("user.consent.payment", "permission revoked at")
    )
    __table_args__ = (
        CheckConstraint("limit_minor > 0", name="limit"),
        Index("plan_permission_one", "plan_id", unique=True, postgresql_where=text("ended_at is null")),
    )


class PlanVisit(Table):
    """One due day of a plan and one try at it, of which the job's id is made; `outcome` is null while it goes on."""

    __tablename__ = "plan_visit"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("service_plan.id"), info=SYSTEM)
    due_on: Mapped[date] = mapped_column(Date, info=SYSTEM)
    attempt: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    job_id: Mapped[UUID | None] = mapped_column(unique=True, info=SYSTEM)
    as_wished: Mapped[bool] = mapped_column(info=SYSTEM)
    outcome: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    made_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    __table_args__ = (
        UniqueConstraint("plan_id", "due_on", "attempt"),
        CheckConstraint(_one_of("outcome", tuple(Outcome)), name="outcome"),
        CheckConstraint("(outcome is null) = (ended_at is null)", name="ended"),
        CheckConstraint("outcome is not null or job_id is not null", name="going_on"),
        Index("plan_visit_one_at_a_time", "plan_id", unique=True, postgresql_where=text("outcome is null")),
    )
