"""Plans of a day as they were proposed, for whom they change what, and what became of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from booking.dispatch.planning_rules import Kept, Outcome, PlanState, Why
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

_MOMENT = DateTime(timezone=True)
WHOSE = field(
    "user.workplace.plan", use=("provide",), subject="specialist_id", source="derived", retention="job",
    export="plans of your day", formula="the day's visits in the order that serves most and travels least",
)  # fmt: skip
TOLD = field(
    "user.workplace.plan", use=("provide",), subject="specialist_id", source="derived", retention="job",
    export="how a plan changed your day", formula="the visits of a day before and after a plan",
)  # fmt: skip
ASKED_BY = field(
    "user.account.id", use=("provide", "protect"), subject="asked_by", source="system", retention="statutory"
)
DECIDED_BY = field(
    "user.account.id", use=("provide", "protect"), subject="decided_by", source="system", retention="statutory"
)


def _one_of(column: str, words: type[PlanState] | type[Why] | type[Outcome] | type[Kept]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


class DayPlan(Table):
    """One plan of one day: asked for, made, and decided about. A day has one that waits, at most.

    Figures count visits and minutes of travel over everybody; `left_out` holds [visit, job, reason], `faults` the
    rules that a rejected plan breaks.
    """

    __tablename__ = "day_plan"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    on_day: Mapped[date] = mapped_column(Date, info=SYSTEM)
    state: Mapped[str] = mapped_column(Text, info=SYSTEM)
    why: Mapped[str] = mapped_column(Text, info=SYSTEM)
    asked_by: Mapped[UUID | None] = mapped_column(info=ASKED_BY)
    asked_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    made_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    decided_by: Mapped[UUID | None] = mapped_column(info=DECIDED_BY)
    decided_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    solver: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    seed: Mapped[int | None] = mapped_column(info=SYSTEM)
    reason: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    people: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    served_before: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    served_after: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    travel_before: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    travel_after: Mapped[int] = mapped_column(server_default="0", info=SYSTEM)
    left_out: Mapped[list[list[str]]] = mapped_column(JSONB, server_default=text("'[]'"), info=SYSTEM)
    faults: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"), info=SYSTEM)
    __table_args__ = (
        _one_of("state", PlanState),
        _one_of("why", Why),
        CheckConstraint("(decided_at is not null) = (state in ('published', 'dropped'))", name="decided"),
        Index("day_plan_one_waits", "on_day", unique=True, postgresql_where=text("state in ('asked', 'proposed')")),
        Index(None, "on_day", "asked_at"),
    )


class DayPlanRoute(Table):
    """One person's day in a plan, before and after; `version` is that of the day the plan was made from."""

    __tablename__ = "day_plan_route"
    plan_id: Mapped[UUID] = mapped_column(ForeignKey(DayPlan.id), primary_key=True, info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=WHOSE)
    version: Mapped[int] = mapped_column(info=SYSTEM)
    together: Mapped[int] = mapped_column(SmallInteger, info=SYSTEM)
    before: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=TOLD)
    after: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=TOLD)
    travel_before: Mapped[int] = mapped_column(info=SYSTEM)
    travel_after: Mapped[int] = mapped_column(info=SYSTEM)
    told: Mapped[bool] = mapped_column(info=SYSTEM)
    outcome: Mapped[str] = mapped_column(Text, server_default=Outcome.WAITING.value, info=SYSTEM)
    kept_because: Mapped[str | None] = mapped_column(Text, info=SYSTEM)
    __table_args__ = (
        _one_of("outcome", Outcome),
        _one_of("kept_because", Kept),
        CheckConstraint("(outcome = 'kept') = (kept_because is not null)", name="kept"),
        Index(None, "specialist_id"),
    )
