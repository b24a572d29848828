"""A round of bids on its pages and through the API: what is refused in words, who sees what, and how it ends."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from booking.dispatch import bid_queries
from booking.dispatch.bid_rules import RoundState
from marketplace.foundation import tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, assert_nothing_personal, at_work

LANGUAGES = ("en", "ar")
WORDS = "They did this roof before."
ROUND = {"kind": "sealed", "begins": "0", "minutes": "30", "minimum": "1", "value": "5", "stars": "1"}


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


@dataclass
class Api:
    """A bidder's program."""

    day: AtWork
    who: Any
    round: UUID

    def bid(self, body: object, key: str = "") -> httpx.Response:
        return self._call("POST", "/bid", body, key or str(uuid4()))

    def show(self) -> Any:
        return self._call("GET", "", None, "").json()

    def _call(self, method: str, noun: str, body: object, key: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.day.browser(self.who.id).token}", "idempotency-key": key}
        self.day.client.cookies.clear()
        return self.day.client.request(method, f"/api/v1/bids/{self.round}{noun}", headers=headers, json=body)


def announced(day: AtWork, **said: str) -> UUID:
    job = day.open_job()
    manager = day.browser(day.town.cast.named("manager").id)
    answer = manager.post(f"/dispatch/rounds/for/{job}", ROUND | said)
    assert answer.status_code == 303, answer.text[:3000]
    return UUID(answer.headers["location"].rpartition("/")[2])


def test_a_round_from_its_announcement_to_its_award(day: AtWork) -> None:
    manager = day.browser(day.town.cast.named("manager").id)
    what_cannot_be_announced_is_refused_in_words(day)
    round = announced(day, decides="person")
    what_cannot_be_bid_is_refused_and_kept_in_the_form(day, round)
    others = (each for each in day.town.cast.specialists if each.id != day.rafiq.id and seen(day, round, each.id))
    bidder = next(others)
    mine = a_bid_through_the_api_is_kept_once_and_its_amount_in_no_digest(day, Api(day, bidder, round))
    assert manager.post(f"/dispatch/rounds/{round}/award", {"bid": mine}).status_code == 409
    day.later(minutes=31)
    late_is_late_on_every_way(day, Api(day, bidder, round))
    tasks.run_all_due()
    everybody_reads_it(day, day.town.cast.named("manager").id, "/dispatch/rounds", f"/dispatch/rounds/{round}")
    manager = day.browser(day.town.cast.named("manager").id)  # half an hour without a word signs the house out
    house = manager.get(f"/dispatch/rounds/{round}").text
    assert "403.21" in house
    assert "412" in house
    choice = {"bid": str(rank_two(round))}
    assert manager.post(f"/dispatch/rounds/{round}/award", choice).status_code == 422
    assert manager.post(f"/dispatch/rounds/{round}/award", choice | {"words": WORDS}).status_code == 303
    page = f"/work/bids/{round}"
    won = [each for each in (day.rafiq, bidder) if "This job is yours." in day.browser(each.id).get(page).text]
    lost = next(each for each in (day.rafiq, bidder) if each not in won)
    assert len(won) == 1
    everybody_reads_it(day, lost.id, page)
    told = day.browser(lost.id).get(page).text
    assert "It came 1 of 2." in re.sub(r"<[^>]+>", "", told)
    assert WORDS not in told
    assert day.browser(day.rahima.id).get(f"/jobs/{bid_job(round)}").status_code == 200


def what_cannot_be_announced_is_refused_in_words(day: AtWork) -> None:
    job, cast = day.open_job(), day.town.cast
    manager = day.browser(cast.named("manager").id)
    everybody_reads_it(day, cast.named("manager").id, f"/dispatch/rounds/for/{job}")
    for name, wrong in (("minutes", "1"), ("minutes", "700"), ("minimum", "0"), ("value", "-5"), ("kind", "x")):
        answer = manager.post(f"/dispatch/rounds/for/{job}", ROUND | {"decides": "person", name: wrong})
        assert answer.status_code == 422, (name, wrong, answer.text[:500])
    assert day.browser(cast.named("admin").id).post(f"/dispatch/rounds/for/{job}", ROUND).status_code == 404


