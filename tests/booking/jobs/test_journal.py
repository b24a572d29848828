"""Commands, versions and the journal: the same command is one effect, a stale page changes nothing."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from booking.jobs import actions, cancelling, queries
from booking.jobs.rules import Actor, CommandReused, JobNotFound, StaleVersion, StartCodeBlocked, StartCodeWrong
from booking.jobs.tables import JobEvent
from booking.jobs.words import Event, Role, State
from tests.booking.jobs.town import Town

MONEY = 1_000_000


def events(session: Session, job: object) -> list[str]:
    return list(session.scalars(select(JobEvent.event).where(JobEvent.job_id == job).order_by(JobEvent.place)))


def test_the_same_command_twice_is_one_effect_and_one_answer(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job, command = town.held(session, rahima).job_id, uuid4()
    first = actions.fire(session, job, "fund", actor=rahima.customer, command_id=command, now=town.now)
    again = actions.fire(session, job, "fund", actor=rahima.customer, command_id=command, now=town.later(minutes=1))
    assert not first.again
    assert again.again
    assert (again.event, again.state, again.version) == (first.event, first.state, first.version)
    assert events(session, job).count("fund") == 1


def test_a_command_id_does_one_thing_only(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    job, command = town.held(session, rahima).job_id, uuid4()
    actions.fire(session, job, "fund", actor=rahima.customer, command_id=command, now=town.now)
    with pytest.raises(CommandReused):
        actions.fire(session, job, "cancel_by_customer", actor=rahima.customer, command_id=command, now=town.now)
    other = Actor(Role.AGENT, uuid4())
    with pytest.raises(CommandReused):
        actions.fire(session, job, "fund", actor=other, command_id=command, now=town.now)


def test_a_stale_page_changes_nothing(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    held = town.held(session, rahima)
    town.fire(session, held.job_id, "fund", rahima.customer)
    with pytest.raises(StaleVersion):
        actions.fire(
            session, held.job_id, "cancel_by_customer", actor=rahima.customer, command_id=uuid4(), now=town.now,
            expected_version=held.version,
        )  # fmt: skip
    assert queries.for_customer(session, held.job_id, rahima.id, now=town.now).job.state is State.REQUESTED


def test_the_journal_is_a_chain_that_shows_any_change(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    assert queries.chain_is_whole(session, job)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("UPDATE job_event SET reason = 'x'"))
    session.execute(text("SET LOCAL ROLE NONE; ALTER TABLE job_event DISABLE TRIGGER job_event_append_only"))
    session.execute(text("UPDATE job_event SET role = 'agent' WHERE place = 2"))
    session.expire_all()
    assert not queries.chain_is_whole(session, job)


def test_every_event_has_its_actor_and_both_times(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    by_phone = town.now.replace(minute=0)
    actions.fire(session, job, "depart", actor=karim.specialist, command_id=uuid4(), device_at=by_phone, now=town.now)
    last = queries.timeline(session, job, karim.specialist)[-1]
    assert (last.event, last.actor, last.device_at, last.at) == (Event.DEPART, karim.id, by_phone, town.now)


def test_customer_and_specialist_do_not_see_who_else_was_asked(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.opened(session, rahima)
    town.fire(session, job, "offer", Actor(Role.SYSTEM), specialist_id=karim.id)
    seen = {each.event for each in queries.timeline(session, job, rahima.customer)}
    assert Event.OFFER not in seen
    assert Event.OFFER in {each.event for each in queries.timeline(session, job, town.dispatcher)}
    with pytest.raises(JobNotFound):
        queries.timeline(session, job, karim.specialist)


def test_a_wrong_start_code_is_counted_and_five_of_them_block(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "depart", karim.specialist)
    town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
    code = queries.start_code(session, job, rahima.id)
    assert code is not None
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    for left in (4, 3, 2, 1, 0):
        tried = town.fire(session, job, "start", karim.specialist, start_code=wrong)
        assert tried.refusal == StartCodeWrong(left)
        assert tried.state is State.ON_SITE
    with pytest.raises(StartCodeBlocked):
        town.fire(session, job, "start", karim.specialist, start_code=code)
    assert town.fire(session, job, "start", karim.specialist, waiver="code_lost").state is State.IN_PROGRESS
    recorded = session.scalars(select(JobEvent.facts).where(JobEvent.job_id == job)).all()
    assert code not in str(recorded)
    assert wrong not in str(recorded)


def test_the_right_start_code_starts(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    town.later(hours=26)
    town.fire(session, job, "arrive", karim.specialist, dwell_seconds=90)
    code = queries.start_code(session, job, rahima.id)
    assert town.fire(session, job, "start", karim.specialist, start_code=code).state is State.IN_PROGRESS
    assert queries.start_code(session, job, rahima.id) is None


def test_only_its_own_customer_and_crew_find_a_job(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    stranger, idle = town.customer(session), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    assert queries.for_customer(session, job, rahima.id, now=town.now).specialist == karim.id
    assert queries.for_crew(session, job, karim.id, now=town.now).customer == rahima.id
    for look in (
        lambda: queries.for_customer(session, job, stranger.id, now=town.now),
        lambda: queries.for_crew(session, job, idle.id, now=town.now),
        lambda: queries.start_code(session, job, stranger.id),
        lambda: cancelling.preview(session, job, stranger.id, now=town.now),
        lambda: queries.past_of(session, job, idle.id),
    ):
        with pytest.raises(JobNotFound):
            look()
    number = queries.for_desk(session, job, town.dispatcher, now=town.now).number
    assert queries.by_number(session, number.lower()[2:], town.dispatcher, now=town.now).id == job
