"""Visits before and after the work: an estimate with its quote, and the warranty."""

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
