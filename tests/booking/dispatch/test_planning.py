"""A day is planned anew, shown, and published or dropped: with sickness and cancellations, twice, at once, too late."""

import sys
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.availability import actions as availability_actions
from booking.availability import queries as availability
from booking.availability.rules import Booked, Somebody, Status
from booking.availability.tables import Occupation
from booking.availability.windows import day_period
from booking.dispatch import (
    actions,
    matching,
    planning,
    planning_publish,
    planning_queries,
    planning_tasks,
    planning_watch,
)
from booking.dispatch.day_plan import DayPlanner, Plan, Problem
from booking.dispatch.day_times import plan_of
from booking.dispatch.planning_facts import offered_to
from booking.dispatch.planning_problem import collect
from booking.dispatch.planning_rules import Kept, NotAPlanningDay, Outcome, PlanDecided, PlanNotFound, PlanState, Why
from booking.dispatch.vroom_planner import VroomPlanner
from booking.jobs import queries as jobs
from booking.jobs.drafts import Draft
from booking.jobs.tables import Job
from booking.jobs.words import Event, Method
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell
from marketplace.notices import queries as notices
from marketplace.notices.tables import DeliveryRow
from tests.booking.dispatch.test_races import at_once
from tests.booking.jobs.town import GULSHAN, Town
from tests.booking.jobs.town import Somebody as Person
from web.letters import plan_loaders
from web.letters.facts import load_facts

MONEY = 10_000_000
UTTARA = Point(90.39, 23.87)


@dataclass(frozen=True)
class Greedy:
    """A planner without a solver: each visit, one after the other, where it costs least."""

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        return plan_of(problem, {}, solver="greedy", seed=0, wishes=_stood(problem))


def _stood(problem: Problem) -> dict[UUID, int]:
    return {id: stop.starts for id, (_, stop) in problem.standing.served().items()}


def tomorrow(town: Town) -> date:
    return town.now.date() + timedelta(days=1)


def planned(session: Session, town: Town, planner: DayPlanner | None = None) -> UUID:
    """Ask, solve, write down; what the task does between its transactions."""
    id = planning.ask(session, tomorrow(town), why=Why.ASKED, by=town.manager, now=town.now)
    collected = planning.begin(session, id, now=town.now)
    assert collected is not None
    plan = (planner or Greedy()).plan_day(collected.problem, seconds=2)
    planning.propose(session, id, collected, plan, now=town.now)
    return id


def far_and_near(session: Session, town: Town) -> tuple[UUID, Person, Person, Person]:
    """A visit that looks for somebody, planned with one from far away, and one who lives next door."""
    rahima, far = town.customer(session, money=MONEY), town.craftsman(session, at=UTTARA)
    job = town.opened(session, rahima)
    return job, rahima, far, town.craftsman(session, at=GULSHAN)


def visit(session: Session, job: UUID) -> Booked:
    (found,) = availability.visits_of_job(session, JobId(job))
    return found


def who_has(session: Session, town: Town, job: UUID) -> tuple[PersonId, PersonId | None]:
    return visit(session, job).specialist, jobs.for_desk(session, job, town.dispatcher, now=town.now).planned


def stays_away(session: Session, town: Town, who: Person) -> None:
    policy = availability.policy(session)
    day = tomorrow(town)
    availability_actions.expand(
        session, who.id, [], from_day=day, to_day=day + timedelta(days=1), now=town.now, policy=policy
    )


def letters(session: Session, who: Person) -> list[str]:
    rows = session.scalars(select(DeliveryRow.letter).where(DeliveryRow.person_id == who.id))
    return [letter for letter in rows if letter == "day_changed"]


