"""Plans of a day as they were proposed, and what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "'asked', 'proposed', 'unchanged', 'rejected', 'failed', 'published', 'dropped', 'superseded'"


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "day_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("solver", sa.Text(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _count("people"), _count("served_before"), _count("served_after"), _count("travel_before"),
        _count("travel_after"), _json("left_out"), _json("faults"),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("day_plan_state_check")),
        sa.CheckConstraint("why in ('asked', 'evening', 'cancellation', 'absence')", name=op.f("day_plan_why_check")),
        sa.CheckConstraint(
            "(decided_at is not null) = (state in ('published', 'dropped'))", name=op.f("day_plan_decided_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("day_plan_pkey")),
    )  # fmt: skip
    op.create_index(
        "day_plan_one_waits", "day_plan", ["on_day"], unique=True,
        postgresql_where=sa.text("state in ('asked', 'proposed')"),
    )  # fmt: skip
    op.create_index(op.f("day_plan_on_day_asked_at_idx"), "day_plan", ["on_day", "asked_at"], unique=False)
    op.create_table(
        "day_plan_route",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("together", sa.SmallInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("travel_before", sa.Integer(), nullable=False),
        sa.Column("travel_after", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("kept_because", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome in ('waiting', 'applied', 'kept')", name=op.f("day_plan_route_outcome_check")),
        sa.CheckConstraint(
            "kept_because in ('changed', 'too_late', 'taken')", name=op.f("day_plan_route_kept_because_check")
        ),
        sa.CheckConstraint("(outcome = 'kept') = (kept_because is not null)", name=op.f("day_plan_route_kept_check")),
        sa.ForeignKeyConstraint(["plan_id"], ["day_plan.id"], name=op.f("day_plan_route_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", "specialist_id", name=op.f("day_plan_route_pkey")),
    )
    op.create_index(op.f("day_plan_route_specialist_id_idx"), "day_plan_route", ["specialist_id"], unique=False)
