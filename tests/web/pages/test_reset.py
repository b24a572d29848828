"""A new password by a link: once, for half an hour, and nothing told about the account."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from marketplace.people.tables import ResetLink
from tests.web.conftest import Town, Visitor, count
from tests.web.pages.coming_in import UNKNOWN, is_in
from tests.web.pages.test_public import words

PASSWORD = "a lamp under the neem tree"


def link_of(person: PersonId) -> str:
    with transaction() as session:
        newest = select(ResetLink.id).where(ResetLink.person_id == person).order_by(ResetLink.asked_at.desc()).limit(1)
        token = people.link_token(session, session.scalars(newest).one(), now=clock.now())
    assert token is not None
    return f"/reset/{token}"


def test_a_link_sets_a_new_password_once_and_ends_every_session(visitor: Visitor, town: Town, somebody: Any) -> None:
    rahima = town.cast.named("rahima")
    other = somebody("customer")
    asked = visitor.post("/reset", {"account": "rahima"})
    assert asked.headers["location"] == "/reset/sent"
    link = link_of(rahima.id)
    assert visitor.get(link).status_code == 200
    for weak in ("", "short", "password", "aaaaaaaaaaaa", "x" * 300):
        assert visitor.post(link, {"password": weak}).status_code == 422, weak
    answer = visitor.post(link, {"password": PASSWORD})
    assert answer.headers["location"] == "/sign-in?changed=password"
    assert "Your new password is set" in words(visitor.get(answer.headers["location"]).text)
    assert not is_in(other)
    for again in (visitor.get(link), visitor.post(link, {"password": "another of my words"})):
        assert again.status_code == 410
    visitor.sign_in("rahima", PASSWORD)


def test_a_second_link_voids_the_first_and_a_link_ends_after_half_an_hour(visitor: Visitor, town: Town) -> None:
    rahima = town.cast.named("rahima")
    visitor.post("/reset", {"account": rahima.phone})
    first = link_of(rahima.id)
    clock.move(timedelta(minutes=1))
    visitor.post("/reset", {"account": "rahima"})
    assert visitor.get(first).status_code == 410
    second = link_of(rahima.id)
    assert visitor.get(second).status_code == 200
    clock.move(timedelta(minutes=31))
    assert visitor.get(second).status_code == 410
    for made_up in ("/reset/x", "/reset/" + "y" * 900):
        assert visitor.get(made_up).status_code == 410
        assert visitor.post(made_up, {"password": PASSWORD}).status_code == 410


def test_asking_for_a_link_tells_nothing_about_the_account(visitor: Visitor) -> None:
    answers = [visitor.post("/reset", {"account": account}) for account in ("rahima", "nobody-here", UNKNOWN)]
    assert {(each.status_code, each.headers["location"]) for each in answers} == {(303, "/reset/sent")}
    with transaction() as session:
        assert count(session, "reset_link") == 1
    assert visitor.post("/reset", {"account": ""}).status_code == 422
    for account in ("rahima", "nobody-here"):
        for _ in range(2):
            visitor.post("/reset", {"account": account})
        assert visitor.post("/reset", {"account": account}).status_code == 429
