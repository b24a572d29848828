"""Compounds with their buildings and units, who lives where, and who may manage which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId
from marketplace.foundation.places import Point
from marketplace.organizations.site_rules import MANAGING, CompoundNotFound, Kind, UnitNotFound
from marketplace.organizations.site_tables import Building, Residency, Unit
from marketplace.organizations.tables import OrganizationRow, Team
from marketplace.people import queries as people


@dataclass(frozen=True)
class Place:
    """A unit and where it is: its building with the middle of it, and its compound."""

    unit: UUID
    label: str
    building: UUID
    building_name: str
    compound: OrganizationId
    compound_name: Mapping[str, str]
    zone: ZoneId
    point: Point


@dataclass(frozen=True)
class Compound:
    """A compound of the list, with what belongs to it."""

    id: OrganizationId
    name: Mapping[str, str]
    buildings: int
    units: int
    teams: int


@dataclass(frozen=True)
class UnitLine:
    """A unit of a building and how many live there."""

    id: UUID
    label: str
    residents: int


@dataclass(frozen=True)
class BuildingView:
    """A building with its units, in the order of their labels."""

    id: UUID
    name: str
    zone: ZoneId
    point: Point
    units: tuple[UnitLine, ...]


@dataclass(frozen=True)
class Resident:
    """Who lives in a unit, and since when; the name is opened by `privacy` alone."""

    person: PersonId
    since: datetime


def homes(session: Session, person: PersonId, *, at: datetime) -> list[Place]:
    """The units where the person lived at that moment, in the order of moving in."""
    lived = select(Unit, Building, OrganizationRow).join(Building, Building.id == Unit.building_id)
    lived = lived.join(OrganizationRow, OrganizationRow.id == Building.organization_id)
    mine = lived.join(Residency, Residency.unit_id == Unit.id).where(Residency.person_id == person, _lasting(at))
    return [
        _place(unit, building, house)
        for unit, building, house in session.execute(mine.order_by(Residency.since, Residency.id))
    ]


def place(session: Session, unit: UUID) -> Place:
    """Where a unit is. Refuses UnitNotFound."""
    there = select(Unit, Building, OrganizationRow).join(Building, Building.id == Unit.building_id)
    there = there.join(OrganizationRow, OrganizationRow.id == Building.organization_id).where(Unit.id == unit)
    row = session.execute(there).one_or_none()
    if row is None:
        raise UnitNotFound()
    return _place(row[0], row[1], row[2])


def residents(session: Session, unit: UUID, *, at: datetime) -> list[Resident]:
    """Who lived in the unit at that moment, in the order of moving in."""
    there = select(Residency.person_id, Residency.since).where(Residency.unit_id == unit, _lasting(at))
    rows = session.execute(there.order_by(Residency.since, Residency.id))
    return [Resident(PersonId(person), since) for person, since in rows]


def managed(session: Session, person: PersonId, *, at: datetime) -> list[Compound]:
    """The compounds that the person manages: a role given by the compound itself, by whom it belongs to, or for all.

    In the order of founding.
    """
    mine = _managed_by(session, person, at)
    rows = session.execute(_with_counts().where(mine).order_by(OrganizationRow.founded_at, OrganizationRow.id))
    return [Compound(OrganizationId(id), name, *counts) for id, name, *counts in rows]


def manages(session: Session, person: PersonId, organization: OrganizationId, *, at: datetime) -> bool:
    """Whether the person manages this organization itself, and so may found compounds that belong to it."""
    return not {None, organization}.isdisjoint(_given(session, person, at))


def compound(session: Session, id: UUID, *, manager: PersonId, at: datetime) -> Compound:
    """One compound of those that `manager` manages at that moment. Refuses CompoundNotFound."""
    mine = _with_counts().where(_managed_by(session, manager, at), OrganizationRow.id == id)
    row = session.execute(mine).one_or_none()
    if row is None:
        raise CompoundNotFound()
    return Compound(OrganizationId(row[0]), *row[1:])


def buildings(session: Session, compound: OrganizationId, *, at: datetime) -> list[BuildingView]:
    """The buildings of a compound with their units, and how many lived in each at that moment."""
    counts = select(Unit.id, Unit.building_id, Unit.label, func.count(Residency.id))
    living = counts.outerjoin(Residency, and_(Residency.unit_id == Unit.id, _lasting(at))).group_by(Unit.id)
    here = living.join(Building, Building.id == Unit.building_id).where(Building.organization_id == compound)
    lines: dict[UUID, list[UnitLine]] = {}
    for unit, building, label, number in session.execute(here.order_by(func.length(Unit.label), Unit.label)):
        lines.setdefault(building, []).append(UnitLine(unit, label, number))
    rows = session.scalars(select(Building).where(Building.organization_id == compound).order_by(Building.name))
    return [
        BuildingView(
            each.id,
            each.name,
            ZoneId(each.zone_id),
            Point(each.longitude, each.latitude),
            tuple(lines.get(each.id, ())),
        )
        for each in rows
    ]


def _lasting(at: datetime) -> ColumnElement[bool]:
    return and_(Residency.since <= at, or_(Residency.until.is_(None), Residency.until > at))


def _managed_by(session: Session, person: PersonId, at: datetime) -> ColumnElement[bool]:
    """Compounds within the person's reach."""
    given = _given(session, person, at)
    within = or_(OrganizationRow.id.in_(given), OrganizationRow.owner_id.in_(given))
    return and_(OrganizationRow.kind == Kind.COMPOUND, true() if None in given else within)


def _given(session: Session, person: PersonId, at: datetime) -> list[OrganizationId | None]:
    return [held.organization_id for held in people.roles_of(session, person, now=at) if held.role in MANAGING]


def _with_counts() -> Select[UUID, dict[str, str], int, int, int]:
    here = Building.organization_id == OrganizationRow.id
    units = select(func.count()).select_from(Unit).join(Building, Building.id == Unit.building_id).where(here)
    return select(
        OrganizationRow.id,
        OrganizationRow.name,
        select(func.count()).select_from(Building).where(here).scalar_subquery(),
        units.scalar_subquery(),
        select(func.count()).select_from(Team).where(Team.organization_id == OrganizationRow.id).scalar_subquery(),
    )


def _place(unit: Unit, building: Building, compound: OrganizationRow) -> Place:
    return Place(
        unit=unit.id,
        label=unit.label,
        building=building.id,
        building_name=building.name,
        compound=OrganizationId(compound.id),
        compound_name=compound.name,
        zone=ZoneId(building.zone_id),
        point=_point(building),
    )


def _point(building: Building) -> Point:
    return Point(building.longitude, building.latitude)
