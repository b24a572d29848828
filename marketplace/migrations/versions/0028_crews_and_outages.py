"""Each of a crew is rated by their customer; a proceeding that an outage explains is withdrawn."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

RESULTS = "'nothing', 'not_decided', 'stands', 'lessened', 'overturned', 'not_heard', 'withdrawn'"


def upgrade() -> None:
    op.drop_constraint(op.f("rating_job_id_side_key"), "rating", type_="unique")
    op.create_unique_constraint(op.f("rating_job_id_side_about_id_key"), "rating", ["job_id", "side", "about_id"])
    op.drop_constraint(op.f("proceeding_result_check"), "proceeding", type_="check")
    op.create_check_constraint(op.f("proceeding_result_check"), "proceeding", f"result in ({RESULTS})")
