"""A customer's plans and equipment, page by page; an agent who makes one for a caller; and the same by the API."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from sqlalchemy import text

from booking.jobs.rules import Actor
from booking.jobs.words import Role
from booking.plans import engine
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import LANGUAGES
from marketplace.foundation.settings import Settings
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, Browser, at_work
from tests.web.pages.walking import hidden_of, words_of


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def done(day: AtWork) -> UUID:
    """A visit that Rafiq has finished and Rahima has confirmed."""
    job = day.working()
    day.fire(job, "complete", Actor(Role.SPECIALIST, day.rafiq.id))
    day.fire(job, "confirm", Actor(Role.CUSTOMER, day.rahima.id))
    return job


def read(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:1500])
    return words_of(answer.text)


def made(browser: Browser, job: UUID, **typed: object) -> str:
    """Make a plan on its page; gives its address."""
    page = browser.get(f"/plans/new?job={job}").text
    first = (clock.now() + timedelta(days=1)).strftime("%d/%m/%Y")
    form = hidden_of(page) | {"interval": "1.months", "first": first, "band": "", "same_person": "1", **typed}
    answer = browser.post("/plans", form)
    assert answer.status_code == 303, words_of(answer.text)[:1500]
    return str(answer.headers["location"])


def looked(plan: str) -> None:
    """The clock comes to the plan."""
    with transaction() as session:
        engine.look(session, UUID(plan.rpartition("/")[2]), now=clock.now())


def test_from_a_visit_that_is_done_to_a_plan_its_proposal_and_its_end(day: AtWork, town: Town) -> None:
    rahima, job = day.browser(day.rahima.id), done(day)
    assert "Again every month" in read(rahima, f"/jobs/{job}")
    assert "No plan yet" in read(rahima, "/plans")
    kept = rahima.post("/equipment", {"kind": "split_ac", "name": "Bedroom", "maker": "General", "job": str(job)})
    piece = str(kept.headers["location"])
    assert all(each in read(rahima, piece) for each in ("Bedroom", "General", "Not planned"))
    plan = made(rahima, job, equipment=piece.rpartition("/")[2])
    assert "Due on" in read(rahima, plan)
    looked(plan)
    page = read(rahima, plan)
    assert all(each in page for each in ("Pay for it", "Move it", "Skip this one", "We keep this time for you until"))
    visit = rows("SELECT job_id FROM plan_visit")[0]
    (on_day,) = rows(
        "SELECT (j.window_start AT TIME ZONE 'Asia/Dhaka')::date FROM job j JOIN plan_visit v ON v.job_id = j.id"
    )
    dispatcher = next(each.id for each in town.cast.people if each.role == "dispatcher")
    board = day.browser(dispatcher).get(f"/dispatch/board?on={on_day}").text
    assert re.search(r'<a class="bar planned recurs [^>]+From a plan"', board)
    days = re.findall(r"day=(\d{4}-\d\d-\d\d)", rahima.get(f"/bookings/{visit}/time").text)
    assert len(set(days)) >= 14  # a plan's visit is moved within its own days, not only those of all bookings
    assert rahima.post(f"{piece}/ending").status_code == 409
    assert rahima.post(f"{plan}/permission", {"limit": "0"}).status_code == 422
    assert rahima.post(f"{plan}/permission", {"limit": "x"}).status_code == 422
    limit = rows("SELECT price_minor FROM service_plan")[0] // 100
    assert rahima.post(f"{plan}/permission", {"limit": str(limit)}).status_code == 303
    assert "paid from your wallet by itself" in read(rahima, plan)
    assert rahima.post(f"{plan}/skips", hidden_of(rahima.get(plan).text)).status_code == 303
    assert "Skipped" in read(rahima, plan)
    for noun, said in (("pause", "You have paused it"), ("resumption", "Due on"), ("ending", "This plan has ended")):
        assert rahima.post(f"{plan}/{noun}").status_code == 303
        assert said in read(rahima, plan)
    assert rahima.post(f"{plan}/pause").status_code == 409
    assert rahima.post(f"{piece}/ending").status_code == 303


def test_what_is_wrong_is_said_beside_its_field_and_kept(day: AtWork) -> None:
    rahima, job = day.browser(day.rahima.id), done(day)
    form = hidden_of(rahima.get(f"/plans/new?job={job}").text)
    for typed in ({"first": "31/02/2027"}, {"first": "01/01/2020"}, {"interval": "0.months"}, {"weekdays": "8"},
                  {"band": "night"}):  # fmt: skip
        answer = rahima.post("/plans", form | {"interval": "1.months", "first": "01/02/2027"} | typed)
        assert answer.status_code == 422, typed
    assert (
        rahima.post("/plans", form | {"interval": "1.months", "first": "01/02/2027", "shown": "1"}).status_code == 409
    )
    assert rahima.post("/equipment", {"kind": "rocket", "name": ""}).status_code == 422
    assert rows("SELECT count(*) FROM service_plan") == [0]
    thief = day.browser(day.karim.id)
    plan = made(rahima, job)
    assert {thief.get(plan).status_code, thief.post(f"{plan}/ending").status_code} == {404}
    assert thief.get(f"/plans/new?job={job}").status_code == 404


def test_every_page_of_plans_is_read_in_every_language(day: AtWork) -> None:
    job = done(day)
    plan = made(day.browser(day.rahima.id), job, weekdays=["1", "2", "3", "4", "5", "6", "7"])
    looked(plan)
    for language in LANGUAGES:
        browser = day.browser(day.rahima.id, language)
        for path in ("/plans", plan, f"/plans/new?job={job}", "/equipment", "/equipment/new"):
            assert read(browser, path)


def test_an_agent_makes_a_plan_for_a_caller_who_hears_of_it(day: AtWork, town: Town) -> None:
    job, agent = done(day), day.browser(town.cast.named("agent").id)
    page = f"/desk/jobs/{job}/plan"
    form = hidden_of(agent.get(page).text) | {"interval": "2.weeks", "first": "01/02/2027", "band": "morning"}
    assert agent.post(page, form | {"interval": "7.weeks"}).status_code == 422
    assert agent.post(page, form).status_code == 303
    assert rows("SELECT entered_by IS NOT NULL FROM service_plan") == [True]
    assert rows("SELECT count(*) FROM delivery WHERE letter = 'plan_by_phone'") == [1]
    assert agent.get(f"/desk/jobs/{uuid4()}/plan").status_code == 404


def rows(sql: str) -> list[Any]:
    with transaction() as session:
        return [each[0] for each in session.execute(text(sql))]
