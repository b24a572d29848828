"""Working time: exceptions as sets, and what a window needs to be promised."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _versions_of_days()
    _seasons()


def _versions_of_days() -> None:
    number = sa.text("pg_current_xact_id()::text::bigint")
    op.add_column("route_day", sa.Column("changed_in", sa.BigInteger(), server_default=number, nullable=False))
    op.create_index(op.f("route_day_changed_in_idx"), "route_day", ["changed_in"], unique=False)
    live = sa.text("status in ('held', 'confirmed', 'started')")
    op.create_index("occupation_day_live", "occupation", ["on_day"], unique=False, postgresql_where=live)


def _seasons() -> None:
    op.create_table(
        "season",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stretches", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("season_forwards_check")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("season_organization_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("season_pkey")),
    )
    op.create_index(op.f("season_organization_id_idx"), "season", ["organization_id"], unique=False)
    op.create_table(
        "season_choice",
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("season_choice_season_id_fkey")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("season_choice_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("season_id", "specialist_id", name=op.f("season_choice_pkey")),
    )
    op.create_index(op.f("season_choice_specialist_id_idx"), "season_choice", ["specialist_id"], unique=False)
