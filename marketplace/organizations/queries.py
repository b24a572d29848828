"""Which organization this is, what it has set, and who is in which team."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.organizations.rules import CANCELLATION, CancellationTier, NotFounded, settings_in_force
from marketplace.organizations.site_rules import Kind
from marketplace.organizations.tables import OrganizationRow, SettingRow, StoredTier, TeamMember

TIERS = "cancellation_tiers"


@dataclass(frozen=True)
class Organization:
    """An organization with every setting in force; `weekend` holds ISO weekdays, Monday is 1."""

    id: OrganizationId
    town: str
    name: Mapping[str, str]
    region: str
    currency: str
    time_zone: str
    language: str
    calendar: str
    weekend: tuple[int, ...]
    phone: str
    settings: Mapping[str, int]
    cancellation: tuple[CancellationTier, ...]


def home(session: Session, *, service: str = "") -> Organization:
    """The marketplace that runs this deployment: the one founded first, never a compound.

    With the key of a service, that service's settings over its own. Refuses NotFounded on an empty database.
    """
    founded = select(OrganizationRow).where(OrganizationRow.kind == Kind.MARKETPLACE)
    row = session.scalars(founded.order_by(OrganizationRow.founded_at, OrganizationRow.id)).first()
    if row is None:
        raise NotFounded()
    own, narrowed = _set(session, row.id, ""), _set(session, row.id, service) if service else {}
    numbers = [{key: value for key, value in layer.items() if isinstance(value, int)} for layer in (own, narrowed)]
    tiers = narrowed.get(TIERS, own.get(TIERS))
    return Organization(
        id=OrganizationId(row.id),
        town=row.town,
        name=row.name,
        region=row.region,
        currency=row.currency,
        time_zone=row.time_zone,
        language=row.language,
        calendar=row.calendar,
        weekend=tuple(row.weekend),
        phone=row.phone,
        settings=settings_in_force(*numbers),
        cancellation=tiers if isinstance(tiers, tuple) else CANCELLATION,
    )


def members_of(session: Session, team: UUID, *, at: datetime) -> list[PersonId]:
    """Who was in the team at that moment."""
    return [
        PersonId(person)
        for person in session.scalars(
            _in_force(at, TeamMember.person_id).where(TeamMember.team_id == team).order_by(TeamMember.person_id)
        )
    ]


def teams_of(session: Session, person: PersonId, *, at: datetime) -> list[UUID]:
    """The teams the person was in at that moment."""
    return list(
        session.scalars(
            _in_force(at, TeamMember.team_id).where(TeamMember.person_id == person).order_by(TeamMember.team_id)
        )
    )


def _in_force(at: datetime, column):  # type: ignore[no-untyped-def]  # a Select of one column has no short name
    return select(column).where(TeamMember.joined_at <= at, or_(TeamMember.left_at.is_(None), TeamMember.left_at > at))


def _set(session: Session, organization: UUID, scope: str) -> dict[str, int | tuple[CancellationTier, ...]]:
    rows = session.scalars(
        select(SettingRow).where(SettingRow.organization_id == organization, SettingRow.scope == scope)
    )
    return {
        row.key: row.value if isinstance(row.value, int) else tuple(_tier(each) for each in row.value) for row in rows
    }


def _tier(stored: StoredTier) -> CancellationTier:
    return CancellationTier(**stored)
