"""A job through the API, from the request to the rating, and every way of asking wrongly."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation.database import transaction
from tests.web.api.conftest import AC, Opener, Story


def count(table: str) -> int:
    with transaction() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_a_job_goes_from_the_request_to_the_rating(program: Opener, story: Story) -> None:
    customer = program("customer")
    job, specialist = story.accepted(customer)
    contact = specialist.get(f"/work/jobs/{job}/contact").json()
    assert contact["phone"] == customer.member.phone  # type: ignore[union-attr]
    assert contact["name"] == customer.member.name  # type: ignore[union-attr]
    assert specialist.post(f"/work/jobs/{job}/arrival", {"dwell_seconds": 120}).json()["state"] == "on_site"
    code = customer.get(f"/jobs/{job}").json()["start_code"]
    wrong = specialist.post(f"/work/jobs/{job}/start", {"code": "0000" if code != "0000" else "1111"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "StartCodeWrong")
    assert wrong.json()["tries_left"] == 4
    assert specialist.post(f"/work/jobs/{job}/start", {"code": code}).json()["state"] == "in_progress"
    done = specialist.post(f"/work/jobs/{job}/completion", {})
    assert done.json()["state"] == "completed"
    price = customer.get(f"/jobs/{job}").json()["price"]
    assert specialist.post(f"/work/jobs/{job}/cash", {"amount": price}).status_code == 200
    assert customer.get(f"/jobs/{job}").json()["cash_declared"] == price
    assert customer.post(f"/jobs/{job}/confirmation", {}).json()["state"] == "approved"
    rated = customer.post(f"/jobs/{job}/rating", {"matter": 5, "manner": 4, "text": "ভালো কাজ"})
    assert (rated.status_code, rated.json()["opened_at"]) == (201, None)
    back = specialist.post(f"/work/jobs/{job}/rating", {"matter": 4, "manner": 5})
    assert back.json()["opened_at"] is not None
    earned = specialist.get("/earnings").json()
    assert [(line["job"], line["gross"]) for line in earned["lines"]] == [(job, price)]
    assert earned["wallet"]["owed"]["minor"] > 0


def test_a_wrong_code_sent_twice_with_one_key_is_counted_once(program: Opener, story: Story) -> None:
    customer = program("customer")
    job, specialist = story.accepted(customer)
    specialist.post(f"/work/jobs/{job}/arrival", {"reason": "by_hand"})
    code = customer.get(f"/jobs/{job}").json()["start_code"]
    body, key = {"code": "0000" if code != "0000" else "1111"}, str(uuid4())
    answers = [specialist.post(f"/work/jobs/{job}/start", body, key=key) for _ in range(2)]
    assert [each.status_code for each in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    again = specialist.post(f"/work/jobs/{job}/start", body)
    assert again.json()["tries_left"] == answers[0].json()["tries_left"] - 1


def test_the_same_key_twice_gives_one_job_and_one_answer(program: Opener) -> None:
    customer, key = program("customer"), str(uuid4())
    address = customer.get("/me/addresses").json()[0]["id"]
    wanted, before = {"service": "ac_service", "answers": AC, "address": address}, count("job")
    first = customer.post("/jobs", wanted, key=key)
    again = customer.post("/jobs", wanted, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert count("job") == before + 1
    other = customer.post("/jobs", wanted | {"service": "ac_repair", "answers": {}}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "KeyReusedForAnother")


def test_eight_at_once_with_one_key_make_one_job(program: Opener) -> None:
    customer, key = program("customer"), str(uuid4())
    address = customer.get("/me/addresses").json()[0]["id"]
    wanted, before = {"service": "ac_service", "answers": AC, "address": address}, count("job")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: customer.post("/jobs", wanted, key=key), range(8)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert count("job") == before + 1


def test_a_post_without_a_key_is_refused_and_does_nothing(program: Opener) -> None:
    customer, before = program("customer"), count("job")
    address = customer.get("/me/addresses").json()[0]["id"]
    for key in ("", "not-a-uuid"):
        told = customer.post("/jobs", {"service": "ac_service", "answers": AC, "address": address}, key=key)
        assert (told.status_code, told.json()["type"]) == (400, "NoIdempotencyKey")
    assert count("job") == before


def test_what_is_anothers_is_not_there(program: Opener, story: Story) -> None:
    job = story.with_time(program("customer"))
    other, specialist = program("customer", 1), program("specialist")
    assert other.get(f"/jobs/{job}").status_code == 404
    assert other.get(f"/jobs/{job}/cancellation").status_code == 404
    assert other.get("/windows", params={"job": job}).status_code == 404
    for path, body in (
        ("slot", {"window": "2030-01-01.morning"}),
        ("funding", {"method": "cash"}),
        ("cancellation", {}),
        ("confirmation", {}),
        ("rating", {"matter": 5, "manner": 5}),
    ):
        assert other.post(f"/jobs/{job}/{path}", body).status_code == 404, path
    assert specialist.get(f"/work/jobs/{job}").status_code == 404
    assert specialist.get(f"/work/jobs/{job}/contact").status_code == 404
    assert specialist.post(f"/work/jobs/{job}/arrival", {"reason": "by_hand"}).status_code == 404
    assert other.post("/top-ups", {"amount": {"minor": 100_00, "currency": "BDT"}, "job": job}).status_code == 404


def test_an_offer_of_somebody_else_is_not_there(program: Opener, story: Story) -> None:
    job = story.open(program("customer"))
    asked, offer = story.offered(job)
    stranger = next(program(one) for one in story.town.cast.specialists if one.id != asked.member.id)  # type: ignore[union-attr]
    assert stranger.get(f"/offers/{offer}").status_code == 404
    assert stranger.post(f"/offers/{offer}/acceptance").status_code == 404
    assert stranger.post(f"/offers/{offer}/refusal", {}).status_code == 404
    shown = asked.get(f"/offers/{offer}").json()
    assert shown["is_open"]
    assert shown["pay"]["net"]["minor"] < shown["pay"]["gross"]["minor"]
    assert not {"name", "phone", "address", "customer"} & set(shown)


def test_a_refused_offer_is_gone_and_the_job_still_open(program: Opener, story: Story) -> None:
    customer = program("customer")
    job = story.open(customer)
    specialist, offer = story.offered(job)
    told = specialist.post(f"/offers/{offer}/refusal", {"reason": "busy"})
    assert told.json()["state"] == "declined"
    late = specialist.post(f"/offers/{offer}/acceptance")
    assert (late.status_code, late.json()["type"]) == (409, "OfferGone")
    assert customer.get(f"/jobs/{job}").json()["state"] == "open"


def test_the_fee_shown_is_the_fee_taken_and_another_is_refused(program: Opener, story: Story) -> None:
    customer = program("customer")
    job = story.with_time(customer)
    shown = customer.get(f"/jobs/{job}/cancellation").json()
    other = customer.post(f"/jobs/{job}/cancellation", {"fee": {"minor": 77, "currency": "BDT"}})
    assert (other.status_code, other.json()["type"]) == (409, "FeeHasChanged")
    gone = customer.post(f"/jobs/{job}/cancellation", {"fee": shown["fee"], "reason": "changed_mind"})
    assert gone.json()["state"] == "cancelled"
    twice = customer.post(f"/jobs/{job}/cancellation", {"fee": shown["fee"]})
    assert (twice.status_code, twice.json()["type"]) == (409, "IllegalTransition")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"answers": {"type": "steam engine"}}, 422),
        ({"answers": {"count": -3}}, 422),
        ({"answers": {"count": 1.5}}, 400),
        ({"answers": []}, 400),
        ({"service": "time_travel"}, 404),
        ({"service": "x" * 501}, 400),
        ({"address": str(uuid4())}, 404),
        ({"address": "home"}, 400),
        ({"address": None}, 422),
        ({"price": 1}, 400),
        ({"customer": str(uuid4())}, 400),
    ],
)
def test_a_wrong_request_is_refused_in_words_and_writes_nothing(
    program: Opener, change: dict[str, object], status: int
) -> None:
    customer, before = program("customer"), count("job")
    address = customer.get("/me/addresses").json()[0]["id"]
    told = customer.post("/jobs", {"service": "ac_service", "answers": AC, "address": address} | change)
    assert told.status_code == status, told.text
    assert told.headers["content-type"].startswith("application/problem+json")
    assert told.json()["detail"]
    assert count("job") == before


def test_a_new_place_is_kept_with_the_others(program: Opener) -> None:
    customer = program("customer")
    zone = customer.get("/zones", params={"search": "Banani"}).json()[0]
    place = {"zone": zone["id"], "line": "House 5, Road 3", "unit": "4B"}
    made = customer.post("/jobs", {"service": "ac_service", "answers": AC, "place": place})
    assert (made.status_code, made.json()["zone"]) == (201, zone["id"])
    newest = customer.get("/me/addresses").json()[0]
    assert (newest["id"], newest["line"]) == (made.json()["address"], "House 5, Road 3")
    nowhere = customer.post("/jobs", {"service": "ac_service", "answers": AC, "place": place | {"zone": str(uuid4())}})
    assert nowhere.status_code == 404


def test_a_window_that_was_not_offered_is_refused(program: Opener, story: Story) -> None:
    customer = program("customer")
    job = story.requested(customer)
    for window in ("2020-01-01.morning", "2999-01-01.morning", "tomorrow", "", "২০২৬-১১-২১.09"):
        told = customer.post(f"/jobs/{job}/slot", {"window": window})
        assert (told.status_code, told.json()["type"]) == (409, "SlotTaken"), window
