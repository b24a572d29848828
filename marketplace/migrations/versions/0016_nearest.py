"""Where people could take the next job from, by trade; whether they share where they are; who never meets whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


class Point(UserDefinedType[object]):
    """PostgreSQL's own, which the library has no word for."""

    def get_col_spec(self, **_options: object) -> str:
        return "point"


def upgrade() -> None:
    op.create_table(
        "live_position",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("skill_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pt", Point(), nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.CheckConstraint("abs(pt[0] - skill_no * 1000) <= 180", name=op.f("live_position_strip_check")),
        sa.CheckConstraint("basis in ('live', 'step', 'next', 'base')", name=op.f("live_position_basis_check")),
        sa.PrimaryKeyConstraint("specialist_id", "skill_no", name=op.f("live_position_pkey")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "live_position_near", "live_position", ["pt"], unique=False, postgresql_using="gist",
        postgresql_where=sa.text("available"),
    )  # fmt: skip
    op.create_table(
        "location_sharing",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("switch", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("switch in ('share', 'hide', 'do_not_send')", name=op.f("location_sharing_switch_check")),
        sa.PrimaryKeyConstraint("specialist_id", name=op.f("location_sharing_pkey")),
    )
    op.create_table(
        "block",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("wanted_by", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.CheckConstraint("wanted_by in ('customer', 'specialist')", name=op.f("block_wanted_by_check")),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.person_id"], name=op.f("block_specialist_id_fkey")),
        sa.PrimaryKeyConstraint("customer_id", "specialist_id", "wanted_by", name=op.f("block_pkey")),
    )