def test_who_lives_nearer_takes_over_what_nobody_has_accepted(town: Town, session: Session) -> None:
    job, _, far, near = far_and_near(session, town)
    id = planned(session, town)
    view = planning_queries.plan(session, id)
    assert view.card.state is PlanState.PROPOSED
    assert view.card.saves >= 5
    assert view.card.served_before == view.card.served_after == 1
    assert {each.specialist for each in view.changes} == {far.id, near.id}
    assert who_has(session, town, job)[0] == far.id  # nothing has changed before it is published
    first = planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert (first.applied, first.kept) == (2, 0)
    assert who_has(session, town, job) == (near.id, near.id)
    assert visit(session, job).window == town.tomorrow
    assert planning_publish.publish(session, id, by=town.manager, now=town.now) == first
    assert letters(session, far) == letters(session, near) == []  # neither had accepted it
    (offer,) = matching.match(session, job, now=town.now)
    actions.accept(session, offer, specialist=near.id, command_id=uuid4(), now=town.now)
    assert visit(session, job).status is Status.CONFIRMED


def test_what_somebody_has_accepted_stays_with_them(town: Town, session: Session) -> None:
    rahima, far = town.customer(session, money=MONEY), town.craftsman(session, at=UTTARA)
    job = town.assigned(session, rahima, far)
    town.craftsman(session, at=GULSHAN)
    problem = collect(session, tomorrow(town), now=town.now).problem
    assert [each.locked_to for each in problem.visits] == [far.id]
    view = planning_queries.plan(session, planned(session, town))
    assert view.card.state is PlanState.UNCHANGED
    assert who_has(session, town, job)[0] == far.id
    stays_away(session, town, far)
    away = planning_queries.plan(session, planned(session, town))
    assert [(card.id if card else None, why) for card, why in away.left_out] == [(job, "to_hand_on")]


def test_the_visits_of_somebody_who_falls_ill_go_to_others(town: Town, session: Session) -> None:
    job, _, far, near = far_and_near(session, town)
    stays_away(session, town, far)
    later = town.later(hours=3)
    assert planning_watch.reason(session, tomorrow(town), now=later) is Why.ABSENCE
    id = planned(session, town)
    view = planning_queries.plan(session, id)
    assert (view.card.served_before, view.card.served_after) == (0, 1)
    assert planning_watch.reason(session, tomorrow(town), now=later) is None
    planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert who_has(session, town, job) == (near.id, near.id)
    assert availability.plan_of(session, far.id, within=day_period(tomorrow(town), "Asia/Dhaka")) == ()


def test_a_visit_that_was_given_back_finds_a_place_again(town: Town, session: Session) -> None:
    job, _, far, near = far_and_near(session, town)
    matching.match(session, job, now=town.now)
    town.fire(session, job, Event.ACCEPT, far.specialist, offer_id=uuid4())
    town.fire(session, job, Event.CANCEL_BY_WORKER, far.specialist, reason="illness")
    assert availability.visits_of_job(session, jobs.for_desk(session, job, town.dispatcher, now=town.now).id) == ()
    assert planning_watch.reason(session, tomorrow(town), now=town.later(minutes=1)) is Why.ABSENCE
    id = planned(session, town)
    planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert who_has(session, town, job)[0] in {near.id, far.id}
    assert visit(session, job).window == town.tomorrow


def test_a_cancellation_asks_for_a_new_plan(town: Town, session: Session) -> None:
    job, rahima, _, _ = far_and_near(session, town)
    day = tomorrow(town)
    assert planning_watch.reason(session, day, now=town.now) is None
    town.later(minutes=5)
    town.fire(session, job, Event.CANCEL_BY_CUSTOMER, rahima.customer, reason="changed_mind")
    assert planning_watch.reason(session, day, now=town.later(minutes=5)) is Why.CANCELLATION
    planned(session, town)
    assert planning_watch.reason(session, day, now=town.later(minutes=5)) is None


