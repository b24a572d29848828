"""Compounds: organizations beside the marketplace, their buildings and units, who lives there, and the teams' duties."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
MARKETPLACE = sa.text("kind = 'marketplace'")


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, MOMENT, nullable=nullable)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [other], name=op.f(f"{table}_{column}_fkey"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"{table}_{name}_check"))


def upgrade() -> None:
    _organizations()
    _sites()
    _residencies()
    op.create_table(
        "team_duty",
        _id("building_id"),
        _text("trade"),
        _id("team_id"),
        _moment("since"),
        _of("team_duty", "building_id", "building.id"),
        _of("team_duty", "trade", "category.key"),
        _of("team_duty", "team_id", "team.id"),
        sa.PrimaryKeyConstraint("building_id", "trade", name=op.f("team_duty_pkey")),
    )
    op.create_index(op.f("team_duty_team_id_idx"), "team_duty", ["team_id"], unique=False)


def _organizations() -> None:
    op.add_column("organization", sa.Column("kind", sa.Text(), server_default=sa.text("'marketplace'"), nullable=False))
    op.add_column("organization", _id("owner_id", nullable=True))
    op.create_foreign_key(op.f("organization_owner_id_fkey"), "organization", "organization", ["owner_id"], ["id"])
    op.create_check_constraint(op.f("organization_kind_check"), "organization", "kind in ('marketplace', 'compound')")
    op.create_check_constraint(
        op.f("organization_owner_check"), "organization", "(kind = 'compound') = (owner_id is not null)"
    )
    op.drop_constraint(op.f("organization_town_key"), "organization", type_="unique")
    op.create_index("organization_one_of_a_town", "organization", ["town"], unique=True, postgresql_where=MARKETPLACE)


def _sites() -> None:
    op.create_table(
        "building",
        _id("id"),
        _id("organization_id"),
        _text("name"),
        _id("zone_id"),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        _moment("added_at"),
        _of("building", "organization_id", "organization.id"),
        _of("building", "zone_id", "zone.id"),
        _check("building", "on_earth", "longitude between -180 and 180 and latitude between -90 and 90"),
        sa.PrimaryKeyConstraint("id", name=op.f("building_pkey")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("building_organization_id_name_key")),
    )
    op.create_table(
        "unit",
        _id("id"),
        _id("building_id"),
        _text("label"),
        _moment("added_at"),
        _of("unit", "building_id", "building.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("unit_pkey")),
        sa.UniqueConstraint("building_id", "label", name=op.f("unit_building_id_label_key")),
    )


def _residencies() -> None:
    op.create_table(
        "residency",
        _id("id"),
        _id("unit_id"),
        _id("person_id"),
        _moment("since"),
        _moment("until", nullable=True),
        _of("residency", "unit_id", "unit.id"),
        _check("residency", "order", "until >= since"),
        sa.PrimaryKeyConstraint("id", name=op.f("residency_pkey")),
    )
    op.create_index(op.f("residency_person_id_idx"), "residency", ["person_id"], unique=False)
    op.create_index(
        "residency_once_at_a_time", "residency", ["unit_id", "person_id"], unique=True,
        postgresql_where=sa.text("until is null"),
    )  # fmt: skip
