"""Rounds of bids, and what was bid in them."""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by its feature."""
