"""Rules of dispatch as published versions, what a batch of decisions was worth, and whom a customer asked for."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0017_rules.sql"
MOMENT = sa.DateTime(timezone=True)
MODES = "mode in ('chosen', 'batch', 'sequential', 'broadcast', 'manual', 'relief')"


def upgrade() -> None:
    op.create_table(
        "dispatch_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trial", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state in ('draft', 'published')", name=op.f("dispatch_rules_state_check")),
        sa.CheckConstraint(
            "num_nonnulls(number, published_at, published_by) = case state when 'published' then 3 else 0 end",
            name=op.f("dispatch_rules_published_whole_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_rules_pkey")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("dispatch_rules_organization_id_number_key")),
    )
    op.create_index(
        "dispatch_rules_one_draft", "dispatch_rules", ["organization_id"], unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )  # fmt: skip
    op.create_table(
        "dispatch_wish",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("wished_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("dispatch_wish_pkey")),
    )
    _decisions()
    name = op.f("offer_mode_check")
    op.drop_constraint(name, "offer", type_="check")
    op.create_check_constraint(name, "offer", MODES)
    op.execute(GUARDS.read_text())


def _decisions() -> None:
    op.alter_column("decision", "job_id", existing_type=sa.Uuid(), nullable=True)
    for column in (
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("rules_id", sa.Uuid(), nullable=True),
        sa.Column("chosen_id", sa.Uuid(), nullable=True),
        sa.Column("deviation", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("gap_percent", sa.Numeric(9, 4), nullable=True),
    ):
        op.add_column("decision", column)
    for name, rule in (
        ("about", "(job_id is null) = (kind = 'matching')"),
        ("batch_whole", "num_nulls(size, value, bound, gap_percent) in (0, 4)"),
        ("gap", "gap_percent >= 0"),
    ):
        op.create_check_constraint(op.f(f"decision_{name}_check"), "decision", rule)
    op.create_index(op.f("decision_at_idx"), "decision", ["at"], unique=False)
    op.create_index(
        op.f("decision_batch_id_idx"), "decision", ["batch_id"], unique=False,
        postgresql_where=sa.text("batch_id is not null"),
    )  # fmt: skip
