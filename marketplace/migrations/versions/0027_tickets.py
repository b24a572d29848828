"""Tickets of residents: where each belongs, and who of a team looked at what."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0027_tickets.sql"
MOMENT = sa.DateTime(timezone=True)
RUNNING = sa.text("finished_at is null")


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, MOMENT, nullable=nullable)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [other], name=op.f(f"{table}_{column}_fkey"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"{table}_{name}_check"))


def upgrade() -> None:
    op.create_table(
        "ticket",
        _id("job_id"),
        _id("resident_id"),
        _id("unit_id"),
        _id("building_id"),
        _id("organization_id"),
        _text("trade"),
        _text("urgency"),
        _moment("due_at"),
        _id("team_id", nullable=True),
        _moment("delayed_until", nullable=True),
        _moment("finished_at", nullable=True),
        _check("ticket", "urgency", "urgency in ('urgent', 'soon', 'normal')"),
        _of("ticket", "job_id", "job.id"),
        _of("ticket", "unit_id", "unit.id"),
        _of("ticket", "building_id", "building.id"),
        _of("ticket", "organization_id", "organization.id"),
        _of("ticket", "trade", "category.key"),
        _of("ticket", "team_id", "team.id"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("ticket_pkey")),
    )
    op.create_index("ticket_waiting", "ticket", ["building_id", "trade"], unique=False, postgresql_where=RUNNING)
    op.create_index("ticket_of_team", "ticket", ["team_id"], unique=False, postgresql_where=RUNNING)
    op.create_index(op.f("ticket_resident_id_idx"), "ticket", ["resident_id"], unique=False)
    op.create_table(
        "team_look",
        _id("id"),
        _id("team_id"),
        _id("person_id"),
        _id("job_id", nullable=True),
        sa.Column("shown", postgresql.ARRAY(sa.Uuid()), nullable=False),
        _moment("looked_at"),
        _check("team_look", "one_or_queue", "job_id is null or shown = '{}'"),
        _of("team_look", "team_id", "team.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("team_look_pkey")),
    )
    op.create_index(
        op.f("team_look_job_id_idx"), "team_look", ["job_id"], unique=False,
        postgresql_where=sa.text("job_id is not null"),
    )  # fmt: skip
    op.create_index("team_look_shown", "team_look", ["shown"], unique=False, postgresql_using="gin")
    op.execute(GUARDS.read_text())
