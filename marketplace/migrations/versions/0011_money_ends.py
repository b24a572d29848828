"""What the flows of money still lacked: charge-backs told of by letter, the bank's fee for a case, who stands at the
limit of debt, the heads of the chain that were published, and the advice of a payout."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0011_heads.sql"
MOMENT = sa.DateTime(timezone=True)
WHATS = (
    "what in ('created', 'started', 'not_started', 'returned', 'noticed', 'answered', 'paid', 'late', 'double_pay', "
    "'mismatch', 'taken_back', 'came_back', 'reviewed', 'changed_nothing')"
)
DOCUMENTS = "kind in ('receipt', 'fee', 'commission', 'top_up', 'credit_note', 'payout')"
LINES = (
    "what in ('job', 'cash_job', 'promotion', 'tip', 'cancellation', 'penalty', 'commission', 'top_up', 'refund', "
    "'commission_back', 'payout')"
)


def upgrade() -> None:
    _cases()
    for table, column, words in (("document", "kind", DOCUMENTS), ("document_line", "what", LINES)):
        name = op.f(f"{table}_{column}_check")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, words)
    op.create_table(
        "debt_mark",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at_limit", sa.Boolean(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("turns >= 0", name=op.f("debt_mark_turns_check")),
        sa.PrimaryKeyConstraint("specialist_id", "currency", name=op.f("debt_mark_pkey")),
    )
    op.create_table(
        "published_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.CheckConstraint("no > 0 and octet_length(hash) = 32", name=op.f("published_head_head_check")),
        sa.PrimaryKeyConstraint("day", name=op.f("published_head_pkey")),
    )
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a block is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()


def _cases() -> None:
    op.add_column("topup_case", sa.Column("fee_booked", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("topup_case", sa.Column("by_letter", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("topup_case", sa.Column("entered_by", sa.Uuid(), nullable=True))
    op.add_column("topup_case", sa.Column("command", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("topup_case_command_key"), "topup_case", ["command"])
    op.create_check_constraint(op.f("topup_case_fee_booked_check"), "topup_case", "fee_booked >= 0")
    op.create_check_constraint(
        op.f("topup_case_by_letter_check"), "topup_case", "not by_letter or entered_by is not null"
    )
    op.drop_constraint(op.f("topup_event_what_check"), "topup_event", type_="check")
    op.create_check_constraint(op.f("topup_event_what_check"), "topup_event", WHATS)
