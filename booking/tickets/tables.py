"""Where a ticket belongs, and who of a team looked at what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from booking.tickets.rules import Urgency
from marketplace.foundation.database import Table
from marketplace.foundation.registry import SYSTEM, field

_MOMENT = DateTime(timezone=True)
_URGENCIES = ", ".join(f"'{each.value}'" for each in Urgency)
_RUNNING = text("finished_at is null")


def _own(cat: str, export: str) -> dict[str, object]:
    return field(cat, use=("provide", "manage_requests"), subject="resident_id", retention="job", export=export)


def _of_reader(cat: str, export: str | None = None) -> dict[str, object]:
    return field(cat, use=("protect",), subject="person_id", source="system", retention="disclosure", export=export)


class Ticket(Table):
    """What a job of kind `ticket` is about. Its words lie in `job.answers`, under the resident's key.

    `team_id` is the team of whoever took it, and null while nobody has: then it stands on the queue of the team whose
    duty the trade of the building is at that moment.
    """

    __tablename__ = "ticket"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True, info=SYSTEM)
    resident_id: Mapped[UUID] = mapped_column(
        info=field(
            "user.account.id", use=("provide", "protect"), subject="resident_id", source="system", retention="job"
        )
    )
    unit_id: Mapped[UUID] = mapped_column(
        ForeignKey("unit.id"), info=_own("user.account.residence", "unit of a ticket")
    )
    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"), info=SYSTEM)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), info=SYSTEM)
    trade: Mapped[str] = mapped_column(ForeignKey("category.key"), info=SYSTEM)
    urgency: Mapped[str] = mapped_column(Text, info=_own("user.preferences.urgency", "urgency of a ticket"))
    due_at: Mapped[datetime] = mapped_column(_MOMENT, info=SYSTEM)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), info=SYSTEM)
    delayed_until: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)
    finished_at: Mapped[datetime | None] = mapped_column(_MOMENT, info=SYSTEM)  # done, failed or called off
    __table_args__ = (
        CheckConstraint(f"urgency in ({_URGENCIES})", name="urgency"),
        Index("ticket_waiting", "building_id", "trade", postgresql_where=_RUNNING),
        Index("ticket_of_team", "team_id", postgresql_where=_RUNNING),
        Index(None, "resident_id"),
    )


class TeamLook(Table):
    """One look of one of a team: at a ticket (`job_id`), or at the queue with what it showed. Never changed."""

    __tablename__ = "team_look"
    id: Mapped[UUID] = mapped_column(primary_key=True, info=SYSTEM)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), info=SYSTEM)
    person_id: Mapped[UUID] = mapped_column(info=_of_reader("user.account.id"))
    job_id: Mapped[UUID | None] = mapped_column(info=SYSTEM)
    shown: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), info=SYSTEM)
    looked_at: Mapped[datetime] = mapped_column(_MOMENT, info=_of_reader("user.disclosure", "what I looked at"))
    __table_args__ = (
        CheckConstraint("job_id is null or shown = '{}'", name="one_or_queue"),
        Index(None, "job_id", postgresql_where=text("job_id is not null")),
        Index("team_look_shown", "shown", postgresql_using="gin"),
    )
