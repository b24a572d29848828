"""A customer's live job: what is told at each state, calling off for the price that was shown, and the end of it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from litestar import Litestar
from sqlalchemy import text

from booking.jobs import queries
from booking.jobs.rules import Actor
from booking.jobs.words import Method, Role, State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.news import CHANNEL
from marketplace.foundation.settings import Settings
from marketplace.privacy.queries import looks_of
from payments.wallets import queries as wallets
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, Browser, at_work
from tests.web.pages.walking import hidden_of, words_of

ACTS = ("contact", "cancellation", "confirmation", "rating", "absence")
PAGES = ("", "/now", "/events", "/cancellation", "/confirmation", "/rating", "/help")


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


@pytest.fixture
def rahima(day: AtWork) -> Browser:
    return day.browser(day.rahima.id)


def read(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:1500])
    return words_of(answer.text)


def form_at(browser: Browser, path: str) -> dict[str, str]:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
    return hidden_of(answer.text)


def available(day: AtWork) -> int:
    with transaction() as session:
        found = wallets.balance(session, owner=day.rahima.id, owner_kind="customer", currency="BDT")
    return found.available.minor


def done(day: AtWork, *, method: Method = Method.WALLET) -> UUID:
    """Work that Rafiq says is done."""
    job = day.working(method=method)
    day.fire(job, "complete", Actor(Role.SPECIALIST, day.rafiq.id))
    return job


def test_the_list_holds_what_goes_on_and_what_is_over(day: AtWork, rahima: Browser) -> None:
    running, ended = day.open_job(), day.open_job()
    rahima.post(f"/jobs/{ended}/cancellation", form_at(rahima, f"/jobs/{ended}/cancellation"))
    page = rahima.get("/jobs").text
    assert page.index(f"/jobs/{running}") < page.index("Over") < page.index(f"/jobs/{ended}")


def test_before_somebody_accepts_no_name_and_no_code_is_there(day: AtWork, rahima: Browser) -> None:
    page = read(rahima, f"/jobs/{day.open_job()}")
    assert "Finding a specialist" in page
    assert "you get everything back" in page
    assert day.rafiq.name not in page
    assert "Start code" not in page


def test_after_acceptance_there_are_name_time_and_start_code_and_the_look_is_written_down(
    day: AtWork, rahima: Browser
) -> None:
    job = day.assigned()
    answer = rahima.get(f"/jobs/{job}")
    page = words_of(answer.text)
    assert day.rafiq.name in page
    assert day.rafiq.phone not in answer.text
    assert "Start code" in page
    with transaction() as session:
        looks = looks_of(session, day.rahima.id, since=clock.now() - timedelta(days=1))
    assert [look.field for look in looks if look.job_id == job] == ["name"]


def test_the_number_is_shown_on_asking_only_and_not_after_the_window(day: AtWork, rahima: Browser) -> None:
    job = day.assigned()
    answer = rahima.post(f"/jobs/{job}/contact")
    assert answer.status_code == 200
    assert day.rafiq.phone in answer.text
    day.later(days=4)
    later = rahima.post(f"/jobs/{job}/contact")
    assert later.status_code == 410
    assert day.rafiq.phone not in later.text


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_every_state_of_a_job_has_its_page(day: AtWork, language: str) -> None:
    rahima = day.browser(day.rahima.id, language)
    job = done(day)
    for path in ("", "/confirmation", "/help"):
        assert rahima.get(f"/jobs/{job}{path}").status_code == 200
    rahima.post(f"/jobs/{job}/confirmation", form_at(rahima, f"/jobs/{job}/confirmation"))
    for path in ("", "/rating", "/help"):
        assert rahima.get(f"/jobs/{job}{path}").status_code == 200, path


def test_the_course_goes_from_the_door_to_the_end(day: AtWork, rahima: Browser) -> None:
    job = day.at_the_door()
    assert "Say the start code" in read(rahima, f"/jobs/{job}")
    day.fire(job, "start", Actor(Role.SPECIALIST, day.rafiq.id), start_code=day.code(job))
    page = read(rahima, f"/jobs/{job}")
    assert "is working" in page
    assert "Start code" not in page
    assert "Cancel: see" not in page
    day.fire(job, "complete", Actor(Role.SPECIALIST, day.rafiq.id))
    assert "If you say nothing" in read(rahima, f"/jobs/{job}")


def test_the_live_part_comes_only_when_the_job_has_changed(day: AtWork, rahima: Browser) -> None:
    job = day.open_job()
    version = day.version(job)
    assert rahima.get(f"/jobs/{job}/now?seen={version}").status_code == 204
    changed = rahima.get(f"/jobs/{job}/now?seen={version - 1}")
    assert changed.status_code == 200
    assert changed.text.lstrip().startswith("<div")
    assert "<html" not in changed.text


def test_open_pages_are_told_when_the_job_changes(day: AtWork, rahima: Browser) -> None:
    job, heard = day.open_job(), threading.Event()
    url = day.town.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        rahima.post(f"/jobs/{job}/cancellation", form_at(rahima, f"/jobs/{job}/cancellation"))
        for news in listening.notifies(timeout=10, stop_after=1):
            assert news.payload == f"job {job} {day.version(job)}"
            heard.set()
    assert heard.is_set()


def test_cancelling_costs_what_was_shown(day: AtWork, rahima: Browser) -> None:
    before = available(day)
    job = day.assigned()
    day.later(hours=26)
    form = form_at(rahima, f"/jobs/{job}/cancellation")
    fee = int(form["fee_minor"])
    assert fee > 0
    answer = rahima.post(f"/jobs/{job}/cancellation", form | {"reason": "changed_mind"})
    assert answer.headers["location"] == f"/jobs/{job}"
    assert day.state(job) == State.CANCELLED
    assert before - available(day) == fee


def test_a_fee_that_grew_since_it_was_shown_is_shown_again_and_nothing_happens(day: AtWork, rahima: Browser) -> None:
    job = day.assigned()
    form = form_at(rahima, f"/jobs/{job}/cancellation")
    assert form["fee_minor"] == "0"
    day.later(hours=26)
    answer = rahima.post(f"/jobs/{job}/cancellation", form)
    assert answer.status_code == 409
    assert "Calling off now costs" in words_of(answer.text)
    assert day.state(job) == State.ASSIGNED
    again = hidden_of(answer.text)
    assert rahima.post(f"/jobs/{job}/cancellation", again).status_code == 303


def test_cancelling_twice_with_one_form_is_cancelling_once(day: AtWork, rahima: Browser) -> None:
    job, before = day.open_job(), available(day)
    form = form_at(rahima, f"/jobs/{job}/cancellation") | {"command_id": str(uuid4())}
    for _ in range(2):
        assert rahima.post(f"/jobs/{job}/cancellation", form).status_code == 303
    with transaction() as session:
        cancelled = session.scalar(text("SELECT count(*) FROM job_event WHERE event = 'cancel_by_customer'"))
    assert cancelled == 1
    assert available(day) > before


@pytest.mark.parametrize("typed", [{"fee_minor": "-5"}, {"fee_minor": "x" * 400}, {"fee_minor": "9" * 30}, {}])
def test_a_forged_fee_does_not_cancel(day: AtWork, rahima: Browser, typed: dict[str, str]) -> None:
    job = day.assigned()
    day.later(hours=26)
    answer = rahima.post(f"/jobs/{job}/cancellation", typed)
    assert answer.status_code == 409
    assert day.state(job) == State.ASSIGNED


def test_an_unknown_reason_is_refused_beside_its_field(day: AtWork, rahima: Browser) -> None:
    job = day.open_job()
    answer = rahima.post(f"/jobs/{job}/cancellation", {"reason": "boredom"})
    assert answer.status_code == 422
    assert day.state(job) == State.OPEN


def test_a_stale_page_does_not_confirm(day: AtWork, rahima: Browser) -> None:
    job = done(day)
    answer = rahima.post(f"/jobs/{job}/confirmation", {"version": "1"})
    assert answer.status_code == 409
    assert day.state(job) == State.COMPLETED


def test_confirming_pays_and_asks_for_a_rating_of_two_questions(day: AtWork, rahima: Browser) -> None:
    job = done(day)
    rahima.post(f"/jobs/{job}/confirmation", form_at(rahima, f"/jobs/{job}/confirmation"))
    assert day.state(job) == State.APPROVED
    for typed in ({}, {"matter": "6", "manner": "1"}, {"matter": "٤", "manner": "0"}, {"matter": "-1", "manner": "5"}):
        assert rahima.post(f"/jobs/{job}/rating", typed).status_code == 422, typed
    long = rahima.post(f"/jobs/{job}/rating", {"matter": "5", "manner": "4", "text": "x" * 501})
    assert long.status_code == 422
    assert rahima.post(f"/jobs/{job}/rating", {"matter": "5", "manner": "4", "text": "Neat work"}).status_code == 303
    page = read(rahima, f"/jobs/{job}")
    assert "The work: 5 of 5. The manner: 4 of 5." in page
    assert rahima.post(f"/jobs/{job}/rating", {"matter": "1", "manner": "1"}).status_code == 409


@pytest.mark.parametrize("language", ["en", "bn"])
def test_cash_is_agreed_in_any_digits_and_another_amount_is_refused(day: AtWork, language: str) -> None:
    rahima, job = day.browser(day.rahima.id, language), done(day, method=Method.CASH)
    with transaction() as session:
        price = queries.for_customer(session, job, day.rahima.id, now=clock.now()).job.price
    assert price is not None
    form = form_at(rahima, f"/jobs/{job}/confirmation")
    for typed, status in (("", 422), ("-5", 422), ("lots", 422), ("9" * 40, 422), ("1", 409)):
        assert rahima.post(f"/jobs/{job}/confirmation", form | {"cash": typed}).status_code == status, typed
    assert day.state(job) == State.COMPLETED
    whole = str(price.minor // 100)
    native = whole.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    assert rahima.post(f"/jobs/{job}/confirmation", form | {"cash": native}).status_code == 303
    assert day.state(job) == State.APPROVED


def test_nobody_came_can_be_said_only_after_the_promise_is_broken(day: AtWork, rahima: Browser) -> None:
    job = day.assigned()
    assert "Nobody came" not in read(rahima, f"/jobs/{job}")
    rahima.post(f"/jobs/{job}/absence")
    assert day.state(job) == State.ASSIGNED
    day.later(hours=31)
    assert "Nobody came" in read(rahima, f"/jobs/{job}")
    assert rahima.post(f"/jobs/{job}/absence").status_code == 303
    assert day.state(job) == State.OPEN


def test_anothers_job_is_not_there(day: AtWork) -> None:
    job = day.assigned()
    stranger = day.browser(next(each.id for each in day.town.cast.customers if each.id != day.rahima.id))
    for path in PAGES:
        assert stranger.get(f"/jobs/{job}{path}").status_code == 404, path
    for act in ACTS:
        assert stranger.post(f"/jobs/{job}/{act}", {"matter": "5", "manner": "5"}).status_code == 404, act
    assert day.state(job) == State.ASSIGNED


def test_a_visitor_is_asked_to_sign_in(day: AtWork) -> None:
    answer = day.client.get(f"/jobs/{day.open_job()}", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/jobs/")


def test_who_looked_is_told_on_the_page(day: AtWork, rahima: Browser) -> None:
    job = day.assigned()
    assert "Nobody so far" in read(rahima, f"/jobs/{job}")
    day.later(hours=4)
    rafiq = day.browser(day.rafiq.id)
    rafiq.get(f"/work/jobs/{job}")
    with transaction() as session:
        looked = session.scalar(text("SELECT count(*) FROM disclosure WHERE role = 'specialist'"))
    if looked:
        assert "the specialist saw" in read(rahima, f"/jobs/{job}")
