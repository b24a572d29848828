"""The teams of a compound and their duties. Who is in one at a moment is asked with `queries.members_of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.organizations.site_rules import Kind, TeamNotFound
from marketplace.organizations.site_tables import Building, TeamDuty
from marketplace.organizations.tables import OrganizationRow, Team, TeamMember


@dataclass(frozen=True)
class TeamView:
    """A team of a compound; both names in four languages."""

    id: UUID
    compound: OrganizationId
    compound_name: Mapping[str, str]
    key: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Duty:
    """A trade of a building, and the team that owns it."""

    building: UUID
    building_name: str
    trade: str
    team: UUID
    since: datetime


@dataclass(frozen=True)
class Member:
    """Who is in a team, and since when; the name is opened by `privacy` alone."""

    person: PersonId
    since: datetime


def owner_of(session: Session, building: UUID, trade: str) -> UUID | None:
    """The team that owns this trade of the building; None where nobody is on duty."""
    return session.scalar(select(TeamDuty.team_id).where(TeamDuty.building_id == building, TeamDuty.trade == trade))


def trades_in(session: Session, building: UUID) -> list[str]:
    """The trades that some team owns in the building, by their keys."""
    owned = select(TeamDuty.trade).where(TeamDuty.building_id == building)
    return list(session.scalars(owned.order_by(TeamDuty.trade)))


def team(session: Session, id: UUID) -> TeamView:
    """One team of a compound. Refuses TeamNotFound."""
    row = session.execute(_teams().where(Team.id == id)).one_or_none()
    if row is None:
        raise TeamNotFound()
    return _view(row[0], row[1])


def teams_in(session: Session, compound: OrganizationId) -> list[TeamView]:
    """The teams of a compound, in the order in which they were formed."""
    here = _teams().where(Team.organization_id == compound).order_by(Team.formed_at, Team.key)
    return [_view(row, house) for row, house in session.execute(here)]


def own_teams(session: Session, person: PersonId, *, at: datetime) -> list[TeamView]:
    """The teams of compounds that the person was in at that moment."""
    mine = (
        _teams()
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(
            TeamMember.person_id == person,
            TeamMember.joined_at <= at,
            or_(TeamMember.left_at.is_(None), TeamMember.left_at > at),
        )
    )
    return [_view(row, house) for row, house in session.execute(mine.order_by(Team.formed_at, Team.key))]


def members(session: Session, team: UUID, *, at: datetime) -> list[Member]:
    """Who was in the team at that moment, in the order of joining."""
    inside = select(TeamMember.person_id, TeamMember.joined_at).where(TeamMember.team_id == team, _inside(at))
    rows = session.execute(inside.order_by(TeamMember.joined_at, TeamMember.id))
    return [Member(PersonId(person), since) for person, since in rows]


def duties(session: Session, compound: OrganizationId) -> list[Duty]:
    """Every duty in the compound, building by building."""
    given = select(TeamDuty, Building.name).join(Building, Building.id == TeamDuty.building_id)
    here = given.where(Building.organization_id == compound).order_by(Building.name, TeamDuty.trade)
    return [Duty(duty.building_id, name, duty.trade, duty.team_id, duty.since) for duty, name in session.execute(here)]


def _inside(at: datetime) -> ColumnElement[bool]:
    return and_(TeamMember.joined_at <= at, or_(TeamMember.left_at.is_(None), TeamMember.left_at > at))


def _teams() -> Select[Team, OrganizationRow]:
    owned = select(Team, OrganizationRow).join(OrganizationRow, OrganizationRow.id == Team.organization_id)
    return owned.where(OrganizationRow.kind == Kind.COMPOUND)


def _view(row: Team, house: OrganizationRow) -> TeamView:
    return TeamView(row.id, OrganizationId(house.id), house.name, row.key, row.name)
