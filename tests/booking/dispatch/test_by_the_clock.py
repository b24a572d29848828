"""A job that nobody touches but its people: everything in between happens by tasks and the clock."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from booking.dispatch import actions, queries
from booking.dispatch import tasks as dispatch_tasks
from booking.jobs import queries as jobs
from booking.jobs import requests
from booking.jobs import tasks as job_tasks
from booking.jobs.actions import fire
from booking.jobs.words import Event, State
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.tasks import run_all_due
from payments.wallets import queries as wallets
from tests.booking.jobs.town import SUNDAY, Somebody, Town, top_up
from web.opening import load_tasks

MONEY = 1_000_000


@pytest.fixture
def town(busy_town: Town) -> Town:
    load_tasks()
    clock.travel_to(SUNDAY)
    return busy_town


def passes(town: Town, **by: int) -> None:
    """Time passes for the town and for the clock that tasks read; then everything due is done."""
    to = town.later(**by)
    clock.travel_to(to)
    run_all_due(rounds=200)


def requested(town: Town, *, money: int = MONEY) -> tuple[UUID, Somebody, Somebody]:
    with transaction() as session:
        karim, rahima = town.craftsman(session), town.customer(session, money=money)
        return town.held(session, rahima).job_id, rahima, karim


def paid(town: Town) -> tuple[UUID, Somebody, Somebody]:
    job, rahima, karim = requested(town)
    with transaction() as session:
        fire(session, job, "fund", actor=rahima.customer, command_id=uuid4(), now=town.now)
    passes(town, seconds=1)
    return job, rahima, karim


def state(town: Town, job: UUID) -> State:
    with transaction() as session:
        return jobs.for_desk(session, job, town.dispatcher, now=town.now).job.state


def money_of(who: Somebody, kind: str = "customer") -> tuple[int, int]:
    with transaction() as session:
        found = wallets.balance(
            session, owner=who.id, owner_kind="specialist" if kind == "specialist" else "customer", currency="BDT"
        )
        return found.posted.minor, found.held.minor


def test_every_task_that_is_asked_for_exists() -> None:
    load_tasks()
    assert set(tasks.names()) >= {
        "jobs.fund", "jobs.publish", "jobs.auto_accept", "jobs.release", "jobs.expire", "jobs.expire_hold",
        "jobs.close_contact", "jobs.forget_draft", "jobs.destroy_draft_key", "dispatch.match",
        "dispatch.expire_offer", "dispatch.withdraw", "dispatch.batch", "dispatch.replay",
        "dispatch.presence", "dispatch.tend", "dispatch.relieve", "dispatch.plan_day", "dispatch.plan_watch",
    }  # fmt: skip
    assert dispatch_tasks.match is not job_tasks.publish


def test_from_payment_to_the_specialists_own_money(town: Town) -> None:
    job, rahima, karim = paid(town)
    with transaction() as session:
        (offer,) = queries.offers_of(session, karim.id, now=town.now)
        actions.see(session, offer.id, specialist=karim.id, now=town.now)
        actions.accept(session, offer.id, specialist=karim.id, command_id=uuid4(), now=town.now)
    passes(town, hours=26)
    with transaction() as session:
        for event, facts in (
            ("depart", {}),
            ("arrive", {"reason": "by_hand"}),
            ("start", {"start_code": jobs.start_code(session, job, rahima.id)}),
            ("complete", {}),
        ):
            town.fire(session, job, event, karim.specialist, **facts)
    passes(town, hours=23)
    assert state(town, job) is State.COMPLETED
    passes(town, hours=2)
    assert state(town, job) is State.APPROVED
    posted, held = money_of(karim, "specialist")
    assert posted == held > 0
    passes(town, days=3, minutes=5)
    assert state(town, job) is State.CLOSED
    assert money_of(karim, "specialist") == (posted, 0)
    with transaction() as session:
        assert jobs.chain_is_whole(session, job)
        assert queries.decisions_replay(session, job)


def test_nobody_answers_and_everything_comes_back_in_time(town: Town) -> None:
    job, rahima, karim = paid(town)
    passes(town, seconds=40)
    with transaction() as session:
        (again,) = queries.offers_of(session, karim.id, now=town.now)
        assert again.mode == "broadcast"
    passes(town, hours=2, minutes=5)
    assert state(town, job) is State.EXPIRED
    assert money_of(rahima) == (MONEY, 0)
    with transaction() as session:
        assert queries.offers_of(session, karim.id, now=town.now) == []


def test_a_late_top_up_funds_the_job_while_its_time_is_kept(town: Town) -> None:
    job, rahima, _ = requested(town, money=0)
    with transaction() as session:
        top_up(session, rahima.id, MONEY, now=town.now)
        tasks_row = uuid4()
        from marketplace.foundation.outbox import enqueue

        enqueue(session, "jobs.fund", key=tasks_row, id=job)
    passes(town, minutes=5)
    assert state(town, job) is State.OPEN


def test_an_unpaid_request_loses_its_time_and_then_expires(town: Town) -> None:
    job, rahima, _ = requested(town)
    passes(town, minutes=16)
    with transaction() as session:
        mine = jobs.for_customer(session, job, rahima.id, now=town.now)
        assert (mine.job.state, mine.job.slot_held) == (State.REQUESTED, False)
        requests.hold_slot(session, job, window=town.tomorrow, actor=rahima.customer, command_id=uuid4(), now=town.now)
    passes(town, hours=25)
    assert state(town, job) is State.EXPIRED


def test_an_open_case_stops_the_timer_and_its_decision_starts_it_again(town: Town) -> None:
    job, rahima, karim = paid(town)
    with transaction() as session:
        (offer,) = queries.offers_of(session, karim.id, now=town.now)
        actions.accept(session, offer.id, specialist=karim.id, command_id=uuid4(), now=town.now)
    passes(town, hours=26)
    with transaction() as session:
        town.fire(session, job, "arrive", karim.specialist, reason="by_hand")
        town.fire(session, job, "start", karim.specialist, waiver="no_phone")
        town.fire(session, job, "complete", karim.specialist)
        town.fire(session, job, Event.OPEN_CASE, rahima.customer)
    passes(town, hours=30)
    assert state(town, job) is State.COMPLETED
    with transaction() as session:
        agent = town.dispatcher.__class__(role=town.dispatcher.role.AGENT, person_id=town.manager)
        town.fire(session, job, Event.DECIDE_CASE, agent)
    passes(town, minutes=1)
    assert state(town, job) is State.APPROVED


def test_a_draft_nobody_submits_is_gone_after_a_day(town: Town) -> None:
    with transaction() as session:
        rahima = town.customer(session)
        job = town.draft(session, rahima).job_id
    passes(town, hours=25)
    assert state(town, job) is State.CANCELLED


def test_the_clock_of_this_test_is_the_towns(town: Town) -> None:
    assert abs((clock.now() - town.now).total_seconds()) < 60
    assert isinstance(town.now, datetime)
