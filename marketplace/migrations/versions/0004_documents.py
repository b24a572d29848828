"""Documents: counters without gaps, what was issued, line by line and tax by tax, and its digest."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GUARDS = Path(__file__).parent.parent / "sql" / "step_0004_documents.sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "document_counter",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("document_counter_last_check")),
        sa.PrimaryKeyConstraint("organization_id", "kind", "fiscal_year", name=op.f("document_counter_pkey")),
    )
    _documents()
    _parts()
    cursor = op.get_bind().connection.cursor()  # straight to the driver: a percent sign in a function is no placeholder
    cursor.execute(GUARDS.read_text())
    cursor.close()


def _documents() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_until", sa.Date(), nullable=True),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issuer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "kind in ('receipt', 'fee', 'commission', 'top_up', 'credit_note')", name=op.f("document_kind_check")
        ),
        sa.CheckConstraint("owner_kind in ('customer', 'specialist')", name=op.f("document_owner_kind_check")),
        sa.CheckConstraint(
            "total > 0 and tax between 0 and total and number > 0", name=op.f("document_amounts_check")
        ),
        sa.CheckConstraint("(kind = 'credit_note') = (corrects is not null)", name=op.f("document_corrects_check")),
        sa.CheckConstraint("(period_from is null) = (period_until is null)", name=op.f("document_period_check")),
        sa.ForeignKeyConstraint(["corrects"], ["document.id"], name=op.f("document_corrects_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("document_pkey")),
        sa.UniqueConstraint(
            "organization_id", "kind", "fiscal_year", "number",
            name=op.f("document_organization_id_kind_fiscal_year_number_key"),
        ),
        sa.UniqueConstraint("organization_id", "reference", name=op.f("document_organization_id_reference_key")),
    )  # fmt: skip
    op.create_index(op.f("document_owner_id_issued_at_idx"), "document", ["owner_id", "issued_at"], unique=False)
    op.create_index(op.f("document_issued_at_idx"), "document", ["issued_at"], unique=False)
    op.create_index(
        op.f("document_corrects_idx"), "document", ["corrects"], unique=False,
        postgresql_where=sa.text("corrects is not null"),
    )  # fmt: skip


def _parts() -> None:
    op.create_table(
        "document_line",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "what in ('job', 'cash_job', 'promotion', 'tip', 'cancellation', 'penalty', 'commission', 'top_up', "
            "'refund', 'commission_back')",
            name=op.f("document_line_what_check"),
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("document_line_document_id_fkey")),
        sa.PrimaryKeyConstraint("document_id", "place", name=op.f("document_line_pkey")),
    )
    op.create_index(
        "document_line_once", "document_line", ["source", "what"], unique=True,
        postgresql_where=sa.text("what <> 'refund'"),
    )  # fmt: skip
    op.create_index(op.f("document_line_source_idx"), "document_line", ["source"], unique=False)
    op.create_index(op.f("document_line_subject_idx"), "document_line", ["subject"], unique=False)
    op.create_table(
        "document_tax",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("document_tax_document_id_fkey")),
        sa.PrimaryKeyConstraint("document_id", "code", name=op.f("document_tax_pkey")),
    )
    op.create_table(
        "document_seal",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("document_seal_document_id_fkey")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("document_seal_pkey")),
    )
