"""Plans of days on their pages: asked for, looked at, published or dropped; by dispatchers and managers alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from booking.dispatch import planning_tasks
from booking.dispatch.day_plan import Plan, PlannerFailed, Problem
from booking.dispatch.day_plan_tables import DayPlan, DayPlanRoute
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from tests.web.conftest import Town, Visitor
from tests.web.pages.walking import words_of

PLANS = "/dispatch/plans"


class Asleep:
    """A planner that gives no answer."""

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        raise PlannerFailed("too_long")


def proposed(town: Town) -> UUID:
    """A plan that moves one visit of somebody's, which has left that day since."""
    karim = next(person for person in town.cast.people if person.role == "specialist")
    day, plan = clock.now().date() + timedelta(days=3), uuid4()
    noon = int(clock.now().timestamp()) // 60 + 3 * 1440
    stop = {"visit": str(uuid4()), "job": str(uuid4()), "departs": noon - 20, "starts": noon, "ends": noon + 60}
    later = {name: value + 30 if isinstance(value, int) else value for name, value in stop.items()}
    with transaction() as session:
        session.add(DayPlan(id=plan, on_day=day, state="proposed", why="evening", asked_at=clock.now(),
                            made_at=clock.now(), people=3, served_before=1, served_after=1, travel_before=60,
                            travel_after=40, left_out=[[str(uuid4()), "to_hand_on"]]))  # fmt: skip
        session.flush()
        session.add(DayPlanRoute(plan_id=plan, specialist_id=karim.id, version=0, together=1, before=[stop],
                                 after=[later], travel_before=60, travel_after=40, told=True))  # fmt: skip
    return plan


def test_a_plan_is_asked_for_and_what_comes_of_it_is_told(somebody: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatcher: Visitor = somebody("dispatcher")
    assert dispatcher.get(PLANS).status_code == 200
    for typed in ("", "soon", "2020-01-01", "9999-12-31"):
        wrong = dispatcher.post(f"{PLANS}?language=en", {"day": typed, "command_id": str(uuid4())})
        assert (wrong.status_code, "Please choose a day from" in wrong.text) == (422, True)
    day, command = str(clock.now().date() + timedelta(days=2)), str(uuid4())
    made = [dispatcher.post(PLANS, {"day": day, "command_id": command}).headers["location"] for _ in range(2)]
    assert made[0] == made[1]
    assert 'hx-trigger="every 2s"' in dispatcher.get(made[0]).text
    assert dispatcher.post(f"{made[0]}/publication").status_code == 409
    monkeypatch.setattr(planning_tasks, "PLANNERS", [Asleep()])
    planning_tasks.plan_day(id=made[0].rpartition("/")[2])
    assert "The planner took too long." in dispatcher.get(f"{made[0]}?language=en").text


def test_a_plan_is_published_where_nothing_has_changed_or_dropped(somebody: Any, town: Town) -> None:
    manager: Visitor = somebody("manager")
    there = f"{PLANS}/{proposed(town)}"
    shown = words_of(manager.get(f"{there}?language=en").text)
    assert "Publish this plan" in shown
    assert "Minutes of travel: 40, now 60. They get a notice." in shown
    for _ in range(2):
        assert manager.post(f"{there}/publication").headers["location"] == there
    after = words_of(manager.get(f"{there}?language=en").text)
    assert "Nobody's day could be changed any more" in after
    assert "The day was changed in between, so its old plan stays." in after
    assert manager.post(f"{there}/dismissal").status_code == 409
    second = f"{PLANS}/{proposed(town)}"
    for _ in range(2):
        assert manager.post(f"{second}/dismissal").headers["location"] == second
    assert manager.post(f"{second}/publication").status_code == 409
    assert manager.get(f"{second}/publication").headers["location"] == second
    for address in (f"{PLANS}/{uuid4()}", f"{PLANS}/{uuid4()}/publication"):
        answer = manager.get(address) if address.count("/") == 3 else manager.post(address)
        assert answer.status_code == 404


def test_who_does_not_dispatch_sees_no_plans(somebody: Any, town: Town) -> None:
    plan = proposed(town)
    administrator: Visitor = somebody("administrator")
    assert "Publish this plan" not in administrator.get(f"{PLANS}/{plan}?language=en").text
    assert administrator.post(f"{PLANS}/{plan}/publication").status_code == 404
    for role in ("customer", "specialist", "agent", "finance"):
        visitor: Visitor = somebody(role)
        assert visitor.get(f"{PLANS}/{plan}").status_code == 404
