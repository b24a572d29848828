"""Files of banks and gateways, with their mapping profiles."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = "'payment', 'refund', 'chargeback', 'fee', 'reserve', 'adjustment', 'deposit', 'payout', 'other'"


def upgrade() -> None:
    op.add_column("statement_line", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column("statement_line", sa.Column("reversal", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("statement_line", "reversal", server_default=None)
    op.execute(
        "UPDATE statement_line SET kind = CASE WHEN net > 0 THEN 'deposit' WHEN net < 0 THEN 'payout' ELSE 'other' END"
        " WHERE kind = 'movement'"
    )
    op.create_check_constraint(op.f("statement_line_kind_check"), "statement_line", f"kind in ({KINDS})")
