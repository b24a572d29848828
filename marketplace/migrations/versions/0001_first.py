"""The first schema: every table, then the functions, triggers and rights that SQL alone can say.

The files of `../sql` belong to this step: what changes in them later is a step of its own.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


class Xid8(sa.types.UserDefinedType[int]):
    """A transaction number of PostgreSQL, which SQLAlchemy does not know."""

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    for path in sorted(SQL.glob("before_*.sql")):
        _run(path)
    _tables_1()
    _tables_2()
    _tables_3()
    _tables_4()
    _tables_5()
    _tables_6()
    _tables_7()
    _tables_8()
    for path in sorted(SQL.glob("after_*.sql")):
        _run(path)


def _run(path: Path) -> None:
    # Straight to the driver: a percent sign in a function's body is no placeholder.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(path.read_text())
    cursor.close()


def _tables_1() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("attempt_pkey")),
    )
    op.create_index(op.f("attempt_at_idx"), "attempt", ["at"], unique=False)
    op.create_index(op.f("attempt_kind_key_at_idx"), "attempt", ["kind", "key", "at"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "jsonb_exists_all(summary, array['en', 'bn', 'fa', 'ar'])", name=op.f("category_summary_languages_check")
        ),
        sa.CheckConstraint(
            "jsonb_exists_all(title, array['en', 'bn', 'fa', 'ar'])", name=op.f("category_title_languages_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("category_pkey")),
        sa.UniqueConstraint("key", name=op.f("category_key_key")),
    )
    op.create_table(
        "command",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "command_id", name=op.f("command_pkey")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("decision_pkey")),
    )
    op.create_index(op.f("decision_job_id_idx"), "decision", ["job_id"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "channel in ('page', 'call', 'export', 'provider', 'offline')", name=op.f("disclosure_channel_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("disclosure_pkey")),
    )
    op.create_index(op.f("disclosure_reader_id_at_idx"), "disclosure", ["reader_id", "at"], unique=False)
    op.create_index(op.f("disclosure_subject_id_at_idx"), "disclosure", ["subject_id", "at"], unique=False)
    op.create_table(
        "earning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("commission", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payable_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'refund') = (gross < 0)", name=op.f("earning_sign_check")),
        sa.CheckConstraint("kind in ('job', 'cancellation', 'cash', 'tip', 'refund')", name=op.f("earning_kind_check")),
        sa.CheckConstraint("gross = net + commission + tax", name=op.f("earning_parts_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("earning_pkey")),
    )
    op.create_index(
        op.f("earning_specialist_id_earned_at_idx"), "earning", ["specialist_id", "earned_at"], unique=False
    )
    op.create_index(op.f("earning_subject_idx"), "earning", ["subject"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_fingerprint", sa.Text(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("erasure_pkey")),
    )
    op.create_table(
        "gateway_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authentic", sa.Boolean(), nullable=False),
        sa.Column("claimed", sa.Text(), nullable=True),
        sa.Column("ours", sa.Text(), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("txn", sa.Text(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=True),
        sa.Column("terminal", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "claimed in ('paid', 'failed', 'cancelled', 'pending', 'unknown', 'expired', 'reversed', 'refunded')",
            name=op.f("gateway_notice_claimed_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("gateway_notice_pkey")),
        sa.UniqueConstraint("gateway", "delivery_key", name=op.f("gateway_notice_gateway_delivery_key_key")),
    )
    op.create_index(
        op.f("gateway_notice_gateway_ours_idx"),
        "gateway_notice",
        ["gateway", "ours"],
        unique=False,
        postgresql_where=sa.text("settled_by is null"),
    )
    op.create_index(op.f("gateway_notice_received_at_idx"), "gateway_notice", ["received_at"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("before_delay", sa.Text(), nullable=True),
        sa.Column("delay_reason", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("quote_hash", sa.Text(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("final_minor", sa.BigInteger(), nullable=True),
        sa.Column("cash_declared_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), server_default="wallet", nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("committed_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("occupation_id", sa.Uuid(), nullable=True),
        sa.Column("slot_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_specialist_id", sa.Uuid(), nullable=True),
        sa.Column("specialist_id", sa.Uuid(), nullable=True),
        sa.Column("start_code", sa.LargeBinary(), nullable=True),
        sa.Column("start_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_cases", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crews", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("funded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'delayed') = (before_delay is not null)", name=op.f("job_before_delay_check")),
        sa.CheckConstraint(
            "customer_id is not null or state in ('draft', 'cancelled')", name=op.f("job_customer_check")
        ),
        sa.CheckConstraint("kind in ('booking', 'ticket', 'task', 'alarm')", name=op.f("job_kind_check")),
        sa.CheckConstraint("method in ('wallet', 'cash')", name=op.f("job_method_check")),
        sa.CheckConstraint(
            "specialist_id is not null or state not in ('assigned', 'en_route', 'on_site', 'in_progress', 'delayed', 'completed', 'approved', 'closed')",
            name=op.f("job_crew_check"),
        ),
        sa.CheckConstraint(
            "state in ('draft', 'requested', 'quoting', 'open', 'assigned', 'en_route', 'on_site', 'in_progress', 'delayed', 'completed', 'approved', 'closed', 'cancelled', 'expired', 'failed', 'no_show')",
            name=op.f("job_state_check"),
        ),
        sa.CheckConstraint("(window_start is null) = (window_end is null)", name=op.f("job_window_both_check")),
        sa.CheckConstraint("open_cases >= 0", name=op.f("job_open_cases_check")),
        sa.CheckConstraint(
            "price_minor >= 0 and final_minor >= 0 and final_minor <= price_minor", name=op.f("job_amounts_check")
        ),
        sa.CheckConstraint("window_start < window_end", name=op.f("job_window_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("job_pkey")),
        sa.UniqueConstraint("number", name=op.f("job_number_key")),
    )
    op.create_index(op.f("job_customer_id_created_at_idx"), "job", ["customer_id", "created_at"], unique=False)
    op.create_index(
        op.f("job_session_hash_idx"),
        "job",
        ["session_hash"],
        unique=False,
        postgresql_where=sa.text("session_hash is not null"),
    )
    op.create_index(op.f("job_specialist_id_window_start_idx"), "job", ["specialist_id", "window_start"], unique=False)
    op.create_index(op.f("job_state_window_start_idx"), "job", ["state", "window_start"], unique=False)


def _tables_2() -> None:
    op.create_table(
        "job_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("job_event_pkey")),
        sa.UniqueConstraint("job_id", "command_id", name=op.f("job_event_job_id_command_id_key")),
        sa.UniqueConstraint("job_id", "place", name=op.f("job_event_job_id_place_key")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "transaction_number",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("reason_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_pkey")),
        sa.UniqueConstraint("number", name=op.f("journal_number_key")),
    )
    op.create_index(op.f("journal_actor_id_at_idx"), "journal", ["actor_id", "at"], unique=False)
    op.create_index(op.f("journal_subject_id_at_idx"), "journal", ["subject_id", "at"], unique=False)
    op.create_table(
        "journal_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("journal_seal_pkey")),
        sa.UniqueConstraint("journal_id", name=op.f("journal_seal_journal_id_key")),
    )
    op.create_table(
        "currency",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("exponent", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("exponent between 0 and 4", name=op.f("currency_exponent_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("currency_pkey")),
        schema="ledger",
    )
    op.create_table(
        "entry",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("d_posted", sa.BigInteger(), nullable=False),
        sa.Column("d_held", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("d_posted <> 0 or d_held <> 0", name=op.f("entry_moves_check")),
        sa.PrimaryKeyConstraint("account_id", "version", name=op.f("entry_pkey")),
        schema="ledger",
    )
    op.create_index("entry_as_of_idx", "entry", ["account_id", "recorded_at", "version"], unique=False, schema="ledger")
    op.create_index(op.f("entry_transfer_id_idx"), "entry", ["transfer_id"], unique=False, schema="ledger")
    op.create_table(
        "incarnation",
        sa.Column("no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("incarnation_pkey")),
        schema="ledger",
    )
    op.create_table(
        "period",
        sa.Column("account_group", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("locked_through", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closing_xid", Xid8(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state <> 'signed' or (signed_by is not null and signed_at is not null)", name=op.f("period_signed_check")
        ),
        sa.CheckConstraint("state in ('open', 'closing', 'signed')", name=op.f("period_state_check")),
        sa.PrimaryKeyConstraint("account_group", "locked_through", name=op.f("period_pkey")),
        schema="ledger",
    )
    op.create_table(
        "transfer_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("takes_from", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("gives_to", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("may_touch_holds", sa.Boolean(), nullable=False),
        sa.Column("second_person", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("transfer_kind_pkey")),
        schema="ledger",
    )
    op.create_table(
        "match_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_no", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pass_no in (1, 4)", name=op.f("match_set_pass_no_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_set_pkey")),
    )
    op.create_table(
        "occupation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("uuidrange(specialist_id, specialist_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("status in ('held', 'confirmed', 'started')"),
            using="gist",
            name="nobody_is_double_booked",
        ),
        sa.CheckConstraint("(status = 'held') <= (expires_at is not null)", name=op.f("occupation_a_hold_ends_check")),
        sa.CheckConstraint("kind in ('visit', 'break', 'leave', 'blocked')", name=op.f("occupation_kind_check")),
        sa.CheckConstraint(
            "status in ('held', 'confirmed', 'started', 'done', 'released', 'lapsed')",
            name=op.f("occupation_status_check"),
        ),
        sa.CheckConstraint("(window_start is null) = (window_end is null)", name=op.f("occupation_window_check")),
        sa.CheckConstraint("minutes > 0", name=op.f("occupation_minutes_check")),
        sa.CheckConstraint(
            "not isempty(during) and not lower_inf(during) and not upper_inf(during)",
            name=op.f("occupation_during_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("occupation_pkey")),
    )
    op.create_index(
        "occupation_customer_held",
        "occupation",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index(
        "occupation_held", "occupation", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'held'")
    )
    op.create_index(
        "occupation_job", "occupation", ["job_id"], unique=False, postgresql_where=sa.text("job_id is not null")
    )
    op.create_index(
        op.f("occupation_specialist_id_on_day_idx"), "occupation", ["specialist_id", "on_day"], unique=False
    )
    op.create_index(
        "occupation_specialist_live",
        "occupation",
        ["specialist_id"],
        unique=False,
        postgresql_where=sa.text("status in ('held', 'confirmed', 'started')"),
    )
    op.create_index(op.f("occupation_visit_id_sequence_idx"), "occupation", ["visit_id", "sequence"], unique=True)
    op.create_index(
        "occupation_visit_live",
        "occupation",
        ["visit_id"],
        unique=True,
        postgresql_where=sa.text("status in ('held', 'confirmed', 'started')"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score_hundredths", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_command_id", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.CheckConstraint("mode in ('sequential', 'broadcast', 'manual')", name=op.f("offer_mode_check")),
        sa.CheckConstraint(
            "state in ('created', 'sent', 'seen', 'accepted', 'declined', 'expired', 'withdrawn')",
            name=op.f("offer_state_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_pkey")),
        sa.UniqueConstraint(
            "job_id", "seat", "specialist_id", "round", name=op.f("offer_job_id_seat_specialist_id_round_key")
        ),
    )
    op.create_index(
        "offer_one_accepted", "offer", ["job_id", "seat"], unique=True, postgresql_where=sa.text("state = 'accepted'")
    )
    op.create_index(
        "offer_one_exclusive",
        "offer",
        ["specialist_id"],
        unique=True,
        postgresql_where=sa.text("exclusive and state in ('created', 'sent', 'seen')"),
    )
    op.create_index(op.f("offer_specialist_id_created_at_idx"), "offer", ["specialist_id", "created_at"], unique=False)


def _tables_3() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("weekend", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "calendar in ('gregorian', 'jalali', 'hijri', 'bengali')", name=op.f("organization_calendar_check")
        ),
        sa.CheckConstraint(
            "jsonb_exists_all(name, array['en', 'bn', 'fa', 'ar'])", name=op.f("organization_four_languages_check")
        ),
        sa.CheckConstraint("language in ('en', 'bn', 'fa', 'ar')", name=op.f("organization_language_check")),
        sa.CheckConstraint(
            "weekend <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]", name=op.f("organization_weekend_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("organization_pkey")),
        sa.UniqueConstraint("town", name=op.f("organization_town_key")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('ready', 'sent', 'done', 'dead')", name=op.f("outbox_state_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )
    op.create_index(
        op.f("outbox_due_at_idx"),
        "outbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('ready', 'sent')"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("born_on", sa.LargeBinary(), nullable=True),
        sa.Column("stated_age", sa.SmallInteger(), nullable=False),
        sa.Column("username", sa.LargeBinary(), nullable=True),
        sa.Column("username_blind", sa.LargeBinary(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language in ('en', 'bn', 'fa', 'ar')", name=op.f("person_language_check")),
        sa.CheckConstraint(
            "erased_at is null or coalesce(name, username, username_blind) is null", name=op.f("person_erased_check")
        ),
        sa.CheckConstraint("octet_length(username_blind) = 32", name=op.f("person_username_blind_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        sa.UniqueConstraint("username_blind", name=op.f("person_username_blind_key")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("profiles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Uuid(), nullable=True),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("change in ('substantial', 'minor', 'narrowing')", name=op.f("policy_version_change_check")),
        sa.CheckConstraint("effective_at >= posted_at", name=op.f("policy_version_order_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("policy_version_pkey")),
        sa.UniqueConstraint("number", name=op.f("policy_version_number_key")),
    )
    op.create_table(
        "route_day",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base_cell", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("specialist_id", "on_day", name=op.f("route_day_pkey")),
    )
    op.create_table(
        "shift",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("shift_forwards_check")),
        sa.PrimaryKeyConstraint("specialist_id", "starts_at", name=op.f("shift_pkey")),
    )
    op.create_index(op.f("shift_specialist_id_on_day_idx"), "shift", ["specialist_id", "on_day"], unique=False)
    op.create_table(
        "skill",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "jsonb_exists_all(title, array['en', 'bn', 'fa', 'ar'])", name=op.f("skill_title_languages_check")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("skill_pkey")),
        sa.UniqueConstraint("number", name=op.f("skill_number_key")),
    )
    op.create_table(
        "statement_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.CheckConstraint("source in ('settlement', 'statement')", name=op.f("statement_file_source_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_file_pkey")),
        sa.UniqueConstraint("digest", name=op.f("statement_file_digest_key")),
    )
    op.create_index(op.f("statement_file_account_last_on_idx"), "statement_file", ["account", "last_on"], unique=False)
    op.create_table(
        "topup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "paid_at is not null or state not in ('paid', 'partly_refunded')", name=op.f("topup_paid_at_check")
        ),
        sa.CheckConstraint(
            "state in ('created', 'started', 'pending', 'unknown', 'paid', 'failed', 'expired', 'mismatch', 'partly_refunded', 'refunded', 'reversed')",
            name=op.f("topup_state_check"),
        ),
        sa.CheckConstraint("wallet in ('customer', 'specialist')", name=op.f("topup_wallet_check")),
        sa.CheckConstraint("amount > 0", name=op.f("topup_amount_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("topup_pkey")),
    )
    op.create_index(op.f("topup_created_at_idx"), "topup", ["created_at"], unique=False)
    op.create_index(op.f("topup_owner_created_at_idx"), "topup", ["owner", "created_at"], unique=False)
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("read_out_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("acceptance_person_id_fkey")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy_version.id"], name=op.f("acceptance_policy_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("acceptance_pkey")),
        sa.UniqueConstraint("person_id", "policy_id", name=op.f("acceptance_person_id_policy_id_key")),
    )


def _tables_4() -> None:
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=True),
        sa.Column("unit", sa.LargeBinary(), nullable=True),
        sa.Column("directions", sa.LargeBinary(), nullable=True),
        sa.Column("pin", sa.LargeBinary(), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("address_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("address_pkey")),
    )
    op.create_index(op.f("address_person_id_idx"), "address", ["person_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("consent_person_id_fkey")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy_version.id"], name=op.f("consent_policy_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pkey")),
    )
    op.create_index(
        "consent_once",
        "consent",
        ["person_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("blind", sa.LargeBinary(), nullable=True),
        sa.Column("last4_blind", sa.LargeBinary(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('phone', 'email')", name=op.f("contact_kind_check")),
        sa.CheckConstraint(
            "not is_active or (ended_at is null and blind is not null)", name=op.f("contact_active_check")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("contact_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_pkey")),
    )
    op.create_index(op.f("contact_last4_blind_idx"), "contact", ["last4_blind"], unique=False)
    op.create_index("contact_once", "contact", ["blind"], unique=True, postgresql_where=sa.text("is_active"))
    op.create_index(op.f("contact_person_id_idx"), "contact", ["person_id"], unique=False)
    op.create_table(
        "contact_window",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reader_id"], ["person.id"], name=op.f("contact_window_reader_id_fkey")),
        sa.ForeignKeyConstraint(["subject_id"], ["person.id"], name=op.f("contact_window_subject_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_window_pkey")),
    )
    op.create_index(
        "contact_window_once",
        "contact_window",
        ["job_id", "subject_id", "reader_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        op.f("contact_window_reader_id_job_id_idx"), "contact_window", ["reader_id", "job_id"], unique=False
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("stripe", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("stripes", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("ceil", sa.BigInteger(), nullable=True),
        sa.Column("hold_floor", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("held = 0 or kind in ('wallet', 'receivable')", name=op.f("account_holdable_check")),
        sa.CheckConstraint(
            "kind <> 'receivable' or ceil is not distinct from 0", name=op.f("account_receivable_has_ceil_check")
        ),
        sa.CheckConstraint(
            "kind <> 'wallet' or floor is not distinct from 0", name=op.f("account_wallet_has_floor_check")
        ),
        sa.CheckConstraint("ceil is null or posted <= ceil", name=op.f("account_ceil_check")),
        sa.CheckConstraint("floor is null or posted - held >= floor", name=op.f("account_floor_check")),
        sa.CheckConstraint("held >= 0", name=op.f("account_held_check")),
        sa.CheckConstraint(
            "posted between -4611686018427387904 and 4611686018427387904", name=op.f("account_fits_check")
        ),
        sa.CheckConstraint("stripe >= 0 and stripe < stripes", name=op.f("account_stripe_check")),
        sa.ForeignKeyConstraint(["currency"], ["ledger.currency.code"], name=op.f("account_currency_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("group_id", "stripe", name=op.f("account_group_id_stripe_key")),
        sa.UniqueConstraint(
            "kind",
            "owner_kind",
            "owner_id",
            "currency",
            "stripe",
            name=op.f("account_kind_owner_kind_owner_id_currency_stripe_key"),
        ),
        schema="ledger",
    )
    op.create_table(
        "seal",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.SmallInteger(), nullable=False),
        sa.Column("from_xid", Xid8(), nullable=False),
        sa.Column("to_xid", Xid8(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("seal_count_check")),
        sa.ForeignKeyConstraint(["incarnation"], ["ledger.incarnation.no"], name=op.f("seal_incarnation_fkey")),
        sa.PrimaryKeyConstraint("no", name=op.f("seal_pkey")),
        schema="ledger",
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("approver", sa.Uuid(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("incarnation", sa.SmallInteger(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(kind = 'reversal') = (reverses is not null)", name=op.f("transfer_reversal_check")),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("transfer_fingerprint_check")),
        sa.ForeignKeyConstraint(["kind"], ["ledger.transfer_kind.code"], name=op.f("transfer_kind_fkey")),
        sa.ForeignKeyConstraint(["reverses"], ["ledger.transfer.id"], name=op.f("transfer_reverses_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("transfer_pkey")),
        schema="ledger",
    )
    op.create_index("transfer_order_idx", "transfer", ["incarnation", "xid", "seq"], unique=False, schema="ledger")
    op.create_index(
        "transfer_reverses_key",
        "transfer",
        ["reverses"],
        unique=True,
        schema="ledger",
        postgresql_where=sa.text("reverses is not null"),
    )
    op.create_index(
        "transfer_subject_idx",
        "transfer",
        ["subject"],
        unique=False,
        schema="ledger",
        postgresql_where=sa.text("subject is not null"),
    )
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel in ('sms', 'email')", name=op.f("preference_channel_check")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("preference_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", "letter", "channel", name=op.f("preference_pkey")),
    )


def _tables_5() -> None:
    op.create_table(
        "price_book",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("price_book_organization_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("price_book_pkey")),
        sa.UniqueConstraint("organization_id", "version", name=op.f("price_book_organization_id_version_key")),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("matter", sa.SmallInteger(), nullable=False),
        sa.Column("manner", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("side in ('customer', 'specialist')", name=op.f("rating_side_check")),
        sa.CheckConstraint("by_id <> about_id", name=op.f("rating_not_of_oneself_check")),
        sa.CheckConstraint("matter between 1 and 5 and manner between 1 and 5", name=op.f("rating_marks_check")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("rating_job_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("rating_pkey")),
        sa.UniqueConstraint("job_id", "side", name=op.f("rating_job_id_side_key")),
    )
    op.create_index(
        "rating_about_open", "rating", ["about_id"], unique=False, postgresql_where=sa.text("opened_at is not null")
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("recovery_code_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recovery_code_pkey")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("recovery_code_person_id_digest_key")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role in ('customer', 'specialist', 'agent', 'dispatcher', 'manager', 'finance', 'compliance', 'administrator')",
            name=op.f("role_grant_role_check"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("role_grant_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("role_grant_pkey")),
    )
    op.create_index(
        "role_grant_once",
        "role_grant",
        ["person_id", "role", "organization_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(op.f("role_grant_role_idx"), "role_grant", ["role"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "jsonb_exists_all(summary, array['en', 'bn', 'fa', 'ar'])", name=op.f("service_summary_languages_check")
        ),
        sa.CheckConstraint(
            "jsonb_exists_all(title, array['en', 'bn', 'fa', 'ar'])", name=op.f("service_title_languages_check")
        ),
        sa.CheckConstraint("minutes between 15 and 720", name=op.f("service_minutes_check")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("service_category_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("service_pkey")),
        sa.UniqueConstraint("key", name=op.f("service_key_key")),
    )
    op.create_index(
        "service_search_idx",
        "service",
        [sa.literal_column("trigrams(search_key)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "setting",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("setting_organization_id_fkey")),
        sa.PrimaryKeyConstraint("organization_id", "scope", "key", name=op.f("setting_pkey")),
    )
    op.create_table(
        "statement_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("txn", sa.Text(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("ours", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("booked", sa.Date(), nullable=False),
        sa.Column("value", sa.Date(), nullable=True),
        sa.CheckConstraint("source in ('settlement', 'statement')", name=op.f("statement_line_source_check")),
        sa.CheckConstraint("gross - fee = net", name=op.f("statement_line_net_check")),
        sa.ForeignKeyConstraint(["file"], ["statement_file.id"], name=op.f("statement_line_file_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_line_pkey")),
        sa.UniqueConstraint("gateway", "source", "line_key", name=op.f("statement_line_gateway_source_line_key_key")),
    )
    op.create_index(op.f("statement_line_file_idx"), "statement_line", ["file"], unique=False)
    op.create_index(op.f("statement_line_gateway_batch_idx"), "statement_line", ["gateway", "batch"], unique=False)
    op.create_index(op.f("statement_line_gateway_txn_idx"), "statement_line", ["gateway", "txn"], unique=False)
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "jsonb_exists_all(name, array['en', 'bn', 'fa', 'ar'])", name=op.f("team_four_languages_check")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("team_organization_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("team_pkey")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("team_organization_id_key_key")),
    )
    op.create_table(
        "topup_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topup", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("txn", sa.Text(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ours", sa.Text(), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=True),
        sa.Column("terminal", sa.Text(), nullable=True),
        sa.Column("financial_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state in ('created', 'started', 'pending', 'unknown', 'paid', 'failed', 'expired', 'mismatch', 'partly_refunded', 'refunded', 'reversed')",
            name=op.f("topup_attempt_state_check"),
        ),
        sa.CheckConstraint(
            "state not in ('paid', 'partly_refunded', 'refunded', 'reversed') or (txn is not null and paid_at is not null)",
            name=op.f("topup_attempt_paid_has_number_check"),
        ),
        sa.ForeignKeyConstraint(["topup"], ["topup.id"], name=op.f("topup_attempt_topup_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("topup_attempt_pkey")),
        sa.UniqueConstraint("gateway", "ours", name=op.f("topup_attempt_gateway_ours_key")),
        sa.UniqueConstraint(
            "gateway",
            "terminal",
            "bank",
            "financial_day",
            name=op.f("topup_attempt_gateway_terminal_bank_financial_day_key"),
        ),
        sa.UniqueConstraint("gateway", "txn", name=op.f("topup_attempt_gateway_txn_key")),
    )
    op.create_index(op.f("topup_attempt_page_idx"), "topup_attempt", ["page"], unique=False)
    op.create_index(
        op.f("topup_attempt_started_at_idx"),
        "topup_attempt",
        ["started_at"],
        unique=False,
        postgresql_where=sa.text("state in ('created', 'started', 'pending', 'unknown')"),
    )
    op.create_index(op.f("topup_attempt_topup_idx"), "topup_attempt", ["topup"], unique=False)


def _tables_6() -> None:
    op.create_table(
        "totp",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("totp_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("totp_pkey")),
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("web_session_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("web_session_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("web_session_token_hash_key")),
    )
    op.create_index(op.f("web_session_person_id_idx"), "web_session", ["person_id"], unique=False)
    op.create_table(
        "zone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("radius_metres", sa.Integer(), nullable=False),
        sa.Column("ring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("neighbours", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "jsonb_exists_all(name, array['en', 'bn', 'fa', 'ar'])", name=op.f("zone_name_languages_check")
        ),
        sa.CheckConstraint("radius_metres > 0", name=op.f("zone_radius_check")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("zone_organization_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("zone_pkey")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("zone_organization_id_key_key")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state in ('queued', 'sending')) = (settled_at is null)", name=op.f("delivery_settled_check")
        ),
        sa.CheckConstraint("channel in ('sms', 'email', 'none')", name=op.f("delivery_channel_check")),
        sa.CheckConstraint("contact_id is not null or state = 'failed'", name=op.f("delivery_contact_check")),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'failed', 'unknown')", name=op.f("delivery_state_check")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("delivery_contact_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("delivery_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pkey")),
        sa.UniqueConstraint("person_id", "channel", "key", name=op.f("delivery_person_id_channel_key_key")),
    )
    op.create_index(op.f("delivery_queued_at_idx"), "delivery", ["queued_at"], unique=False)
    op.create_table(
        "balance_check",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["ledger.account.id"], name=op.f("balance_check_account_id_fkey")),
        sa.PrimaryKeyConstraint("account_id", "at", name=op.f("balance_check_pkey")),
        schema="ledger",
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("returned", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (captured + returned < amount)", name=op.f("hold_closed_check")),
        sa.CheckConstraint("(state = 'open') = (closed_by is null)", name=op.f("hold_closed_by_check")),
        sa.CheckConstraint(
            "purpose in ('job', 'warranty', 'commission', 'refund', 'payout', 'dispute')",
            name=op.f("hold_purpose_check"),
        ),
        sa.CheckConstraint("state in ('open', 'captured', 'released', 'expired')", name=op.f("hold_state_check")),
        sa.CheckConstraint("amount > 0 and captured >= 0 and returned >= 0", name=op.f("hold_amount_check")),
        sa.CheckConstraint("captured + returned <= amount", name=op.f("hold_captured_check")),
        sa.ForeignKeyConstraint(["account_id"], ["ledger.account.id"], name=op.f("hold_account_id_fkey")),
        sa.ForeignKeyConstraint(["closed_by"], ["ledger.transfer.id"], name=op.f("hold_closed_by_fkey")),
        sa.ForeignKeyConstraint(["made_by"], ["ledger.transfer.id"], name=op.f("hold_made_by_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("hold_pkey")),
        schema="ledger",
    )
    op.create_index("hold_made_by_idx", "hold", ["made_by"], unique=False, schema="ledger")
    op.create_index(
        "hold_open_idx",
        "hold",
        ["account_id"],
        unique=False,
        schema="ledger",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("hold_subject_purpose_idx"), "hold", ["subject", "purpose"], unique=False, schema="ledger")
    op.create_table(
        "match_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("match_set", sa.Uuid(), nullable=False),
        sa.Column("pass_no", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Uuid(), nullable=True),
        sa.CheckConstraint("num_nonnulls(line, attempt) = 1", name=op.f("match_item_one_thing_check")),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("match_item_attempt_fkey")),
        sa.ForeignKeyConstraint(["line"], ["statement_line.id"], name=op.f("match_item_line_fkey")),
        sa.ForeignKeyConstraint(["match_set"], ["match_set.id"], name=op.f("match_item_match_set_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_item_pkey")),
        sa.UniqueConstraint("pass_no", "attempt", name=op.f("match_item_pass_no_attempt_key")),
        sa.UniqueConstraint("pass_no", "line", name=op.f("match_item_pass_no_line_key")),
    )
    op.create_index(op.f("match_item_match_set_idx"), "match_item", ["match_set"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("bound_to", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose in ('sign_in', 'confirm_contact', 'step_up', 'confirm_order')",
            name=op.f("one_time_code_purpose_check"),
        ),
        sa.CheckConstraint("tries between 0 and 5", name=op.f("one_time_code_tries_check")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("one_time_code_contact_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("one_time_code_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("one_time_code_pkey")),
    )
    op.create_index(
        op.f("one_time_code_contact_id_purpose_idx"), "one_time_code", ["contact_id", "purpose"], unique=False
    )
    op.create_index(op.f("one_time_code_expires_at_idx"), "one_time_code", ["expires_at"], unique=False)
    op.create_table(
        "price_line",
        sa.Column("price_book_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("option", sa.Text(), nullable=True),
        sa.Column("included", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'option') = (option is not null)", name=op.f("price_line_option_check")),
        sa.CheckConstraint(
            "(kind in ('per_unit', 'option')) = (question is not null)", name=op.f("price_line_question_check")
        ),
        sa.CheckConstraint(
            "jsonb_exists_all(title, array['en', 'bn', 'fa', 'ar'])", name=op.f("price_line_title_languages_check")
        ),
        sa.CheckConstraint("kind in ('base', 'per_unit', 'option', 'visit_fee')", name=op.f("price_line_kind_check")),
        sa.CheckConstraint(
            "minor >= 0 and minutes >= 0 and included >= 0", name=op.f("price_line_never_negative_check")
        ),
        sa.ForeignKeyConstraint(["price_book_id"], ["price_book.id"], name=op.f("price_line_price_book_id_fkey")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("price_line_service_id_fkey")),
        sa.PrimaryKeyConstraint("price_book_id", "service_id", "key", name=op.f("price_line_pkey")),
    )


def _tables_7() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hint", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("unit", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=True),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.Column("show_question", sa.Text(), nullable=True),
        sa.Column("show_any_of", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(kind = 'choice') = (jsonb_array_length(options) > 1)", name=op.f("question_options_check")
        ),
        sa.CheckConstraint(
            "(kind = 'number') = (at_least is not null and at_most is not null)", name=op.f("question_bounds_check")
        ),
        sa.CheckConstraint(
            "jsonb_exists_all(title, array['en', 'bn', 'fa', 'ar'])", name=op.f("question_title_languages_check")
        ),
        sa.CheckConstraint("kind in ('choice', 'number', 'yes_no', 'text')", name=op.f("question_kind_check")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("question_service_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("question_pkey")),
        sa.UniqueConstraint("service_id", "key", name=op.f("question_service_id_key_key")),
    )
    op.create_table(
        "recon_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('paid_not_credited', 'credited_not_paid', 'amount', 'foreign', 'not_explained', 'deposit')",
            name=op.f("recon_exception_kind_check"),
        ),
        sa.CheckConstraint("num_nonnulls(line, attempt) = 1", name=op.f("recon_exception_one_thing_check")),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("recon_exception_attempt_fkey")),
        sa.ForeignKeyConstraint(["line"], ["statement_line.id"], name=op.f("recon_exception_line_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recon_exception_pkey")),
        sa.UniqueConstraint("attempt", name=op.f("recon_exception_attempt_key")),
        sa.UniqueConstraint("line", name=op.f("recon_exception_line_key")),
    )
    op.create_index(
        op.f("recon_exception_opened_at_idx"),
        "recon_exception",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "reset_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("reset_link_contact_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("reset_link_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reset_link_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("reset_link_token_hash_key")),
    )
    op.create_index(op.f("reset_link_expires_at_idx"), "reset_link", ["expires_at"], unique=False)
    op.create_index(op.f("reset_link_person_id_idx"), "reset_link", ["person_id"], unique=False)
    op.create_table(
        "service_skill",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("service_skill_service_id_fkey")),
        sa.ForeignKeyConstraint(["skill"], ["skill.key"], name=op.f("service_skill_skill_fkey")),
        sa.PrimaryKeyConstraint("service_id", "skill", name=op.f("service_skill_pkey")),
    )
    op.create_table(
        "specialist",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("home_cell", sa.Text(), nullable=False),
        sa.Column("home_zone_id", sa.Uuid(), nullable=False),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "standing in ('applicant', 'good', 'suspended', 'left')", name=op.f("specialist_standing_check")
        ),
        sa.CheckConstraint(
            "rating_total between rating_count and 5 * rating_count", name=op.f("specialist_rating_check")
        ),
        sa.ForeignKeyConstraint(["home_zone_id"], ["zone.id"], name=op.f("specialist_home_zone_id_fkey")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("specialist_organization_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("specialist_pkey")),
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("left_at >= joined_at", name=op.f("team_member_order_check")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("team_member_team_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("team_member_pkey")),
    )
    op.create_index(
        "team_member_one_at_a_time",
        "team_member",
        ["team_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at is null"),
    )
    op.create_index(op.f("team_member_person_id_idx"), "team_member", ["person_id"], unique=False)
    op.create_table(
        "topup_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("difference", sa.Text(), nullable=True),
        sa.CheckConstraint("by in ('payer', 'gateway', 'system', 'finance')", name=op.f("topup_event_by_check")),
        sa.CheckConstraint(
            "difference in ('amount', 'currency', 'ours', 'live', 'terminal', 'reference')",
            name=op.f("topup_event_difference_check"),
        ),
        sa.CheckConstraint(
            "what in ('created', 'started', 'not_started', 'returned', 'noticed', 'answered', 'paid', 'late', 'double_pay', 'mismatch', 'taken_back', 'changed_nothing')",
            name=op.f("topup_event_what_check"),
        ),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("topup_event_attempt_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("topup_event_pkey")),
    )
    op.create_index(op.f("topup_event_attempt_at_idx"), "topup_event", ["attempt", "at"], unique=False)
    op.create_table(
        "topup_inquiry",
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt"], ["topup_attempt.id"], name=op.f("topup_inquiry_attempt_fkey")),
        sa.PrimaryKeyConstraint("attempt", name=op.f("topup_inquiry_pkey")),
    )
    op.create_index(
        op.f("topup_inquiry_due_at_idx"),
        "topup_inquiry",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_table(
        "hours_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.CheckConstraint("(opens is null) = (closes is null)", name=op.f("hours_exception_both_or_none_check")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("hours_exception_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hours_exception_pkey")),
    )
    op.create_index(
        op.f("hours_exception_specialist_id_on_day_idx"), "hours_exception", ["specialist_id", "on_day"], unique=False
    )
    op.create_table(
        "letter_copy",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("letter_copy_delivery_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("letter_copy_person_id_fkey")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("letter_copy_pkey")),
    )
    op.create_table(
        "served_zone",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("served_zone_specialist_id_fkey")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("served_zone_zone_id_fkey")),
        sa.PrimaryKeyConstraint("specialist_id", "zone_id", name=op.f("served_zone_pkey")),
    )
    op.create_index(op.f("served_zone_zone_id_idx"), "served_zone", ["zone_id"], unique=False)


def _tables_8() -> None:
    op.create_table(
        "skill_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verified_by <> specialist_id", name=op.f("skill_grant_not_by_oneself_check")),
        sa.ForeignKeyConstraint(["skill"], ["skill.key"], name=op.f("skill_grant_skill_fkey")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("skill_grant_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("skill_grant_pkey")),
    )
    op.create_index(
        "skill_grant_live",
        "skill_grant",
        ["skill", "specialist_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_index(op.f("skill_grant_specialist_id_idx"), "skill_grant", ["specialist_id"], unique=False)
    op.create_table(
        "standing_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("standing_change_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("standing_change_pkey")),
    )
    op.create_index(op.f("standing_change_specialist_id_idx"), "standing_change", ["specialist_id"], unique=False)
    op.create_table(
        "weekly_hours",
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday between 1 and 7", name=op.f("weekly_hours_weekday_check")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("weekly_hours_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("specialist_id", "weekday", "opens", name=op.f("weekly_hours_pkey")),
    )
