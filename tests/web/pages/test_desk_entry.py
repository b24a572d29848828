"""A booking typed by the call centre: as everybody's, with what is wrong said beside it, and once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from sqlalchemy import text

from marketplace.foundation.database import transaction
from tests.web.pages.on_the_phone import CARD, Desk, jobs, looks_at, rows

WRONG: list[tuple[dict[str, str], str]] = [
    ({"service": ""}, "service"),
    ({"service": "zzzz"}, "service"),
    ({"service": "AC"}, "which"),
    ({"about-place": ""}, "about-place"),
    ({"about-place": "moon"}, "about-place"),
    ({"about-notes": f"my card {CARD}"}, "about-notes"),
    ({"address": str(uuid4())}, "address"),
    ({"address": "another", "area": "", "line": "x"}, "area"),
    ({"address": "another", "area": "moon", "line": "x"}, "area"),
    ({"address": "another", "line": f"House {CARD}"}, "line"),
    ({"window": ""}, "window"),
    ({"window": "2020-01-01.morning"}, "window"),
    ({"window": "never"}, "window"),
    ({"method": ""}, "method"),
    ({"method": "bitcoin"}, "method"),
]


def zone_of(desk: Desk) -> UUID:
    found = rows("SELECT zone_id FROM address WHERE person_id = :id", id=desk.rahima.id)
    id: UUID = found[0].zone_id
    return id


def test_letters_lead_to_services_and_several_are_asked_back(desk: Desk) -> None:
    seen = desk.agent.post(f"{desk.page}/entry", {"service": "AC"}).text
    assert "AC repair" in seen
    assert "AC gas refill" in seen
    chosen = desk.agent.post(f"{desk.page}/entry", {"service": "AC", "which": "ac_repair"}).text
    assert 'name="about-symptom"' in chosen


def test_an_answer_brings_up_its_question(desk: Desk) -> None:
    form = {"service": "Repair a leak", "about-place": "tap", "about-running": "no"}
    assert 'name="about-shut_off"' not in desk.agent.post(f"{desk.page}/entry", form).text
    form["about-running"] = "yes"
    assert 'name="about-shut_off"' in desk.agent.post(f"{desk.page}/entry", form).text


def test_scripts_are_given_only_the_parts_that_changed(desk: Desk) -> None:
    form = desk.entry()
    parts = desk.agent.post(f"{desk.page}/entry", form, headers={"hx-request": "true"}).text
    assert "<html" not in parts
    assert 'id="price"' in parts
    assert 'id="times"' in parts  # this form came without the times that it shows
    shown = re.search(r'name="grid" value="([^"]+)"', parts)
    known = {**form, "grid": shown[1] if shown else "", "matched": "leak", "asked": "place running notes"}
    again = desk.agent.post(f"{desk.page}/entry", known, headers={"hx-request": "true"}).text
    assert 'id="price"' in again
    assert 'id="times"' not in again
    assert 'id="questions"' not in again


def test_asking_for_times_keeps_nothing(desk: Desk) -> None:
    desk.entry(address="another", area=str(zone_of(desk)), line="House 3, Road 9")
    assert jobs() == []
    assert rows("SELECT count(*) FROM occupation")[0][0] == 0
    assert looks_at(desk.rahima.id) == []


def test_a_booking_by_phone_is_a_booking_and_its_customer_is_told(desk: Desk, work_off: Callable[[], int]) -> None:
    where = desk.book()
    (job,) = jobs()
    assert where == f"/desk/jobs/{job.id}"
    assert (job.state, job.customer_id, job.method) == ("requested", desk.rahima.id, "cash")
    assert job.entered_by == desk.town.cast.named("agent").id
    assert job.funded_at is not None
    letters = rows("SELECT letter FROM delivery WHERE person_id = :id", id=desk.rahima.id)
    assert [each.letter for each in letters] == ["booking_by_phone"]
    acts = rows("SELECT DISTINCT role, on_behalf_of FROM job_event")
    assert [tuple(each) for each in acts] == [("agent", desk.rahima.id)]
    assert work_off() > 0


def test_the_same_form_twice_books_once(desk: Desk) -> None:
    form = {**desk.entry(address="another", area=str(zone_of(desk)), line="House 3"), "command_id": str(uuid4())}
    first = desk.agent.post(f"{desk.page}/bookings", form)
    second = desk.agent.post(f"{desk.page}/bookings", form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(jobs()) == 1
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 2


def test_the_same_form_twice_at_once_books_once(desk: Desk) -> None:
    form = {**desk.entry(address="another", area=str(zone_of(desk)), line="House 3"), "command_id": str(uuid4())}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: desk.agent.post(f"{desk.page}/bookings", form), range(2)))
    assert {answer.status_code for answer in answers} <= {303, 503}  # 503: too busy to wait for the other; send again
    answers.append(desk.agent.post(f"{desk.page}/bookings", form))
    assert len({answer.headers["location"] for answer in answers if answer.status_code == 303}) == 1
    assert len(jobs()) == 1
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 2


def test_a_price_that_was_not_read_out_is_shown_first(desk: Desk) -> None:
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "total": "1"})
    assert answer.status_code == 409
    assert 'name="total"' in answer.text
    assert jobs() == []


def test_what_is_wrong_is_said_beside_it_and_nothing_is_kept(desk: Desk) -> None:
    good, area = desk.entry(), str(zone_of(desk))
    for wrong, field in WRONG:
        told = {"area": area} if wrong.get("address") == "another" else {}
        answer = desk.agent.post(f"{desk.page}/bookings", {**good, **told, **wrong})
        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text, wrong
        assert f'id="{field}-error"' in answer.text, wrong
    assert jobs() == []
    assert len(rows("SELECT 1 FROM address WHERE person_id = :id", id=desk.rahima.id)) == 1


def test_anothers_address_cannot_be_booked_for(desk: Desk) -> None:
    tanvir = desk.town.cast.named("tanvir")
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "address": str(tanvir.address)})
    assert answer.status_code == 422
    assert jobs() == []


def test_a_huge_form_is_refused_without_a_fault(desk: Desk) -> None:
    answer = desk.agent.post(f"{desk.page}/bookings", {**desk.entry(), "service": "x" * 200_000, "line": "y" * 5_000})
    assert answer.status_code == 422


def test_a_time_that_has_gone_is_told_with_the_others_and_the_entry_kept(desk: Desk) -> None:
    form = desk.entry(**{"about-notes": "under the sink"})
    with transaction() as session:
        session.execute(text("DELETE FROM shift"))
    answer = desk.agent.post(f"{desk.page}/bookings", form)
    assert answer.status_code in (409, 422)
    assert "under the sink" in answer.text
    assert jobs() == []
