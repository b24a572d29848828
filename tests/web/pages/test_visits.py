"""Work with several visits on its pages and through the API: an estimate, its quote, its payment, its warranty."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from booking.dispatch import wishes
from booking.jobs import quotes, visits
from booking.jobs.rules import SYSTEM, Actor
from booking.jobs.visit_rules import Relation
from booking.jobs.words import Event, Role
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings
from tests.booking.jobs.town import top_up
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, Browser, at_work

LINES = {
    "rows": "3", "act": "keep", "hours": "4", "days": "৭", "note": "Two days of drying",
    "sort-1": "labour", "text-1": "Taking the wall down", "quantity-1": "1", "price-1": "15000",
    "sort-2": "parts", "text-2": "Bricks", "quantity-2": "২.৫", "price-2": "1,200.50",
}  # fmt: skip


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def api(day: AtWork, who: PersonId, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {day.browser(who).token}", "idempotency-key": str(uuid4())}
    day.client.cookies.clear()
    return day.client.request(method, f"/api/v1{path}", headers=headers, json=body)


def made(day: AtWork, job: UUID, who: PersonId) -> None:
    """The whole visit by this specialist, up to its confirmation."""
    crew = Actor(Role.SPECIALIST, who)
    (offer,) = day.offer(job, who)
    accepted = day.browser(who).post(f"/work/offers/{offer}/acceptance")
    assert accepted.headers["location"] == f"/work/jobs/{job}", accepted.text[:2000]
    day.later(hours=27)
    day.fire(job, "depart", crew)
    day.fire(job, "arrive", crew, reason="by_hand")
    day.fire(job, "start", crew, start_code=day.code(job))
    day.fire(job, "complete", crew)
    day.fire(job, "confirm", day.actor)


def estimated(day: AtWork) -> tuple[UUID, UUID, PersonId]:
    """An estimate that was made, the work that waits for its quote, and the mason."""
    with transaction() as session:
        service = catalogue.service(session, "renovation", now=clock.now())
        top_up(session, day.rahima.id, 10_000_000, now=clock.now())
    day.works = replace(day.works, service=service.id, skills=service.skills)
    (mason,) = day.crowd(1)
    visit = day.open_job()
    with transaction() as session:
        work = visits.work_of(session, visit, Relation.ESTIMATE_OF)
    assert work is not None
    page = day.browser(day.rahima.id).get(f"/jobs/{work}").text
    assert "After the estimate visit the specialist writes you a quote." in page
    made(day, visit, mason)
    return visit, work, mason


def test_from_the_estimate_to_the_booked_work(day: AtWork) -> None:
    visit, work, mason = estimated(day)
    writer, rahima, karim = day.browser(mason), day.browser(day.rahima.id), day.browser(day.karim.id)
    assert f"/work/jobs/{visit}/quote" in writer.get("/work/quotes").text
    assert "After your estimate visits" in writer.get("/work").text
    assert karim.get(f"/work/jobs/{visit}/quote").status_code == 404
    what_cannot_be_written_is_refused_beside_its_field(writer, visit)
    more = writer.post(f"/work/jobs/{visit}/quote", LINES | {"act": "more"})
    assert (more.status_code, "text-6" in more.text, "Taking the wall down" in more.text) == (200, True, True)
    kept = writer.post(f"/work/jobs/{visit}/quote", LINES)
    assert kept.headers["location"] == f"/work/jobs/{visit}/quote-sending", kept.text[:3000]
    assert 'value="Bricks"' in writer.get(f"/work/jobs/{visit}/quote").text
    read = writer.get(f"/work/jobs/{visit}/quote-sending").text
    assert "3,001.25" in read  # two and a half times 1 200.50
    with transaction() as session:
        draft = quotes.for_writer(session, visit, mason)[1][0]
    assert writer.post(f"/work/jobs/{visit}/quote-sending", {"shown": "0" * 64}).status_code == 409
    sent = writer.post(f"/work/jobs/{visit}/quote-sending", {"shown": draft.hash})
    assert sent.headers["location"] == f"/work/jobs/{visit}/quote", sent.text[:3000]
    tasks.run_all_due()
    the_customer_reads_and_approves_it(day, rahima, work, mason)
    stranger = day.browser(day.town.cast.named("tanvir").id)
    assert stranger.post(f"/jobs/{work}/quote-approval", {"shown": "x"}).status_code == 404
    assert stranger.get(f"/jobs/{work}/quote").status_code == 404
    time = rahima.get(f"/bookings/{work}/time")
    assert time.status_code == 200, time.text[:2000]
    window = time.text.split('name="window" value="')[1].split('"')[0]
    chosen = rahima.post(f"/bookings/{work}/time", {"window": window, "day": window.partition(".")[0]})
    assert chosen.headers["location"] == f"/bookings/{work}/payment", chosen.text[:2000]
    paid = rahima.post(f"/bookings/{work}/payment", {"way": "wallet"})
    assert paid.headers["location"] == f"/jobs/{work}", paid.text[:3000]
    around = api(day, day.rahima.id, "GET", f"/jobs/{work}/visits").json()
    assert [(each["relation"], each["is_work"]) for each in around["visits"]] == [("estimate_of", False)]
    assert [each["state"] for each in around["quotes"]] == ["approved"]
    desk = day.browser(day.town.cast.named("agent").id).get(f"/desk/jobs/{work}").text
    assert "approved" in desk
    assert "Bricks" not in desk


def what_cannot_be_written_is_refused_beside_its_field(writer: Browser, visit: UUID) -> None:
    wrong = {
        "price-1": ("0", "-5", "", "1.999", "99999999999", "x"), "quantity-1": ("0", "-1", "1.234", "x"),
        "text-1": ("", "4242 4242 4242 4242", "x" * 121), "hours": ("0", "13", "x"), "days": ("0", "31", ""),
    }  # fmt: skip
    for field, values in wrong.items():
        for value in values:
            answer = writer.post(f"/work/jobs/{visit}/quote", LINES | {field: value})
            assert (answer.status_code, "field-error" in answer.text) == (422, True), (field, value)
            assert 'value="Bricks"' in answer.text
    empty = LINES | dict.fromkeys(("text-1", "price-1", "text-2", "price-2"), "")
    assert writer.post(f"/work/jobs/{visit}/quote", empty).status_code == 422
    assert writer.get(f"/work/jobs/{visit}/quote-sending").status_code == 303  # nothing was kept


def the_customer_reads_and_approves_it(day: AtWork, rahima: Browser, work: UUID, mason: PersonId) -> None:
    assert f"/jobs/{work}/quote" in rahima.get(f"/jobs/{work}").text
    page = rahima.get(f"/jobs/{work}/quote").text
    assert "Taking the wall down" in page
    assert "The estimate visit, taken off" in page
    shown = page.split('name="shown" value="')[1].split('"')[0]
    stale = rahima.post(f"/jobs/{work}/quote-approval", {"shown": "0" * 64})
    assert (stale.status_code, "There is no such quote here." in stale.text) == (404, True)
    assert rahima.post(f"/jobs/{work}/quote-refusal", {"shown": shown, "reason": "so"}).status_code == 422
    yes = rahima.post(f"/jobs/{work}/quote-approval", {"shown": shown, "estimator_first": "yes"})
    assert yes.headers["location"] == f"/bookings/{work}", yes.text[:3000]
    again = api(day, day.rahima.id, "POST", f"/jobs/{work}/quote-approval", {"shown": shown})
    assert again.status_code == 409
    with transaction() as session:
        assert wishes.wished(session, work) == mason


def test_a_visit_under_warranty_from_the_page_to_the_verdict(day: AtWork) -> None:
    job = day.assigned()
    day.later(hours=27)
    crew = Actor(Role.SPECIALIST, day.rafiq.id)
    for event, facts in (("depart", {}), ("arrive", {"reason": "by_hand"})):
        day.fire(job, event, crew, **facts)
    day.fire(job, "start", crew, start_code=day.code(job))
    day.fire(job, "complete", crew)
    day.fire(job, "confirm", day.actor)
    rahima, agent = day.browser(day.rahima.id), day.browser(day.town.cast.named("agent").id)
    assert "Under warranty until" in rahima.get(f"/jobs/{job}").text
    stranger = day.browser(day.town.cast.named("tanvir").id)
    assert stranger.post(f"/jobs/{job}/warranty", {"words": "It drips"}).status_code == 404
    assert stranger.get(f"/jobs/{job}/warranty").status_code == 404
    assert rahima.post(f"/jobs/{job}/warranty", {"words": ""}).status_code == 422
    assert rahima.post(f"/jobs/{job}/warranty", {"words": "4242 4242 4242 4242"}).status_code == 422
    asked = rahima.post(f"/jobs/{job}/warranty", {"words": "It drips again"})
    visit = UUID(asked.headers["location"].rpartition("/")[2])
    assert rahima.post(f"/jobs/{job}/warranty", {"words": "It drips again"}).status_code == 409
    for who, noun in ((day.rahima.id, "jobs"), (day.town.cast.named("agent").id, "desk/jobs")):
        assert api(day, who, "POST", f"/{noun}/{job}/warranty-visits", {"words": "It drips"}).status_code == 409
    times = agent.get(f"/desk/jobs/{visit}/times").text
    window = times.split('name="window" value="')[1].split('"')[0]
    assert agent.post(f"/desk/jobs/{visit}/times", {"window": "2020-01-01.9"}).status_code == 422
    booked = agent.post(f"/desk/jobs/{visit}/times", {"window": window})
    assert booked.headers["location"] == f"/desk/jobs/{visit}", booked.text[:2000]
    day.fire(visit, Event.PUBLISH, SYSTEM)
    assert "It drips again" not in day.browser(day.karim.id).get(f"/work/jobs/{visit}").text
    early = {"verdict": "own_defect", "ground": "own_work"}
    assert (
        api(day, day.town.cast.named("agent").id, "POST", f"/desk/jobs/{visit}/warranty-verdict", early).status_code
        == 409
    )
    (offer,) = day.offer(visit, day.rafiq.id)
    rafiq = day.browser(day.rafiq.id)
    assert "The customer pays nothing for this visit." in rafiq.get(f"/work/offers/{offer}").text
    rafiq.post(f"/work/offers/{offer}/acceptance")
    assert "It drips again" in rafiq.get(f"/work/jobs/{visit}").text
    with transaction() as session:
        row = visits.related(session, job)[0]
    assert row.window is not None
    clock.travel_to(row.window.start)
    for event, facts in (("depart", {}), ("arrive", {"reason": "by_hand"})):
        day.fire(visit, event, crew, **facts)
    day.fire(visit, "start", crew, start_code=day.code(visit))
    day.fire(visit, "complete", crew)
    day.fire(visit, "confirm", day.actor)
    assert (
        "By the rule an own defect is put right without pay." in agent.get(f"/desk/jobs/{visit}/warranty-verdict").text
    )
    for wrong in ({"ground": ""}, {"ground": "goodwill", "pay": "0"}, {"ground": "goodwill", "pay": "999999"}):
        assert agent.post(f"/desk/jobs/{visit}/warranty-verdict", wrong).status_code == 422
    decided = agent.post(f"/desk/jobs/{visit}/warranty-verdict", {"ground": "own_work"})
    assert decided.headers["location"] == f"/desk/jobs/{visit}", decided.text[:2000]
    assert "an own defect, not paid" in agent.get(f"/desk/jobs/{visit}").text
    assert "under warranty" in rahima.get(f"/jobs/{visit}").text


def test_a_quote_through_the_api(day: AtWork) -> None:
    visit, work, mason = estimated(day)
    lines = [{"sort": "labour", "text": "A wall", "unit": {"minor": 1_000_000, "currency": "BDT"}, "quantity": 150}]
    written = api(day, mason, "POST", f"/work/jobs/{visit}/quote", {"lines": lines, "minutes": 240})
    assert written.status_code == 200, written.text
    assert written.json()["work"]["minor"] == 1_500_000
    nothing = [lines[0] | {"unit": {"minor": 0, "currency": "BDT"}}]
    assert api(day, mason, "POST", f"/work/jobs/{visit}/quote", {"lines": nothing, "minutes": 240}).status_code == 422
    sent = api(day, mason, "POST", f"/work/jobs/{visit}/quote-sending", {"shown": written.json()["hash"]}).json()
    assert api(day, mason, "GET", f"/work/jobs/{visit}/quote").json() == [sent]
    refusal = {"shown": sent["hash"], "reason": "price"}
    assert api(day, day.karim.id, "POST", f"/jobs/{work}/quote-refusal", refusal).status_code in (403, 404)
    assert api(day, day.rahima.id, "POST", f"/jobs/{work}/quote-refusal", refusal).status_code == 200
    told = api(day, day.rahima.id, "GET", f"/jobs/{work}/visits").json()
    assert [(each["state"], each["lines"][0]["amount"]["minor"]) for each in told["quotes"]] == [("refused", 1_500_000)]
    late = api(day, day.rahima.id, "POST", f"/jobs/{work}/quote-approval", {"shown": sent["hash"]})
    assert late.status_code == 409
