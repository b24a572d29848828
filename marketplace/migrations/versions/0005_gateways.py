"""Cases at the payers' banks: what was taken back of a top-up, and what came back."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
MOMENT = sa.DateTime(timezone=True)
WHAT = (
    "what in ('created', 'started', 'not_started', 'returned', 'noticed', 'answered', 'paid', 'late', 'double_pay', "
    "'mismatch', 'taken_back', 'came_back', 'changed_nothing')"
)


def upgrade() -> None:
    op.create_table(
        "topup_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("answer_by", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("topup_case_pkey")),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("topup_case_attempt_fkey")),
        sa.UniqueConstraint("attempt", "number", name=op.f("topup_case_attempt_number_key")),
        sa.CheckConstraint("state in ('asked', 'taken', 'won', 'lost')", name=op.f("topup_case_state_check")),
        sa.CheckConstraint("amount > 0 and fee >= 0 and taken in (0, amount)", name=op.f("topup_case_amount_check")),
    )
    op.create_index(op.f("topup_case_changed_at_idx"), "topup_case", ["changed_at"])
    op.drop_constraint(op.f("topup_event_what_check"), "topup_event", type_="check")
    op.create_check_constraint(op.f("topup_event_what_check"), "topup_event", WHAT)
    for path in sorted(SQL.glob("step_0005_*.sql")):
        _run(path)


def _run(path: Path) -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(path.read_text())
    cursor.close()
