"""Payouts: accounts that money is sent to, what is asked for, batches with their approvals and files."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0003_payouts.sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _batches()
    _destinations()
    _payouts()
    _approvals()
    _files()
    _events()
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a block is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()


def _batches() -> None:
    op.create_table(
        "payout_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("batched_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(sent_at is not null) = (state = 'sending')", name=op.f("payout_batch_sent_at_check")),
        sa.CheckConstraint(
            "approved_at is not null or state in ('draft', 'dissolved')", name=op.f("payout_batch_approved_at_check")
        ),
        sa.CheckConstraint("form in ('pain.001', 'csv')", name=op.f("payout_batch_form_check")),
        sa.CheckConstraint(
            "state in ('draft', 'approved', 'batched', 'sending', 'dissolved')", name=op.f("payout_batch_state_check")
        ),
        sa.CheckConstraint("count >= 0 and total >= 0", name=op.f("payout_batch_sums_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_batch_pkey")),
        sa.UniqueConstraint("reference", name=op.f("payout_batch_reference_key")),
    )
    op.create_index(op.f("payout_batch_made_at_idx"), "payout_batch", ["made_at"], unique=False)


def _destinations() -> None:
    op.create_table(
        "payout_destination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("name_matches", sa.Boolean(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("usable_from", MOMENT, nullable=False),
        sa.Column("blocked_at", MOMENT, nullable=True),
        sa.Column("replaced_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "owner_kind in ('customer', 'specialist')", name=op.f("payout_destination_owner_kind_check")
        ),
        sa.CheckConstraint("length(last4) = 4", name=op.f("payout_destination_last4_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_destination_pkey")),
    )
    op.create_index(op.f("payout_destination_blind_idx"), "payout_destination", ["blind"], unique=False)
    op.create_index(
        "payout_destination_current",
        "payout_destination",
        ["owner", "owner_kind"],
        unique=True,
        postgresql_where=sa.text("replaced_at is null"),
    )


def _payouts() -> None:
    op.create_table(
        "payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("destination", sa.Uuid(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("passed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "batch is not null or state not in ('approved', 'batched', 'sending', 'unknown', 'accepted')",
            name=op.f("payout_batch_check"),
        ),
        sa.CheckConstraint("because in ('asked', 'schedule')", name=op.f("payout_because_check")),
        sa.CheckConstraint("owner_kind in ('customer', 'specialist')", name=op.f("payout_owner_kind_check")),
        sa.CheckConstraint(
            "reason in ('account_closed', 'account_wrong', 'name_differs', 'bank_limit', 'case', 'other')",
            name=op.f("payout_reason_check"),
        ),
        sa.CheckConstraint(
            "state in ('requested', 'checked', 'approved', 'batched', 'sending', 'unknown', 'accepted', 'on_statement', 'rejected', 'cancelled', 'returned')",
            name=op.f("payout_state_check"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("payout_amount_check")),
        sa.ForeignKeyConstraint(["batch"], ["payout_batch.id"], name=op.f("payout_batch_fkey")),
        sa.ForeignKeyConstraint(["destination"], ["payout_destination.id"], name=op.f("payout_destination_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_pkey")),
        sa.UniqueConstraint("reference", name=op.f("payout_reference_key")),
    )
    op.create_index(
        "payout_at_the_bank", "payout", ["sent_at"], unique=False, postgresql_where=sa.text("state = 'sending'")
    )
    op.create_index(op.f("payout_batch_idx"), "payout", ["batch"], unique=False)
    op.create_index(
        "payout_one_open",
        "payout",
        ["owner", "owner_kind", "currency"],
        unique=True,
        postgresql_where=sa.text("state in ('approved', 'batched', 'checked', 'requested', 'sending', 'unknown')"),
    )
    op.create_index(op.f("payout_owner_requested_at_idx"), "payout", ["owner", "requested_at"], unique=False)
    op.create_index(op.f("payout_requested_at_idx"), "payout", ["requested_at"], unique=False)


def _approvals() -> None:
    op.create_table(
        "payout_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch", sa.Uuid(), nullable=False),
        sa.Column("approver", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["payout_batch.id"], name=op.f("payout_approval_batch_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_approval_pkey")),
    )
    op.create_index(
        "payout_approval_once",
        "payout_approval",
        ["batch", "approver"],
        unique=True,
        postgresql_where=sa.text("voided_at is null"),
    )


def _files() -> None:
    op.create_table(
        "payout_file",
        sa.Column("batch", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["payout_batch.id"], name=op.f("payout_file_batch_fkey")),
        sa.PrimaryKeyConstraint("batch", name=op.f("payout_file_pkey")),
    )


def _events() -> None:
    op.create_table(
        "payout_event",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payout", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('requested', 'checked', 'approved', 'batched', 'sending', 'unknown', 'accepted', 'on_statement', 'rejected', 'cancelled', 'returned')",
            name=op.f("payout_event_state_check"),
        ),
        sa.ForeignKeyConstraint(["payout"], ["payout.id"], name=op.f("payout_event_payout_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("payout_event_pkey")),
    )
    op.create_index(op.f("payout_event_payout_number_idx"), "payout_event", ["payout", "number"], unique=False)
    op.create_index(
        "payout_event_sent_once", "payout_event", ["payout"], unique=True, postgresql_where=sa.text("state = 'sending'")
    )
