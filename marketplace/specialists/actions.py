"""Enrol a specialist, verify a skill, set hours and zones, change standing with a reason, count a rating."""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.foundation import audit, outbox
from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId, derived, uuid7
from marketplace.foundation.places import Point, cell
from marketplace.specialists.rules import (
    AlreadyEnrolled,
    NotASpecialist,
    SelfVerification,
    SkillWouldBeExpired,
    Standing,
    SuspensionReason,
    UnknownSkill,
    WeeklyHours,
    WithoutProceeding,
    check_standing,
    check_weekly_hours,
)
from marketplace.specialists.tables import (
    Block,
    HoursExceptionRow,
    ServedZone,
    SkillGrant,
    SpecialistRow,
    StandingChange,
    WeeklyHoursRow,
)


def enrol(
    session: Session, person: PersonId, organization: OrganizationId, *, home: Point, home_zone: ZoneId, now: datetime
) -> None:
    """Make a person a specialist, an applicant until a first skill is verified. Of `home` only the cell is kept.

    Refuses AlreadyEnrolled.
    """
    row = {
        "person_id": person, "organization_id": organization, "standing": Standing.APPLICANT.value,
        "home_cell": cell(home), "home_zone_id": home_zone, "enrolled_at": now,
    }  # fmt: skip
    made = insert(SpecialistRow).values(row).on_conflict_do_nothing().returning(SpecialistRow.person_id)
    if session.scalar(made) is None:
        raise AlreadyEnrolled(person)


def verify_skill(
    session: Session, specialist: PersonId, skill: str, *, by: PersonId, expires_on: date | None, now: datetime
) -> None:
    """Grant a skill after its proof was seen; again, it takes the place of the former grant.

    The first one makes an applicant a specialist in good standing. Refuses NotASpecialist, UnknownSkill,
    SelfVerification, SkillWouldBeExpired. A suspended person may be granted skills and stays suspended.
    """
    row = _locked(session, specialist)
    if by == specialist:
        raise SelfVerification()
    if skill not in catalogue.skills(session):
        raise UnknownSkill(skill)
    if expires_on is not None and expires_on < now.date():
        raise SkillWouldBeExpired(expires_on)
    _end_grant(session, specialist, skill, now)
    session.add(
        SkillGrant(
            id=uuid7(), specialist_id=specialist, skill=skill, verified_by=by, verified_at=now, expires_on=expires_on
        )
    )
    session.flush()
    audit.record(
        session, action="specialist.skill_verified", actor=by, subject=specialist, reason=None, now=now, skill=skill
    )
    if row.standing == Standing.APPLICANT:
        _change_standing(session, row, Standing.GOOD, reason="skill_verified", by=by, now=now)


def revoke_skill(
    session: Session, specialist: PersonId, skill: str, *, by: PersonId, reason: str, now: datetime
) -> None:
    """Take a skill back; jobs already accepted are the dispatcher's to look at. Refuses NotASpecialist."""
    _locked(session, specialist)
    _end_grant(session, specialist, skill, now)
    audit.record(
        session, action="specialist.skill_revoked", actor=by, subject=specialist, reason=reason, now=now, skill=skill
    )


def set_weekly_hours(session: Session, specialist: PersonId, hours: Sequence[WeeklyHours], *, now: datetime) -> None:
    """Replace the weekly plan; what is already promised stays promised (dispatch.md §3).

    Refuses NotASpecialist, HoursOverlap.
    """
    check_weekly_hours(hours)
    _locked(session, specialist)
    session.execute(delete(WeeklyHoursRow).where(WeeklyHoursRow.specialist_id == specialist))
    rows = [
        {"specialist_id": specialist, "weekday": each.weekday, "opens": each.opens, "closes": each.closes}
        for each in hours
    ]
    if rows:
        session.execute(insert(WeeklyHoursRow), rows)
    _tell_hours_changed(session, specialist, now)


def set_day(
    session: Session, specialist: PersonId, on_day: date, stretches: Sequence[tuple[time, time]], *, now: datetime
) -> None:
    """Set one day apart: other hours, or none at all. Refuses NotASpecialist, HoursOverlap."""
    check_weekly_hours([WeeklyHours(on_day.isoweekday(), opens, closes) for opens, closes in stretches])
    clear_day(session, specialist, on_day, now=now)
    day_off: list[tuple[time | None, time | None]] = [(None, None)]
    for opens, closes in stretches or day_off:
        session.add(HoursExceptionRow(id=uuid7(), specialist_id=specialist, on_day=on_day, opens=opens, closes=closes))
    session.flush()


def clear_day(session: Session, specialist: PersonId, on_day: date, *, now: datetime) -> None:
    """Let the weekly plan hold again on that day. Refuses NotASpecialist."""
    _locked(session, specialist)
    that_day = (HoursExceptionRow.specialist_id == specialist, HoursExceptionRow.on_day == on_day)
    session.execute(delete(HoursExceptionRow).where(*that_day))
    _tell_hours_changed(session, specialist, now)


def serve_zones(session: Session, specialist: PersonId, zones: Sequence[ZoneId]) -> None:
    """Replace the zones that the specialist goes to. Refuses NotASpecialist."""
    _locked(session, specialist)
    session.execute(delete(ServedZone).where(ServedZone.specialist_id == specialist))
    rows = [{"specialist_id": specialist, "zone_id": zone} for zone in dict.fromkeys(zones)]
    if rows:
        session.execute(insert(ServedZone), rows)


