"""What matching keeps, made cheaper to write."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "step_0014_reconciling.sql"


def upgrade() -> None:
    op.drop_constraint(op.f("match_item_pkey"), "match_item", type_="primary")
    op.create_primary_key(op.f("match_item_pkey"), "match_item", ["no"])
    op.create_index(
        "match_item_set", "match_item", ["match_set"], postgresql_where=sa.text("line is null or attempt is null")
    )
    for it in ("line", "attempt", "batch"):
        op.drop_constraint(op.f(f"recon_exception_{it}_fkey"), "recon_exception", type_="foreignkey")
        op.drop_constraint(op.f(f"recon_exception_{it}_key"), "recon_exception", type_="unique")
        op.create_index(
            f"recon_exception_{it}", "recon_exception", [it], unique=True, postgresql_where=sa.text(f"{it} is not null")
        )
    op.drop_index("recon_exception_named", "recon_exception")
    op.create_index(
        "recon_exception_named", "recon_exception", ["named"],
        postgresql_where=sa.text("closed_at is null and named is not null"),
    )  # fmt: skip
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a body is no placeholder
    cursor.execute(SQL.read_text())
    cursor.close()
