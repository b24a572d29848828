"""Rounds of bids, and what was bid in them."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0019_bids.sql"
MOMENT = sa.DateTime(timezone=True)
VOID = "void_reason in ('none_valid', 'too_few', 'nobody_free', 'called_off', 'stopped')"
BID = "state in ('submitted', 'revised', 'withdrawn', 'awarded', 'rejected', 'expired')"


def _json(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def upgrade() -> None:
    _rounds()
    op.create_table(
        "bid_invited",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["bid_round.id"], name=op.f("bid_invited_round_id_fkey")),
        sa.PrimaryKeyConstraint("round_id", "specialist_id", name=op.f("bid_invited_pkey")),
    )
    op.create_index(op.f("bid_invited_specialist_id_idx"), "bid_invited", ["specialist_id"], unique=False)
    _bids()
    op.execute(GUARDS.read_text())


def _rounds() -> None:
    op.create_table(
        "bid_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("minimum_bids", sa.SmallInteger(), nullable=False),
        sa.Column("value_of_minute", sa.Integer(), nullable=False),
        sa.Column("quality_hundredths", sa.Integer(), nullable=False),
        sa.Column("may_deviate", sa.Boolean(), nullable=False),
        sa.Column("least_minor", sa.BigInteger(), nullable=False),
        sa.Column("most_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        _json("eligibility", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        _json("ranking"),
        sa.Column("awarded_bid_id", sa.Uuid(), nullable=True),
        sa.Column("awarded_by", sa.Uuid(), nullable=True),
        sa.Column("deviation_id", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('scheduled', 'open', 'closed', 'awarded', 'void')", name=op.f("bid_round_state_check")
        ),
        sa.CheckConstraint(VOID, name=op.f("bid_round_void_reason_check")),
        sa.CheckConstraint(
            "(state = 'void') = (void_reason is not null and next_step is not null)", name=op.f("bid_round_void_check")
        ),
        sa.CheckConstraint("(state = 'awarded') = (awarded_bid_id is not null)", name=op.f("bid_round_awarded_check")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("bid_round_times_check")),
        sa.CheckConstraint("0 < least_minor and least_minor <= most_minor", name=op.f("bid_round_bounds_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("bid_round_pkey")),
    )
    op.create_index(op.f("bid_round_job_id_idx"), "bid_round", ["job_id"], unique=False)
    op.create_index(
        "bid_round_one_of_a_job", "bid_round", ["job_id"], unique=True,
        postgresql_where=sa.text("state in ('scheduled', 'open', 'closed')"),
    )  # fmt: skip


def _bids() -> None:
    op.create_table(
        "bid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_amount", sa.LargeBinary(), nullable=True),
        sa.Column("own_amount", sa.LargeBinary(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("revisions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("final_at", MOMENT, nullable=False),
        sa.Column("device_at", MOMENT, nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=True),
        sa.Column("score_hundredths", sa.BigInteger(), nullable=True),
        _json("terms"),
        sa.Column("lost_because", sa.Text(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(BID, name=op.f("bid_state_check")),
        sa.CheckConstraint("sealed_amount is null or amount_minor is null", name=op.f("bid_sealed_or_open_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("bid_amount_check")),
        sa.CheckConstraint("basis in ('live', 'base')", name=op.f("bid_basis_check")),
        sa.CheckConstraint("num_nulls(rank, score_hundredths, terms) in (0, 3)", name=op.f("bid_ranked_check")),
        sa.ForeignKeyConstraint(["round_id"], ["bid_round.id"], name=op.f("bid_round_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("bid_pkey")),
        sa.UniqueConstraint("round_id", "specialist_id", name=op.f("bid_round_id_specialist_id_key")),
    )
    op.create_index(op.f("bid_specialist_id_submitted_at_idx"), "bid", ["specialist_id", "submitted_at"], unique=False)
    op.create_index("bid_one_awarded", "bid", ["round_id"], unique=True, postgresql_where=sa.text("state = 'awarded'"))
