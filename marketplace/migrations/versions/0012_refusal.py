"""A refusal of the ledger waits for nobody: while it did, two transfers of the same accounts could deadlock. And indexes
of many matches are sorted in memory."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STEPS = ("step_0012_refusal.sql", "step_0012_matching.sql")


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a block is no placeholder
    for name in STEPS:
        cursor.execute((Path(__file__).parent.parent / "sql" / name).read_text())
    cursor.close()
