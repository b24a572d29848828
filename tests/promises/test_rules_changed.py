"""The rules have changed while people were signed in: who is asked, and what is refused until they have agreed."""

from uuid import uuid4

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from marketplace.foundation.database import transaction
from tests.promises.story import Story
from tests.web.conftest import count
from tests.web.test_first import publishes
from web.policies import EVERYONE, POLICIES

OPEN_ANYWAY = {"own.read", "own.write", "session.end"}  # one's own account and data, and the way out


def test_t32_each_open_session_is_told_of_new_rules_at_its_next_page_and_once(story: Story) -> None:
    telephone, computer = story.browser(story.rahima.id), story.browser(story.rahima.id)
    specialist = story.browser(story.town.cast.named("rafiq").id)
    publishes()
    for browser, path in ((telephone, "/jobs"), (computer, "/wallet"), (specialist, "/work")):
        assert browser.get(path).headers.get("location") == f"/policy/acceptance?next={path}"
    assert "in force since" in telephone.get("/policy/acceptance").text
    assert telephone.post("/policy/acceptance", {"policy": "yes", "next": "/jobs"}).status_code == 303
    for browser, path in ((telephone, "/jobs"), (telephone, "/wallet"), (computer, "/wallet")):
        assert browser.get(path).status_code == 200
    assert specialist.get("/work").status_code == 303


def test_o7_nothing_is_done_in_ones_name_before_the_rules_in_force_are_accepted(story: Story, app: Litestar) -> None:
    rahima, rafiq = (story.browser(story.town.cast.named(name).id) for name in ("rahima", "rafiq"))
    publishes()
    for browser, path in (
        (rahima, "/wallet/top-ups"),
        (rahima, f"/jobs/{uuid4()}/cancellation"),
        (rafiq, "/work/hours/days"),
    ):
        answer = browser.post(path, {"amount": "500"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/policy/acceptance"), path
    with transaction() as session:
        assert count(session, "topup") == 0
    handlers = {
        each
        for route in app.routes
        for each in getattr(route, "route_handlers", ())
        if isinstance(each, HTTPRouteHandler)
    }
    acting = {
        each.opt["policy"]
        for each in handlers
        if each.http_methods & {"POST", "PUT", "DELETE", "PATCH"} and "policy" in each.opt
    }
    behind_a_name = {name for name in acting if POLICIES[name].who != EVERYONE}
    assert {name for name in behind_a_name if not POLICIES[name].accepted} <= OPEN_ANYWAY
