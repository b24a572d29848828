"""Offers: what is told before acceptance and what is not, two answers, and one winner who is told so."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from sqlalchemy import select

from booking.dispatch.rules import OfferState
from booking.dispatch.tables import Offer
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, assert_nothing_personal, at_work

TAKEN = "Another specialist accepted it before you."


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


NOBODYS = "01890000-0000-7000-8000-000000000000"


def state_of(offer: UUID) -> str:
    with transaction() as session:
        return session.get_one(Offer, offer).state


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_an_offer_tells_area_time_work_and_pay_and_nobody(day: AtWork, language: str) -> None:
    job = day.open_job()
    (offer,) = day.offer(job, day.rafiq.id)
    rafiq, secrets = day.browser(day.rafiq.id, language), day.personal_values()
    assert len(secrets) > 15
    for path in ("/work", "/work/offers", f"/work/offers/{offer}", "/work/why"):
        answer = rafiq.get(path)
        assert answer.status_code == 200, answer.text[:1500]
        assert_nothing_personal(answer.text, secrets)
    page = rafiq.get(f"/work/offers/{offer}").text
    zone = {"en": "Gulshan", "bn": "গুলশান", "fa": "گلشن", "ar": "غولشان"}[language]
    assert zone in page
    assert page.count(f"/work/offers/{offer}/acceptance") == 1
    assert page.count(f"/work/offers/{offer}/refusal") == 1


def test_an_offer_says_what_stays_after_commission_and_tax_and_what_the_work_is(day: AtWork) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    page = day.browser(day.rafiq.id).get(f"/work/offers/{offer}").text
    for said in ("You receive", "Price of the work", "Commission", "Tax on the commission", "Open until", "AC repair"):
        assert said in page, said


def test_looking_at_the_address_of_an_offer_changes_nothing_and_its_page_says_that_it_was_seen(day: AtWork) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    rafiq = day.browser(day.rafiq.id)
    assert "/sight" in rafiq.get(f"/work/offers/{offer}").text
    assert state_of(offer) == OfferState.SENT
    assert rafiq.post(f"/work/offers/{offer}/sight").status_code == 204
    assert state_of(offer) == OfferState.SEEN
    assert rafiq.post(f"/work/offers/{offer}/sight").status_code == 204
    assert "/sight" not in rafiq.get(f"/work/offers/{offer}").text


def test_whoever_accepts_has_the_job_and_is_told_so_however_often(day: AtWork) -> None:
    job = day.open_job()
    (offer,) = day.offer(job, day.rafiq.id)
    rafiq, command = day.browser(day.rafiq.id), str(uuid4())
    for data in ({"command_id": command}, {"command_id": command}, {}, {"command_id": "nonsense"}):
        answer = rafiq.post(f"/work/offers/{offer}/acceptance", data)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/work/jobs/{job}")
    assert "This job is yours." in rafiq.get(f"/work/jobs/{job}").text
    assert "This job is yours." in rafiq.get(f"/work/offers/{offer}").text
    assert day.state(job) == "assigned"


def test_whoever_comes_second_reads_why_and_never_who(day: AtWork) -> None:
    job, secrets = day.open_job(), day.personal_values()
    mine, other = day.offer(job, day.rafiq.id, day.karim.id)
    assert day.browser(day.rafiq.id).post(f"/work/offers/{mine}/acceptance").status_code == 303
    karim = day.browser(day.karim.id)
    answer = karim.post(f"/work/offers/{other}/acceptance")
    assert answer.status_code == 409
    for page in (answer.text, karim.get(f"/work/offers/{other}").text, karim.get("/work/offers").text):
        assert TAKEN in page
        assert_nothing_personal(page, [*secrets, day.rafiq.name, day.rafiq.phone, str(day.rafiq.id)])
    assert karim.get(f"/work/jobs/{job}").status_code == 404


def test_an_answer_that_comes_too_late_is_told_so_in_words(day: AtWork) -> None:
    job = day.open_job()
    (offer,) = day.offer(job, day.rafiq.id, seconds=30)
    day.later(seconds=60)
    rafiq = day.browser(day.rafiq.id)
    answer = rafiq.post(f"/work/offers/{offer}/acceptance")
    assert answer.status_code == 409
    assert "The time to answer ran out." in answer.text
    assert "Nothing is counted against you." in answer.text
    assert f"{offer}/acceptance" not in rafiq.get(f"/work/offers/{offer}").text
    assert day.state(job) == "open"


def test_an_offer_of_a_job_that_was_called_off_says_so(day: AtWork) -> None:
    job = day.open_job()
    (offer,) = day.offer(job, day.rafiq.id)
    day.fire(job, "cancel_by_customer", day.actor, fee_minor=0)
    answer = day.browser(day.rafiq.id).post(f"/work/offers/{offer}/acceptance")
    assert answer.status_code == 409
    assert "This offer is over" in answer.text
    assert "called off" in answer.text


@pytest.mark.parametrize("reason", ["", "too_far"])
def test_declining_takes_one_tap_and_twice_is_once(day: AtWork, reason: str) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    rafiq = day.browser(day.rafiq.id)
    for _ in range(2):
        answer = rafiq.post(f"/work/offers/{offer}/refusal", {"reason": reason})
        assert (answer.status_code, answer.headers["location"]) == (303, "/work/offers")
    assert state_of(offer) == OfferState.DECLINED
    late = rafiq.post(f"/work/offers/{offer}/acceptance")
    assert late.status_code == 409
    assert "You declined it." in late.text


@pytest.mark.parametrize("reason", ["because", "x" * 5000, "<script>", "too_far\x00"])
def test_a_reason_that_is_not_on_the_list_is_refused_beside_its_field(day: AtWork, reason: str) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    answer = day.browser(day.rafiq.id).post(f"/work/offers/{offer}/refusal", {"reason": reason})
    if reason.startswith("too_far"):  # a control character is no part of what was typed
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert "Please choose one of those offered." in answer.text
    assert "<script>" not in answer.text.replace("<script defer", "")
    assert state_of(offer) == OfferState.SENT


def test_an_offer_of_somebody_else_is_not_there(day: AtWork) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    secrets = day.personal_values()
    for wrong in (day.karim.id, day.rahima.id, day.town.cast.named("agent").id):
        browser = day.browser(wrong)
        for answer in (
            browser.get(f"/work/offers/{offer}"),
            browser.post(f"/work/offers/{offer}/acceptance"),
            browser.post(f"/work/offers/{offer}/refusal", {"reason": "busy"}),
            browser.post(f"/work/offers/{offer}/sight"),
        ):
            assert answer.status_code == 404
            assert_nothing_personal(answer.text, secrets)
    nobody = day.client.get(f"/work/offers/{offer}", headers={"accept": "text/html"})
    assert nobody.headers["location"].startswith("/sign-in")
    assert state_of(offer) == OfferState.SENT


@pytest.mark.parametrize("path", [f"/work/offers/{NOBODYS}", "/work/offers/7", "/work/offers/%00", "/work/jobs/me"])
def test_addresses_of_nothing_are_answered_in_words(day: AtWork, path: str) -> None:
    answer = day.browser(day.rafiq.id).get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_form_that_did_not_come_from_our_page_changes_nothing(day: AtWork) -> None:
    (offer,) = day.offer(day.open_job(), day.rafiq.id)
    answer = day.browser(day.rafiq.id).post(f"/work/offers/{offer}/acceptance", {"form_token": "forged"})
    assert answer.status_code == 403
    assert state_of(offer) == OfferState.SENT


def test_of_fifty_who_accept_at_once_one_has_the_job_and_the_others_read_why(day: AtWork) -> None:
    crowd = day.crowd(50)
    job, secrets = day.open_job(), day.personal_values()
    offers = dict(zip(crowd, day.offer(job, *crowd), strict=True))
    answers = day.all_at_once([(who, f"/work/offers/{offer}/acceptance") for who, offer in offers.items()])
    told = Counter(answer.status_code for answer in answers)
    assert told == {303: 1, 409: 49}, [answer.text[:300] for answer in answers if answer.status_code >= 500][:2]
    for answer in answers:
        if answer.status_code == 303:
            assert answer.headers["location"] == f"/work/jobs/{job}"
        else:
            assert TAKEN in answer.text
            assert_nothing_personal(answer.text, secrets)
    with transaction() as session:
        states = Counter(session.scalars(select(Offer.state).where(Offer.job_id == job)))
    assert states == {"accepted": 1, "withdrawn": 49}
