"""What clauses of several policies promise in the same words."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.registry import field
from marketplace.privacy import actions as privacy
from tests.promises.looking import opened, seen_in_dump, third_parties
from tests.promises.story import Story
from tests.promises.test_m_accounts import LANGUAGES, slots
from tests.web.conftest import Visitor
from web.home import home
from web.respond import formatter_for

OF_PEOPLE = {"person.name", "contact.value", "address.line", "address.directions", "address.pin", "job.answers"}
ALL = {name: dict.fromkeys(LANGUAGES, "Karigar") for name in ("controller", "responsible", "contact", "places")}


def post_policy(change: str, profile: str) -> Any:
    with transaction() as session:
        return privacy.publish(
            session, slots=slots(**ALL), change=change, by=None, now=clock.now(), profiles=(profile,)
        )


def words_on(page: str) -> str:
    """What a reader sees of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi[^>]*>", "", page))).split())


def nothing_from_others(story: Story) -> None:
    """Neither page nor part of a page leads to another host, and no purpose of theirs can be registered."""
    rahima, crew = story.booked(), story.accepted()
    for path in ("/", "/services/ac", "/policy", "/register", "/sign-in", "/help", "/promises"):
        story.browser(None).get(path)
    for path in ("/jobs", f"/jobs/{story.job}", "/wallet", "/account"):
        rahima.get(path)
    for path in ("/work", story.card, "/work/earnings"):
        crew.get(path)
    assert {host for each in story.kept for host in third_parties(each.text, "testserver.local")} == set()
    with pytest.raises(ValueError, match="marketing_third_party"):
        field("user.name", use=("marketing_third_party",), subject="id")


def altered(url: str, sql: str) -> None:
    """What somebody with the database in hand does, guards switched off."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE journal DISABLE TRIGGER ALL")
        connection.execute(sql)


def an_edited_journal_is_seen_and_values_are_sealed(story: Story) -> None:
    story.booked()
    with transaction() as session:
        while audit.seal_journal(session):
            pass
    with transaction() as session:
        assert audit.unsealed(session) == 0
        assert audit.verify_journal(session) == 0
        in_clear = [value for place, value in opened(session) if place in OF_PEOPLE]
    assert len(in_clear) > 100
    found = {(table, value) for table, value in seen_in_dump(story.town.url, set(in_clear))}
    assert {table for table, _ in found} <= {"public.policy_version"}, found  # it names who is responsible
    with pytest.raises(Exception, match="append-only"), transaction() as session:
        session.execute(text("UPDATE journal SET action = 'nothing' WHERE number = 3"))
    altered(story.town.url, "UPDATE journal SET action = 'nothing' WHERE number = 3")
    with transaction() as session:
        assert audit.verify_journal(session) > 0


def the_date_moves_with_the_version(visitor: Visitor) -> None:
    clock.move(timedelta(days=40))
    posted = post_policy("minor", "home_services")
    for language in LANGUAGES:
        visitor.language = language
        page = visitor.get("/policy").text
        shown = formatter_for(language, home()).date(posted.posted_at, "long")
        assert shown in page[: page.index("<nav aria-label", page.index("<main"))]
