"""Matches as sets that name their rule, exceptions of every kind with the work that is done on them."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
THINGS = (
    "num_nonnulls(attempt, batch, refund, chargeback, payout) < 2"
    " and num_nonnulls(line, attempt, batch, refund, chargeback, payout) > 0"
)
KINDS = (
    "kind in ('paid_not_credited', 'credited_not_paid', 'amount', 'duplicate', 'late', 'unknown_fee', 'reversed',"
    " 'missing_batch', 'foreign')"
)


def upgrade() -> None:
    op.execute("CREATE TEMPORARY TABLE former_match_item ON COMMIT DROP AS SELECT * FROM match_item")
    op.execute("CREATE TEMPORARY TABLE former_match_set ON COMMIT DROP AS SELECT * FROM match_set")
    op.execute("CREATE TEMPORARY TABLE former_recon_exception ON COMMIT DROP AS SELECT * FROM recon_exception")
    for it in ("match_item", "match_set", "recon_exception"):
        op.drop_table(it)
    _rules()
    _matches()
    _exceptions()
    op.create_index(op.f("topup_attempt_gateway_bank_idx"), "topup_attempt", ["gateway", "bank"])
    op.create_index(op.f("topup_attempt_gateway_financial_day_idx"), "topup_attempt", ["gateway", "financial_day"])
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute((SQL / "step_0009_matching.sql").read_text())
    cursor.close()


def _rules() -> None:
    op.create_table(
        "match_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("pass_no", sa.SmallInteger(), nullable=False),
        sa.Column("confirms", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("items", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "code in ('exact_transaction', 'exact_tracking', 'exact_order', 'exact_refund', 'exact_chargeback', 'undone', 'exact_payout', 'amount_and_date', 'batch_net', 'batch_by_day', 'parts', 'by_hand')",
            name=op.f("match_rule_code_check"),
        ),
        sa.CheckConstraint("days between 0 and 31 and items between 1 and 20", name=op.f("match_rule_limits_check")),
        sa.CheckConstraint("not confirms or pass_no in (0, 1, 4)", name=op.f("match_rule_confirms_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_rule_pkey")),
        sa.UniqueConstraint("code", "version", name=op.f("match_rule_code_version_key")),
    )
    op.create_table(
        "match_rule_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_by", sa.Uuid(), nullable=False),
        sa.Column("open_lines", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rule"], ["match_rule.id"], name=op.f("match_rule_trial_rule_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_rule_trial_pkey")),
    )
    op.create_index(op.f("match_rule_trial_rule_tried_at_idx"), "match_rule_trial", ["rule", "tried_at"], unique=False)
    op.create_table(
        "gateway_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("parts_per_million", sa.Integer(), nullable=False),
        sa.Column("fixed", sa.BigInteger(), nullable=False),
        sa.Column("settles_days", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "parts_per_million between 0 and 1000000 and fixed >= 0", name=op.f("gateway_terms_fee_check")
        ),
        sa.CheckConstraint("settles_days between 0 and 60", name=op.f("gateway_terms_settles_days_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("gateway_terms_pkey")),
        sa.UniqueConstraint(
            "gateway", "currency", "valid_from", name=op.f("gateway_terms_gateway_currency_valid_from_key")
        ),
    )


def _matches() -> None:
    op.create_table(
        "settlement_batch",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("gross - fees = net", name=op.f("settlement_batch_net_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("settlement_batch_pkey")),
        sa.UniqueConstraint("gateway", "batch", "currency", name=op.f("settlement_batch_gateway_batch_currency_key")),
    )
    op.create_table(
        "matched_file",
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_lines", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["statement_file.id"], name=op.f("matched_file_file_fkey")),
        sa.PrimaryKeyConstraint("file", name=op.f("matched_file_pkey")),
    )
    op.create_table(
        "match_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("rule", sa.Uuid(), nullable=False),
        sa.Column("pass_no", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("fees", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rule"], ["match_rule.id"], name=op.f("match_set_rule_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_set_pkey")),
    )
    op.create_index(op.f("match_set_rule_idx"), "match_set", ["rule"])
    op.create_index(op.f("match_set_gateway_last_on_idx"), "match_set", ["gateway", "last_on"])
    op.create_table(
        "match_item",
        sa.Column("match_set", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("turn", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Uuid(), nullable=True),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("refund", sa.Uuid(), nullable=True),
        sa.Column("chargeback", sa.Uuid(), nullable=True),
        sa.Column("payout", sa.Uuid(), nullable=True),
        sa.CheckConstraint(THINGS, name=op.f("match_item_things_check")),
        sa.PrimaryKeyConstraint("match_set", "no", name=op.f("match_item_pkey")),
    )
    for it in ("line", "attempt", "batch", "refund"):
        op.create_index(
            f"match_item_{it}", "match_item", [it, "turn"], unique=True, postgresql_where=sa.text(f"{it} is not null")
        )
    for it in ("chargeback", "payout"):
        op.create_index(f"match_item_{it}", "match_item", [it], postgresql_where=sa.text(f"{it} is not null"))
    op.create_table(
        "match_void",
        sa.Column("match_set", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_set", "no", name=op.f("match_void_pkey")),
    )
    op.create_table(
        "match_suggestion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("rule", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("attempts", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("batches", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("match_set", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f("match_suggestion_decided_check")),
        sa.CheckConstraint(
            "reason in ('same_amount_near_day', 'parts_of_one_payment', 'several_payments_in_one', 'parts_of_one_batch', 'several_batches_in_one', 'same_net_near_day')",
            name=op.f("match_suggestion_reason_check"),
        ),
        sa.CheckConstraint(
            "state in ('open', 'accepted', 'declined', 'stale')", name=op.f("match_suggestion_state_check")
        ),
        sa.ForeignKeyConstraint(["rule"], ["match_rule.id"], name=op.f("match_suggestion_rule_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_suggestion_pkey")),
    )
    op.create_index(
        "match_suggestion_open",
        "match_suggestion",
        ["gateway", "rank", "made_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )


def _exceptions() -> None:
    op.create_table(
        "recon_exception",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("line", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Uuid(), nullable=True),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("named", sa.Uuid(), nullable=True),
        sa.Column("suggestion", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("num_nonnulls(line, attempt, batch) = 1", name=op.f("recon_exception_one_thing_check")),
        sa.CheckConstraint(KINDS, name=op.f("recon_exception_kind_check")),
        sa.ForeignKeyConstraint(["line"], ["statement_line.id"], name=op.f("recon_exception_line_fkey")),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("recon_exception_attempt_fkey")),
        sa.ForeignKeyConstraint(["batch"], ["settlement_batch.id"], name=op.f("recon_exception_batch_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recon_exception_pkey")),
        sa.UniqueConstraint("line", name=op.f("recon_exception_line_key")),
        sa.UniqueConstraint("attempt", name=op.f("recon_exception_attempt_key")),
        sa.UniqueConstraint("batch", name=op.f("recon_exception_batch_key")),
    )
    op.create_index(
        "recon_exception_open",
        "recon_exception",
        ["kind", "owner", "gateway", "currency", "opened_at", "value", "id"],
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "recon_exception_named", "recon_exception", ["named"], postgresql_where=sa.text("closed_at is null")
    )
    op.create_table(
        "recon_exception_event",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("exception", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("fact", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "what in ('changed', 'closed', 'opened_again', 'assigned', 'noted', 'asked_gateway', 'proposed', 'withdrawn', 'solved', 'unmatched')",
            name=op.f("recon_exception_event_what_check"),
        ),
        sa.ForeignKeyConstraint(
            ["exception"], ["recon_exception.id"], name=op.f("recon_exception_event_exception_fkey")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("recon_exception_event_pkey")),
    )
    op.create_index(
        op.f("recon_exception_event_exception_number_idx"),
        "recon_exception_event",
        ["exception", "number"],
        unique=False,
    )
    op.create_table(
        "recon_solution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exception", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("how in ('credit', 'return', 'write_off', 'accept')", name=op.f("recon_solution_how_check")),
        sa.CheckConstraint("approved_by <> asked_by", name=op.f("recon_solution_two_people_check")),
        sa.CheckConstraint("num_nonnulls(done_at, withdrawn_at) < 2", name=op.f("recon_solution_ends_once_check")),
        sa.ForeignKeyConstraint(["exception"], ["recon_exception.id"], name=op.f("recon_solution_exception_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recon_solution_pkey")),
    )
    op.create_index(op.f("recon_solution_exception_idx"), "recon_solution", ["exception"], unique=False)
    op.create_index(
        "recon_solution_waiting",
        "recon_solution",
        ["exception"],
        unique=True,
        postgresql_where=sa.text("done_at is null and withdrawn_at is null"),
    )
