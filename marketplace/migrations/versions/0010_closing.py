"""The days that finance has signed: signatures with their totals and what was open, and how they ended."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0010_closing.sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_group", sa.BigInteger(), nullable=False),
        sa.Column("account_kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("locked_through", MOMENT, nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.CheckConstraint("since < locked_through", name=op.f("sign_off_since_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_off_pkey")),
    )
    op.create_index(op.f("sign_off_account_group_day_idx"), "sign_off", ["account_group", "day"], unique=False)
    _signatures()
    op.create_table(
        "sign_off_end",
        sa.Column("sign_off", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("what in ('given_up', 'reopened')", name=op.f("sign_off_end_what_check")),
        sa.ForeignKeyConstraint(["sign_off"], ["sign_off.id"], name=op.f("sign_off_end_sign_off_fkey")),
        sa.PrimaryKeyConstraint("sign_off", name=op.f("sign_off_end_pkey")),
    )
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a function is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()


def _signatures() -> None:
    op.create_table(
        "signature",
        sa.Column("sign_off", sa.Uuid(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column("closing", sa.BigInteger(), nullable=False),
        sa.Column("bank_says", sa.BigInteger(), nullable=True),
        sa.Column("hanging", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_matched", sa.Integer(), nullable=False),
        sa.Column("matched", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("seal_no", sa.BigInteger(), nullable=True),
        sa.Column("seal_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["sign_off"], ["sign_off.id"], name=op.f("signature_sign_off_fkey")),
        sa.PrimaryKeyConstraint("sign_off", name=op.f("signature_pkey")),
    )
    op.create_table(
        "signed_total",
        sa.Column("sign_off", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sign_off"], ["sign_off.id"], name=op.f("signed_total_sign_off_fkey")),
        sa.PrimaryKeyConstraint("sign_off", "what", name=op.f("signed_total_pkey")),
    )
    op.create_table(
        "carried_over",
        sa.Column("sign_off", sa.Uuid(), nullable=False),
        sa.Column("exception", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sign_off"], ["sign_off.id"], name=op.f("carried_over_sign_off_fkey")),
        sa.PrimaryKeyConstraint("sign_off", "exception", name=op.f("carried_over_pkey")),
    )
