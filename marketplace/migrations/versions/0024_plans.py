"""Service plans: work that comes back, and the history of the equipment it is done on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OUTCOMES = "'done', 'skipped', 'unpaid', 'not_found', 'called_off', 'withdrawn', 'failed', 'no_show', 'no_time'"
REASONS = "'customer', 'address_gone', 'not_served', 'service_gone', 'answers', 'erased'"


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"{table}_{name}_check"))


def upgrade() -> None:
    op.create_table(
        "job_discount",
        _id("job_id"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("basis_points", sa.SmallInteger(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        _check("job_discount", "basis_points", "basis_points > 0 and basis_points <= 10000"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("job_discount_pkey")),
    )
    _equipment()
    _plans()
    _permissions()
    _visits()


def _equipment() -> None:
    op.create_table(
        "equipment",
        _id("id"),
        _id("customer_id"),
        _id("address_id", nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("maker", sa.LargeBinary(), nullable=True),
        sa.Column("model", sa.LargeBinary(), nullable=True),
        sa.Column("installed_on", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("equipment_pkey")),
    )
    op.create_index(op.f("equipment_customer_id_idx"), "equipment", ["customer_id"], unique=False)
    op.create_table(
        "equipment_visit",
        _id("job_id"),
        _id("equipment_id"),
        _id("customer_id"),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("equipment_visit_equipment_id_fkey")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("equipment_visit_pkey")),
    )
    op.create_index(op.f("equipment_visit_equipment_id_idx"), "equipment_visit", ["equipment_id"], unique=False)


def _plans() -> None:
    op.create_table(
        "service_plan",
        _id("id"),
        _id("customer_id"),
        _id("organization_id"),
        _id("service_id"),
        _id("equipment_id", nullable=True),
        _id("address_id"),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        _id("entered_by", nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("every", sa.SmallInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("same_person", sa.Boolean(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("discount_basis_points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("book_version", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        _check("service_plan", "state", "state in ('active', 'paused', 'ended')"),
        _check("service_plan", "why", f"why in ({REASONS})"),
        _check("service_plan", "unit", "unit in ('weeks', 'months')"),
        _check("service_plan", "band", "band in ('morning', 'noon', 'afternoon', 'evening')"),
        _check("service_plan", "ended", "(state = 'ended') = (ended_at is not null)"),
        _check("service_plan", "reason", "(state = 'active') = (why is null)"),
        _check("service_plan", "counted", "every > 0 and attempt > 0 and price_minor >= 0"),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("service_plan_equipment_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("service_plan_pkey")),
    )
    op.create_index(op.f("service_plan_customer_id_idx"), "service_plan", ["customer_id"], unique=False)


def _permissions() -> None:
    op.create_table(
        "plan_permission",
        _id("id"),
        _id("plan_id"),
        _id("customer_id"),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        _check("plan_permission", "limit", "limit_minor > 0"),
        sa.ForeignKeyConstraint(["plan_id"], ["service_plan.id"], name=op.f("plan_permission_plan_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_permission_pkey")),
    )
    op.create_index(
        "plan_permission_one", "plan_permission", ["plan_id"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip


def _visits() -> None:
    op.create_table(
        "plan_visit",
        _id("id"),
        _id("plan_id"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        _id("job_id", nullable=True),
        sa.Column("as_wished", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        _check("plan_visit", "outcome", f"outcome in ({OUTCOMES})"),
        _check("plan_visit", "ended", "(outcome is null) = (ended_at is null)"),
        _check("plan_visit", "going_on", "outcome is not null or job_id is not null"),
        sa.ForeignKeyConstraint(["plan_id"], ["service_plan.id"], name=op.f("plan_visit_plan_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_visit_pkey")),
        sa.UniqueConstraint("job_id", name=op.f("plan_visit_job_id_key")),
        sa.UniqueConstraint("plan_id", "due_on", "attempt", name=op.f("plan_visit_plan_id_due_on_attempt_key")),
    )
    op.create_index(
        "plan_visit_one_at_a_time", "plan_visit", ["plan_id"], unique=True,
        postgresql_where=sa.text("outcome is null"),
    )  # fmt: skip
