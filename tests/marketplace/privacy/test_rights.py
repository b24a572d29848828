"""Rights: the export is complete and only one's own; the erased are gone for ever."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from marketplace.foundation import audit, files, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, ZoneId, uuid7
from marketplace.foundation.places import Point
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.rules import NoSuchPerson
from marketplace.privacy import actions, queries
from marketplace.privacy.rules import ContactExpired, NothingGiven
from tests.marketplace.people.conftest import NOON, registers
from tests.marketplace.privacy.conftest import Story, slots, tell


def planted(session: Session, mark: str, phone: str) -> PersonId:
    person = registers(session, f"Name{mark} Khatun", phone)
    people.set_username(session, person=person, username=f"user{mark}", now=NOON)
    people.add_contact(session, person=person, contact=f"mail{mark}@example.com", region="BD", now=NOON)
    people.add_address(
        session, person=person, line=f"Line{mark}", unit=f"Unit{mark}", directions=f"Directions{mark}",
        label=f"Label{mark}", zone=ZoneId(uuid7()), pin=Point(90.25, 23.75), now=NOON,
    )  # fmt: skip
    people.start_session(session, person=person, device=f"Device{mark}", now=NOON)
    return person


WORDS = ("Name", "user", "mail", "Line", "Unit", "Directions", "Label", "Device")


def test_the_export_holds_every_planted_value_and_nobody_elses(session: Session, policy: None) -> None:
    one, other = planted(session, "one", "01811000001"), planted(session, "other", "01811000002")
    actions.accept(session, person=one, language="bn", now=NOON)
    whole = "\n".join(f"{each.name}: {each.value}" for each in actions.export_of(session, person=one))
    for word in WORDS:
        assert f"{word}one" in whole
    assert "+8801811000001" in whole
    assert "90.25,23.75" in whole
    assert "other" not in whole
    assert "+8801811000002" not in whole
    assert "argon2" not in whole
    assert actions.export_of(session, person=other)


def test_every_exported_value_names_its_source_purposes_and_term(session: Session) -> None:
    person = planted(session, "one", "01811000001")
    for each in actions.export_of(session, person=person):
        assert each.source in ("person", "company", "device", "derived", "system")
        assert each.retention
        assert each.category.startswith("user.")


def test_an_erased_person_cannot_be_found_read_or_signed_in(database: Engine) -> None:
    with transaction() as session:
        actions.publish(session, slots=slots(), change="minor", now=NOON, by=None)
        story = tell(session, "01811223344")
        actions.accept(session, person=story.rahima, language="bn", now=NOON)
        actions.grant_consent(session, person=story.rahima, purpose="improve", language="bn", now=NOON)
        actions.open_window(session, subject=story.rahima, reader=story.karim, job=story.job, until=None, now=NOON)
        audit.record(
            session, action="test.noted", actor=story.rahima, subject=story.rahima, reason="my own words", now=NOON
        )
        photo = files.put(story.rahima, b"planted photo")
        name = people_queries.sealed_values(session, story.rahima, "name")[0]
    with transaction() as session:
        audit.seal_journal(session)
        actions.erase(session, person=story.rahima, by=story.rahima, reason=None, now=NOON)
    assert shred(story) == 1
    with transaction() as session:
        assert people_queries.find_by_contact(session, "01811223344", "BD") is None
        with pytest.raises(vault.Erased):
            vault.unseal(name.person_id, name.place, name.value)
        with pytest.raises(ContactExpired):
            actions.reveal(
                session, subject=story.rahima, field="phone", reader=actions.Reader(story.karim, "specialist"),
                purpose="provide", job=story.job, now=NOON,
            )  # fmt: skip
        with pytest.raises(NothingGiven):
            actions.reveal(
                session, subject=story.rahima, field="name", reader=actions.Reader(story.karim, "agent"),
                purpose="support", now=NOON,
            )  # fmt: skip
        assert not queries.has_consent(session, story.rahima, "improve")
        assert not files.exists(story.rahima, photo)
        (noted,) = audit.entries(session, action="test.noted")
        assert audit.reason_of(noted) is None
        assert audit.verify_journal(session) == 0
        assert queries.erasures(session) == [(story.rahima, NOON)]
        with pytest.raises(NoSuchPerson):
            actions.erase(session, person=story.rahima, by=story.rahima, reason=None, now=NOON)
        assert actions.own(session, person=story.karim, field="name") == "Karim Uddin"


def shred(story: Story) -> int:
    """What the task `privacy.shred` does, twice, as a redelivery would."""
    with transaction() as session:
        count = session.scalar(text("select count(*) from outbox where task = 'privacy.shred'")) or 0
    for _ in range(2):
        with transaction() as session:
            actions.shred(session, person=story.rahima, now=NOON)
    return int(count)


def test_the_certificate_of_an_erasure_names_the_key_and_the_files(database: Engine) -> None:
    with transaction() as session:
        story = tell(session, "01811223344")
        files.put(story.rahima, b"1")
        files.put(story.rahima, b"2")
        actions.erase(session, person=story.rahima, by=story.karim, reason="she asked by telephone", now=NOON)
    shred(story)
    with transaction() as session:
        row = session.execute(text("select key_fingerprint, files, asked_by from erasure")).one()
        assert (len(row.key_fingerprint), row.files, row.asked_by) == (16, 2, story.karim)
        (entry,) = audit.entries(session, action="privacy.erased")
        assert audit.reason_of(entry) == "she asked by telephone"


def test_no_plaintext_of_anybody_stands_in_the_dump_before_or_after(database: Engine) -> None:
    with transaction() as session:
        person = planted(session, "plantedmark", "01811000003")
    search(database)
    with transaction() as session:
        actions.erase(session, person=person, by=person, reason=None, now=NOON)
    search(database)


def search(database: Engine) -> None:
    with database.connect() as connection:
        connection.execute(text("set role none"))
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        rows = [row for table in tables for row in connection.scalars(text(f'select t::text from "{table}" t'))]
    whole = "\n".join(rows)
    for value in ("plantedmark", "1811000003", "90.25,23.75"):
        assert value not in whole
        assert value.encode().hex() not in whole  # bytea is printed in hex
