"""Plans on a real database: proposed, paid by permission, skipped, paused and stopped; never twice."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from booking.dispatch import wishes
from booking.jobs import lists
from booking.jobs import queries as jobs
from booking.jobs.rules import SYSTEM
from booking.jobs.tables import Job
from booking.jobs.words import Event, State
from booking.plans import actions as plans
from booking.plans import engine, proposing, queries
from booking.plans.actions import NewPlan
from booking.plans.rules import (
    FirstDayRefused,
    IntervalOutOfBounds,
    NothingToSkip,
    NotPlannable,
    Outcome,
    PermissionRefused,
    PlanEnded,
    PlanPriceChanged,
    PlanState,
    SkipCosts,
    Why,
    Wish,
)
from booking.plans.tables import PlanVisit, ServicePlan
from marketplace.catalogue import queries as offered
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.periods import Period
from marketplace.organizations import actions as organizations
from marketplace.people import actions as people
from marketplace.people.rules import NoSuchAddress
from marketplace.people.tables import PersonRow
from marketplace.privacy import actions as privacy
from payments.wallets import queries as wallets
from tests.booking.jobs.crew_town import for_three
from tests.booking.jobs.town import Town, top_up
from tests.booking.plans.planned import (
    FIRST,
    begun,
    end_by_the_clock,
    letters,
    make_dearer,
    seen,
    started,
    visit,
    wanted,
    works_on,
)
from web import invariants

MONEY = 10_000_000


def test_a_visit_is_proposed_in_a_window_that_fits_and_waits_for_its_money(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    engine.look(session, plan, now=town.now)
    view, job = seen(session, plan, rahima), visit(session, plan, rahima, town)
    assert (job.job.state, job.job.funded, job.job.slot_held) == (State.REQUESTED, False, True)
    assert job.job.window is not None
    assert (job.job.window.start.date(), job.job.window.start.hour) == (FIRST, 2)  # eight in the morning in Dhaka
    assert job.slot_until == town.now + timedelta(hours=24)
    assert (view.due_on, view.visits[0].as_wished) == (FIRST, True)
    assert letters(session, rahima) == ["plan_visit"]
    day = Period(job.job.window.start - timedelta(hours=2), job.job.window.start + timedelta(hours=9))
    assert queries.jobs_in(session, day) == {job.id}
    assert queries.jobs_in(session, Period(day.end, day.end + timedelta(days=1))) == frozenset()


def test_verify_finds_a_proposal_without_its_job(town: Town, session: Session) -> None:
    _, plan = begun(town, session)
    engine.look(session, plan, now=town.now)

    def broken() -> list[int]:
        session.flush()
        return [int(session.scalar(text(sql)) or 0) for sql in invariants.OF_PLANS.values()]

    assert broken() == [0, 0]
    session.execute(update(PlanVisit).values(job_id=uuid4()))
    assert broken() == [0, 1]
    session.execute(text("SET LOCAL ROLE NONE"))
    session.execute(text("DROP INDEX plan_visit_one_at_a_time"))
    again = {"plan_id": plan, "due_on": FIRST, "as_wished": True, "made_at": town.now}
    session.execute(insert(PlanVisit).values(**again, id=uuid4(), attempt=2, job_id=uuid4()))
    assert broken() == [1, 2]


def test_looks_that_come_twice_or_late_make_one_visit(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    for _ in range(3):
        engine.look(session, plan, now=town.now)
    assert len(lists.of_customer(session, rahima.id)) == 1
    assert letters(session, rahima) == ["plan_visit"]
    town.later(days=100)
    for each in town.specialists:
        works_on(session, town, each, days=30)
    end_by_the_clock(session, plan, town)
    for _ in range(3):
        engine.look(session, plan, now=town.now)
    assert len(lists.of_customer(session, rahima.id)) == 2
    view = seen(session, plan, rahima)
    assert [each.outcome for each in view.visits] == [None, Outcome.NO_TIME, Outcome.UNPAID]
    assert view.due_on == date(2027, 2, 24)


def test_two_workers_at_once_make_one_visit(busy_town: Town) -> None:
    with transaction() as session:
        rahima, plan = begun(busy_town, session)
    gate = Barrier(3)

    def work() -> None:
        gate.wait()
        with transaction() as mine:
            engine.look(mine, plan, now=busy_town.now)

    workers = [Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(PlanVisit)) == 1
        assert len(lists.of_customer(session, rahima.id)) == 1


def test_with_permission_and_money_the_visit_pays_for_itself(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    price = seen(session, plan, rahima).price
    plans.allow(session, plan, customer=rahima.id, limit=price, now=town.now)
    engine.look(session, plan, now=town.now)
    paid = visit(session, plan, rahima, town).job
    assert paid.funded
    assert paid.price is not None
    balance = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
    assert balance.available == Money(MONEY, "BDT") - paid.price


def test_without_money_the_time_is_kept_and_paid_when_money_has_come(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    plans.allow(session, plan, customer=rahima.id, limit=seen(session, plan, rahima).price, now=town.now)
    engine.look(session, plan, now=town.now)
    assert not visit(session, plan, rahima, town).job.funded
    top_up(session, rahima.id, MONEY, now=town.now)
    engine.look(session, plan, now=town.later(hours=3))
    assert visit(session, plan, rahima, town).job.funded


def test_a_price_above_the_plans_asks_and_is_agreed_on_or_not(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    agreed = seen(session, plan, rahima).price
    plans.allow(session, plan, customer=rahima.id, limit=agreed, now=town.now)
    make_dearer(session, town)
    engine.look(session, plan, now=town.now)
    asked = visit(session, plan, rahima, town).job.price
    assert asked is not None
    assert asked > agreed
    assert not visit(session, plan, rahima, town).job.funded
    with pytest.raises(PlanPriceChanged):
        plans.agree_price(session, plan, customer=rahima.id, shown=agreed, now=town.now)
    now = plans.price_now(session, session.get_one(ServicePlan, plan), now=town.now)
    plans.agree_price(session, plan, customer=rahima.id, shown=now, now=town.now)
    engine.look(session, plan, now=town.now)
    assert not visit(session, plan, rahima, town).job.funded  # the old permission covers the old price only
    plans.allow(session, plan, customer=rahima.id, limit=now, now=town.now)
    engine.look(session, plan, now=town.now)
    assert visit(session, plan, rahima, town).job.funded


def test_a_discount_is_a_line_of_every_quote(town: Town, session: Session) -> None:
    organizations.change_setting(
        session,
        town.organization,
        "plan_discount_basis_points",
        1_000,
        by=town.manager,
        reason="for those who stay",
        now=town.now,
    )
    rahima, plan = begun(town, session)
    engine.look(session, plan, now=town.now)
    mine = visit(session, plan, rahima, town)
    assert mine.terms is not None
    off = [line.amount.minor for line in mine.terms.quote.lines if line.code == "plan"]
    whole = sum(line.amount.minor for line in mine.terms.quote.lines if line.code != "plan")
    assert off == [-whole // 10]
    organizations.change_setting(
        session, town.organization, "plan_discount_basis_points", 0, by=town.manager, reason="enough", now=town.now
    )
    assert (
        plans.price_now(session, session.get_one(ServicePlan, plan), now=town.now) == seen(session, plan, rahima).price
    )
    assert seen(session, plan, rahima).price == mine.job.price


def test_a_permission_is_revoked_and_kept_as_it_was(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    price = seen(session, plan, rahima).price
    for minor in (0, -1, price.minor + 1):
        with pytest.raises(PermissionRefused):
            plans.allow(session, plan, customer=rahima.id, limit=Money(minor, "BDT"), now=town.now)
    plans.allow(session, plan, customer=rahima.id, limit=price, now=town.now)
    plans.disallow(session, plan, customer=rahima.id, now=town.now)
    engine.look(session, plan, now=town.now)
    assert not visit(session, plan, rahima, town).job.funded
    told = [each for each in privacy.export_of(session, person=rahima.id) if each.table == "plan_permission"]
    assert {each.name for each in told} >= {"permission given at", "permission revoked at"}


def test_skipping_lets_one_day_pass_and_twice_is_once(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    engine.look(session, plan, now=town.now)
    job = visit(session, plan, rahima, town).id
    for _ in range(2):
        plans.skip(session, plan, customer=rahima.id, due=FIRST, now=town.now)
    view = seen(session, plan, rahima)
    assert (view.due_on, view.visit, view.visits[0].outcome) == (date(2026, 12, 24), None, Outcome.SKIPPED)
    assert jobs.for_customer(session, job, rahima.id, now=town.now).job.state is State.CANCELLED
    plans.skip(session, plan, customer=rahima.id, due=date(2026, 12, 24), now=town.now)
    assert seen(session, plan, rahima).due_on == date(2027, 1, 24)
    with pytest.raises(NothingToSkip):
        plans.skip(session, plan, customer=rahima.id, due=date(2027, 5, 24), now=town.now)


def test_a_paid_visit_is_skipped_free_of_charge_or_not_at_all(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    plans.allow(session, plan, customer=rahima.id, limit=seen(session, plan, rahima).price, now=town.now)
    engine.look(session, plan, now=town.now)
    job = visit(session, plan, rahima, town)
    town.fire(session, job.id, Event.PUBLISH, SYSTEM)
    town.fire(session, job.id, Event.ACCEPT, town.specialists[0].specialist, offer_id=uuid4())
    assert job.job.window is not None
    before, town.now = town.now, job.job.window.start - timedelta(minutes=30)
    with pytest.raises(SkipCosts):
        plans.skip(session, plan, customer=rahima.id, due=FIRST, now=town.now)
    town.now = before + timedelta(hours=1)
    plans.skip(session, plan, customer=rahima.id, due=FIRST, now=town.now)
    balance = wallets.balance(session, owner=rahima.id, owner_kind="customer", currency="BDT")
    assert balance.available == Money(MONEY, "BDT")


def test_a_paused_plan_proposes_nothing_and_goes_on_with_the_day_whose_turn_it_is(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    engine.look(session, plan, now=town.now)
    plans.pause(session, plan, customer=rahima.id, now=town.now)
    view = seen(session, plan, rahima)
    assert (view.state, view.why, view.visit) == (PlanState.PAUSED, Why.CUSTOMER, None)
    town.later(days=70)
    engine.look(session, plan, now=town.now)
    assert seen(session, plan, rahima).visit is None
    plans.resume(session, plan, customer=rahima.id, now=town.now)
    assert seen(session, plan, rahima).due_on == date(2027, 1, 24)


def test_a_plan_stopped_between_hold_and_payment_pays_nothing(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    engine.look(session, plan, now=town.now)
    job = visit(session, plan, rahima, town).id
    plans.stop(session, plan, customer=rahima.id, now=town.now)
    engine.look(session, plan, now=town.now)
    assert jobs.for_customer(session, job, rahima.id, now=town.now).job.state is State.CANCELLED
    with pytest.raises(PlanEnded):
        plans.allow(session, plan, customer=rahima.id, limit=Money(1, "BDT"), now=town.now)
    assert session.scalar(select(func.count()).where(Job.customer_id == rahima.id, Job.funded_at.is_not(None))) == 0


def test_a_paid_visit_outlives_its_plan_and_is_settled(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session, money=MONEY)
    plans.allow(session, plan, customer=rahima.id, limit=seen(session, plan, rahima).price, now=town.now)
    engine.look(session, plan, now=town.now)
    plans.stop(session, plan, customer=rahima.id, now=town.now)
    assert visit(session, plan, rahima, town).job.funded
    session.execute(update(Job).where(Job.customer_id == rahima.id).values(state=State.EXPIRED.value))
    engine.look(session, plan, now=town.now)
    assert [each.outcome for each in seen(session, plan, rahima).visits] == [Outcome.UNPAID]


def test_an_address_that_is_given_up_pauses_the_plan_and_says_so(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    assert rahima.address is not None
    people.end_address(session, person=rahima.id, address=rahima.address, now=town.now)
    engine.look(session, plan, now=town.now)
    view = seen(session, plan, rahima)
    assert (view.state, view.why, view.visits) == (PlanState.PAUSED, Why.ADDRESS_GONE, ())
    assert letters(session, rahima) == ["plan_paused"]
    with pytest.raises(NoSuchAddress):
        plans.start(session, wanted(session, town, rahima), customer=rahima.id, shown=None, command_id=uuid7(),
                    now=town.now)  # fmt: skip


def test_an_area_that_is_served_no_more_pauses_the_plan(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    session.execute(text("UPDATE address SET zone_id = gen_random_uuid() WHERE person_id = :id"), {"id": rahima.id})
    engine.look(session, plan, now=town.now)
    assert seen(session, plan, rahima).why is Why.NOT_SERVED


def test_a_customer_who_has_gone_takes_the_plan_with_them(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    session.execute(
        update(PersonRow).where(PersonRow.id == rahima.id)
        .values(erased_at=town.now, name=None, username=None, username_blind=None)
    )  # fmt: skip
    engine.look(session, plan, now=town.now)
    view = seen(session, plan, rahima)
    assert (view.state, view.why, view.visits) == (PlanState.ENDED, Why.ERASED, ())
    assert letters(session, rahima) == []


def test_where_nobody_has_time_the_plan_says_so_once_and_takes_the_nearest_later(town: Town, session: Session) -> None:
    rahima = town.customer(session)
    plan = started(session, town, rahima)
    for _ in range(2):
        engine.look(session, plan, now=town.now)
    assert seen(session, plan, rahima).visits == ()
    assert letters(session, rahima) == ["plan_no_time"]
    town.craftsman(session)
    plans.skip(session, plan, customer=rahima.id, due=FIRST, now=town.now)
    mondays = started(session, town, rahima, wish=Wish(frozenset({1}), "morning"), first=date(2026, 11, 25))
    engine.look(session, mondays, now=town.now)
    assert [each.as_wished for each in seen(session, mondays, rahima).visits] == [False]  # hours end before Monday


def test_who_came_last_is_asked_first(town: Town, session: Session) -> None:
    rahima, karim = town.customer(session, money=MONEY), town.craftsman(session)
    job = town.assigned(session, rahima, karim)
    session.execute(update(Job).where(Job.id == job).values(state="approved", approved_at=town.now))
    town.craftsman(session)
    plan = started(session, town, rahima, wish=Wish(band="morning", same_person=True))
    engine.look(session, plan, now=town.now)
    mine = visit(session, plan, rahima, town)
    assert wishes.wished(session, mine.id) == karim.id
    assert session.get_one(Job, mine.id).planned_specialist_id == karim.id


def test_nobody_found_is_tried_again_and_what_the_customer_called_off_is_not(town: Town, session: Session) -> None:
    rahima, plan = begun(town, session)
    for outcome in ("nobody_found", "unfunded"):
        engine.look(session, plan, now=town.now)
        town.fire(session, visit(session, plan, rahima, town).id, Event.EXPIRE, SYSTEM, reason=outcome)
    engine.look(session, plan, now=town.now)
    view = seen(session, plan, rahima)
    assert [(each.attempt, each.outcome) for each in view.visits] == [(2, Outcome.UNPAID), (1, Outcome.NOT_FOUND)]
    assert (view.due_on, view.visit) == (date(2026, 12, 24), None)


def test_what_cannot_be_planned_is_refused_and_nothing_is_written(town: Town, session: Session) -> None:
    rahima, other = town.customer(session), town.customer(session)
    wrong: list[tuple[NewPlan, type[Exception]]] = [
        (wanted(session, town, rahima, every=0), IntervalOutOfBounds),
        (wanted(session, town, rahima, every=25), IntervalOutOfBounds),
        (wanted(session, town, rahima, first=date(2026, 11, 21)), FirstDayRefused),
        (wanted(session, town, rahima, first=date(2028, 11, 21)), FirstDayRefused),
        (wanted(session, town, other), NoSuchAddress),
    ]
    for new, refusal in wrong:
        with pytest.raises(refusal):
            plans.start(session, new, customer=rahima.id, shown=None, command_id=uuid7(), now=town.now)
    renovation = offered.service(session, "renovation", now=town.now).id
    with pytest.raises(NotPlannable):
        plans.price(session, replace(wanted(session, town, rahima), service=renovation), now=town.now)
    with pytest.raises(PlanPriceChanged):
        plans.start(session, wanted(session, town, rahima), customer=rahima.id, shown=Money(1, "BDT"),
                    command_id=uuid7(), now=town.now)  # fmt: skip
    assert session.scalar(select(func.count()).select_from(ServicePlan)) == 0
    assert proposing.may_come_back(session, town.service, now=town.now)
    assert not proposing.may_come_back(session, renovation, now=town.now)
    for_three(session, town)
    assert not proposing.may_come_back(session, town.service, now=town.now)


def test_a_look_asks_for_the_next_one_and_only_once(town: Town, session: Session) -> None:
    _, plan = begun(town, session)
    engine.look(session, plan, now=town.now)
    engine.look(session, plan, now=town.now)
    asked = select(Outbox.due_at).where(Outbox.task == "plans.look", Outbox.arguments["id"].astext == str(plan))
    assert sorted(session.scalars(asked)) == [town.now, town.now + timedelta(hours=3)]
