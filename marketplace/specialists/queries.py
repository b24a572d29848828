"""Who can be asked for a job, when somebody works, and what is known of one specialist."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.specialists.rules import (
    HoursException,
    NotASpecialist,
    Standing,
    WeeklyHours,
    expand,
    rating_hundredths,
)
from marketplace.specialists.seasons import of_specialist
from marketplace.specialists.tables import (
    Block,
    HoursExceptionRow,
    ServedZone,
    SkillGrant,
    SpecialistRow,
    StandingChange,
    WeeklyHoursRow,
)


@dataclass(frozen=True)
class Candidate:
    """Someone who may be asked: verified, in good standing, serving the zone. `base` is the middle of the home cell."""

    specialist: PersonId
    base: Point
    home_zone: ZoneId
    rating_hundredths: int | None
    rating_count: int


@dataclass(frozen=True)
class Worker:
    """Someone in good standing: what they may be asked to do, and the middle of the home cell."""

    specialist: PersonId
    skills: tuple[str, ...]
    base: Point


@dataclass(frozen=True)
class Grant:
    """A verified skill; it counts up to and including `expires_on`."""

    skill: str
    verified_by: PersonId
    verified_at: datetime
    expires_on: date | None


@dataclass(frozen=True)
class StandingChanged:
    before: Standing
    after: Standing
    reason: str
    decided_by: PersonId | None
    at: datetime
    proceeding: UUID | None = None


@dataclass(frozen=True)
class Specialist:
    """What is kept of a specialist; never a name or phone (privacy.reveal)."""

    id: PersonId
    organization: OrganizationId
    standing: Standing
    base: Point
    home_zone: ZoneId
    rating_hundredths: int | None
    rating_count: int
    enrolled_at: datetime
    grants: tuple[Grant, ...]
    zones: tuple[ZoneId, ...]
    weekly: tuple[WeeklyHours, ...]


def candidates(
    session: Session, *, skills: Sequence[str], zone_id: ZoneId, on: date, only: Sequence[PersonId] | None = None
) -> list[Candidate]:
    """Everybody who has all the skills verified on that local day, stands well and serves the zone; by id.

    Working hours and other visits are availability's question. `only` narrows to some people.
    """
    verified = (
        select(SkillGrant.specialist_id)
        .where(SkillGrant.skill.in_(skills), *_counts(on))
        .group_by(SkillGrant.specialist_id)
        .having(func.count(SkillGrant.skill.distinct()) == len(set(skills)))
    )
    serving = select(ServedZone.specialist_id).where(ServedZone.zone_id == zone_id)
    found = select(SpecialistRow).where(
        SpecialistRow.standing == Standing.GOOD,
        SpecialistRow.person_id.in_(verified),
        SpecialistRow.person_id.in_(serving),
    )
    if only is not None:
        found = found.where(SpecialistRow.person_id.in_(only))
    return [_candidate(row) for row in session.scalars(found.order_by(SpecialistRow.person_id))]


def working_periods(
    session: Session, specialist: PersonId, from_day: date, to_day: date, time_zone: str
) -> list[Period]:
    """The stretches of work on the local days `[from_day, to_day)`; none for someone not in good standing."""
    if standing(session, specialist) is not Standing.GOOD:
        return []
    return planned_periods(session, specialist, from_day, to_day, time_zone)


def planned_periods(
    session: Session, specialist: PersonId, from_day: date, to_day: date, time_zone: str
) -> list[Period]:
    """The stretches that they plan to work on the local days `[from_day, to_day)`, whatever their standing."""
    exceptions = select(HoursExceptionRow).where(
        HoursExceptionRow.specialist_id == specialist,
        HoursExceptionRow.on_day >= from_day,
        HoursExceptionRow.on_day < to_day,
    )
    special = [HoursException(row.on_day, row.opens, row.closes) for row in session.scalars(exceptions)]
    return expand(
        weekly_hours(session, specialist), special, from_day=from_day, to_day=to_day, time_zone=time_zone,
        seasons=of_specialist(session, specialist, from_day, to_day),
    )  # fmt: skip


def weekly_hours(session: Session, specialist: PersonId) -> tuple[WeeklyHours, ...]:
    """The weekly plan, in the order of the ISO week."""
    rows = select(WeeklyHoursRow).where(WeeklyHoursRow.specialist_id == specialist)
    ordered = session.scalars(rows.order_by(WeeklyHoursRow.weekday, WeeklyHoursRow.opens))
    return tuple(WeeklyHours(row.weekday, row.opens, row.closes) for row in ordered)


def exceptions(session: Session, specialist: PersonId, *, from_day: date) -> tuple[HoursException, ...]:
    """The days set apart from the weekly plan, from that day on, in order."""
    rows = select(HoursExceptionRow).where(
        HoursExceptionRow.specialist_id == specialist, HoursExceptionRow.on_day >= from_day
    )
    ordered = session.scalars(rows.order_by(HoursExceptionRow.on_day, HoursExceptionRow.opens))
    return tuple(HoursException(row.on_day, row.opens, row.closes) for row in ordered)


def standing(session: Session, specialist: PersonId) -> Standing:
    """Refuses NotASpecialist."""
    found = session.scalar(select(SpecialistRow.standing).where(SpecialistRow.person_id == specialist))
    if found is None:
        raise NotASpecialist(specialist)
    return Standing(found)


def is_enrolled(session: Session, person: PersonId) -> bool:
    """Whether somebody has taken this person in as a specialist, in whatever standing."""
    return session.scalar(select(SpecialistRow.person_id).where(SpecialistRow.person_id == person)) is not None


def specialist(session: Session, id: PersonId, *, on: date) -> Specialist:
    """One specialist with the skills that count on that day. Refuses NotASpecialist."""
    row = session.get(SpecialistRow, id)
    if row is None:
        raise NotASpecialist(id)
    grants = select(SkillGrant).where(SkillGrant.specialist_id == id, *_counts(on)).order_by(SkillGrant.skill)
    zones = select(ServedZone.zone_id).where(ServedZone.specialist_id == id).order_by(ServedZone.zone_id)
    return Specialist(
        id=id,
        organization=OrganizationId(row.organization_id),
        standing=Standing(row.standing),
        base=cell_centre(row.home_cell),
        home_zone=ZoneId(row.home_zone_id),
        rating_hundredths=rating_hundredths(row.rating_count, row.rating_total),
        rating_count=row.rating_count,
        enrolled_at=row.enrolled_at,
        grants=tuple(
            Grant(each.skill, PersonId(each.verified_by), each.verified_at, each.expires_on)
            for each in session.scalars(grants)
        ),
        zones=tuple(ZoneId(zone) for zone in session.scalars(zones)),
        weekly=weekly_hours(session, id),
    )


def blocked(session: Session, customer: UUID | None, people: Collection[UUID]) -> set[PersonId]:
    """Which of these are never to meet this customer, whoever of the two wished it; no customer, nobody."""
    found = select(Block.specialist_id).where(Block.customer_id == customer, Block.specialist_id.in_(people))
    return {PersonId(each) for each in session.scalars(found)}


def workers(session: Session, people: Sequence[PersonId], *, on: date) -> list[Worker]:
    """Those of these people who stand well, with the skills that count on that local day; by id."""
    verified = (
        select(SkillGrant.specialist_id, func.array_agg(SkillGrant.skill).label("skills"))
        .where(SkillGrant.specialist_id.in_(people), *_counts(on))
        .group_by(SkillGrant.specialist_id)
        .subquery()
    )
    found = (
        select(SpecialistRow.person_id, SpecialistRow.home_cell, verified.c.skills)
        .outerjoin(verified, verified.c.specialist_id == SpecialistRow.person_id)
        .where(SpecialistRow.person_id.in_(people), SpecialistRow.standing == Standing.GOOD)
        .order_by(SpecialistRow.person_id)
    )
    return [
        Worker(PersonId(person), tuple(sorted(skills or ())), cell_centre(home))
        for person, home, skills in session.execute(found)
    ]


def everybody(session: Session, *, standing: Standing | None = None) -> list[PersonId]:
    """All specialists, or those of one standing; by id."""
    found = select(SpecialistRow.person_id).order_by(SpecialistRow.person_id)
    if standing is not None:
        found = found.where(SpecialistRow.standing == standing)
    return [PersonId(person) for person in session.scalars(found)]


def history(session: Session, specialist: PersonId) -> list[StandingChanged]:
    """Every change of standing with its reason, newest first: what the person may read about themselves."""
    rows = select(StandingChange).where(StandingChange.specialist_id == specialist)
    return [
        StandingChanged(
            before=Standing(row.before),
            after=Standing(row.after),
            reason=row.reason,
            decided_by=None if row.decided_by is None else PersonId(row.decided_by),
            at=row.decided_at,
            proceeding=row.proceeding_id,
        )
        for row in session.scalars(rows.order_by(StandingChange.decided_at.desc(), StandingChange.id.desc()))
    ]


def suspended_by(session: Session, specialist: PersonId) -> UUID | None:
    """The proceeding that suspended this person last; None where nobody did, or it was their own wish."""
    asked = select(StandingChange.proceeding_id).where(
        StandingChange.specialist_id == specialist, StandingChange.after == Standing.SUSPENDED
    )
    return session.scalar(asked.order_by(StandingChange.decided_at.desc(), StandingChange.id.desc()).limit(1))


def all_of(session: Session, organization: UUID) -> list[PersonId]:
    """Every specialist of an organization who has not left; by id."""
    asked = select(SpecialistRow.person_id).where(
        SpecialistRow.organization_id == organization, SpecialistRow.standing != Standing.LEFT
    )
    return [PersonId(each) for each in session.scalars(asked.order_by(SpecialistRow.person_id))]


def local_day(at: datetime, time_zone: str) -> date:
    """The calendar day of the town at that moment."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def _counts(on: date):  # type: ignore[no-untyped-def]  # a pair of SQLAlchemy conditions has no short name
    return SkillGrant.revoked_at.is_(None), or_(SkillGrant.expires_on.is_(None), SkillGrant.expires_on >= on)


def _candidate(row: SpecialistRow) -> Candidate:
    return Candidate(
        specialist=PersonId(row.person_id),
        base=cell_centre(row.home_cell),
        home_zone=ZoneId(row.home_zone_id),
        rating_hundredths=rating_hundredths(row.rating_count, row.rating_total),
        rating_count=row.rating_count,
    )
