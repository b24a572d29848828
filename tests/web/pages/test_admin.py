"""The administrator: roles with reasons, settings within bounds, secrets never shown, no view of personal data."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.outbox import Outbox, enqueue
from marketplace.organizations import queries as organizations
from marketplace.people import queries as people
from tests.web.conftest import SECRET, Town, Visitor
from web.respond import home_of_roles

PAGES = (
    "/admin",
    "/admin/people",
    "/admin/services",
    "/admin/settings",
    "/admin/settings/waiting_minutes",
    "/admin/system",
    "/admin/health",
)


def roles(person: UUID) -> set[str]:
    with transaction() as session:
        return {held.role for held in people.roles_of(session, person, now=clock.now())}


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_every_page_opens_and_shows_nobody(somebody: Any, town: Town, language: str) -> None:
    admin: Visitor = somebody("administrator")
    admin.language = language
    for path in (*PAGES, f"/admin/people/{town.cast.named('rahima').id}"):
        answer = admin.get(f"{path}?language={language}")
        assert answer.status_code == 200, (path, answer.text[:300])
        for member in town.cast.people + town.cast.customers:
            assert member.name not in answer.text
            assert member.phone not in answer.text


@pytest.mark.parametrize(
    ("role", "words"),
    [("manager", "Work that waits"), ("dispatcher", "/dispatch/board"), ("compliance", "Work that waits")],
)
def test_whoever_is_no_administrator_begins_with_what_they_may_read(somebody: Any, role: str, words: str) -> None:
    other: Visitor = somebody(role)
    begins = other.get(home_of_roles({"customer", role}, ()) + "?language=en")
    assert begins.status_code == 200
    assert words in begins.text
    assert 'href="/admin/' not in begins.text
    for path in ("/admin/people", "/admin/settings", "/admin/system"):
        assert other.get(path).status_code == 404


@pytest.mark.parametrize("role", ["customer", "specialist", "agent", "finance"])
def test_nobody_else_may_look(somebody: Any, role: str) -> None:
    other: Visitor = somebody(role)
    assert {other.get(path).status_code for path in PAGES} == {404}
    assert other.post("/admin/settings/waiting_minutes", {"value": "20", "reason": "x"}).status_code == 404


def test_secrets_are_never_shown(somebody: Any, town: Town) -> None:
    page = somebody("administrator").get("/admin/system").text
    assert SECRET not in page
    assert town.url not in page
    assert "SESSION_SECRET" in page


def test_a_role_is_given_and_taken_back_with_a_reason(somebody: Any, town: Town) -> None:
    admin: Visitor = somebody("administrator")
    tanvir = town.cast.named("tanvir").id
    there = f"/admin/people/{tanvir}"
    assert admin.post(f"{there}/roles", {"role": "agent", "reason": ""}).status_code == 422
    assert admin.post(f"{there}/roles", {"role": "emperor", "reason": "x"}).status_code == 422
    assert roles(tanvir) == {"customer"}
    for _ in range(2):
        assert admin.post(f"{there}/roles", {"role": "agent", "reason": "new on the desk"}).status_code == 303
    assert roles(tanvir) == {"customer", "agent"}
    assert admin.post(f"{there}/roles/endings", {"role": "agent", "reason": "left"}).status_code == 303
    assert admin.post(f"{there}/roles/endings", {"role": "agent", "reason": "left"}).status_code == 422
    admin.get("/admin?language=en")
    refused = admin.post(f"{there}/roles", {"role": "specialist", "reason": "a friend"})
    assert refused.status_code == 422
    assert "no specialist yet" in refused.text
    assert 'value="specialist"' not in refused.text
    assert roles(tanvir) == {"customer"}


def test_nobody_changes_their_own_roles(somebody: Any, town: Town) -> None:
    admin: Visitor = somebody("administrator")
    me = town.cast.named("admin").id
    assert admin.post(f"/admin/people/{me}/roles", {"role": "finance", "reason": "why not"}).status_code == 422
    assert "finance" not in roles(me)


def test_an_account_is_found_by_what_the_administrator_was_told(somebody: Any, town: Town) -> None:
    admin: Visitor = somebody("administrator")
    rafiq = town.cast.named("rafiq")
    for who in ("rafiq", rafiq.phone):
        assert admin.post("/admin/people/look-ups", {"who": who}).headers["location"] == f"/admin/people/{rafiq.id}"
    for who in ("nobody-here", "+8801999999999", "x" * 200):
        assert admin.post("/admin/people/look-ups", {"who": who}).status_code == 200
    for who in ("", "x" * 5_000):
        assert admin.post("/admin/people/look-ups", {"who": who}).status_code == 422
    assert admin.get("/admin/people/look-ups").headers["location"] == "/admin/people"
    assert admin.get(f"/admin/people/{uuid4()}").status_code == 404
    with transaction() as session:
        looked = session.scalars(text("SELECT facts::text FROM journal WHERE action = 'admin.looked_up'")).all()
    assert len(looked) == 5
    assert rafiq.phone[-6:] not in " ".join(looked)


def test_a_setting_keeps_its_bounds_and_is_typed_in_any_digits(somebody: Any) -> None:
    admin: Visitor = somebody("administrator")
    for wrong in ("0", "-5", "999999", "ten", "", "5.5"):
        assert admin.post("/admin/settings/waiting_minutes", {"value": wrong, "reason": "x"}).status_code == 422
    assert admin.post("/admin/settings/no_such_thing", {"value": "1", "reason": "x"}).status_code == 404
    assert admin.post("/admin/settings/waiting_minutes", {"value": "২০", "reason": "traffic"}).status_code == 303
    with transaction() as session:
        assert organizations.home(session).settings["waiting_minutes"] == 20
        assert session.scalar(text("SELECT count(*) FROM journal WHERE action LIKE 'organization%'"))
    assert "traffic" in admin.get("/admin/settings").text


def test_a_number_of_a_card_is_no_reason(somebody: Any, town: Town) -> None:
    admin: Visitor = somebody("administrator")
    typed = {"value": "20", "reason": "card 4111 1111 1111 1111"}
    assert admin.post("/admin/settings/waiting_minutes", typed).status_code == 422
    there = f"/admin/people/{town.cast.named('tanvir').id}/roles"
    assert admin.post(there, {"role": "agent", "reason": typed["reason"]}).status_code == 422


def test_the_health_page_names_what_is_wrong_with_its_mend(somebody: Any) -> None:
    with transaction() as session:
        row = enqueue(session, "house.tidy")
        session.execute(Outbox.__table__.update().where(Outbox.id == row).values(state="dead"))  # type: ignore[attr-defined]
    admin = somebody("administrator")
    for language, given_up in (("en", "given up"), ("fa", "رها شده")):
        page = admin.get(f"/admin/health?language={language}").text
        assert given_up in page
        assert "karigar outbox" in page


def test_a_dead_row_lives_again(somebody: Any) -> None:
    with transaction() as session:
        row = enqueue(session, "house.tidy")
        session.execute(Outbox.__table__.update().where(Outbox.id == row).values(state="dead", last_error="ValueError"))  # type: ignore[attr-defined]
    admin: Visitor = somebody("administrator")
    assert "house.tidy" in admin.get("/admin/system").text
    assert admin.post(f"/admin/outbox/{row}/replays").status_code == 303
    assert admin.post(f"/admin/outbox/{row}/replays").status_code == 404
    tasks.run_all_due()
    with transaction() as session:
        assert session.scalar(select(Outbox.state).where(Outbox.id == row)) == "done"
