"""Residents report, a team works, the management looks on: whole walks through the pages of tickets."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.languages import LANGUAGES
from marketplace.foundation.settings import Settings
from marketplace.organizations import actions as organizations
from marketplace.organizations import sites, teams
from tests.web.conftest import Town
from tests.web.pages.at_work import AtWork, Browser, at_work
from tests.web.pages.walking import hidden_of, offered, words_of

WORDS = "Water runs under the sink, kitchen"
REPORT = {"words": WORDS, "urgency": "urgent"}


@pytest.fixture
def day(town: Town, app: Litestar, settings: Settings) -> Iterator[AtWork]:
    with at_work(town, app, settings) as made:
        yield made


def said(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.text[:1500])
    return words_of(answer.text)


def reads(answer: httpx.Response, *wanted: str) -> str:
    """The page, on which all of this stands."""
    page = said(answer)
    assert [each for each in wanted if each not in page] == [], page
    return page


def leads(answer: httpx.Response) -> str:
    assert answer.status_code == 303, words_of(answer.text)[:1500]
    return str(answer.headers["location"])


def team_of(person: PersonId) -> UUID:
    with transaction() as session:
        return teams.own_teams(session, person, at=clock.now())[0].id


def reported(browser: Browser) -> UUID:
    """The first kind of work that a team does there; gives the id."""
    page = browser.get("/tickets/new").text
    form = hidden_of(page) | REPORT | {"service": offered(page, "service")[0]}
    return UUID(leads(browser.post("/tickets", form)).rpartition("/")[2])


def rows(sql: str, **facts: object) -> list[Any]:
    with transaction() as session:
        return [each[0] for each in session.execute(text(sql), facts)]


def test_a_report_is_taken_delayed_resumed_done_and_confirmed(day: AtWork) -> None:
    rahima, karim = day.browser(day.rahima.id), day.browser(day.karim.id)
    assert "Report a problem in your building" in said(rahima.get("/jobs"))
    assert "Nothing reported" in said(rahima.get("/tickets"))
    page = said(rahima.get("/tickets/new"))
    assert "Plumber" in page
    assert "Done within 4 hours." in page
    ticket, queue = reported(rahima), f"/work/teams/{team_of(day.karim.id)}"
    mine, work = f"/tickets/{ticket}", f"/work/tickets/{ticket}"
    reads(rahima.get(mine), "Waiting", WORDS, "The team has your request", "Nobody so far")
    assert queue in karim.get("/work").text
    reads(karim.get(queue), "Urgent", "12", ", 14:00", "Nobody has taken it yet")
    reads(karim.get(work), WORDS, "I take it")
    assert day.rahima.name not in karim.post(f"{work}/looks").text
    assert leads(karim.post(f"{work}/taking")) == work
    assert "You have taken it" in said(karim.get(queue))
    seen = karim.post(f"{work}/looks")
    assert f"tel:{day.rahima.phone}" in seen.text
    assert day.rahima.name in seen.text
    page = said(rahima.get(mine))
    assert f"{day.karim.name} has taken it" in page
    assert all(each in page for each in ("saw your phone number", "saw it in a list", f"{day.karim.name} read it"))
    leads(karim.post(f"{work}/start"))
    form = {"reason": "parts", "day": offered(karim.get(f"{work}/delay").text, "day")[3], "part": "morning"}
    assert leads(karim.post(f"{work}/delay", form)) == work
    page = said(rahima.get(mine))
    assert all(each in page for each in ("Delayed", "a part is missing", "is promised now"))
    leads(karim.post(f"{work}/resumption"))
    leads(karim.post(f"{work}/completion"))
    part = rahima.get(f"{mine}/now?seen=0")
    assert "it counts as confirmed on" in part.text
    (version,) = re.findall(r"now\?seen=(\d+)", part.text)
    assert rahima.get(f"{mine}/now?seen={version}").status_code == 204
    assert leads(rahima.post(f"{mine}/confirmation")) == mine
    page = said(rahima.get(mine))
    steps = [
        "Reported to the team",
        "Somebody has taken it",
        "Work has begun",
        "Delayed",
        "Work goes on",
        "Work is done",
    ]
    places = [page.index(each, page.index("What has happened")) for each in [*steps, "Confirmed"]]
    assert places == sorted(places)
    assert "Nothing waits for this team" in said(karim.get(queue))


def test_what_is_wrong_is_said_beside_its_field_and_kept(day: AtWork) -> None:
    rahima, karim = day.browser(day.rahima.id), day.browser(day.karim.id)
    page = rahima.get("/tickets/new").text
    good = hidden_of(page) | REPORT | {"service": offered(page, "service")[0]}
    for wrong in ({"words": " "}, {"words": "x" * 1001}, {"words": "4111 1111 1111 1111"}, {"urgency": "now"},
                  {"service": str(uuid4())}, {"service": "x"}):  # fmt: skip
        answer = rahima.post("/tickets", good | wrong)
        assert answer.status_code == 422, wrong
        if "words" not in wrong:
            assert WORDS in answer.text
    assert rahima.post("/tickets", good | {"unit": str(uuid4())}).status_code == 404
    assert rows("SELECT count(*) FROM ticket") == [0]
    sent = good | {"command_id": str(uuid4())}
    first, again = (leads(rahima.post("/tickets", sent)) for _ in range(2))
    assert first == again
    ticket = first.rpartition("/")[2]
    work = f"/work/tickets/{ticket}"
    assert said(karim.post(f"{work}/start"), 409)
    leads(karim.post(f"{work}/taking"))
    late = offered(karim.get(f"{work}/delay").text, "day")
    day.later(hours=4)  # two in the afternoon
    for wrong in ({"reason": "mood"}, {"day": "2020-01-01"}, {"day": late[0], "part": "morning"}, {"part": ""}):
        answer = karim.post(f"{work}/delay", {"reason": "parts", "day": late[1], "part": "noon"} | wrong)
        assert answer.status_code == 422, wrong
        assert "checked" in answer.text
    assert said(karim.post(f"{work}/return", {"reason": "bored"}), 422)
    assert rahima.post(f"{first}/cancellation", {"reason": "x"}).status_code == 422
    assert leads(karim.post(f"{work}/return", {"reason": "vehicle"})) == work
    page = said(rahima.get(first))
    assert "Given back to the team" in page
    assert "vehicle" not in page
    assert "Late" in page
    assert leads(rahima.post(f"{first}/cancellation", {"reason": "changed_mind"})) == first
    assert "Nobody comes" in said(rahima.get(first))
    assert said(rahima.post(f"{first}/confirmation"), 409)


def test_strangers_find_nothing_and_whoever_leaves_the_team_sees_no_more(day: AtWork, town: Town) -> None:
    rahima, karim = day.browser(day.rahima.id), day.browser(day.karim.id)
    ticket, team = reported(rahima), team_of(day.karim.id)
    work, queue = f"/work/tickets/{ticket}", f"/work/teams/{team}"
    tanvir, shamima = day.browser(town.cast.named("tanvir").id), day.browser(town.cast.named("shamima").id)
    for noun in ("", "/now", "/events", "/cancellation"):
        assert tanvir.get(f"/tickets/{ticket}{noun}").status_code == 404
    for noun in ("confirmation", "cancellation"):
        assert tanvir.post(f"/tickets/{ticket}/{noun}", {"reason": "other"}).status_code == 404
    for path in (queue, f"{queue}/events", work, f"{work}/delay", f"{work}/return"):
        assert shamima.get(path).status_code == 404
    late = {"reason": "parts", "day": offered(karim.get(f"{work}/delay").text, "day")[2], "part": "noon"}
    for noun in ("taking", "start", "resumption", "completion", "delay", "return", "failure", "looks", "calls"):
        assert shamima.post(f"{work}/{noun}", late if noun == "delay" else {"reason": "other"}).status_code == 404
    assert str(ticket) not in shamima.get(f"/work/teams/{team_of(town.cast.named('shamima').id)}").text
    leads(karim.post(f"{work}/taking"))
    with transaction() as session:
        manager = town.cast.named("manager").id
        organizations.leave_team(session, team, day.karim.id, by=manager, now=clock.now())
    assert {karim.get(path).status_code for path in (queue, work)} == {404}
    assert queue not in karim.get("/work").text
    nobody = day.browser(town.cast.customers[5].id)
    assert "Report a problem in your building" not in said(nobody.get("/jobs"))
    for path in ("/tickets", "/tickets/new"):
        assert "No home in a compound is known to us" in said(nobody.get(path))


def test_management_sees_its_own_compound_late_ones_first(day: AtWork, town: Town) -> None:
    rahima = day.browser(day.rahima.id)
    ticket = reported(rahima)
    with transaction() as session:
        (lake, park) = (each.id for each in sites.managed(session, town.cast.named("manager").id, at=clock.now()))
    day.later(hours=5)
    manager = day.browser(town.cast.named("manager").id)
    page = said(manager.get(f"/compounds/{lake}/tickets"))
    assert all(each in page for each in ("Late", "Plumber", "12", "nobody yet"))
    assert "Requests of residents" in said(manager.get(f"/compounds/{lake}/tickets?standing=late"))
    assert str(ticket) not in manager.get(f"/compounds/{lake}/tickets?standing=delayed").text
    assert "No request is open" in said(manager.get(f"/compounds/{park}/tickets"))
    assert WORDS in said(manager.get(f"/compounds/{lake}/tickets/{ticket}"))
    assert manager.get(f"/compounds/{park}/tickets/{ticket}").status_code == 404
    assert manager.get(f"/compounds/{uuid4()}/tickets").status_code == 404
    assert rahima.get(f"/compounds/{lake}/tickets").status_code in (303, 403, 404)
    assert "the management saw it" in said(rahima.get(f"/tickets/{ticket}"))


def test_management_gives_a_ticket_to_one_of_the_team_and_calls_it_off(day: AtWork, town: Town) -> None:
    rahima, karim = day.browser(day.rahima.id), day.browser(day.karim.id)
    ticket, manager = reported(rahima), day.browser(town.cast.named("manager").id)
    with transaction() as session:
        (lake, park) = (each.id for each in sites.managed(session, town.cast.named("manager").id, at=clock.now()))
    here, other = f"/compounds/{lake}/tickets/{ticket}", f"/compounds/{park}/tickets/{ticket}"
    before = manager.get(here).text
    assert day.karim.name not in before
    assert day.karim.name in said(manager.post(f"{here}/looks"))
    assert leads(manager.get(f"{here}/looks")) == here
    give = hidden_of(before) | {"to": str(day.karim.id)}
    for browser, path in ((manager, other), (rahima, here)):
        for noun, form in (("assignment", give), ("cancellation", {"reason": "duplicate"}), ("looks", {})):
            assert browser.post(f"{path}/{noun}", form).status_code == 404, (path, noun)
    for wrong, code in (({"to": ""}, 422), ({"to": "x"}, 422), ({"to": str(day.rahima.id)}, 409)):
        assert manager.post(f"{here}/assignment", give | wrong).status_code == code, wrong
    command = give | {"command_id": str(uuid4())}
    assert [leads(manager.post(f"{here}/assignment", command)) for _ in range(2)] == [here, here]
    assert "while you were looking" in said(manager.post(f"{here}/assignment", give), 409)
    assert "Somebody else already has this job" in said(manager.post(f"{here}/assignment", give | {"version": ""}), 409)
    reads(rahima.get(f"/tickets/{ticket}"), day.karim.name)
    assert "You have taken it" in said(karim.get(f"/work/teams/{team_of(day.karim.id)}"))
    taken = manager.get(here).text
    assert "Give it to somebody else" in taken
    for wrong in ({"reason": ""}, {"reason": "mood"}):
        again = {"to": str(day.karim.id), "holder": str(day.karim.id)} | wrong
        assert manager.post(f"{here}/assignment", again).status_code == 422
    swap = hidden_of(taken) | {"to": offered(taken, "to")[0], "reason": "illness"}
    assert leads(manager.post(f"{here}/assignment", swap)) == here
    reads(manager.get(here), "Given to somebody else of the team", "They are ill")
    assert "They are ill" not in reads(rahima.get(f"/tickets/{ticket}"), "Given to somebody else of the team")
    assert "A colleague has taken it" in said(karim.get(f"/work/teams/{team_of(day.karim.id)}"))
    reads(manager.get(f"{here}/cancellation"), "Nobody comes", "What follows")
    for wrong in ({}, {"reason": "fraud"}):
        assert manager.post(f"{here}/cancellation", wrong).status_code == 422
    end = {"reason": "duplicate", "command_id": str(uuid4())}
    assert [leads(manager.post(f"{here}/cancellation", end)) for _ in range(2)] == [here, here]
    reads(manager.get(f"{here}/cancellation"), "It is over")
    assert said(manager.post(f"{here}/cancellation", {"reason": "duplicate"}), 409)
    reads(rahima.get(f"/tickets/{ticket}"), "It had been reported already")
    assert rows("SELECT count(*) FROM delivery WHERE letter = 'ticket_waiting'") == [2]


def test_every_page_of_tickets_is_read_in_every_language(day: AtWork, town: Town) -> None:
    ticket, team = reported(day.browser(day.rahima.id)), team_of(day.karim.id)
    leads(day.browser(day.karim.id).post(f"/work/tickets/{ticket}/taking"))
    with transaction() as session:
        lake = sites.managed(session, town.cast.named("manager").id, at=clock.now())[0].id
    pages = {
        day.rahima.id: ("/tickets", "/tickets/new", f"/tickets/{ticket}", f"/tickets/{ticket}/cancellation"),
        day.karim.id: (f"/work/teams/{team}", *(f"/work/tickets/{ticket}{each}" for each in ("", "/delay", "/return"))),
        town.cast.named("manager").id: (
            f"/compounds/{lake}/tickets",
            *(f"/compounds/{lake}/tickets/{ticket}{each}" for each in ("", "/cancellation")),
        ),
    }
    for language in LANGUAGES:
        for who, paths in pages.items():
            browser = day.browser(who, language)
            for path in paths:
                shown = said(browser.get(path))
                assert language == "en" or not re.search(r"\b(the team|Waiting|Urgent)\b", shown), (language, path)
