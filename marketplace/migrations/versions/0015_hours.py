"""Working time: exceptions as sets, and what a window needs to be promised."""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by its feature."""
