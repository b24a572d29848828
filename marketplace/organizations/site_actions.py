"""Found a compound, build it up, let people move in and out, and give its teams their duties.

Everything is journalled with who did it. Whether they may is for `sites.compound` to say, and the edge to ask.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.database import broken_constraint
from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId, derived, uuid7
from marketplace.foundation.places import Point
from marketplace.organizations.actions import leave_team
from marketplace.organizations.site_rules import (
    AlreadyLivesThere,
    BuildingNameTaken,
    BuildingNotFound,
    CompoundNotFound,
    DoesNotLiveThere,
    Kind,
    TeamNotFound,
    UnitNotFound,
    UnknownTrade,
    clean_label,
    clean_name,
)
from marketplace.organizations.site_tables import Building, Residency, TeamDuty, Unit
from marketplace.organizations.tables import OrganizationRow, Team, TeamMember
from marketplace.privacy import actions as privacy

OF_THE_OWNER = ("town", "region", "currency", "time_zone", "language", "calendar", "weekend", "phone")


def found_compound(
    session: Session,
    owner: OrganizationId,
    *,
    key: str,
    name: Mapping[str, str],
    by: PersonId | None,
    now: datetime,
) -> OrganizationId:
    """Found a compound in the town of the organization that it belongs to; the same key again is the same compound.

    Town, clock, currency, calendar and telephone are those of `owner`. Refuses SiteNameRefused, CompoundNotFound when
    there is no such owner.
    """
    id = derived("compound", owner, key)
    own = {"id": id, "kind": Kind.COMPOUND, "owner_id": owner, "founded_at": now}
    texts = {language: clean_name(text) for language, text in name.items()}
    house = session.get(OrganizationRow, owner)
    if house is None or house.kind != Kind.MARKETPLACE:
        raise CompoundNotFound()
    row = {**own, "name": texts, **{part: getattr(house, part) for part in OF_THE_OWNER}}
    made = session.scalar(insert(OrganizationRow).values(row).on_conflict_do_nothing().returning(OrganizationRow.id))
    if made is not None:
        audit.record(
            session, action="compound.founded", actor=by, subject=None, reason=None, now=now, compound=id, owner=owner
        )
    return OrganizationId(id)


def add_building(
    session: Session,
    compound: OrganizationId,
    *,
    name: str,
    zone: ZoneId,
    point: Point,
    by: PersonId | None,
    now: datetime,
) -> UUID:
    """Add a building; the same name at the same place again is the same building. The zone is one of the catalogue's.

    Refuses SiteNameRefused and BuildingNameTaken.
    """
    row = {
        "id": uuid7(), "organization_id": compound, "name": clean_name(name), "zone_id": zone,
        "longitude": point.longitude, "latitude": point.latitude, "added_at": now,
    }  # fmt: skip
    made: UUID | None = session.scalar(insert(Building).values(row).on_conflict_do_nothing().returning(Building.id))
    if made is None:
        there = select(Building).where(Building.organization_id == compound, Building.name == row["name"])
        known = session.scalars(there).one()
        if (known.zone_id, known.longitude, known.latitude) != (zone, point.longitude, point.latitude):
            raise BuildingNameTaken(known.name)
        return known.id
    _record(session, "building_added", by, now, compound=compound, building=made)
    return made


def add_unit(
    session: Session, compound: OrganizationId, building: UUID, *, label: str, by: PersonId | None, now: datetime
) -> UUID:
    """Add a unit to a building of this compound; the same label again is the same unit.

    Refuses BuildingNotFound and LabelRefused.
    """
    _building(session, compound, building)
    row = {"id": uuid7(), "building_id": building, "label": clean_label(label), "added_at": now}
    made: UUID | None = session.scalar(insert(Unit).values(row).on_conflict_do_nothing().returning(Unit.id))
    if made is None:
        return session.scalars(select(Unit.id).where(Unit.building_id == building, Unit.label == row["label"])).one()
    _record(session, "unit_added", by, now, compound=compound, unit=made)
    return made


def move_in(
    session: Session, compound: OrganizationId, unit: UUID, person: PersonId, *, by: PersonId | None, now: datetime
) -> UUID:
    """From now on the person lives in this unit: the residency. Refuses UnitNotFound and AlreadyLivesThere."""
    _unit(session, compound, unit)
    row = {"id": uuid7(), "unit_id": unit, "person_id": person, "since": now}
    made: UUID | None = session.scalar(insert(Residency).values(row).on_conflict_do_nothing().returning(Residency.id))
    if made is None:
        raise AlreadyLivesThere()
    _record(session, "moved_in", by, now, subject=person, compound=compound, unit=unit)
    return made


def move_out(
    session: Session, compound: OrganizationId, unit: UUID, person: PersonId, *, by: PersonId | None, now: datetime
) -> None:
    """The person lives in this unit no longer. Refuses UnitNotFound and DoesNotLiveThere."""
    _unit(session, compound, unit)
    lives = (Residency.unit_id == unit, Residency.person_id == person, Residency.until.is_(None))
    until = func.greatest(Residency.since, now)  # two machines' clocks differ a little
    ended = session.scalar(update(Residency).where(*lives).values(until=until).returning(Residency.id))
    if ended is None:
        raise DoesNotLiveThere()
    _record(session, "moved_out", by, now, subject=person, compound=compound, unit=unit)


def give_duty(
    session: Session,
    compound: OrganizationId,
    *,
    building: UUID,
    trade: str,
    team: UUID,
    by: PersonId | None,
    now: datetime,
) -> None:
    """From now on this team, and no other, owns the trade of the building; giving it twice is giving it once.

    Whose it was before is journalled. Refuses BuildingNotFound, TeamNotFound and UnknownTrade.
    """
    _building(session, compound, building, lock=True)
    if session.scalar(select(literal(1)).where(Team.id == team, Team.organization_id == compound)) is None:
        raise TeamNotFound()
    before = session.scalar(select(TeamDuty.team_id).where(TeamDuty.building_id == building, TeamDuty.trade == trade))
    if before == team:
        return
    change = {"team_id": team, "since": now}
    given = insert(TeamDuty).values(building_id=building, trade=trade, **change)
    try:
        with session.begin_nested():
            session.execute(given.on_conflict_do_update(index_elements=["building_id", "trade"], set_=change))
    except IntegrityError as error:
        if broken_constraint(error) == "team_duty_trade_fkey":
            raise UnknownTrade(trade) from None
        raise
    _record(session, "duty_given", by, now, compound=compound, building=building, trade=trade, team=team, before=before)


@privacy.at_erasure
def part(session: Session, person: PersonId, by: PersonId, now: datetime) -> None:
    """Whoever is erased lives nowhere and is in no team from that moment on, each journalled; what they had taken goes
    back as on leaving."""
    inside = select(TeamMember.team_id).where(TeamMember.person_id == person, TeamMember.left_at.is_(None))
    for team in session.scalars(inside.order_by(TeamMember.team_id)).all():
        leave_team(session, team, person, by=by, now=now)
    lived = (
        select(Building.organization_id, Unit.id)
        .join(Unit, Unit.building_id == Building.id)
        .join(Residency, Residency.unit_id == Unit.id)
        .where(Residency.person_id == person, Residency.until.is_(None))
    )
    for compound, unit in session.execute(lived.order_by(Unit.id)).all():
        move_out(session, OrganizationId(compound), unit, person, by=by, now=now)


def _building(session: Session, compound: OrganizationId, building: UUID, *, lock: bool = False) -> None:
    """Two who give a duty of one building at once come one after the other."""
    there = select(Building.id).where(Building.id == building, Building.organization_id == compound)
    if session.scalar(there.with_for_update(key_share=True) if lock else there) is None:
        raise BuildingNotFound()


def _unit(session: Session, compound: OrganizationId, unit: UUID) -> None:
    there = select(Unit.id).join(Building, Building.id == Unit.building_id)
    if session.scalar(there.where(Unit.id == unit, Building.organization_id == compound)) is None:
        raise UnitNotFound()


def _record(
    session: Session,
    what: str,
    by: PersonId | None,
    now: datetime,
    *,
    subject: PersonId | None = None,
    **facts: UUID | str | None,
) -> None:
    audit.record(session, action=f"compound.{what}", actor=by, subject=subject, reason=None, now=now, **facts)
