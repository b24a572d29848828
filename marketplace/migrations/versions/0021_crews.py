"""Seats of a crew: who comes along to a job that takes more than one."""

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
