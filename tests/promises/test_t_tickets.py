"""What the compound's policy (promises.md A.1) promises of residents' requests and the teams that do them."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.organizations import actions as organizations
from marketplace.people import actions as people
from tests.promises.routes import GAP, NEVER_ENDING
from tests.promises.story import Story
from tests.web.api.conftest import Program
from tests.web.conftest import Town
from web.cast import Member

URGENCIES = ("urgent", "soon", "normal")
OF_TEAMS = ("/work/teams/{", "/work/tickets/{", "/api/v1/work/teams/{", "/api/v1/work/tickets/{")
LATER = {"reason": "parts", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T11:00:00Z"}
BODIES = {"delay": LATER, "cancellation": {"reason": "illness"}, "failure": {"reason": "parts"}}


class Compounds:
    """Lake View, where Rahima lives in unit 12 and Tanvir in unit 3, and Green Park beside it, as everybody's programs
    see them. Karim is a plumber of the first, Rafiq its electrician, Shamima a plumber of the second."""

    def __init__(self, town: Town, client: TestClient[Litestar]) -> None:
        self.town, self.client = town, client
        self.rahima, self.tanvir, self.karim, self.rafiq, self.shamima = (
            self.signed_in(name) for name in ("rahima", "tanvir", "karim", "rafiq", "shamima")
        )
        self.neighbour = self.of(town.cast.customers[2])

    def signed_in(self, username: str) -> Program:
        """By name and password, as anybody signs in."""
        body = {"account": username, "password": f"open-sesame-{username}"}
        told = Program(self.client).post("/session", body, key="")
        assert told.status_code == 201, told.text
        return Program(self.client, told.json()["token"], self.town.cast.named(username))

    def of(self, member: Member) -> Program:
        with transaction() as session:
            return Program(self.client, people.start_session(session, person=member.id, now=clock.now()).token, member)

    def reported(self, who: Program, *, service: str = "leak", urgency: str = "soon") -> str:
        unit = who.get("/me/homes").json()[0]["unit"]
        body = {"unit": unit, "service": service, "words": "Water under the sink", "urgency": urgency}
        told = who.post("/tickets", body)
        assert told.status_code == 201, told.text
        return str(told.json()["id"])

    def team(self, who: Program) -> str:
        (team,) = who.get("/work/teams").json()
        return str(team["id"])

    def queue(self, who: Program) -> list[dict[str, Any]]:
        told = who.get(f"/work/teams/{self.team(who)}/tickets")
        assert told.status_code == 200, told.text
        found: list[dict[str, Any]] = told.json()
        return found


@pytest.fixture
def compounds(town: Town, client: TestClient[Litestar]) -> Compounds:
    return Compounds(town, client)


def test_t1_a_technician_sees_the_queue_of_their_own_compound_by_urgency_then_due_time(compounds: Compounds) -> None:
    lake_view, green_park = (compounds.rahima, compounds.tanvir), (compounds.neighbour,)
    wanted = [(who, each) for who in (*lake_view, *green_park) for each in URGENCIES * 2]
    random.Random(7).shuffle(wanted)
    made: dict[str, Program] = {}
    for who, urgency in wanted:
        made[compounds.reported(who, urgency=urgency)] = who
        clock.move(timedelta(minutes=3))
    for who, whose in ((compounds.karim, lake_view), (compounds.shamima, green_park)):
        seen = compounds.queue(who)
        assert {each["id"] for each in seen} == {id for id, resident in made.items() if resident in whose}
        order = [(URGENCIES.index(each["urgency"]), each["due_at"]) for each in seen]
        assert order == sorted(order)
        assert {each[0] for each in order} == {0, 1, 2}
    other = compounds.team(compounds.shamima)
    assert compounds.karim.get(f"/work/teams/{other}/tickets").status_code == 404


def test_t2_a_leak_in_unit_12_is_on_the_queue_of_the_plumbers_and_of_no_other_team(compounds: Compounds) -> None:
    home = compounds.rahima.get("/me/homes").json()[0]
    assert home["label"] == "12"
    leak = compounds.reported(compounds.rahima)
    tasks.run_all_due()
    assert [each["id"] for each in compounds.queue(compounds.karim)] == [leak]
    assert compounds.queue(compounds.karim)[0]["unit"] == "12"
    for other in (compounds.rafiq, compounds.shamima):
        assert compounds.queue(other) == []
        assert other.get(f"/work/tickets/{leak}").status_code == 404


def test_t8_the_details_of_a_ticket_are_there_for_its_team_and_nobody_else(compounds: Compounds, story: Story) -> None:
    leak = compounds.reported(compounds.rahima)
    assert compounds.karim.get(f"/work/tickets/{leak}").json()["words"] == "Water under the sink"
    assert compounds.karim.get(f"/work/tickets/{leak}/contact").status_code in (403, 404)  # nobody has taken it
    for stranger in (compounds.rafiq, compounds.shamima, compounds.tanvir):
        assert stranger.get(f"/work/tickets/{leak}").status_code == 404
        assert stranger.get(f"/tickets/{leak}").status_code == 404
    assert compounds.karim.post(f"/work/tickets/{leak}/acceptance").status_code == 200
    phone = compounds.karim.get(f"/work/tickets/{leak}/contact").json()["phone"]
    assert phone == compounds.town.cast.named("rahima").phone
    seen = story.browser(compounds.town.cast.named("rahima").id).get("/account/disclosures").text
    assert f'href="/tickets/{leak}"' in seen
    assert f"/jobs/{leak}" not in seen


def test_t9_a_ticket_has_its_public_word_at_every_step_and_a_delay_its_reason(compounds: Compounds) -> None:
    leak = compounds.reported(compounds.rahima)
    told = [compounds.rahima.get(f"/tickets/{leak}").json()["ticket"]["status"]]
    steps: list[tuple[str, dict[str, str] | None]] = [
        ("acceptance", None), ("start", None), ("delay", LATER), ("resume", None), ("completion", None)
    ]  # fmt: skip
    for noun, body in steps:
        if body is not None:
            without = compounds.karim.post(f"/work/tickets/{leak}/{noun}", body | {"reason": ""})
            assert (without.status_code, without.json()["type"]) == (422, "ReasonNeeded")
        assert compounds.karim.post(f"/work/tickets/{leak}/{noun}", body).status_code == 200, noun
        told.append(compounds.rahima.get(f"/tickets/{leak}").json()["ticket"]["status"])
    assert compounds.rahima.post(f"/tickets/{leak}/confirmation").status_code == 200
    told.append(compounds.rahima.get("/tickets").json()[0]["status"])
    assert told == [
        "waiting", "waiting_assigned", "in_progress", "delayed", "in_progress", "completed", "completed"
    ]  # fmt: skip
    gone = compounds.reported(compounds.rahima)
    assert compounds.rahima.post(f"/tickets/{gone}/cancellation", {}).status_code == 200
    assert compounds.rahima.get(f"/tickets/{gone}").json()["ticket"]["status"] == "cancelled"


def test_t20_before_leaving_the_team_looks_are_allowed_and_logged_and_after_it_refused(
    compounds: Compounds, story: Story, app: Litestar
) -> None:
    karim, leak, team = compounds.karim, compounds.reported(compounds.rahima), compounds.team(compounds.karim)
    me = compounds.town.cast.named("karim").id
    assert [each["id"] for each in compounds.queue(karim)] == [leak]
    assert karim.get(f"/work/tickets/{leak}").status_code == 200
    key = str(uuid4())
    assert karim.post(f"/work/tickets/{leak}/acceptance", key=key).status_code == 200
    looks = compounds.rahima.get(f"/tickets/{leak}").json()["looks"]
    assert [(each["person"], each["team"], each["whole"]) for each in looks] == [
        (str(me), team, True), (str(me), team, False)
    ]  # fmt: skip
    with transaction() as session:
        manager = compounds.town.cast.named("manager").id
        organizations.leave_team(session, UUID(team), me, by=manager, now=clock.now())
    assert karim.get("/work/teams").json() == []
    assert karim.post(f"/work/tickets/{leak}/acceptance", key=key).status_code == 404
    asked, browser = 0, story.browser(me)
    for method, path in team_routes(app):
        filled = GAP.sub(lambda gap: team if gap[1] == "team" else leak, path)
        if path.startswith("/api/v1"):
            place, body = filled.removeprefix("/api/v1"), BODIES.get(path.rpartition("/")[2])
            told = karim.get(place) if method == "GET" else karim.post(place, body)
        else:
            told = browser.get(filled) if method == "GET" else browser.post(filled)
            if method == "GET" and told.status_code == 303:  # an act's address, gone to by hand, leads to its page
                told = browser.get(told.headers["location"])
        assert told.status_code == 404, (method, path, told.text[:300])
        asked += 1
    assert asked >= 10
    tasks.run_all_due()
    after = compounds.rahima.get(f"/tickets/{leak}").json()
    assert [each for each in after["looks"] if each["person"] == str(me)] == looks  # his mates had word of it
    assert (after["ticket"]["state"], after["ticket"]["taken_by"]) == ("open", None)


def team_routes(app: Litestar) -> list[tuple[str, str]]:
    """Every address of a team or of one of its tickets, pages and API, but streams."""
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if route.path.startswith(OF_TEAMS) and isinstance(handler, HTTPRouteHandler):
                found += [(method, route.path) for method in sorted(handler.http_methods & {"GET", "POST"})]
    return [each for each in found if not NEVER_ENDING.search(each[1])]
