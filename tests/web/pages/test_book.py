"""Booking without scripts: six pages, a draft from the first, and everything wrong that can be typed."""

from typing import Any
from uuid import uuid4

import pytest

from booking.jobs.lists import drafts_of, of_customer
from booking.jobs.queries import for_customer
from booking.jobs.words import State
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.people.queries import addresses_of, find_by_contact
from tests.web.conftest import Town, count
from tests.web.pages.walking import ANSWERS, ASKED, HOUSE, SERVICE, Walker, hidden_of, offered, words_of


def jobs_in_all() -> int:
    with transaction() as session:
        return count(session, "job")


def events_in_all() -> int:
    with transaction() as session:
        return count(session, "job_event")


def person_of(phone: str) -> Any:
    with transaction() as session:
        return find_by_contact(session, phone, "BD")


def test_a_visitor_books_in_six_pages_and_pays_cash(walker: Walker) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number").gives_number()
    walker.pays("cash", leads_to=f"/jobs/{walker.booking}")
    nasrin = person_of("01911223344")
    with transaction() as session:
        job = for_customer(session, walker.id, nasrin, now=clock.now())
        [address] = addresses_of(session, nasrin)
    assert job.job.state is State.REQUESTED
    assert job.job.funded
    assert job.job.window is not None
    assert job.address == address.id
    assert not job.place


def test_a_booking_is_published_after_it_is_paid_for(walker: Walker, work_off: Any) -> None:
    walker.answers().says_where().chooses_time().agrees(leads_to="/number").gives_number()
    walker.pays("cash", leads_to="/jobs/")
    work_off()
    answer = walker.goes(f"/jobs/{walker.booking}")
    assert "We are asking specialists near you" in answer.text


def test_somebody_signed_in_skips_the_number_and_chooses_a_known_address(customer: Walker, town: Town) -> None:
    customer.answers().takes_saved_address().chooses_time().agrees(leads_to="/payment")
    page = customer.goes(customer.at("payment")).text
    assert "Step 5 of 5" in words_of(page)
    assert "Your time is kept for" in words_of(page)


def test_the_same_form_sent_twice_makes_one_draft(walker: Walker) -> None:
    walker.goes(f"/book/{SERVICE}")
    form = ANSWERS | ASKED | {"command_id": str(uuid4())}
    first, second = walker.visitor.post(f"/book/{SERVICE}", form), walker.visitor.post(f"/book/{SERVICE}", form)
    assert first.headers["location"] == second.headers["location"]
    assert jobs_in_all() == 1


def test_going_back_and_answering_anew_changes_the_draft(walker: Walker) -> None:
    form = ANSWERS | ASKED | {"command_id": str(uuid4())}
    walker.sends(f"/book/{SERVICE}", form)
    answer = walker.sends(f"/book/{SERVICE}", form | {"about-count": "3"})
    walker.booking = answer.headers["location"].split("/")[2]
    page = walker.goes(walker.at("work")).text
    assert 'value="3"' in page
    assert jobs_in_all() == 1


def test_a_question_that_an_answer_brings_up_is_asked_without_blame(walker: Walker) -> None:
    typed = {"about-type": "split", "about-count": "1", "about-gas": "no", "asked": "type count gas"}
    answer = walker.sends(f"/book/{SERVICE}", typed, status=200)
    assert 'name="about-outdoor"' in answer.text
    assert "one more question" in answer.text
    assert "Error:" not in answer.text
    walker.sends(f"/book/{SERVICE}", typed | {"asked": "type count outdoor gas", "about-outdoor": "easy"})


def test_beside_a_mistake_a_further_question_is_shown_without_blame(walker: Walker) -> None:
    typed = {"about-type": "split", "about-count": "-4", "about-gas": "no", "asked": "type count gas"}
    answer = walker.sends(f"/book/{SERVICE}", typed, status=422)
    assert 'name="about-outdoor"' in answer.text
    assert 'id="about-outdoor-error"' not in answer.text
    assert 'id="about-count-error"' in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"about-count": "-2"}, "whole number from 1 to 10"),
        ({"about-count": "999999999999999999999"}, "Type a number"),
        ({"about-count": "11"}, "whole number from 1 to 10"),
        ({"about-count": "2.5"}, "Type a number"),
        ({"about-count": "two"}, "Type a number"),
        ({"about-count": ""}, "Please fill this in"),
        ({"about-type": "submarine"}, "one of those offered"),
        ({"about-gas": "maybe"}, "one of those offered"),
    ],
)
def test_a_wrong_answer_is_refused_beside_its_question_and_kept(
    walker: Walker, typed: dict[str, str], said: str
) -> None:
    answer = walker.sends(f"/book/{SERVICE}", ANSWERS | ASKED | typed, status=422)
    [name] = typed
    assert said in words_of(answer.text)
    assert f'id="{name}-error"' in answer.text
    if name == "about-count":
        assert f'value="{typed[name]}"' in answer.text
    assert jobs_in_all() == 0


@pytest.mark.parametrize("two", ["2", "২", "۲", "٢"])
def test_any_script_of_digits_counts(walker: Walker, two: str) -> None:
    walker.answers(**{"about-count": two}).says_where()
    assert 'value="2"' in walker.goes(walker.at("work")).text


