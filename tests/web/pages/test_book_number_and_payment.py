"""The end of a booking: a number and its code, whose account it leads into, and paying once for a time that is held."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from booking.jobs.queries import for_customer
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from tests.web.conftest import Town, count
from tests.web.pages.walking import Walker, hidden_of, newest_code, offered, sms_code, words_of


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "9" * 300}, "phone"),
        ({"name": ""}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"age": ""}, "age"),
        ({"policy": ""}, "policy"),
    ],
)
def test_without_number_name_age_or_policy_nothing_is_made(walker: Walker, typed: dict[str, str], field: str) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number")
    with transaction() as session:
        before = count(session, "person")
    form = {"phone": "01911223344", "name": "Nasrin Akter", "age": "yes", "policy": "yes"} | typed
    answer = walker.sends(walker.at("number"), form, status=422)
    assert f'id="{field}-error"' in answer.text
    with transaction() as session:
        assert count(session, "person") == before


def test_the_number_sent_twice_is_one_code_and_one_page(walker: Walker) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number")
    form = {"phone": "01911223344", "name": "Nasrin", "age": "yes", "policy": "yes", "command_id": str(uuid4())}
    first, second = (walker.sends(walker.at("number"), form, leads_to="/number/") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    with transaction() as session:
        assert count(session, "one_time_code") == 1
    corrected = walker.sends(walker.at("number"), form | {"phone": "01911223345"}, leads_to="/number/")
    assert corrected.headers["location"] != first.headers["location"]


def test_another_code_is_sent_without_the_number(walker: Walker) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number")
    form = {"phone": "01911223344", "name": "Nasrin Akter", "age": "yes", "policy": "yes"}
    path = walker.sends(walker.at("number"), form, leads_to="/number/").headers["location"]
    assert f'action="{path}/successor"' in walker.goes(path).text
    assert "You can try again at" in words_of(walker.sends(f"{path}/successor", {}, status=429).text)
    clock.move(timedelta(seconds=31))
    once_more = {"command_id": str(uuid4())}
    later, twice = (walker.sends(f"{path}/successor", once_more).headers["location"] for _ in range(2))
    assert later == twice != path
    walker.sends(f"{walker.at('number')}/{uuid4()}/successor", {}, leads_to=walker.at("number"))
    walker.sends(later, {"code": sms_code(newest_code())})


def test_a_wrong_code_is_counted_and_said(walker: Walker) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number")
    form = {"phone": "০১৯১১২২৩৩৪৪", "name": "Nasrin Akter", "age": "yes", "policy": "yes"}
    path = walker.sends(walker.at("number"), form, leads_to="/number/").headers["location"]
    right = sms_code(newest_code())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        walker.sends(path, {"code": wrong}, status=422)
    answer = walker.sends(path, {"code": right}, status=422)
    assert "code" in answer.text
    assert walker.visitor.get(walker.at("price")).status_code == 200, "the draft is still there"


def test_somebody_elses_code_does_not_open_my_account(walker: Walker, somebody: Any) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number")
    path = walker.sends(
        walker.at("number"), {"phone": "01911223344", "name": "N", "age": "yes", "policy": "yes"}
    ).headers["location"]
    code = sms_code(newest_code())
    assert somebody("customer").post(path, {"code": code}).status_code == 404


def test_a_number_with_an_account_comes_into_it_and_its_name_stays(walker: Walker, town: Town) -> None:
    one = next(each for each in town.cast.customers if each.address)
    walker.answers().says_where().chooses_time().agrees(leads_to="/number").gives_number(
        phone=one.phone, name="Somebody Else"
    )
    with transaction() as session:
        assert for_customer(session, walker.id, one.id, now=clock.now()).job.slot_held


def test_a_held_time_that_has_run_out_is_chosen_again(customer: Walker) -> None:
    customer.answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
    customer.goes(customer.at("payment"))
    form = hidden_of(customer.page) | {"way": "cash"}
    with clock.moved(timedelta(minutes=16)):
        answer = customer.sends(customer.at("payment"), form)
        assert answer.headers["location"] == customer.at("time")
        free = offered(customer.goes(customer.at("time")).text, "window")
        customer.sends(customer.at("time"), {"window": free[0]}, leads_to="/payment")
        customer.pays("cash", leads_to="/jobs/")


def test_a_payment_form_of_an_older_version_is_shown_again(customer: Walker) -> None:
    customer.answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
    customer.goes(customer.at("payment"))
    form = hidden_of(customer.page)
    answer = customer.sends(customer.at("payment"), form | {"way": "cash", "version": "1"}, status=409)
    assert "look again" in answer.text


def test_paying_twice_with_one_form_is_paying_once(customer: Walker) -> None:
    customer.answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
    customer.goes(customer.at("payment"))
    form = hidden_of(customer.page) | {"way": "cash", "command_id": str(uuid4())}
    for _ in range(2):
        customer.sends(customer.at("payment"), form, leads_to="/jobs/")
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM job_event WHERE event = 'fund'")) == 1


def test_an_empty_wallet_does_not_pay(customer: Walker) -> None:
    customer.answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
    customer.goes(customer.at("payment"))
    form = hidden_of(customer.page)
    answer = customer.sends(customer.at("payment"), form | {"way": "wallet"}, status=409)
    assert "Your wallet holds" in answer.text
    customer.sends(customer.at("payment"), form | {"way": "gold"}, status=422)


def test_a_visitor_cannot_reach_the_payment(walker: Walker) -> None:
    walker.answers().says_where().chooses_time()
    answer = walker.visitor.get(walker.at("payment"))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
