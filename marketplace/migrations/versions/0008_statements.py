"""Files of banks and gateways, with their mapping profiles, and uploads that wait to be read."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0008_statements.sql"
KINDS = "'payment', 'refund', 'chargeback', 'fee', 'reserve', 'adjustment', 'deposit', 'payout', 'other'"
SOURCES = "source in ('settlement', 'statement')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _files()
    _lines()
    _balances()
    _profiles()
    _uploads()
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a block is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()


def _files() -> None:
    op.add_column("statement_file", sa.Column("section", sa.SmallInteger(), nullable=False, server_default="0"))
    op.alter_column("statement_file", "section", server_default=None)
    op.add_column("statement_file", sa.Column("form", sa.Text(), nullable=True))
    op.add_column("statement_file", sa.Column("profile", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("statement_file_digest_key"), "statement_file", type_="unique")
    op.create_unique_constraint(op.f("statement_file_digest_section_key"), "statement_file", ["digest", "section"])


def _lines() -> None:
    op.add_column("statement_line", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column("statement_line", sa.Column("reversal", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("statement_line", "reversal", server_default=None)
    op.add_column("statement_line", sa.Column("scope", sa.Text(), nullable=True))
    op.execute("UPDATE statement_line SET scope = coalesce(account, gateway)")
    op.alter_column("statement_line", "scope", nullable=False)
    op.execute(
        "UPDATE statement_line SET kind = CASE WHEN net > 0 THEN 'deposit' WHEN net < 0 THEN 'payout' ELSE 'other' END"
        " WHERE kind = 'movement'"
    )
    op.create_check_constraint(op.f("statement_line_kind_check"), "statement_line", f"kind in ({KINDS})")
    op.drop_constraint(op.f("statement_line_gateway_source_line_key_key"), "statement_line", type_="unique")
    op.create_unique_constraint(
        op.f("statement_line_source_scope_line_key_key"), "statement_line", ["source", "scope", "line_key"]
    )
    op.create_index(op.f("statement_line_account_booked_idx"), "statement_line", ["account", "booked"], unique=False)


def _balances() -> None:
    op.create_table(
        "statement_balance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["statement_file.id"], name=op.f("statement_balance_file_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_balance_pkey")),
    )
    op.create_index(op.f("statement_balance_file_idx"), "statement_balance", ["file"], unique=False)
    op.create_index(
        op.f("statement_balance_account_ends_on_idx"), "statement_balance", ["account", "ends_on"], unique=False
    )


def _profiles() -> None:
    op.create_table(
        "statement_profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.CheckConstraint(SOURCES, name=op.f("statement_profile_source_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_profile_pkey")),
        sa.UniqueConstraint("name", "version", name=op.f("statement_profile_name_version_key")),
    )
    op.create_index(
        "statement_profile_current_idx", "statement_profile", ["name"], unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )  # fmt: skip


def _uploads() -> None:
    op.create_table(
        "statement_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handed_in_by", sa.Uuid(), nullable=False),
        sa.Column("handed_in_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("profile", sa.Uuid(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=True),
        sa.Column("new_lines", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("exceptions", sa.Integer(), nullable=False),
        sa.Column("worked_on_until", MOMENT, nullable=True),
        sa.CheckConstraint(SOURCES, name=op.f("statement_upload_source_check")),
        sa.CheckConstraint(
            "stage in ('reading', 'shown', 'refused', 'taking', 'taken')", name=op.f("statement_upload_stage_check")
        ),
        sa.ForeignKeyConstraint(["profile"], ["statement_profile.id"], name=op.f("statement_upload_profile_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_upload_pkey")),
    )
    op.create_index(op.f("statement_upload_handed_in_at_idx"), "statement_upload", ["handed_in_at"], unique=False)
    op.create_index(op.f("statement_upload_expires_at_idx"), "statement_upload", ["expires_at"], unique=False)