def test_a_day_that_changed_in_between_keeps_its_old_plan(town: Town, session: Session) -> None:
    job, _, far, near = far_and_near(session, town)
    id = planned(session, town)
    availability_actions.hold(
        session, command=uuid4(), customer=None, job=None, specialists=[Somebody(near.id, GULSHAN)], point=GULSHAN,
        minutes=30, window=town.tomorrow, now=town.now, policy=availability.policy(session),
    )  # fmt: skip
    outcome = planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert (outcome.applied, outcome.kept) == (0, 2)
    changes = planning_queries.plan(session, id).changes
    assert {(each.outcome, each.kept_because) for each in changes} == {(Outcome.KEPT, Kept.CHANGED)}
    assert who_has(session, town, job)[0] == far.id


def test_a_visit_that_found_somebody_in_between_stays_theirs(town: Town, session: Session) -> None:
    job, _, far, _ = far_and_near(session, town)
    id = planned(session, town)
    town.fire(session, job, Event.ACCEPT, far.specialist, offer_id=uuid4())
    planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert who_has(session, town, job)[0] == far.id


def test_what_is_being_offered_to_its_holder_is_not_taken_from_them(town: Town, session: Session) -> None:
    job, _, far, near = far_and_near(session, town)
    id = planned(session, town)
    matching.match(session, job, now=town.now)
    asked = set(_live(session, job))
    planning_publish.publish(session, id, by=town.manager, now=town.now)
    holder = who_has(session, town, job)[0]
    assert holder == (far.id if far.id in asked else near.id)


def _live(session: Session, job: UUID) -> list[PersonId]:
    return [PersonId(who) for _, who in offered_to(session, [job])]


class Wide(Town):
    """The town, with a window and a place of one's own choice."""

    window: Period
    place = GULSHAN

    @property
    def tomorrow(self) -> Period:
        return self.window

    def filled_in(self, session: Session, customer: Person | None = None, *, method: Method = Method.WALLET) -> Draft:
        return replace(super().filled_in(session, customer, method=method), cell=cell(self.place))


def test_whoever_has_accepted_and_is_moved_is_told_once_and_the_promise_stands(town: Town, session: Session) -> None:
    wide = Wide(**vars(town))
    nine = wide.now.replace(hour=3, minute=0) + timedelta(days=1)
    karim = wide.craftsman(session)
    made = []
    for hours, place in ((0, GULSHAN), (3, UTTARA), (6, GULSHAN)):  # out, back, and out again
        wide.window = Period(nine + timedelta(hours=hours), nine + timedelta(hours=hours + 1))
        wide.place = place
        made.append(wide.assigned(session, wide.customer(session, money=MONEY), karim))
    day = {"window_start": nine, "window_end": nine + timedelta(hours=9)}
    session.execute(update(Job).where(Job.id.in_(made)).values(**day))
    session.execute(update(Occupation).where(Occupation.job_id.in_(made)).values(**day))
    id = planned(session, wide)
    (change,) = planning_queries.plan(session, id).changes
    assert change.told
    assert change.travel_before - change.travel_after >= 5
    planning_publish.publish(session, id, by=wide.manager, now=wide.now)
    planning_publish.publish(session, id, by=wide.manager, now=wide.now)
    assert letters(session, karim) == ["day_changed"]
    assert [visit(session, job).specialist for job in made] == [karim.id] * 3
    assert all(visit(session, job).window == Period(nine, nine + timedelta(hours=9)) for job in made)
    row = session.scalars(select(DeliveryRow).where(DeliveryRow.letter == "day_changed")).one()
    delivery = notices.delivery(session, row.id)
    assert delivery is not None
    facts = load_facts(session, delivery, now=wide.now)
    assert (facts["day"], facts["visits"]) == (nine.date(), len(change.moved))


def test_nothing_moves_within_the_hour_before_it_departs(town: Town, session: Session) -> None:
    job, _, far, _ = far_and_near(session, town)
    id = planned(session, town)
    departs = visit(session, job).departs_at
    town.now = departs - timedelta(minutes=59)
    planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert {each.kept_because for each in planning_queries.plan(session, id).changes} == {Kept.TOO_LATE}
    assert who_has(session, town, job)[0] == far.id


