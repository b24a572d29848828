"""Visits before and after the work: an estimate with its quote, and the warranty."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0022_visits.sql"
MOMENT = sa.DateTime(timezone=True)
QUOTE = "state in ('draft', 'sent', 'approved', 'refused', 'expired', 'superseded')"


def upgrade() -> None:
    _services()
    _links()
    _quotes()
    _warranty()
    op.execute(GUARDS.read_text())


def _services() -> None:
    for name in ("by_estimate", "estimate_credited"):
        op.add_column("service", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("service", sa.Column("warranty_days", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("service_credited_check"), "service", "by_estimate or not estimate_credited")
    op.create_check_constraint(op.f("service_warranty_check"), "service", "warranty_days between 0 and 3650")


def _links() -> None:
    op.create_table(
        "job_link",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("relation in ('estimate_of', 'warranty_of')", name=op.f("job_link_relation_check")),
        sa.CheckConstraint("job_id <> to_id", name=op.f("job_link_another_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("job_link_job_id_fkey")),
        sa.ForeignKeyConstraint(["to_id"], ["job.id"], name=op.f("job_link_to_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("job_link_pkey")),
    )
    op.create_index(op.f("job_link_to_id_idx"), "job_link", ["to_id"], unique=False)


def _quotes() -> None:
    op.create_table(
        "job_quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("work_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("valid_days", sa.SmallInteger(), nullable=False),
        sa.Column("valid_until", MOMENT, nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(QUOTE, name=op.f("job_quote_state_check")),
        sa.CheckConstraint("0 <= credit_minor and credit_minor <= work_minor", name=op.f("job_quote_amounts_check")),
        sa.CheckConstraint("minutes between 15 and 720", name=op.f("job_quote_minutes_check")),
        sa.CheckConstraint("(state = 'draft') = (sent_at is null)", name=op.f("job_quote_sent_check")),
        sa.CheckConstraint("num_nulls(sent_at, valid_until, hash) in (0, 3)", name=op.f("job_quote_sent_whole_check")),
        sa.CheckConstraint("(state in ('draft', 'sent')) = (ended_at is null)", name=op.f("job_quote_ended_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("job_quote_job_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["job.id"], name=op.f("job_quote_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("job_quote_pkey")),
    )
    for name, state in (("draft", "draft"), ("waits", "sent"), ("approved", "approved")):
        op.create_index(
            f"job_quote_one_{name}", "job_quote", ["job_id"], unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )  # fmt: skip
    op.create_index(op.f("job_quote_job_id_sent_at_idx"), "job_quote", ["job_id", "sent_at"], unique=False)
    op.create_index(op.f("job_quote_by_id_written_at_idx"), "job_quote", ["by_id", "written_at"], unique=False)


def _warranty() -> None:
    op.create_table(
        "warranty_visit",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("of_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("most_minor", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("pay_minor", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("verdict in ('own_defect', 'paid')", name=op.f("warranty_visit_verdict_check")),
        sa.CheckConstraint(
            "num_nulls(verdict, pay_minor, ground, decided_by, decided_at) in (0, 5)",
            name=op.f("warranty_visit_decided_check"),
        ),
        sa.CheckConstraint("0 <= pay_minor and pay_minor <= most_minor", name=op.f("warranty_visit_pay_check")),
        sa.CheckConstraint("verdict <> 'own_defect' or pay_minor = 0", name=op.f("warranty_visit_own_defect_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("warranty_visit_job_id_fkey")),
        sa.ForeignKeyConstraint(["of_id"], ["job.id"], name=op.f("warranty_visit_of_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("warranty_visit_pkey")),
    )
    op.create_index(op.f("warranty_visit_of_id_idx"), "warranty_visit", ["of_id"], unique=False)
    op.create_index(
        "warranty_visit_undecided", "warranty_visit", ["asked_at"], unique=False,
        postgresql_where=sa.text("verdict is null"),
    )  # fmt: skip
