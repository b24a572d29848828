"""A specialist's money, hours and reasons: every deduction with its rule, every refusal in words."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar

from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from booking.jobs.words import Method
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import Formatter
from marketplace.foundation.money import Money
from marketplace.foundation.settings import Settings
from marketplace.specialists import queries as specialists
from payments.topups import queries as topups
from payments.wallets import queries as wallets
from tests.web.conftest import Town
from tests.web.pages.at_work import DHAKA, AtWork, assert_nothing_personal, at_work


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def shown(amount: Money) -> str:
    return Formatter("en", "Asia/Dhaka").money(amount)


def week_of(day: AtWork) -> dict[int, list[tuple[str, str]]]:
    with transaction() as session:
        found = specialists.weekly_hours(session, day.rafiq.id)
    week: dict[int, list[tuple[str, str]]] = {}
    for each in found:
        week.setdefault(each.weekday, []).append((f"{each.opens:%H:%M}", f"{each.closes:%H:%M}"))
    return week


def test_an_earned_job_opens_to_every_deduction_with_its_rule_and_its_date(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    rafiq.post(f"/work/jobs/{job}/completion", {"amount": "500"})
    day.fire(job, "confirm", day.actor)
    with transaction() as session:
        pay = queries.past_of(session, job, day.rafiq.id).pay
        earned = wallets.of_job(session, job)[0]
    assert (earned.gross, earned.commission, earned.tax, earned.net) == (pay.gross, pay.commission, pay.tax, pay.net)
    page = rafiq.get("/work/earnings").text
    for amount in (pay.gross, -pay.commission, -pay.tax, pay.net):
        assert shown(amount) in page, shown(amount)
    for said in ("15%", "of the price", "of the commission", "Free from", "Pending", "Every deduction"):
        assert said in page, said
    assert_nothing_personal(page, day.personal_values())
    assert shown(pay.net) in rafiq.get("/work").text


def test_pending_money_is_free_after_the_days_to_complain(day: AtWork) -> None:
    job = day.working()
    rafiq = day.browser(day.rafiq.id)
    rafiq.post(f"/work/jobs/{job}/completion", {"amount": "500"})
    day.fire(job, "confirm", day.actor)
    day.later(hours=73)
    with transaction() as session:
        day.works.now = clock.now()
        day.works.fire(session, job, "release", SYSTEM)
        free = wallets.balance(session, owner=day.rafiq.id, owner_kind="specialist", currency="BDT").available
    page = day.browser(day.rafiq.id).get("/work/earnings").text
    assert shown(free) in page
    assert "Free from" not in page


def test_a_cash_job_shows_what_is_owed_and_how_far_it_may_go(day: AtWork) -> None:
    job = day.working(method=Method.CASH)
    rafiq = day.browser(day.rafiq.id)
    rafiq.post(f"/work/jobs/{job}/completion", {"amount": "500"})
    rafiq.post(f"/work/jobs/{job}/cash", {"amount": "500"})
    day.fire(job, "confirm", day.actor, cash_minor=50_000)
    with transaction() as session:
        debt = wallets.debt(session, owner=day.rafiq.id, owner_kind="specialist", currency="BDT")
    page = rafiq.get("/work/earnings").text
    assert not debt.owed.is_zero
    assert shown(debt.owed) in page
    assert shown(debt.limit) in page
    assert "Paid to you in cash" in page


def test_money_of_somebody_else_is_not_on_the_page(day: AtWork) -> None:
    job = day.working()
    day.browser(day.rafiq.id).post(f"/work/jobs/{job}/completion", {"amount": "500"})
    day.fire(job, "confirm", day.actor)
    assert "What you earn will stand here" in day.browser(day.karim.id).get("/work/earnings").text


@pytest.mark.parametrize("typed", ["", "abc", "-100", "1", "99999999", "4111 1111 1111 1111", "1" * 400])
def test_a_top_up_that_cannot_be_is_refused_beside_its_field(day: AtWork, typed: str) -> None:
    answer = day.browser(day.rafiq.id).post("/work/earnings/top-ups", {"amount": typed})
    assert answer.status_code in (409, 422)
    assert "needs another look" in answer.text
    with transaction() as session:
        assert topups.top_ups_of(session, day.rafiq.id) == []


def test_without_a_bank_a_top_up_is_refused_in_words_and_nothing_is_written(day: AtWork) -> None:
    rafiq = day.browser(day.rafiq.id)
    assert "Go to the bank" not in rafiq.get("/work/earnings").text
    assert rafiq.post("/work/earnings/top-ups", {"amount": "500"}).status_code == 409
    with transaction() as session:
        assert topups.top_ups_of(session, day.rafiq.id) == []


def test_a_weekday_takes_other_hours_also_beside_it_and_in_any_digits(day: AtWork) -> None:
    rafiq = day.browser(day.rafiq.id)
    filled = {"opens_1": "০৯:৩০", "closes_1": "13:00", "opens_2": "14:00", "closes_2": "۱۹:۰۰", "also": ["2", "4"]}
    answer = rafiq.post("/work/hours/1", filled)
    assert (answer.status_code, answer.headers["location"]) == (303, "/work/hours")
    week = week_of(day)
    assert week[1] == week[2] == week[4] == [("09:30", "13:00"), ("14:00", "19:00")]
    assert week[3] == [("08:00", "17:00")]
    rafiq.post("/work/hours/1", {"off": "on"})
    assert 1 not in week_of(day)


@pytest.mark.parametrize("filled", [
    {}, {"opens_1": "09:00"}, {"opens_1": "25:00", "closes_1": "26:00"}, {"opens_1": "nine", "closes_1": "ten"},
    {"opens_1": "09:00", "closes_1": "13:00", "opens_2": "12:00", "closes_2": "15:00"}, {"opens_1": "9" * 900},
    {"opens_1": "-1:00", "closes_1": "05:00"},
])  # fmt: skip
def test_hours_that_cannot_be_are_refused_and_kept_in_the_form(day: AtWork, filled: dict[str, str]) -> None:
    before = week_of(day)
    answer = day.browser(day.rafiq.id).post("/work/hours/3", filled)
    assert answer.status_code == 422
    assert "needs another look" in answer.text or "need another look" in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in filled.values())
    assert week_of(day) == before


def test_a_promise_outside_of_new_hours_stays_and_is_listed(day: AtWork) -> None:
    job = day.assigned()
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(DHAKA)
    rafiq = day.browser(day.rafiq.id)
    rafiq.post(f"/work/hours/{tomorrow.isoweekday()}", {"off": "on"})
    page = rafiq.get("/work/hours").text
    assert "lies outside of your hours" in page
    assert f"/work/jobs/{job}" in page
    assert day.state(job) == "assigned"


def test_a_day_set_apart_is_other_than_usual_until_it_is_taken_back(day: AtWork) -> None:
    rafiq = day.browser(day.rafiq.id)
    friday = clock.now().astimezone(DHAKA).date() + timedelta(days=3)
    answer = rafiq.post("/work/hours/days", {"day": friday.strftime("%d/%m/%Y"), "off": "on"})
    assert answer.status_code == 303, answer.text[:2000]
    assert f"/work/hours/days/{friday.isoformat()}/removal" in rafiq.get("/work/hours").text
    for _ in range(2):
        assert rafiq.post(f"/work/hours/days/{friday.isoformat()}/removal").status_code == 303
    assert "/removal" not in rafiq.get("/work/hours").text


@pytest.mark.parametrize("typed", ["", "yesterday", "32/01/2027", "01/01/2020", "01/01/2190", "1" * 100])
def test_a_day_that_cannot_be_set_apart_is_refused(day: AtWork, typed: str) -> None:
    answer = day.browser(day.rafiq.id).post("/work/hours/days", {"day": typed, "off": "on"})
    assert answer.status_code == 422
    with transaction() as session:
        assert specialists.exceptions(session, day.rafiq.id, from_day=clock.now().date()) == ()


@pytest.mark.parametrize(
    "path", ["/work/hours/0", "/work/hours/8", "/work/hours/99999999999999999999", "/work/hours/x"]
)
def test_a_week_has_seven_days(day: AtWork, path: str) -> None:
    rafiq = day.browser(day.rafiq.id)
    assert rafiq.get(path).status_code == 404
    assert rafiq.post(path, {"off": "on"}).status_code in (404, 405)
    assert rafiq.post("/work/hours/days/2027-13-45/removal").status_code == 404


def test_why_tells_the_rules_the_standing_and_the_reasons_of_each_offer(day: AtWork) -> None:
    job = day.open_job()
    (offer,) = day.offer(job, day.rafiq.id)
    page = day.browser(day.rafiq.id).get("/work/why").text
    for said in ("You stand well", "What decides who is asked first", "Number", "AC", f"/work/offers/{offer}"):
        assert said in page, said
    assert_nothing_personal(page, day.personal_values())


def test_a_suspended_specialist_reads_the_reason(day: AtWork) -> None:
    suspended = day.town.cast.specialists[-2]
    page = day.browser(suspended.id).get("/work/why").text
    assert "You are suspended" in page
    assert "your own wish" in page