def what_cannot_be_bid_is_refused_and_kept_in_the_form(day: AtWork, round: UUID) -> None:
    page, rafiq, secrets = f"/work/bids/{round}", day.browser(day.rafiq.id), day.personal_values()
    everybody_reads_it(day, day.rafiq.id, "/work/bids", page, "/work/offers")
    assert_nothing_personal(rafiq.get(page).text, secrets)
    for wrong in ("", "0", "-5", "abc", "400.005", "99999", "$400"):
        answer = rafiq.post(f"{page}/bid", {"amount": wrong, "note": "My own ladder"})
        assert answer.status_code == 422, (wrong, answer.text[:1000])
        assert "My own ladder" in answer.text
    assert day.browser(day.rahima.id).post(f"{page}/bid", {"amount": "400"}).status_code == 404
    typed = {"amount": "412", "note": "My own ladder", "command_id": str(uuid4())}
    for _ in range(2):
        assert rafiq.post(f"{page}/bid", typed).status_code == 303
    assert "412" in rafiq.get(page).text


def a_bid_through_the_api_is_kept_once_and_its_amount_in_no_digest(day: AtWork, api: Api) -> str:
    body, key = {"amount": {"minor": 40_321, "currency": "BDT"}, "note": ""}, str(uuid4())
    first = api.bid(body, key)
    assert (first.status_code, first.json()["state"]) == (200, "submitted"), first.text
    assert api.bid(body, key).json() == first.json()
    assert api.bid(body | {"amount": {"minor": 1_000, "currency": "BDT"}}, key).status_code in (409, 422)
    for amount in ({"minor": 0, "currency": "BDT"}, {"minor": 40_000, "currency": "IRR"}):
        assert api.bid({"amount": amount}).status_code == 422
    mine = api.show()
    assert (mine["mine"]["amount"]["minor"], mine["bids"], mine["amounts"], mine["is_open"]) == (40_321, None, [], True)
    with transaction() as session:
        kept = [bytes(each) for each in session.scalars(text("SELECT body_hash FROM command"))]
    whole = body | {"device_at": None}
    for plain in (body, whole):
        assert hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).digest() not in kept
    return str(first.json()["id"])


def late_is_late_on_every_way(day: AtWork, api: Api) -> None:
    late = api.bid({"amount": {"minor": 100, "currency": "BDT"}, "device_at": "2026-11-24T04:00:00Z"})
    assert (late.status_code, late.json()["type"]) == (409, "BidTooLateByDevice")
    assert late.json()["late_seconds"] > 0
    refused = day.browser(day.rafiq.id).post(f"/work/bids/{api.round}/bid", {"amount": "300"})
    assert refused.status_code == 409
    assert "too late" in refused.text


def everybody_reads_it(day: AtWork, who: PersonId, *paths: str) -> None:
    for language in LANGUAGES:
        for path in paths:
            answer = day.browser(who, language).get(path)
            assert answer.status_code == 200, (path, answer.text[:2000])


def seen(day: AtWork, round: UUID, who: UUID) -> bool:
    with transaction() as session:
        return bool(
            session.scalar(
                text("SELECT count(*) FROM bid_invited WHERE round_id = :round AND specialist_id = :who"),
                {"round": round, "who": who},
            )
        )


def rank_two(round: UUID) -> UUID:
    with transaction() as session:
        found = bid_queries.round(session, round)
    assert found.state is RoundState.CLOSED
    return next(line.id for line in found.lines if line.rank == 2)


def bid_job(round: UUID) -> UUID:
    with transaction() as session:
        return bid_queries.round(session, round).job
