"""Seats of a crew: who comes along to a job that takes more than one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    seats = sa.Column(
        "crew", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
    )
    op.add_column("service", seats)
    op.create_check_constraint(
        op.f("service_crew_check"), "service", "jsonb_array_length(crew) <> 1 and jsonb_array_length(crew) <= 6"
    )
    op.add_column("job", sa.Column("seats", sa.SmallInteger(), server_default="1", nullable=False))
    op.create_check_constraint(
        op.f("job_seats_check"),
        "job",
        "seats between 1 and 6 and (seats = 1 or method = 'wallet' or funded_at is null)",
    )
    _crews()
    op.add_column("earning", sa.Column("transfer", sa.Uuid(), nullable=True))
    op.add_column("job_payment", sa.Column("people", sa.SmallInteger(), server_default="1", nullable=False))
    _parts()


def _crews() -> None:
    op.create_table(
        "crew_seat",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.SmallInteger(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("planned_id", sa.Uuid(), nullable=True),
        sa.Column("specialist_id", sa.Uuid(), nullable=True),
        sa.Column("meets_at", MOMENT, nullable=True),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("present_at", MOMENT, nullable=True),
        sa.Column("searches", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("seat between 1 and 6 and searches >= 0", name=op.f("crew_seat_counted_check")),
        sa.CheckConstraint("(specialist_id is null) = (taken_at is null)", name=op.f("crew_seat_taken_check")),
        sa.CheckConstraint("present_at is null or specialist_id is not null", name=op.f("crew_seat_present_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("crew_seat_job_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", "seat", name=op.f("crew_seat_pkey")),
        sa.UniqueConstraint("job_id", "specialist_id", name=op.f("crew_seat_job_id_specialist_id_key")),
    )
    op.create_index(
        op.f("crew_seat_specialist_id_idx"), "crew_seat", ["specialist_id"], unique=False,
        postgresql_where=sa.text("specialist_id is not null"),
    )  # fmt: skip


def _parts() -> None:
    op.create_table(
        "job_payment_part",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.SmallInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("commission", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "gross >= 0 and commission >= 0 and tax >= 0 and commission + tax <= gross",
            name=op.f("job_payment_part_parts_check"),
        ),
        sa.CheckConstraint("refunded between 0 and gross", name=op.f("job_payment_part_refunded_check")),
        sa.ForeignKeyConstraint(["job"], ["job_payment.job"], name=op.f("job_payment_part_job_fkey")),
        sa.PrimaryKeyConstraint("job", "specialist_id", name=op.f("job_payment_part_pkey")),
        sa.UniqueConstraint("job", "seat", name=op.f("job_payment_part_job_seat_key")),
    )
