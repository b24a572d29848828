"""Money after the happy road: changes and tips of a job, what was paid and went back."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _jobs()
    _job_payment()
    _cases()
    _refunds()
    _gifts()
    _promotions()
    _rates()
    for path in sorted(SQL.glob("step_0002_*.sql")):
        _run(path)


def _run(path: Path) -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(path.read_text())
    cursor.close()


def _jobs() -> None:
    op.add_column("job", sa.Column("changes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("change_parts_minor", sa.BigInteger(), nullable=True))
    op.add_column("job", sa.Column("change_labour_minor", sa.BigInteger(), nullable=True))
    op.add_column("job", sa.Column("change_reason", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("tips", sa.Integer(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("tipped_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("job", sa.Column("promo_minor", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("job_promo_check"), "job", "promo_minor >= 0 and promo_minor < price_minor")
    op.create_check_constraint(op.f("job_counted_check"), "job", "tips >= 0 and tipped_minor >= 0 and changes >= 0")
    op.create_check_constraint(
        op.f("job_change_whole_check"),
        "job",
        "num_nulls(change_parts_minor, change_labour_minor, change_reason) in (0, 3)",
    )


def _job_payment() -> None:
    op.create_table(
        "job_payment",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("commission", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("promotion", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("freezes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("in_cash", sa.Boolean(), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("payable_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "gross >= 0 and commission >= 0 and tax >= 0 and commission + tax <= gross",
            name=op.f("job_payment_parts_check"),
        ),
        sa.CheckConstraint("promotion between 0 and gross", name=op.f("job_payment_promotion_check")),
        sa.CheckConstraint("refunded between 0 and gross", name=op.f("job_payment_refunded_check")),
        sa.PrimaryKeyConstraint("job", name=op.f("job_payment_pkey")),
    )
    op.create_index(op.f("job_payment_customer_id_paid_at_idx"), "job_payment", ["customer_id", "paid_at"])


def _cases() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("disputed_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("back_minor", sa.BigInteger(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("side in ('customer', 'specialist', 'house')", name=op.f("case_file_side_check")),
        sa.CheckConstraint("state in ('open', 'proposed', 'decided')", name=op.f("case_file_state_check")),
        sa.CheckConstraint("disputed_minor >= 0 and back_minor >= 0", name=op.f("case_file_amounts_check")),
        sa.CheckConstraint("(state = 'open') = (back_minor is null)", name=op.f("case_file_proposal_check")),
        sa.CheckConstraint("(state = 'decided') = (decided_by is not null)", name=op.f("case_file_decision_check")),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("case_file_two_people_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("case_file_job_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("case_file_pkey")),
    )
    op.create_index(op.f("case_file_job_id_idx"), "case_file", ["job_id"])
    op.create_index("case_file_open", "case_file", ["opened_at"], postgresql_where=sa.text("state <> 'decided'"))


def _refunds() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("reserved_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("refund_amount_check")),
        sa.CheckConstraint("wallet in ('customer', 'specialist')", name=op.f("refund_wallet_check")),
        sa.CheckConstraint(
            "state in ('asked', 'reserved', 'unknown', 'done', 'refused', 'withdrawn')", name=op.f("refund_state_check")
        ),
        sa.CheckConstraint(
            "(state in ('done', 'refused')) = (settled_at is not null)", name=op.f("refund_settled_check")
        ),
        sa.CheckConstraint("approved_by <> asked_by", name=op.f("refund_two_people_check")),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("refund_attempt_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refund_pkey")),
    )
    op.create_index(op.f("refund_attempt_idx"), "refund", ["attempt"])
    op.create_index(op.f("refund_owner_idx"), "refund", ["owner"])
    op.create_index(
        "refund_open", "refund", ["asked_at"], postgresql_where=sa.text("state in ('asked', 'reserved', 'unknown')")
    )


def _gifts() -> None:
    op.create_table(
        "gift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("given_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("gift_amount_check")),
        sa.CheckConstraint("owner_kind in ('customer', 'specialist')", name=op.f("gift_owner_kind_check")),
        sa.CheckConstraint("state in ('asked', 'given', 'withdrawn')", name=op.f("gift_state_check")),
        sa.CheckConstraint("(state = 'given') = (given_at is not null)", name=op.f("gift_given_check")),
        sa.CheckConstraint("approved_by <> asked_by", name=op.f("gift_two_people_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("gift_pkey")),
    )
    op.create_index(op.f("gift_asked_at_idx"), "gift", ["asked_at"])
    op.create_index(op.f("gift_owner_idx"), "gift", ["owner"])


def _promotions() -> None:
    op.create_table(
        "promotion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("at_most", sa.BigInteger(), nullable=True),
        sa.Column("payer", sa.Text(), server_default="house", nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("uses_max", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("num_nulls(amount, basis_points) = 1", name=op.f("promotion_one_way_check")),
        sa.CheckConstraint("amount > 0 and basis_points between 1 and 9999", name=op.f("promotion_sound_check")),
        sa.CheckConstraint(
            "at_most > 0 and uses_max > 0 and valid_from < valid_until", name=op.f("promotion_bounds_check")
        ),
        sa.CheckConstraint("payer in ('house')", name=op.f("promotion_payer_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("promotion_pkey")),
        sa.UniqueConstraint("code", name=op.f("promotion_code_key")),
    )
    op.create_table(
        "promotion_use",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("promotion", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("state in ('taken', 'spent', 'freed')", name=op.f("promotion_use_state_check")),
        sa.CheckConstraint("amount >= 0", name=op.f("promotion_use_amount_check")),
        sa.ForeignKeyConstraint(["promotion"], ["promotion.id"], name=op.f("promotion_use_promotion_fkey")),
        sa.PrimaryKeyConstraint("job", name=op.f("promotion_use_pkey")),
    )
    op.create_index(
        "promotion_use_once",
        "promotion_use",
        ["promotion", "customer_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'freed'"),
    )


def _rates() -> None:
    op.create_table(
        "commission_rule",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("at_least", sa.BigInteger(), nullable=False),
        sa.Column("at_most", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.CheckConstraint("at_least >= 0 and at_most >= at_least", name=op.f("commission_rule_bounds_check")),
        sa.PrimaryKeyConstraint("number", name=op.f("commission_rule_pkey")),
    )
    op.create_index(op.f("commission_rule_currency_valid_from_idx"), "commission_rule", ["currency", "valid_from"])
    op.create_table(
        "tax_rate",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.CheckConstraint("basis_points between 0 and 10000", name=op.f("tax_rate_basis_points_check")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("tax_rate_valid_check")),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("tax_rate_pkey")),
    )
