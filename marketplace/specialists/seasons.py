"""Seasons: hours that an organization sets for a while, for everybody or for those who choose them (Ramadan, holidays).

Nothing that is promised is cancelled by one: the promises that no longer lie in working time are listed for a person to
ask about (booking.availability.queries.conflicts).
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit, outbox
from marketplace.foundation.ids import OrganizationId, PersonId, derived
from marketplace.specialists.rules import NotASpecialist, Season, SeasonForAll, Standing, UnknownSeason, check_season
from marketplace.specialists.tables import SeasonChoice, SeasonRow, SpecialistRow


def all_of(session: Session, organization: OrganizationId, *, from_day: date) -> list[Season]:
    """The organization's seasons that are not over on that day, the first to begin first."""
    rows = select(SeasonRow).where(
        SeasonRow.organization_id == organization, SeasonRow.ended_at.is_(None), SeasonRow.last_day >= from_day
    )
    return [_season(row) for row in session.scalars(rows.order_by(SeasonRow.first_day, SeasonRow.id))]


def find(session: Session, organization: OrganizationId, id: UUID) -> Season:
    """A season that stands. Refuses UnknownSeason."""
    row = session.get(SeasonRow, id)
    if row is None or row.ended_at is not None or row.organization_id != organization:
        raise UnknownSeason()
    return _season(row)


def of_specialist(session: Session, specialist: PersonId, from_day: date, to_day: date) -> list[Season]:
    """The seasons that hold for this person on any of the local days `[from_day, to_day)`."""
    chosen = select(SeasonChoice.season_id).where(SeasonChoice.specialist_id == specialist)
    theirs = select(SpecialistRow.organization_id).where(SpecialistRow.person_id == specialist)
    rows = select(SeasonRow).where(
        SeasonRow.organization_id.in_(theirs),
        SeasonRow.ended_at.is_(None),
        SeasonRow.first_day < to_day,
        SeasonRow.last_day >= from_day,
        or_(SeasonRow.for_all, SeasonRow.id.in_(chosen)),
    )
    return [_season(row) for row in session.scalars(rows)]


def make(session: Session, organization: OrganizationId, season: Season, *, by: PersonId, now: datetime) -> None:
    """Let these hours hold for a while. Twice is once. Refuses SeasonBackwards, SeasonTooLong, HoursOverlap."""
    check_season(season)
    row = {
        "id": season.id, "organization_id": organization, "name": season.name, "first_day": season.first_day,
        "last_day": season.last_day, "for_all": season.for_all, "made_by": by, "made_at": now,
        "stretches": [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in season.stretches],
    }  # fmt: skip
    made = insert(SeasonRow).values(row).on_conflict_do_nothing().returning(SeasonRow.id)
    if session.scalar(made) is None:
        return
    _record(session, "season.made", season.id, by, now)
    if season.for_all:
        _tell(session, season.id, _everybody(session, organization), now)


def end(session: Session, organization: OrganizationId, id: UUID, *, by: PersonId, now: datetime) -> None:
    """Take a season back: the weekly plans hold again. Twice is once. Refuses UnknownSeason."""
    standing = (SeasonRow.id == id, SeasonRow.organization_id == organization)
    for_all = session.scalar(
        update(SeasonRow)
        .where(*standing, SeasonRow.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SeasonRow.for_all)
    )
    if for_all is None:
        if session.scalar(select(SeasonRow.id).where(*standing)) is None:
            raise UnknownSeason()
        return
    _record(session, "season.ended", id, by, now)
    chosen = select(SeasonChoice.specialist_id).where(SeasonChoice.season_id == id)
    people = _everybody(session, organization) if for_all else list(session.scalars(chosen))
    _tell(session, id, people, now)


def choose(session: Session, specialist: PersonId, id: UUID, *, wanted: bool, now: datetime) -> None:
    """Work by the hours of a season, or not. Twice is once. Refuses UnknownSeason, SeasonForAll, NotASpecialist."""
    organization = session.scalar(
        select(SpecialistRow.organization_id)
        .where(SpecialistRow.person_id == specialist)
        .with_for_update(key_share=True)
    )
    if organization is None:
        raise NotASpecialist(specialist)
    if find(session, OrganizationId(organization), id).for_all:
        raise SeasonForAll()
    if wanted:
        row = {"season_id": id, "specialist_id": specialist, "chosen_at": now}
        session.execute(insert(SeasonChoice).values(row).on_conflict_do_nothing())
    else:
        mine = (SeasonChoice.season_id == id, SeasonChoice.specialist_id == specialist)
        session.execute(delete(SeasonChoice).where(*mine))
    _tell(session, id, [specialist], now)


def chosen_by(session: Session, specialist: PersonId) -> frozenset[UUID]:
    """The seasons that this person has chosen."""
    return frozenset(session.scalars(select(SeasonChoice.season_id).where(SeasonChoice.specialist_id == specialist)))


def _season(row: SeasonRow) -> Season:
    stretches = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in row.stretches)
    return Season(row.id, row.name, row.first_day, row.last_day, stretches, row.for_all)


def _everybody(session: Session, organization: OrganizationId) -> list[UUID]:
    rows = select(SpecialistRow.person_id).where(
        SpecialistRow.organization_id == organization, SpecialistRow.standing == Standing.GOOD
    )
    return list(session.scalars(rows.order_by(SpecialistRow.person_id)))


def _record(session: Session, action: str, id: UUID, by: PersonId, now: datetime) -> None:
    audit.record(session, action=action, actor=by, subject=None, reason=None, now=now, season=str(id))


def _tell(session: Session, id: UUID, people: Sequence[UUID], now: datetime) -> None:
    """Availability expands each of these plans anew."""
    for who in people:
        key = derived("season changed", id, who, now.strftime("%Y%m%dT%H%M%S%f"))
        outbox.enqueue(session, "availability.hours_changed", due_at=now, key=key, id=who)
