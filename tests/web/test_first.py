"""What comes first: rules that changed while somebody was signed in, and an authenticator for staff of a real town."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
from litestar import Litestar

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.privacy import actions as privacy
from marketplace.privacy.queries import current_policy
from tests.marketplace.privacy.conftest import slots
from tests.web.conftest import Town, Visitor
from web import home
from web.identity import form_token


def publishes() -> int:
    with transaction() as session:
        privacy.publish(session, slots=slots(), change="minor", now=clock.now(), by=None)
    clock.move(timedelta(seconds=1))
    with transaction() as session:
        current = current_policy(session, now=clock.now())
    assert current is not None
    return current.number


def form_token_of(visitor: Visitor) -> str:
    return form_token(visitor.settings, visitor.client.cookies["session"])


def test_new_rules_are_asked_at_the_next_page_of_somebody_signed_in(somebody: Any) -> None:
    rahima: Visitor = somebody("customer")
    assert rahima.get("/jobs").status_code == 200
    number = publishes()
    led = rahima.get("/wallet?page=1")
    assert (led.status_code, led.headers["location"]) == (303, "/policy/acceptance?next=/wallet%3Fpage%3D1")
    for path in ("/account", "/policy", "/", "/account/disclosures", "/help"):
        assert rahima.get(path).status_code == 200, path
    assert rahima.client.get("/api/v1/jobs", headers={"accept": "application/json"}).status_code == 200
    refused = rahima.client.post("/api/v1/jobs", json={}, headers={"x-form-token": form_token_of(rahima)})
    assert (refused.status_code, refused.json()["type"]) == (403, "comes-first")
    page = rahima.get(led.headers["location"]).text
    assert f"/policy/{number}" in page
    agreed = rahima.post("/policy/acceptance", {"policy": "yes", "next": "/wallet?page=1"})
    assert agreed.headers["location"] == "/wallet?page=1"
    assert rahima.get("/wallet").status_code == 200


def test_staff_of_a_real_town_set_up_an_authenticator_before_anything_else(
    somebody: Any, app: Litestar, town: Town
) -> None:
    agent: Visitor = somebody("agent")
    assert agent.get("/desk").status_code == 200
    settings = app.state.settings
    app.state.settings = replace(settings, mode="production")
    try:
        led = agent.get("/desk")
        assert (led.status_code, led.headers["location"]) == (303, "/account/authenticator?next=/desk")
        done = agent.post("/desk/look-ups", {"who": "01711000001"})
        assert (done.status_code, done.headers["location"]) == (303, "/account/authenticator")
        assert agent.client.get("/api/v1/desk/jobs", headers={"accept": "application/json"}).status_code in (403, 404)
        assert agent.get("/account/authenticator").status_code == 200
        assert somebody("customer").get("/jobs").status_code == 200
        me, now = town.cast.named("agent").id, clock.now()
        with transaction() as session:
            secret = people.begin_totp(session, person=me, now=now)
            del secret
            unproved = queries.unproved_totp(session, me)
            assert unproved is not None
            people.enable_totp(session, person=me, typed=pyotp.TOTP(unproved).at(now), now=now)
            started = people.start_session(session, person=me, now=now)
            people.mark_second_factor(session, started.id, now=now)
        agent.client.cookies.set("session", started.token, domain="testserver.local", path="/")
        assert agent.get("/desk").status_code == 200
    finally:
        app.state.settings = settings
    home.forget()
