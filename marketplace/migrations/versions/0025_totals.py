"""What the lines of a file add up to, kept as they come in: matching need not add up a million of them again."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "step_0025_totals.sql"


def upgrade() -> None:
    op.create_table(
        "statement_total",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked", sa.Date(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["statement_file.id"], name=op.f("statement_total_file_fkey")),
        sa.PrimaryKeyConstraint("no", name=op.f("statement_total_pkey")),
    )
    op.create_index(op.f("statement_total_file_idx"), "statement_total", ["file"], unique=False)
    op.execute(SQL.read_text())
