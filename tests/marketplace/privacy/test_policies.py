"""Policies: generated from what is stored, never blank, never changed; consents with a switch."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.registry import PURPOSES, RETENTIONS, columns
from marketplace.people.rules import ROLES
from marketplace.privacy import actions, page, queries, sections, words
from marketplace.privacy.rules import (
    COOKIES,
    LANGUAGES,
    PROFILES,
    EmptySlot,
    NoPolicy,
    NotAnOptionalPurpose,
    Slots,
    in_force_from,
)
from tests.marketplace.people.conftest import NOON
from tests.marketplace.privacy.conftest import Story, slots

DAY = timedelta(days=1)


def test_every_stored_personal_column_is_on_the_page_and_the_reverse(session: Session, policy: None) -> None:
    stored = {f"{each.table}.{each.name}" for each in columns() if each.field is not None and each.field.personal}
    current = queries.current_policy(session, now=NOON)
    assert current is not None
    assert {f"{row.table}.{row.column}" for row in current.page.inventory} == stored
    assert queries.undeclared(session, now=NOON) == set()
    shown = {row[0]["en"] for part in current.page.sections if part.key == "what" for row in part.rows}
    assert shown == {words.category(row.category)["en"] for row in current.page.inventory}


def test_a_column_that_no_policy_lists_is_found(session: Session, policy: None, monkeypatch: Any) -> None:
    extra = page.InventoryRow("person", "shoe_size", "user", ("provide",), "person", "account", is_encrypted=False)
    monkeypatch.setattr(queries, "inventory", lambda: [*page.inventory(), extra])
    assert queries.undeclared(session, now=NOON) == {"person.shoe_size"}


def test_every_text_of_the_page_is_in_four_languages(session: Session, policy: None) -> None:
    current = queries.current_policy(session, now=NOON)
    assert current is not None
    assert [part.key for part in current.page.sections] == list(page.ORDER)
    for part in current.page.sections:
        for each in (part.title, *part.paragraphs, *part.head, *(cell for row in part.rows for cell in row)):
            assert set(each) == set(LANGUAGES)
            assert all(each[language].strip() for language in LANGUAGES)
        assert all(len(row) == len(part.head) for row in part.rows)


def test_translations_are_in_their_own_script() -> None:
    scripts = {"bn": ("\u0980", "\u09ff"), "fa": ("\u0600", "\u06ff"), "ar": ("\u0600", "\u06ff")}
    tables = (
        words.CATEGORIES,
        words.PURPOSES,
        words.RETENTIONS,
        words.ROLES,
        words.FIELDS,
        words.NEEDS,
        sections.TITLES,
    )
    texts = [each for table in (*tables, sections.TITLES) for each in table.values()]
    texts += [each for group in sections.PARAGRAPHS.values() for each in group]
    for each in texts:
        for language, (first, last) in scripts.items():
            assert any(first <= sign <= last for sign in each[language]), each["en"]
        assert len({each[language] for language in LANGUAGES}) >= 3, each["en"]


def test_every_key_of_the_registry_has_words() -> None:
    assert set(words.PURPOSES) == set(PURPOSES)
    assert set(words.RETENTIONS) == set(RETENTIONS)
    assert set(words.ROLES) == set(ROLES)
    assert {row.source for row in page.inventory()} <= set(sections.SOURCES)


@pytest.mark.parametrize("slot", ["controller", "responsible", "contact", "places"])
def test_publishing_with_an_empty_slot_is_refused_by_the_slots_name(session: Session, slot: str) -> None:
    with pytest.raises(EmptySlot) as refused:
        actions.publish(session, slots=slots(**{slot: "  "}), change="minor", now=NOON, by=None)
    assert refused.value.slot == f"{slot}.en"
    assert queries.versions(session) == []


def test_a_slot_is_filled_in_every_language(session: Session) -> None:
    whole = slots()
    lacking = Slots(whole.controller, whole.responsible, {"en": "a", "bn": "b", "fa": "c"}, whole.places)
    with pytest.raises(EmptySlot) as refused:
        actions.publish(session, slots=lacking, change="minor", now=NOON, by=None)
    assert refused.value.slot == "contact.ar"


def test_the_operators_words_stand_on_the_page(session: Session, policy: None) -> None:
    current = queries.current_policy(session, now=NOON)
    assert current is not None
    whole = str(current.page.sections)
    for word in ("Karigar Ltd, Dhaka", "Nasrin Akter", "privacy@example.com", "example.com/policy"):
        assert word in whole


def test_the_hash_of_a_version_is_that_of_its_body(session: Session, policy: None) -> None:
    current = queries.current_policy(session, now=NOON)
    assert current is not None
    assert current.sha256 == page.hash_of(page.make_body(slots())).hex()
    assert queries.policy(session, 1) == current
    assert queries.policy(session, 2) is None


def test_a_substantial_change_waits_thirty_days_and_the_old_version_governs(session: Session, policy: None) -> None:
    after = NOON + 100 * DAY
    posted = actions.publish(
        session, slots=slots(contact="new@example.com"), change="substantial", now=after, by=None,
        profiles=("security", "field_force"),
    )  # fmt: skip
    assert posted.effective_at == after + 30 * DAY
    for passed, number in ((0, 1), (29, 1), (30, 2)):
        current = queries.current_policy(session, now=after + passed * DAY)
        assert current is not None
        assert current.number == number
    assert [each.number for each in queries.versions(session)] == [2, 1]


def test_the_strictest_notice_wins_and_a_narrowing_change_waits_for_nobody() -> None:
    assert in_force_from("substantial", PROFILES, posted_at=NOON) == NOON + 30 * DAY
    assert in_force_from("substantial", ["security"], posted_at=NOON) == NOON
    assert in_force_from("narrowing", PROFILES, posted_at=NOON) == NOON


def test_a_posted_version_cannot_be_changed(database: Engine) -> None:
    with transaction() as session:
        actions.publish(session, slots=slots(), change="minor", now=NOON, by=None)

    def as_owner(statement: str) -> None:
        with database.begin() as connection:
            connection.execute(text("set role none"))
            connection.execute(text(statement))

    for statement in ("update policy_version set number = 7", "delete from policy_version"):
        with pytest.raises(IntegrityError):
            as_owner(statement)


def test_an_acceptance_lists_the_purposes_of_then(session: Session, story: Story, policy: None) -> None:
    waiting = queries.must_accept(session, story.rahima, now=NOON)
    assert waiting is not None
    first = actions.accept(session, person=story.rahima, language="bn", now=NOON)
    assert actions.accept(session, person=story.rahima, language="en", now=NOON + DAY) == first
    assert queries.must_accept(session, story.rahima, now=NOON) is None
    rows = session.execute(text("select purposes, accepted_at, language from acceptance")).all()
    assert [tuple(row) for row in rows] == [(list(waiting.purposes), NOON, "bn")]
    assert set(waiting.purposes) <= set(PURPOSES)
    actions.publish(session, slots=slots(), change="minor", now=NOON + DAY, by=None)
    assert queries.must_accept(session, story.rahima, now=NOON + DAY) is not None


def test_on_the_telephone_an_agent_reads_it_out(session: Session, story: Story, policy: None) -> None:
    actions.accept(session, person=story.rahima, language="bn", now=NOON, channel="call", read_out_by=story.karim)
    (row,) = session.execute(text("select channel, read_out_by from acceptance")).all()
    assert tuple(row) == ("call", story.karim)


def test_without_a_policy_nothing_can_be_accepted(session: Session, story: Story) -> None:
    assert queries.must_accept(session, story.rahima, now=NOON) is None
    with pytest.raises(NoPolicy):
        actions.accept(session, person=story.rahima, language="bn", now=NOON)


def test_optional_purposes_are_off_until_switched_on_and_off_at_once(
    session: Session, story: Story, policy: None
) -> None:
    assert not queries.has_consent(session, story.rahima, "improve")
    actions.grant_consent(session, person=story.rahima, purpose="improve", language="bn", now=NOON)
    actions.grant_consent(session, person=story.rahima, purpose="improve", language="bn", now=NOON)
    assert queries.has_consent(session, story.rahima, "improve")
    actions.withdraw_consent(session, person=story.rahima, purpose="improve", now=NOON + DAY)
    assert not queries.has_consent(session, story.rahima, "improve")
    actions.grant_consent(session, person=story.rahima, purpose="improve", language="bn", now=NOON + 2 * DAY)
    receipts = queries.consents_of(session, story.rahima)
    assert [(each.granted_at, each.withdrawn_at, each.policy_number) for each in receipts] == [
        (NOON + 2 * DAY, None, 1), (NOON, NOON + DAY, 1),
    ]  # fmt: skip
    with pytest.raises(NotAnOptionalPurpose):
        actions.grant_consent(session, person=story.rahima, purpose="provide", language="bn", now=NOON)


def test_the_register_of_cookies_is_two() -> None:
    assert [(each.name, each.is_essential) for each in COOKIES] == [("__Host-session", True), ("language", False)]
