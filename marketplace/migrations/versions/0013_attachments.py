"""Files that are attached to exceptions, and that they were taken away again: rows that are added and never changed.

And what the list of exceptions is ordered by and searched by, as indexes.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0013_attachments.sql"
MOMENT = sa.DateTime(timezone=True)
WHATS = (
    "what in ('changed', 'closed', 'opened_again', 'assigned', 'noted', 'asked_gateway', 'proposed', 'withdrawn', "
    "'solved', 'unmatched', 'attached', 'detached')"
)


def upgrade() -> None:
    name = op.f("recon_exception_event_what_check")
    op.drop_constraint(name, "recon_exception_event", type_="check")
    op.create_check_constraint(name, "recon_exception_event", WHATS)
    op.create_index(
        op.f("statement_line_reference_idx"), "statement_line", ["reference"], unique=False,
        postgresql_where=sa.text("reference is not null"),
    )  # fmt: skip
    op.create_index(
        "recon_exception_urgent", "recon_exception",
        [sa.text("((opened_at AT TIME ZONE 'UTC')::date)"), sa.text("(-abs(value))"), "id"],
        unique=False, postgresql_where=sa.text("closed_at is null"),
    )  # fmt: skip
    op.create_table(
        "recon_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exception", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attached_by", sa.Uuid(), nullable=False),
        sa.Column("attached_at", MOMENT, nullable=False),
        sa.CheckConstraint("form in ('pdf', 'jpeg', 'png', 'text')", name=op.f("recon_attachment_form_check")),
        sa.CheckConstraint(
            "size between 1 and 5000000 and char_length(name) between 1 and 80",
            name=op.f("recon_attachment_size_check"),
        ),
        sa.CheckConstraint("address ~ '^[0-9a-f]{64}$'", name=op.f("recon_attachment_address_check")),
        sa.ForeignKeyConstraint(["exception"], ["recon_exception.id"], name=op.f("recon_attachment_exception_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recon_attachment_pkey")),
    )
    op.create_index(op.f("recon_attachment_exception_idx"), "recon_attachment", ["exception"], unique=False)
    op.create_table(
        "recon_attachment_removal",
        sa.Column("attachment", sa.Uuid(), nullable=False),
        sa.Column("removed_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment"], ["recon_attachment.id"], name=op.f("recon_attachment_removal_attachment_fkey")
        ),
        sa.PrimaryKeyConstraint("attachment", name=op.f("recon_attachment_removal_pkey")),
    )
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a block is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()
