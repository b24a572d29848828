"""Registering: a name, a number and its code; and what a stranger learns about the number: nothing."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from booking.jobs import drafts, lists
from booking.jobs.drafts import Draft
from booking.jobs.rules import Actor
from booking.jobs.words import Role
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.people import queries
from marketplace.privacy import queries as privacy
from marketplace.privacy.tables import Acceptance
from tests.web.conftest import Town, Visitor, count
from tests.web.pages.coming_in import NEWCOMER, code_of
from tests.web.pages.test_public import words


def test_a_newcomer_registers_with_a_name_and_a_number(visitor: Visitor) -> None:
    asked = visitor.post("/register", NEWCOMER)
    assert asked.status_code == 303, words(asked.text)
    answer = visitor.post(asked.headers["location"], {"code": code_of(asked)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
    assert "নতুন মানুষ" in words(visitor.get("/account").text)
    with transaction() as session:
        person = queries.find_by_contact(session, "01712345678", "BD")
        assert person is not None
        accepted = session.scalars(select(Acceptance).where(Acceptance.person_id == person)).one()
        current = privacy.current_policy(session, now=clock.now())
        assert current is not None
        assert (accepted.policy_id, tuple(accepted.purposes)) == (current.id, current.purposes)
        assert [card.verified_at is not None for card in queries.contacts_of(session, person)] == [True]
        assert [held.role for held in queries.roles_of(session, person, now=clock.now())] == ["customer"]


@pytest.mark.parametrize("left_out", ["name", "contact", "age", "policy"])
def test_nothing_is_written_when_something_is_missing(visitor: Visitor, left_out: str) -> None:
    with transaction() as session:
        before = count(session, "person"), count(session, "one_time_code")
    answer = visitor.post("/register", NEWCOMER | {left_out: ""})
    assert answer.status_code == 422
    assert f'id="{left_out}-error"' in answer.text
    assert left_out == "name" or "নতুন মানুষ" in answer.text
    with transaction() as session:
        assert (count(session, "person"), count(session, "one_time_code")) == before


@pytest.mark.parametrize("name", ["   ", "12345", "\x00", "n" * 300, "4111111111111111"])
def test_a_name_without_letters_or_without_end_is_refused(visitor: Visitor, name: str) -> None:
    answer = visitor.post("/register", NEWCOMER | {"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


def test_registering_with_somebodys_number_tells_and_changes_nothing(visitor: Visitor, town: Town) -> None:
    rahima = town.cast.named("rahima")
    known = visitor.post("/register", NEWCOMER | {"contact": rahima.phone, "name": "An Intruder"})
    fresh = visitor.post("/register", NEWCOMER)
    assert known.status_code == fresh.status_code == 303
    pages = {words(visitor.get(each.headers["location"]).text) for each in (known, fresh)}
    assert len(pages) == 1
    answer = visitor.post(known.headers["location"], {"code": "000000"})
    assert answer.status_code == 422
    with transaction() as session:
        assert queries.find_by_contact(session, rahima.phone, "BD") == rahima.id
    visitor.post("/sign-out")
    visitor.sign_in("rahima", "open-sesame-rahima")
    assert "An Intruder" not in visitor.get("/account").text


def test_the_draft_of_a_visitor_follows_them(visitor: Visitor) -> None:
    visitor.get("/")
    token = visitor.client.cookies["session"]
    with transaction() as session:
        service = catalogue.service(session, "ac_service", now=clock.now())
        drafts.save_draft(
            session, Draft(service.id), actor=Actor(Role.VISITOR), command_id=uuid4(), now=clock.now(), token=token
        )
    asked = visitor.post("/register", NEWCOMER)
    visitor.post(asked.headers["location"], {"code": code_of(asked)})
    with transaction() as session:
        person = queries.find_by_contact(session, "01712345678", "BD")
        assert len(lists.drafts_of(session, customer=person)) == 1
        assert lists.drafts_of(session, session_hash=drafts.session_hash(token)) == []
