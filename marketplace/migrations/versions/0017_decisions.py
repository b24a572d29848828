"""Rules of dispatch as published versions, and what a batch of decisions was worth."""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by its feature."""