def test_a_plan_that_breaks_a_rule_is_rejected_and_the_old_one_stays(town: Town, session: Session) -> None:
    job, _, far, _ = far_and_near(session, town)

    class Careless:
        def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
            left_out = tuple((each.id, "no_time") for each in problem.visits)
            return Plan({person.id: () for person in problem.technicians}, left_out, 0, "careless")

    id = planned(session, town, Careless())
    view = planning_queries.plan(session, id)
    assert (view.card.state, view.faults) == (PlanState.REJECTED, ("dropped",))
    with pytest.raises(PlanDecided):
        planning_publish.publish(session, id, by=town.manager, now=town.now)
    assert who_has(session, town, job)[0] == far.id


def test_a_plan_is_dropped_once_and_asked_for_anew(town: Town, session: Session) -> None:
    far_and_near(session, town)
    id = planned(session, town)
    planning.drop(session, id, by=town.manager, now=town.now)
    planning.drop(session, id, by=town.manager, now=town.now)
    with pytest.raises(PlanDecided):
        planning_publish.publish(session, id, by=town.manager, now=town.now)
    second, third = planned(session, town), planned(session, town)
    assert planning_queries.plan(session, second).card.state is PlanState.SUPERSEDED
    assert planning_queries.plan(session, third).card.state is PlanState.PROPOSED
    with pytest.raises(PlanNotFound):
        planning_publish.publish(session, uuid4(), by=town.manager, now=town.now)


def test_tomorrow_is_planned_in_the_evening_and_once(town: Town, session: Session) -> None:
    far_and_near(session, town)
    for hours in (9, 9.25, 9.5):  # from seven in the evening on, in Dhaka
        clock.travel_to(town.now + timedelta(hours=hours))
        planning_tasks.watch(session)
    (card,) = planning_queries.plans(session)
    assert (card.on_day, card.why, card.state) == (tomorrow(town), Why.EVENING, PlanState.ASKED)
    clock.travel_to(town.now + timedelta(days=2))
    planning_tasks.watch(session)
    assert planning_queries.plan(session, card.id).card.state is PlanState.SUPERSEDED


@pytest.mark.parametrize("days", [-1, 15, 4_000])
def test_only_days_ahead_are_planned(town: Town, session: Session, days: int) -> None:
    with pytest.raises(NotAPlanningDay):
        planning.ask(session, town.now.date() + timedelta(days=days), why=Why.ASKED, by=None, now=town.now)


def test_asked_for_at_once_published_at_once_and_a_solver_that_crashes(busy_town: Town) -> None:
    town = busy_town
    clock.travel_to(town.now)
    with transaction() as session:
        job, _, far, near = far_and_near(session, town)

    def ask() -> UUID:
        with transaction() as session:
            return planning.ask(session, tomorrow(town), why=Why.ASKED, by=None, now=town.now)

    made = at_once([ask] * 4)
    assert len(set(made)) == 1
    crash = VroomPlanner((sys.executable, "-c", "import os; os.abort()"))
    planning_tasks.PLANNERS.append(crash)
    try:
        planning_tasks.plan_day(id=str(made[0]))
        with transaction() as session:
            failed = planning_queries.plan(session, UUID(str(made[0]))).card
            assert (failed.state, failed.reason) == (PlanState.FAILED, "crashed")
            assert who_has(session, town, job)[0] == far.id
    finally:
        planning_tasks.PLANNERS.remove(crash)
    planning_tasks.PLANNERS.append(Greedy())
    try:
        id = ask()
        planning_tasks.plan_day(id=str(id))
        planning_tasks.plan_day(id=str(id))  # delivered twice
    finally:
        planning_tasks.PLANNERS.pop()

    def publish() -> planning_publish.Published:
        with transaction() as session:
            return planning_publish.publish(session, id, by=town.manager, now=town.now)

    assert at_once([publish] * 4) == [planning_publish.Published(2, 0)] * 4
    with transaction() as session:
        assert who_has(session, town, job) == (near.id, near.id)
    assert "dispatch.plan_watch" in tasks.names()
    assert plan_loaders.__doc__
