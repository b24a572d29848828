"""What the policies promise of where a specialist is: sent only when chosen and at work, and hidden where wished."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from booking.dispatch import presence
from booking.tracking import queries
from booking.tracking.rules import Basis, Place
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from tests.promises.routes import routes_of
from tests.promises.shared import words_on
from tests.promises.story import Story, Watched
from tests.web.conftest import Town
from web.identity import form_token

LONGITUDE, LATITUDE = 90.417731, 23.793317
WRITTEN = ("90.4177", "23.7933")


def send(one: Watched, *, at: timedelta = timedelta()) -> httpx.Response:
    """As a phone does: one point of now, or of some time ago."""
    one.get("/work/sharing")
    point = {"longitude": LONGITUDE, "latitude": LATITUDE, "at": (clock.now() - at).isoformat()}
    token = form_token(one.settings, one.client.cookies["session"])
    return one.client.post("/api/v1/work/positions", json={"positions": [point]}, headers={"x-form-token": token})


def place_of(story: Story) -> Place | None:
    with transaction() as session:
        presence.refresh(session, [story.specialist], now=story.now)
        return queries.places_of(session, [story.specialist]).get(story.specialist)


def at_work(story: Story, switch: str) -> Watched:
    """The specialist of a booked job, on shift, with the switch at that position."""
    story.booked()
    assert place_of(story) is not None
    one = story.browser(story.specialist)
    assert one.post("/work/sharing", {"switch": switch}).status_code == 303
    return one


def anywhere_in_the_database() -> int:
    with transaction() as session:
        return int(session.scalar(text("SELECT count(*) FROM live_position WHERE basis = 'live'")) or 0)


def test_t7_with_the_switch_off_a_position_is_refused_and_leaves_nothing(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    one = at_work(story, "do_not_send")
    assert send(one).status_code == 403
    assert anywhere_in_the_database() == 0
    assert not any(digits in caplog.text for digits in WRITTEN)


def test_o37_after_switching_off_nothing_is_taken_and_what_was_known_is_gone(story: Story) -> None:
    one = at_work(story, "share")
    assert send(one).json() == {"taken": True}
    assert one.post("/work/sharing", {"switch": "do_not_send"}).status_code == 303
    assert anywhere_in_the_database() == 0
    assert send(one, at=timedelta(minutes=1)).status_code == 403  # a straggler, measured before
    assert one.client.get("/api/v1/work/sharing").json() == {"switch": "do_not_send", "until": None}


def test_o38_each_position_of_the_switch_does_what_its_words_say(story: Story) -> None:
    one = at_work(story, "do_not_send")
    page = words_on(one.get("/work/sharing").text)
    for said in ("Send it and show it", "Send it and hide it", "Do not send it", "It never counts against you."):
        assert said in page
    for switch in ("share", "hide"):
        one.post("/work/sharing", {"switch": switch})
        assert send(one).status_code == 200
        told = place_of(story)
        assert told is not None
        assert told.basis is Basis.LIVE
        assert "Last sent" in words_on(one.get("/work/sharing").text)
        clock.travel_to(clock.now() + timedelta(minutes=1))
    one.post("/work/sharing", {"switch": "do_not_send"})
    assert send(one).status_code == 403
    told = place_of(story)
    assert told is None or told.basis is not Basis.LIVE
    assert "Nothing of where you are is kept now." in words_on(one.get("/work/sharing").text)


def test_o11_hidden_no_page_and_no_answer_tells_where_somebody_is(story: Story, town: Town, app: Litestar) -> None:
    one = at_work(story, "hide")
    assert send(one).json() == {"taken": True}
    for role in ("dispatcher", "manager"):
        browser = story.browser(town.cast.named(role).id)
        for route in routes_of(app, story):
            if route.method == "GET" and route.path.startswith(("/dispatch", "/admin", "/api", "/desk")):
                answer = browser.get(route.path).text
                assert not any(digits in answer for digits in WRITTEN), route
