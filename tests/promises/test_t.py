"""What the compound's policy (promises.md A.1) promises and stands already."""

import io
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from booking.jobs.rules import Actor, JobNotFound, NotYourAct, ReasonNeeded
from booking.jobs.words import STATUS, Event, Role, State, Status
from marketplace.foundation import clock, logs, tasks, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.actions.contacts import prove
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.actions import Reader
from marketplace.privacy.page import inventory
from marketplace.privacy.rules import EmptySlot, PurposeNotAllowed
from payments.ledger import queries as ledger
from payments.wallets import queries as wallets
from tests.promises.looking import opened, secrets_of, seen_in, seen_in_dump
from tests.promises.shared import (
    an_edited_journal_is_seen_and_values_are_sealed,
    nothing_from_others,
    the_date_moves_with_the_version,
    words_on,
)
from tests.promises.story import Story
from tests.promises.test_m_accounts import AGENT, slots, words
from tests.web.conftest import Town, Visitor
from web.sentences import ANSWERS

SECRET_FIELDS = {"password_hash", "secret", "token_hash", "nonce", "salt", "recovery_codes"}
MINUTES = timedelta(minutes=1)


def test_t4_the_policy_lists_what_is_stored_and_stores_what_it_lists(visitor: Visitor, town: Town) -> None:
    with transaction() as session:
        assert policies.undeclared(session, now=clock.now()) == set()
        policy = policies.current_policy(session, now=clock.now())
    assert policy is not None
    assert {(row.table, row.column) for row in policy.page.inventory} == {
        (row.table, row.column) for row in inventory()
    }
    shown = words_on(visitor.get("/policy").text)
    labels = {
        cell["en"] for part in policy.page.sections if part.key == "what" for row in part.rows for cell in row[:1]
    }
    assert len(labels) > 10
    assert {label for label in labels if " ".join(label.split()) not in shown} == set()


def test_t5_a_specialist_without_an_email_works_and_is_paid(story: Story) -> None:
    rahima, crew = story.booked(), story.accepted()
    with transaction() as session:
        assert privacy.own(session, person=story.specialist, field="email") is None
    story.done(crew)
    assert rahima.post(f"/jobs/{story.job}/confirmation").status_code == 303
    story.later(days=4)
    with transaction() as session:
        earned = wallets.balance(session, owner=story.specialist, owner_kind="specialist", currency="BDT")
    assert earned.available.minor > 0


def test_t6_no_answer_and_no_log_holds_a_credential(story: Story, town: Town, app: Litestar) -> None:
    lines = io.StringIO()
    logs.configure("debug", lines)
    story.booked()
    browser = story.browser(None)
    browser.post("/sign-in", {"account": "rahima", "password": story.rahima.password})
    for who in (story.rahima.id, story.specialist, town.cast.named("agent").id):
        one = story.browser(who)
        for path in ("/account", "/account/devices", "/account/password", "/api/v1/me", "/account/authenticator"):
            one.get(path)
    told = "\n".join(each.text for each in story.kept) + lines.getvalue()
    for credential in ("argon2", story.rahima.password or "", "token_hash", "password_hash"):
        assert credential not in told
    described = app.openapi_schema.to_schema().get("components", {}).get("schemas", {})
    named = {name for schema in described.values() for name in schema.get("properties", {})}
    assert named
    assert named.isdisjoint(SECRET_FIELDS)


def test_t8_the_details_of_a_job_are_not_there_for_another_specialist(story: Story, town: Town) -> None:
    story.booked()
    story.accepted()
    other = next(each for each in ("rafiq", "karim") if town.cast.named(each).id != story.specialist)
    stranger = story.browser(town.cast.named(other).id)
    for path in (story.card, f"{story.card}/delay", f"{story.card}/completion", f"/work/offers/{story.offer}"):
        assert stranger.get(path).status_code == 404, path


def test_t9_every_state_has_its_public_word_and_a_delay_has_its_reason(story: Story) -> None:
    assert STATUS.keys() == set(State)
    assert STATUS[State.DELAYED] is Status.DELAYED
    under_way = {State.EN_ROUTE, State.ON_SITE, State.IN_PROGRESS}
    assert {STATUS[state] for state in under_way} == {Status.ON_THE_WAY, Status.AT_THE_DOOR, Status.WORKING}
    story.booked()
    story.accepted()
    start, end = story.window
    moved = {"promised_start": start + timedelta(hours=2), "promised_end": end + timedelta(hours=2)}
    actor = Actor(Role.SPECIALIST, story.specialist)
    with pytest.raises(ReasonNeeded):
        story.fire(Event.DELAY, actor, **moved)  # type: ignore[arg-type]  # two moments by their names
    story.fire(Event.DELAY, actor, reason="parts", **moved)  # type: ignore[arg-type]  # as above


def test_t12_of_a_device_its_type_and_system_are_kept(visitor: Visitor, town: Town) -> None:
    rahima = town.cast.named("rahima")
    visitor.post("/sign-in", {"account": "rahima", "password": rahima.password}, headers={"user-agent": AGENT})
    with transaction() as session:
        assert [value for place, value in opened(session) if place == "web_session.device"] == ["phone Android"]
    assert "Android" in words_on(visitor.get("/account/devices").text)
    assert seen_in_dump(town.url, ["Mozilla", "AppleWebKit", "Pixel"]) == []


