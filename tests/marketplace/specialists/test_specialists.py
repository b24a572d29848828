"""Specialists: enrolling, verified skills, zones, hours, standing with its reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.catalogue import actions as catalogue
from marketplace.catalogue import content
from marketplace.foundation import vault
from marketplace.foundation.ids import OrganizationId, PersonId, ZoneId, uuid7
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.places import Point
from marketplace.organizations import actions as organizations
from marketplace.specialists import actions, queries
from marketplace.specialists.rules import (
    AlreadyEnrolled,
    HoursOverlap,
    NotASpecialist,
    SelfVerification,
    SkillWouldBeExpired,
    Standing,
    StandingUnchangeable,
    SuspensionReason,
    UnknownSkill,
    WeeklyHours,
    WithoutProceeding,
)

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TODAY = NOW.date()
NAME = {"en": "Dhaka", "bn": "ঢাকা", "fa": "داکا", "ar": "دكا"}
HOME = Point(90.416, 23.7925)


@pytest.fixture
def home(session: Session) -> OrganizationId:
    id = organizations.found(
        session, town="dhaka", name=NAME, region="BD", currency="BDT", time_zone="Asia/Dhaka", language="bn",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings={}, now=NOW,
    )  # fmt: skip
    catalogue.stock(session, content.skills(), content.categories(), now=NOW)
    return id


@pytest.fixture
def zone(session: Session, home: OrganizationId) -> ZoneId:
    return catalogue.draw_zone(session, home, key="gulshan", name=NAME, centre=HOME, radius_metres=2_000)


def somebody() -> PersonId:
    person = PersonId(uuid7())
    vault.make_key(person)
    return person


@pytest.fixture
def manager() -> PersonId:
    return somebody()


@pytest.fixture
def rafiq(session: Session, home: OrganizationId, zone: ZoneId) -> PersonId:
    person = somebody()
    actions.enrol(session, person, home, home=HOME, home_zone=zone, now=NOW)
    actions.serve_zones(session, person, [zone])
    return person


def asked(session: Session, zone: ZoneId, *skills: str, on: date = TODAY) -> list[PersonId]:
    return [each.specialist for each in queries.candidates(session, skills=skills, zone_id=zone, on=on)]


def test_nobody_is_asked_for_work_they_were_not_verified_in(
    session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    assert asked(session, zone, "ac") == []
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    assert asked(session, zone, "ac") == [rafiq]
    assert asked(session, zone, "plumbing") == []
    assert asked(session, zone, "ac", "plumbing") == []


def test_all_the_skills_of_a_service_are_needed(
    session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    for skill in ("masonry", "tiling"):
        actions.verify_skill(session, rafiq, skill, by=manager, expires_on=None, now=NOW)
    assert asked(session, zone, "masonry", "tiling") == [rafiq]


def test_a_skill_counts_to_the_end_of_its_last_day(
    session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    last = TODAY + timedelta(days=30)
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=last, now=NOW)
    assert asked(session, zone, "ac", on=last) == [rafiq]
    assert asked(session, zone, "ac", on=last + timedelta(days=1)) == []


def test_a_renewed_skill_takes_the_place_of_the_former(
    session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=TODAY, now=NOW)
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW + timedelta(hours=1))
    [grant] = queries.specialist(session, rafiq, on=TODAY).grants
    assert (grant.skill, grant.verified_by, grant.expires_on) == ("ac", manager, None)


def test_a_skill_can_be_taken_back(session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    actions.revoke_skill(session, rafiq, "ac", by=manager, reason="the certificate was another's", now=NOW)
    assert asked(session, zone, "ac") == []


def test_nobody_verifies_themselves(session: Session, rafiq: PersonId) -> None:
    with pytest.raises(SelfVerification):
        actions.verify_skill(session, rafiq, "ac", by=rafiq, expires_on=None, now=NOW)


def test_a_skill_must_exist_and_its_proof_be_valid(session: Session, rafiq: PersonId, manager: PersonId) -> None:
    with pytest.raises(UnknownSkill):
        actions.verify_skill(session, rafiq, "flying", by=manager, expires_on=None, now=NOW)
    with pytest.raises(SkillWouldBeExpired):
        actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=TODAY - timedelta(days=1), now=NOW)


def test_somebody_suspended_is_in_no_list_and_knows_why(
    session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    actions.set_weekly_hours(session, rafiq, [WeeklyHours(1, time(9), time(17))], now=NOW)
    with pytest.raises(WithoutProceeding):
        actions.suspend(session, rafiq, SuspensionReason.SAFETY, by=manager, now=NOW)
    with pytest.raises(WithoutProceeding):
        actions.leave(session, rafiq, by=manager, now=NOW)
    later = NOW + timedelta(hours=1)
    actions.suspend(session, rafiq, SuspensionReason.SAFETY, by=manager, now=later, proceeding=uuid4())
    assert asked(session, zone, "ac") == []
    assert queries.working_periods(session, rafiq, TODAY, TODAY + timedelta(days=7), "Asia/Dhaka") == []
    newest = queries.history(session, rafiq)[0]
    assert (newest.before, newest.after, newest.reason) == (Standing.GOOD, Standing.SUSPENDED, "safety")
    with pytest.raises(SelfVerification):
        actions.reinstate(session, rafiq, by=rafiq, reason="heard", now=NOW)
    actions.reinstate(session, rafiq, by=manager, reason="heard", now=NOW + timedelta(hours=2))
    assert asked(session, zone, "ac") == [rafiq]


def test_an_applicant_cannot_be_suspended_and_nobody_twice(
    session: Session, rafiq: PersonId, manager: PersonId
) -> None:
    with pytest.raises(StandingUnchangeable):
        actions.suspend(session, rafiq, SuspensionReason.OWN_WISH, by=rafiq, now=NOW)


def test_a_zone_that_is_not_served_is_not_asked(
    session: Session, home: OrganizationId, zone: ZoneId, rafiq: PersonId, manager: PersonId
) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    far = catalogue.draw_zone(
        session, home, key="uttara", name=NAME, centre=Point(90.3983, 23.8759), radius_metres=2_000
    )
    assert asked(session, far, "ac") == []
    actions.serve_zones(session, rafiq, [zone, far, far])
    assert asked(session, far, "ac") == [rafiq]


def test_of_a_home_only_the_coarse_cell_is_kept(session: Session, rafiq: PersonId) -> None:
    kept = queries.specialist(session, rafiq, on=TODAY).base
    assert kept != HOME
    assert kept == queries.specialist(session, rafiq, on=TODAY).base
    assert replace(kept, longitude=round(kept.longitude, 4), latitude=round(kept.latitude, 4)) == Point(90.41, 23.79)


def test_hours_give_working_periods_and_one_day_can_differ(
    session: Session, rafiq: PersonId, manager: PersonId
) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    sunday = date(2026, 11, 22)
    actions.set_weekly_hours(session, rafiq, [WeeklyHours(7, time(9), time(17))], now=NOW)
    [period] = queries.working_periods(session, rafiq, sunday, sunday + timedelta(days=7), "Asia/Dhaka")
    assert (period.start, period.length) == (datetime(2026, 11, 22, 3, tzinfo=UTC), timedelta(hours=8))
    actions.set_day(session, rafiq, sunday, [], now=NOW)
    assert queries.working_periods(session, rafiq, sunday, sunday + timedelta(days=1), "Asia/Dhaka") == []
    actions.set_day(session, rafiq, sunday, [(time(10), time(12)), (time(15), time(16))], now=NOW)
    assert len(queries.working_periods(session, rafiq, sunday, sunday + timedelta(days=1), "Asia/Dhaka")) == 2
    actions.clear_day(session, rafiq, sunday, now=NOW)
    assert queries.working_periods(session, rafiq, sunday, sunday + timedelta(days=1), "Asia/Dhaka") == [period]


def test_changed_hours_are_told_upwards(session: Session, rafiq: PersonId) -> None:
    actions.set_weekly_hours(session, rafiq, [], now=NOW)
    told = session.scalars(select(Outbox.arguments).where(Outbox.task == "availability.hours_changed")).all()
    assert {"id": str(rafiq)} in told


def test_overlapping_hours_change_nothing(session: Session, rafiq: PersonId) -> None:
    actions.set_weekly_hours(session, rafiq, [WeeklyHours(1, time(9), time(17))], now=NOW)
    with pytest.raises(HoursOverlap):
        actions.set_weekly_hours(
            session, rafiq, [WeeklyHours(1, time(9), time(17)), WeeklyHours(1, time(16), time(18))], now=NOW
        )
    assert queries.weekly_hours(session, rafiq) == (WeeklyHours(1, time(9), time(17)),)


def test_enrolling_is_done_once_and_only_a_specialist_has_hours(
    session: Session, home: OrganizationId, zone: ZoneId, rafiq: PersonId
) -> None:
    with pytest.raises(AlreadyEnrolled):
        actions.enrol(session, rafiq, home, home=HOME, home_zone=zone, now=NOW)
    with pytest.raises(NotASpecialist):
        actions.set_weekly_hours(session, somebody(), [], now=NOW)


def test_ratings_are_counted(session: Session, zone: ZoneId, rafiq: PersonId, manager: PersonId) -> None:
    actions.verify_skill(session, rafiq, "ac", by=manager, expires_on=None, now=NOW)
    for stars in (5, 4, 5):
        actions.count_rating(session, rafiq, stars)
    session.expire_all()
    [candidate] = queries.candidates(session, skills=["ac"], zone_id=zone, on=TODAY)
    assert (candidate.rating_count, candidate.rating_hundredths) == (3, 466)
    assert queries.everybody(session, standing=Standing.GOOD) == [rafiq]
