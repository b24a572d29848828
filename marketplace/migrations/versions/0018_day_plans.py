"""Plans of a day as they were proposed, and what became of them."""

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by its feature."""
