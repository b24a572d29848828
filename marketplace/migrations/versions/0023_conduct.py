"""Due process: published rules, notices with their evidence, answers, decisions, appeals."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0023_conduct.sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _rules()
    _proceedings()
    _evidence()
    op.alter_column("standing_change", "decided_by", existing_type=sa.Uuid(), nullable=True)
    op.add_column("standing_change", sa.Column("proceeding_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("standing_change_by_somebody_check"), "standing_change",
        "decided_by is not null or (proceeding_id is not null and after = 'good')",
    )  # fmt: skip
    op.execute(GUARDS.read_text())


def _rules() -> None:
    op.create_table(
        "conduct_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trial", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("in_force_from", MOMENT, nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(number, published_at, published_by, in_force_from) = case state when 'published' then 4 else 0 end",
            name=op.f("conduct_rules_published_whole_check"),
        ),
        sa.CheckConstraint("state in ('draft', 'published')", name=op.f("conduct_rules_state_check")),
        sa.CheckConstraint("published_at < in_force_from", name=op.f("conduct_rules_notice_check")),
        sa.CheckConstraint("published_by <> changed_by", name=op.f("conduct_rules_two_people_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("conduct_rules_pkey")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("conduct_rules_organization_id_number_key")),
    )
    op.create_index(
        "conduct_rules_one_draft",
        "conduct_rules",
        ["organization_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "conduct_outage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("conduct_outage_forwards_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("conduct_outage_pkey")),
    )
    op.create_index(
        op.f("conduct_outage_organization_id_starts_at_idx"),
        "conduct_outage",
        ["organization_id", "starts_at"],
        unique=False,
    )


def _proceedings() -> None:
    op.create_table("proceeding", *_columns(), *_checks())
    op.create_index(
        "proceeding_open", "proceeding", ["decide_until"], unique=False, postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_index(
        "proceeding_safety_once",
        "proceeding",
        ["specialist_id"],
        unique=True,
        postgresql_where=sa.text("safety_until is not null and safety_ended_at is null"),
    )
    op.create_index(
        op.f("proceeding_specialist_id_opened_at_idx"), "proceeding", ["specialist_id", "opened_at"], unique=False
    )


def _columns() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("rules_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("notice", sa.LargeBinary(), nullable=True),
        sa.Column("answer_until", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("decide_until", MOMENT, nullable=False),
        sa.Column("safety_until", MOMENT, nullable=True),
        sa.Column("safety_ended_at", MOMENT, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("consequence", sa.Text(), nullable=True),
        sa.Column("pause_days", sa.SmallInteger(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=True),
        sa.Column("pause_begun_at", MOMENT, nullable=True),
        sa.Column("pause_until", MOMENT, nullable=True),
        sa.Column("pause_ended_at", MOMENT, nullable=True),
        sa.Column("day_minor", sa.BigInteger(), nullable=True),
        sa.Column("appeal_until", MOMENT, nullable=True),
        sa.Column("appealed_at", MOMENT, nullable=True),
        sa.Column("appeal", sa.LargeBinary(), nullable=True),
        sa.Column("hear_until", MOMENT, nullable=True),
        sa.Column("heard_at", MOMENT, nullable=True),
        sa.Column("heard_by", sa.Uuid(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_words", sa.LargeBinary(), nullable=True),
        sa.Column("lesser", sa.Text(), nullable=True),
        sa.Column("lesser_days", sa.SmallInteger(), nullable=True),
        sa.Column("lesser_minor", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
    ]


def _checks() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "(fee_minor is not null) = (coalesce(consequence, '') = 'fee')", name=op.f("proceeding_fee_check")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at is not null and result is not null)", name=op.f("proceeding_closed_check")
        ),
        sa.CheckConstraint("(what = 'safety') = (safety_until is not null)", name=op.f("proceeding_safety_check")),
        sa.CheckConstraint(
            "consequence in ('nothing', 'talk', 'fee', 'pause', 'end')", name=op.f("proceeding_consequence_check")
        ),
        sa.CheckConstraint(
            "opened_by is not null or what <> 'safety'", name=op.f("proceeding_safety_by_a_person_check")
        ),
        sa.CheckConstraint(
            "pause_begun_at is null or consequence in ('pause', 'end')",
            name=op.f("proceeding_paused_by_a_decision_check"),
        ),
        sa.CheckConstraint(
            "result in ('nothing', 'not_decided', 'stands', 'lessened', 'overturned', 'not_heard')",
            name=op.f("proceeding_result_check"),
        ),
        sa.CheckConstraint("rules_id is not null or what = 'safety'", name=op.f("proceeding_by_a_rule_check")),
        sa.CheckConstraint("state in ('open', 'decided', 'appealed', 'closed')", name=op.f("proceeding_state_check")),
        sa.CheckConstraint(
            "state not in ('decided', 'appealed') or decided_at is not null", name=op.f("proceeding_decided_check")
        ),
        sa.CheckConstraint("verdict in ('upheld', 'lessened', 'overturned')", name=op.f("proceeding_verdict_check")),
        sa.CheckConstraint(
            "what in ('given_back', 'not_come', 'complaint', 'safety')", name=op.f("proceeding_what_check")
        ),
        sa.CheckConstraint(
            "decided_at is null or answered_at <= decided_at or answer_until <= decided_at",
            name=op.f("proceeding_after_the_answer_check"),
        ),
        sa.CheckConstraint(
            "decided_by <> opened_by and decided_by <> specialist_id", name=op.f("proceeding_decided_by_another_check")
        ),
        sa.CheckConstraint("fee_minor > 0 and pause_days > 0", name=op.f("proceeding_sizes_check")),
        sa.CheckConstraint("heard_at is null or appealed_at is not null", name=op.f("proceeding_heard_check")),
        sa.CheckConstraint(
            "heard_by <> opened_by and heard_by <> decided_by and heard_by <> specialist_id",
            name=op.f("proceeding_heard_by_a_third_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(decided_at, decided_by, consequence) in (0, 3)", name=op.f("proceeding_decided_whole_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(heard_at, heard_by, verdict) in (0, 3)", name=op.f("proceeding_heard_whole_check")
        ),
        sa.CheckConstraint("opened_by <> specialist_id", name=op.f("proceeding_opened_by_another_check")),
        sa.ForeignKeyConstraint(["rules_id"], ["conduct_rules.id"], name=op.f("proceeding_rules_id_fkey")),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["specialist.person_id"], name=op.f("proceeding_specialist_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("proceeding_pkey")),
        sa.UniqueConstraint("number", name=op.f("proceeding_number_key")),
    ]


def _evidence() -> None:
    op.create_table(
        "proceeding_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=True),
        sa.Column("wrong", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("proceeding_evidence_proceeding_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("proceeding_evidence_pkey")),
        sa.UniqueConstraint("event_id", name=op.f("proceeding_evidence_event_id_key")),
    )
    op.create_index(
        op.f("proceeding_evidence_proceeding_id_idx"), "proceeding_evidence", ["proceeding_id"], unique=False
    )
    op.create_table(
        "proceeding_money",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proceeding_id", sa.Uuid(), nullable=False),
        sa.Column("specialist_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind in ('fee', 'fee_back', 'lesser_fee', 'safety_pay', 'lost_pay')",
            name=op.f("proceeding_money_kind_check"),
        ),
        sa.CheckConstraint("minor > 0", name=op.f("proceeding_money_amount_check")),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("proceeding_money_proceeding_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("proceeding_money_pkey")),
        sa.UniqueConstraint("proceeding_id", "kind", name=op.f("proceeding_money_proceeding_id_kind_key")),
    )
