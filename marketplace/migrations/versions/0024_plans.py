"""Service plans: work that comes back, and the history of the equipment it is done on."""

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