def test_a_card_number_is_never_taken(walker: Walker) -> None:
    walker.goes("/book/ac_repair")
    asked = hidden_of(walker.page)
    typed = {"about-symptom": "noise", "about-type": "window", "about-notes": "card 4111 1111 1111 1111"}
    answer = walker.sends("/book/ac_repair", asked | typed, status=422)
    assert "card number" in answer.text
    walker.answers()
    area = offered(walker.goes(walker.at("place")).text, "area")[0]
    answer = walker.sends(walker.at("place"), HOUSE | {"area": area, "line": "4111111111111111"}, status=422)
    assert "card number" in answer.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"area": ""}, "area"),
        ({"area": str(uuid4())}, "area"),
        ({"area": "Atlantis"}, "area"),
        ({"line": ""}, "line"),
        ({"line": "x" * 201}, "line"),
        ({"directions": "x" * 301}, "directions"),
    ],
)
def test_a_place_outside_of_our_zones_or_without_a_street_is_refused(
    walker: Walker, typed: dict[str, str], field: str
) -> None:
    walker.answers()
    area = offered(walker.goes(walker.at("place")).text, "area")[0]
    before = events_in_all()
    answer = walker.sends(walker.at("place"), HOUSE | {"area": area} | typed, status=422)
    assert f'id="{field}-error"' in answer.text
    assert "Green gate" in answer.text or field == "directions"
    assert events_in_all() == before


def test_anothers_address_is_not_offered(customer: Walker, town: Town) -> None:
    customer.answers()
    own = offered(customer.goes(customer.at("place")).text, "address")
    foreign = next(each.address for each in town.cast.customers if each.address and str(each.address) not in own)
    answer = customer.sends(customer.at("place"), {"address": str(foreign)}, status=422)
    assert "one of those offered" in answer.text


@pytest.mark.parametrize("window", ["", "nonsense", "2020-01-01.morning", "2099-01-01.morning", "0000-00-00.99"])
def test_a_time_that_is_past_or_was_never_offered_is_refused_with_others(walker: Walker, window: str) -> None:
    walker.answers().says_where()
    answer = walker.visitor.post(walker.at("time"), {"window": window})
    assert answer.status_code in (409, 422)
    assert offered(answer.text, "window")
    assert walker.visitor.get(walker.at("price")).headers["location"] == walker.at("time")


def test_a_day_that_is_no_day_shows_the_first_with_room(walker: Walker) -> None:
    walker.answers().says_where()
    for day in ("tomorrow", "9999-99-99", "1999-01-01"):
        assert offered(walker.goes(f"{walker.at('time')}?day={day}").text, "window")


def test_the_pages_lead_to_the_first_that_is_not_done(walker: Walker) -> None:
    walker.answers()
    assert walker.visitor.get(walker.at("price")).headers["location"] == walker.at("place")
    assert walker.visitor.get(walker.at("number")).headers["location"] == walker.at("place")
    assert walker.visitor.get(f"/bookings/{walker.booking}").headers["location"] == walker.at("place")
    walker.says_where()
    assert walker.visitor.get(f"/bookings/{walker.booking}").headers["location"] == walker.at("time")


def test_a_price_that_changed_since_it_was_shown_is_shown_again(walker: Walker) -> None:
    walker.answers().says_where().chooses_time()
    walker.goes(walker.at("price"))
    answer = walker.sends(walker.at("price"), {"total": "1"}, status=409)
    assert "The price has changed" in answer.text


def test_the_price_tells_why_and_what_cancelling_costs(walker: Walker) -> None:
    walker.answers().says_where().chooses_time()
    words = words_of(walker.goes(walker.at("price")).text)
    for part in ("fixed price of this service", "1 more than the 1 included", "If you cancel", "On the way", "Total"):
        assert part.lower() in words.lower(), part


def test_anothers_draft_is_not_there(walker: Walker, somebody: Any) -> None:
    walker.answers().says_where()
    stranger = somebody("customer")
    for step in ("work", "place", "time", "price", "number", "payment"):
        assert stranger.get(walker.at(step)).status_code == 404, step
        if step != "payment":
            assert stranger.post(walker.at(step), {"area": "x"}).status_code == 404, step
    assert stranger.get(f"/bookings/{uuid4()}/work").status_code == 404
    assert stranger.get("/bookings/not-an-id/work").status_code == 404


def test_a_draft_can_be_left_for_signing_in_and_is_there_afterwards(walker: Walker, town: Town) -> None:
    walker.answers().says_where().chooses_time()
    one = next(each for each in town.cast.people if each.role == "customer")
    assert one.username is not None
    walker.visitor.sign_in(one.username, one.password or "")
    walker.agrees(leads_to="/payment")
    with transaction() as session:
        assert [each.id for each in of_customer(session, one.id) if each.id == walker.id]


def test_a_form_without_its_token_is_refused(walker: Walker) -> None:
    walker.goes(f"/book/{SERVICE}")
    answer = walker.visitor.client.post(f"/book/{SERVICE}", data=ANSWERS | ASKED)
    assert answer.status_code == 403
    assert jobs_in_all() == 0


def test_a_service_that_does_not_exist_is_not_there(walker: Walker) -> None:
    assert walker.visitor.get("/book/alchemy").status_code == 404
    assert walker.visitor.post("/book/alchemy", ANSWERS).status_code == 404


@pytest.mark.parametrize("language", ["bn", "fa", "ar"])
def test_every_page_speaks_the_readers_direction(walker: Walker, language: str) -> None:
    walker.visitor.language = language
    walker.answers().says_where().chooses_time()
    page = walker.goes(walker.at("price")).text
    assert f'lang="{language}"' in page
    assert ('dir="rtl"' in page) == (language != "bn")


def test_drafts_of_a_visitor_are_listed_for_nobody_else(walker: Walker, town: Town) -> None:
    walker.answers()
    one = next(each for each in town.cast.people if each.role == "customer")
    with transaction() as session:
        assert drafts_of(session, customer=one.id) == []
