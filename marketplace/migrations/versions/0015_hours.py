"""Working time: exceptions as sets, and what a window needs to be promised."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _versions_of_days()


def _versions_of_days() -> None:
    number = sa.text("pg_current_xact_id()::text::bigint")
    op.add_column("route_day", sa.Column("changed_in", sa.BigInteger(), server_default=number, nullable=False))
    op.create_index(op.f("route_day_changed_in_idx"), "route_day", ["changed_in"], unique=False)
    live = sa.text("status in ('held', 'confirmed', 'started')")
    op.create_index("occupation_day_live", "occupation", ["on_day"], unique=False, postgresql_where=live)