def test_t14_a_look_for_an_unregistered_purpose_is_refused_and_logged(story: Story) -> None:
    lines = io.StringIO()
    logs.configure("warning", lines)
    story.booked()
    story.accepted()
    reader = Reader(story.specialist, "specialist")
    with transaction() as session, pytest.raises(PurposeNotAllowed):
        privacy.reveal(
            session, subject=story.rahima.id, field="phone", reader=reader, purpose="curiosity", now=clock.now(),
            job=JobId(story.job),
        )  # fmt: skip
    assert '"event": "privacy.purpose_refused"' in lines.getvalue()
    assert str(story.rahima.id) not in lines.getvalue()
    with transaction() as session:
        assert policies.disclosures_of(session, story.rahima.id, now=clock.now()) == []


def test_t15_whoever_has_the_job_moves_it_on_and_a_stranger_does_not(story: Story, town: Town) -> None:
    story.booked()
    story.accepted()
    clock.travel_to(story.window[0])
    actor, stranger = Actor(Role.SPECIALIST, story.specialist), Actor(Role.SPECIALIST, town.cast.named("karim").id)
    later = {
        "promised_start": story.window[0] + timedelta(hours=3),
        "promised_end": story.window[1] + timedelta(hours=3),
    }
    path: list[tuple[Event, dict[str, Any]]] = [
        (Event.DEPART, {}), (Event.ARRIVE, {"reason": "by_hand"}), (Event.START, {"waiver": "no_phone"}),
        (Event.DELAY, {"reason": "parts", **later}), (Event.RESUME, {}), (Event.COMPLETE, {}),
    ]  # fmt: skip
    for event, facts in path:
        with pytest.raises(JobNotFound):  # what one may not know of is not there
            story.fire(event, stranger, **facts)
        with pytest.raises(NotYourAct):
            story.fire(event, Actor(Role.CUSTOMER, story.rahima.id), **facts)
        story.fire(event, actor, **facts)
    assert (ANSWERS[NotYourAct][0], ANSWERS[JobNotFound][0]) == (403, 404)


def test_t23_no_page_calls_a_third_party_and_marketing_is_no_purpose(story: Story) -> None:
    nothing_from_others(story)


def test_t24_an_edited_row_of_the_journal_is_seen_and_a_table_shows_ciphertext(story: Story) -> None:
    an_edited_journal_is_seen_and_values_are_sealed(story)


def test_t27_the_export_holds_everything_of_one_person_and_nothing_of_another(story: Story, town: Town) -> None:
    story.booked()
    with transaction() as session:
        whole = "\n".join(each.value for each in privacy.export_of(session, person=story.rahima.id))
    of_hers = [each for each in secrets_of(town) if each.owner == story.rahima.id and each.kind != "pin"]
    assert {each.needle for each in seen_in(whole, of_hers)} == {each.needle for each in of_hers}
    assert story.rahima.name in whole
    assert seen_in(whole, secrets_of(town), own=story.rahima.id) == []


def test_t28_a_corrected_number_takes_the_place_of_the_old_one(story: Story) -> None:
    rahima, new = story.rahima, "+8801700000099"
    story.booked()
    crew = story.accepted()
    with transaction() as session:
        (old,) = people_queries.contacts_of(session, rahima.id)
        added = people.add_contact(session, person=rahima.id, contact=new, region="BD", now=clock.now())
        prove(session, added, now=clock.now() + MINUTES)
        people.end_contact(session, person=rahima.id, contact=old.id, now=clock.now() + MINUTES)
        assert people_queries.find_by_contact(session, rahima.phone, "BD") is None
        assert people_queries.find_by_contact(session, new, "BD") == rahima.id
        history = [
            each.value for each in privacy.export_of(session, person=rahima.id) if each.name == "phone or e-mail"
        ]
    assert set(history) == {rahima.phone, new}
    seen = crew.post(f"{story.card}/calls").text
    assert f"tel:{new}" in seen
    assert rahima.phone not in seen


def test_t29_after_an_erasure_nothing_is_readable_and_the_books_agree(story: Story, town: Town) -> None:
    rahima = story.booked()
    rahima.post(f"/jobs/{story.job}/cancellation")
    of_hers = [each.needle for each in secrets_of(town) if each.owner == story.rahima.id]
    with transaction() as session:
        sealed = people_queries.sealed_parts(session, story.rahima.id, story.rahima.address)  # type: ignore[arg-type]  # has one
        before = ledger.trial_balance(session, "BDT")
        privacy.erase(session, person=story.rahima.id, by=story.rahima.id, reason=None, now=clock.now())
    tasks.run_all_due()
    for each in sealed.values():  # as a backup of the main database still has them
        with pytest.raises(vault.Erased):
            vault.unseal(each.person_id, each.place, each.value)
    assert seen_in_dump(town.url, of_hers) == []
    with transaction() as session:
        assert ledger.trial_balance(session, "BDT") == before
        assert sum(line.posted.minor for line in before) == 0


def test_t31_a_policy_with_an_empty_contact_is_refused_by_the_slots_name(town: Town) -> None:
    with transaction() as session, pytest.raises(EmptySlot) as refused:
        privacy.publish(session, slots=slots(contact=words("fa")), change="minor", by=None, now=clock.now())
    assert refused.value.slot == "contact.fa"


def test_t33_the_date_at_the_top_is_that_of_the_newest_version(visitor: Visitor, town: Town) -> None:
    the_date_moves_with_the_version(visitor)
