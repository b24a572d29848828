"""The first schema."""

from pathlib import Path

from alembic import op

from marketplace.foundation.database import Table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    for path in sorted(SQL.glob("before_*.sql")):
        _run(path)
    Table.metadata.create_all(op.get_bind())
    for path in sorted(SQL.glob("after_*.sql")):
        _run(path)


def _run(path: Path) -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(path.read_text())
    cursor.close()