def lock(session: Session, specialist: PersonId) -> None:
    """Wait for whoever changes this specialist now, and let nobody in before this transaction ends.

    Refuses NotASpecialist.
    """
    _locked(session, specialist)


def suspend(
    session: Session,
    specialist: PersonId,
    reason: SuspensionReason,
    *,
    by: PersonId | None,
    now: datetime,
    proceeding: UUID | None = None,
) -> None:
    """Offer this person no more work: by their own wish, or by a proceeding that they read and can appeal against.

    Refuses NotASpecialist, WithoutProceeding, StandingUnchangeable.
    """
    if proceeding is None and (reason is not SuspensionReason.OWN_WISH or by != specialist):
        raise WithoutProceeding()
    row = _locked(session, specialist)
    _change_standing(session, row, Standing.SUSPENDED, reason=reason.value, by=by, now=now, proceeding=proceeding)


def reinstate(
    session: Session,
    specialist: PersonId,
    *,
    by: PersonId | None,
    reason: str,
    now: datetime,
    proceeding: UUID | None = None,
) -> None:
    """End a suspension; without `by` the clock ended a pause. `reason` is a word of ours.

    Refuses NotASpecialist, SelfVerification, StandingUnchangeable.
    """
    if by == specialist:
        raise SelfVerification()
    row = _locked(session, specialist)
    _change_standing(session, row, Standing.GOOD, reason=reason, by=by, now=now, proceeding=proceeding)


def leave(
    session: Session, specialist: PersonId, *, by: PersonId | None, now: datetime, proceeding: UUID | None = None
) -> None:
    """End the work together: by their own wish, or by a proceeding whose appeal is over.

    Refuses NotASpecialist, WithoutProceeding, StandingUnchangeable.
    """
    if proceeding is None and by != specialist:
        raise WithoutProceeding()
    row, reason = _locked(session, specialist), "left" if proceeding is None else "decided"
    _change_standing(session, row, Standing.LEFT, reason=reason, by=by, now=now, proceeding=proceeding)


def block(session: Session, customer: PersonId, specialist: PersonId, *, by: PersonId, now: datetime) -> None:
    """Never bring these two together again, as one of them wished (`by`); the other is not told. Twice is once.

    What they have agreed on stands until somebody calls it off. Refuses NotASpecialist.
    """
    _locked(session, specialist)
    wanted_by = "specialist" if by == specialist else "customer"
    row = {"customer_id": customer, "specialist_id": specialist, "wanted_by": wanted_by, "since": now}
    session.execute(insert(Block).values(row).on_conflict_do_nothing())


def unblock(session: Session, customer: PersonId, specialist: PersonId, *, by: PersonId) -> None:
    """Take one's own wish back; the other's stands."""
    wanted_by = "specialist" if by == specialist else "customer"
    theirs = (Block.customer_id == customer, Block.specialist_id == specialist, Block.wanted_by == wanted_by)
    session.execute(delete(Block).where(*theirs))


def count_rating(session: Session, specialist: PersonId, stars: int) -> None:
    """Add one rating from 1 to 5 to the aggregate; whoever calls sees to it that it comes once.

    Refuses NotASpecialist.
    """
    changed = update(SpecialistRow).where(SpecialistRow.person_id == specialist).returning(SpecialistRow.person_id)
    values = {"rating_count": SpecialistRow.rating_count + 1, "rating_total": SpecialistRow.rating_total + stars}
    if session.scalar(changed.values(values)) is None:
        raise NotASpecialist(specialist)


def _locked(session: Session, specialist: PersonId) -> SpecialistRow:
    found = select(SpecialistRow).where(SpecialistRow.person_id == specialist).with_for_update(key_share=True)
    row = session.scalars(found.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotASpecialist(specialist)
    return row


def _end_grant(session: Session, specialist: PersonId, skill: str, now: datetime) -> None:
    live = (SkillGrant.specialist_id == specialist, SkillGrant.skill == skill, SkillGrant.revoked_at.is_(None))
    session.execute(update(SkillGrant).where(*live).values(revoked_at=now))


def _change_standing(
    session: Session,
    row: SpecialistRow,
    wanted: Standing,
    *,
    reason: str,
    by: PersonId | None,
    now: datetime,
    proceeding: UUID | None = None,
) -> None:
    before = Standing(row.standing)
    check_standing(before, wanted)
    row.standing = wanted.value
    session.add(
        StandingChange(
            id=uuid7(),
            specialist_id=row.person_id,
            before=before.value,
            after=wanted.value,
            reason=reason,
            decided_by=by,
            decided_at=now,
            proceeding_id=proceeding,
        )
    )
    session.flush()
    audit.record(
        session, action="specialist.standing_changed", actor=by, subject=row.person_id, reason=reason, now=now,
        before=before.value, after=wanted.value,
    )  # fmt: skip
    _tell_hours_changed(session, row.person_id, now)


def _tell_hours_changed(session: Session, specialist: UUID, now: datetime) -> None:
    """Availability expands the plan anew; several changes of one moment are one expansion."""
    key = derived("hours changed", specialist, now.strftime("%Y%m%dT%H%M%S%f"))
    outbox.enqueue(session, "availability.hours_changed", due_at=now, key=key, id=specialist)
