"""Where somebody may be needed: the buildings of a house's compounds, and its areas where nothing finer is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import OrganizationId, ZoneId
from marketplace.foundation.places import Point
from marketplace.organizations.site_rules import BuildingNotFound
from marketplace.organizations.site_tables import Building
from marketplace.organizations.tables import OrganizationRow


@dataclass(frozen=True, slots=True)
class Site:
    """A building by its name there, its compound's in four languages, and where it stands."""

    id: UUID
    name: str
    compound: Mapping[str, str]
    zone: ZoneId
    point: Point


def sites(session: Session, owner: OrganizationId) -> list[Site]:
    """The buildings of the compounds that belong to `owner`, compound after compound as they were founded, by name."""
    rows = session.execute(_of(owner).order_by(OrganizationRow.founded_at, OrganizationRow.id, Building.name))
    return [_site(row) for row in rows]


def site(session: Session, owner: OrganizationId, id: UUID) -> Site:
    """One of them. Refuses BuildingNotFound."""
    row = session.execute(_of(owner).where(Building.id == id)).one_or_none()
    if row is None:
        raise BuildingNotFound()
    return _site(row)


def _of(owner: OrganizationId) -> Select[Building, Mapping[str, str]]:
    together = select(Building, OrganizationRow.name).join(
        OrganizationRow, OrganizationRow.id == Building.organization_id
    )
    return together.where(OrganizationRow.owner_id == owner)


def _site(row: Row[Building, Mapping[str, str]]) -> Site:
    building, compound = row
    point = Point(building.longitude, building.latitude)
    return Site(building.id, building.name, compound, ZoneId(building.zone_id), point)
