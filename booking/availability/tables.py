"""What takes people's time, the version of each person's day, and when they work. No name, no exact place."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

WHOSE = field("user.workplace.plan", use=("provide",), subject="specialist_id", source="system", retention="job",
              export="plan")  # fmt: skip
FOR_WHOM = field("user.account.id", use=("provide", "protect"), subject="customer_id", source="system", retention="job",
                 export="times set aside")  # fmt: skip
WHERE = field("user.location.coarse", use=("provide",), subject="customer_id", source="derived", retention="job")
BASE = field("user.location.coarse", use=("provide",), subject="specialist_id", source="derived", retention="job")
HOURS = field("user.workplace.hours", use=("provide",), subject="specialist_id", source="derived", retention="job",
              export="working hours", formula="weekly hours with their exceptions, day by day")  # fmt: skip
THIS_TRANSACTION = text("pg_current_xact_id()::text::bigint")
LIVE = "status in ('held', 'confirmed', 'started')"


class Occupation(Table):
    """A stretch of a person's time and why it is taken, the way there included (dispatch.md §2).

    `visit_id` stays for life; a change of plan releases the row and writes another. `window_start`, `window_end` are
    the promise; breaks have none. `cell` is the coarse cell of the place.
    """

    __tablename__ = "occupation"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    visit_id: Mapped[UUID] = mapped_column(info=SYSTEM)
    specialist_id: Mapped[UUID] = mapped_column(info=WHOSE)
    job_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    customer_id: Mapped[UUID | None] = mapped_column(info=FOR_WHOM)
    kind: Mapped[str] = mapped_column(Text, info=WHOSE)
    status: Mapped[str] = mapped_column(Text, info=SYSTEM)
    on_day: Mapped[date] = mapped_column(Date, info=WHOSE)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, info=WHOSE)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=WHOSE)
    minutes: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    window_start: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=FOR_WHOM)
    window_end: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=FOR_WHOM)
    cell: Mapped[str | None] = mapped_column(Text, info=WHERE)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    extended: Mapped[bool] = mapped_column(server_default=text("false"), info=SYSTEM)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SYSTEM)
    sequence: Mapped[int] = mapped_column(Integer, server_default=text("0"), info=SYSTEM)
    __table_args__ = (
        ExcludeConstraint(
            (text("uuidrange(specialist_id, specialist_id, '[]')"), "&&"),
            ("during", "&&"),
            using="gist",
            where=text(LIVE),
            name="nobody_is_double_booked",
        ),
        Index("occupation_specialist_live", "specialist_id", postgresql_where=text(LIVE)),
        Index("occupation_visit_live", "visit_id", unique=True, postgresql_where=text(LIVE)),
        Index(None, "visit_id", "sequence", unique=True),
        Index(None, "specialist_id", "on_day"),
        Index("occupation_day_live", "on_day", postgresql_where=text(LIVE)),
        Index("occupation_job", "job_id", postgresql_where=text("job_id is not null")),
        Index("occupation_held", "expires_at", postgresql_where=text("status = 'held'")),
        Index("occupation_customer_held", "customer_id", postgresql_where=text("status = 'held'")),
        CheckConstraint("status in ('held', 'confirmed', 'started', 'done', 'released', 'lapsed')", name="status"),
        CheckConstraint("kind in ('visit', 'break', 'leave', 'blocked')", name="kind"),
        CheckConstraint("not isempty(during) and not lower_inf(during) and not upper_inf(during)", name="during"),
        CheckConstraint("(status = 'held') <= (expires_at is not null)", name="a_hold_ends"),
        CheckConstraint("(window_start is null) = (window_end is null)", name="window"),
        CheckConstraint("minutes > 0", name="minutes"),
    )


class RouteDay(Table):
    """The version of one person's day: whoever changes the plan takes this row and counts it up.

    `base_cell` is the coarse cell the person sets out from, as the last booking of that day was told. `changed_in` is
    the number of the transaction that wrote the row, so that a process learns what has changed since it looked.
    """

    __tablename__ = "route_day"
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=WHOSE)
    on_day: Mapped[date] = mapped_column(Date, primary_key=True, info=WHOSE)
    version: Mapped[int] = mapped_column(Integer, info=SYSTEM)
    base_cell: Mapped[str | None] = mapped_column(Text, info=BASE)
    changed_in: Mapped[int] = mapped_column(BigInteger, server_default=THIS_TRANSACTION, index=True, info=SYSTEM)


class ShiftRow(Table):
    """A stretch of working time, expanded from the weekly plan and its exceptions; `on_day` is where it starts."""

    __tablename__ = "shift"
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=HOURS)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True, info=HOURS)
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=HOURS)
    on_day: Mapped[date] = mapped_column(Date, info=HOURS)
    __table_args__ = (
        Index(None, "specialist_id", "on_day"),
        CheckConstraint("starts_at < ends_at", name="forwards"),
    )
