"""The ledger's door made fast, and nothing removed from any of its tables; the promises stay what they were."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute((SQL / "step_0006_ledger.sql").read_text())
    cursor.close()
