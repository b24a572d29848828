"""Contact is released by acceptance alone, and gone at cancelling, handing on, and a while after completion (E.5)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from marketplace.foundation.ids import JobId, PersonId, uuid7
from marketplace.organizations import queries as organizations
from marketplace.organizations.actions import change_setting
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import ContactExpired, NotReleased
from tests.booking.jobs.town import Somebody, Town

MONEY = 1_000_000


def sees(
    session: Session, town: Town, job: UUID, reader: Somebody, subject: Somebody, *, role: str = "specialist"
) -> str:
    return privacy.reveal(
        session, subject=subject.id, field="phone", reader=Reader(reader.id, role), purpose="contact", now=town.now,
        job=JobId(job),
    )  # fmt: skip


def soon(town: Town) -> None:
    """Now lies within the lead of the visit."""
    town.later(hours=5)


def test_nothing_is_released_before_acceptance(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    soon(town)
    with pytest.raises(NotReleased):
        sees(session, town, job, karim, rahima)
    offered = queries.as_offered(session, job)
    told = str(offered)
    assert "House 12" not in told
    assert str(rahima.id) not in told
    assert str(rahima.address) not in told


def test_acceptance_releases_both_to_each_other_and_to_nobody_else(town: Town, session: Session) -> None:
    rahima, karim, other = town.customer(session, money=MONEY), town.craftsman(session), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    assert sees(session, town, job, rahima, karim, role="customer").startswith("+880")
    soon(town)
    assert sees(session, town, job, karim, rahima).startswith("+880")
    with pytest.raises(NotReleased):
        sees(session, town, job, other, rahima)


def a_lead_of_one_day(session: Session, town: Town) -> None:
    here = organizations.home(session)
    change_setting(session, here.id, "contact_lead_hours", 24, by=PersonId(uuid7()), reason="test", now=town.now)


def test_contact_opens_on_acceptance_however_far_the_visit(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    assert sees(session, town, job, karim, rahima)


def test_contact_opens_no_sooner_than_the_lead(town: Town, session: Session) -> None:
    a_lead_of_one_day(session, town)
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    with pytest.raises(NotReleased):
        sees(session, town, job, karim, rahima)


@pytest.mark.parametrize("end", ["customer", "worker", "operator"])
def test_cancelling_closes_contact_at_once(town: Town, session: Session, end: str) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    soon(town)
    sees(session, town, job, karim, rahima)
    town.later(minutes=1)
    if end == "customer":
        town.fire(session, job, "cancel_by_customer", rahima.customer)
    elif end == "worker":
        town.fire(session, job, "cancel_by_worker", karim.specialist, reason="illness")
    else:
        town.fire(session, job, "cancel_by_operator", town.dispatcher, reason="our_fault")
    with pytest.raises(ContactExpired):
        sees(session, town, job, karim, rahima)


def test_handing_on_closes_the_old_crew_and_opens_the_new(town: Town, session: Session) -> None:
    rahima, karim, jamal = town.customer(session, money=MONEY), town.craftsman(session), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    soon(town)
    town.fire(session, job, "reassign", town.dispatcher, specialist_id=jamal.id, reason="illness")
    with pytest.raises(ContactExpired):
        sees(session, town, job, karim, rahima)
    assert sees(session, town, job, jamal, rahima)


def test_contact_ends_a_while_after_completion(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    town.fire(session, job, "start", karim.specialist, waiver="no_phone")
    town.fire(session, job, "complete", karim.specialist)
    town.later(hours=23)
    assert sees(session, town, job, karim, rahima)
    town.later(hours=1)
    with pytest.raises(ContactExpired):
        sees(session, town, job, karim, rahima)
    town.fire(session, job, "auto_accept", SYSTEM)
    town.later(days=4)
    town.fire(session, job, "release", SYSTEM)
    past = queries.past_of(session, job, karim.id)
    assert past.zone == town.zone


def test_a_delay_moves_the_end_of_contact(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    start = town.now + timedelta(days=2)
    town.fire(
        session, job, "delay", karim.specialist, reason="parts", promised_start=start,
        promised_end=start + timedelta(hours=2),
    )  # fmt: skip
    town.later(days=2, hours=20)
    assert sees(session, town, job, karim, rahima)


def test_a_new_window_opens_and_ends_contact_anew(town: Town, session: Session) -> None:
    a_lead_of_one_day(session, town)
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=5)
    assert sees(session, town, job, karim, rahima)
    start = town.tomorrow.start + timedelta(days=3)
    town.fire(
        session, job, "reschedule", rahima.customer, promised_start=start, promised_end=start + timedelta(hours=2)
    )
    with pytest.raises(NotReleased):
        sees(session, town, job, karim, rahima)
    visit = queries.for_desk(session, job, town.dispatcher, now=town.now).occupation
    assert visit is not None
    assert availability.visit(session, visit).starts_at >= start
    town.later(days=3)
    assert sees(session, town, job, karim, rahima)
