"""What the security company's policy (promises.md A.3) promises and stands already."""

from datetime import date, timedelta

import pytest

from marketplace.foundation import audit, clock, tasks
from marketplace.foundation.database import transaction
from marketplace.notices import queries as notices
from marketplace.notices.rules import LETTERS
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.rules import TooYoung
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.rules import EmptySlot
from tests.promises.looking import seen_in_dump
from tests.promises.shared import (
    an_edited_journal_is_seen_and_values_are_sealed,
    nothing_from_others,
    post_policy,
    words_on,
)
from tests.promises.story import Story
from tests.promises.test_m_accounts import slots, words
from tests.web.conftest import Town, Visitor, count
from web.home import home
from web.respond import formatter_for


@pytest.mark.parametrize(("profile", "apart"), [("field_force", 30), ("security", 0)])
def test_i1_posted_and_in_force_are_two_dates(visitor: Visitor, town: Town, profile: str, apart: int) -> None:
    posted = post_policy("substantial", profile)
    assert (posted.effective_at - posted.posted_at).days == apart
    page = words_on(visitor.get(f"/policy/{posted.number}").text)
    reader = formatter_for("en", home())
    for moment in (posted.posted_at, posted.effective_at):
        assert reader.date(moment, "long") in page


def test_i7_an_account_is_a_name_and_a_contact_and_email_is_optional(town: Town) -> None:
    with transaction() as session:
        made = people.register(
            session, name="Guard One", contact="01911222333", region="BD", stated_age=30, now=clock.now()
        )
        people.grant_role(session, person=made.person_id, role="specialist", by=None, now=clock.now())
        assert privacy.own(session, person=made.person_id, field="email") is None
        given = {each.name for each in privacy.export_of(session, person=made.person_id) if each.source == "person"}
    assert given == {"name", "phone or e-mail", "stated age", "language"}


def test_i21_whoever_switches_everything_off_still_hears_of_money_and_safety(story: Story) -> None:
    rahima = story.browser(story.rahima.id)
    assert rahima.post("/account/messages", {}).status_code == 303
    rahima = story.booked()
    crew = story.accepted()
    story.done(crew)
    rahima.post(f"/jobs/{story.job}/confirmation")
    story.browser(None).post("/sign-in/code", {"contact": story.rahima.phone})
    story.later(hours=1)
    with transaction() as session:
        sent = notices.deliveries_of(session, story.rahima.id, limit=100)
    assert {each.letter for each in sent} == {"done_please_confirm", "code"}
    assert all(LETTERS[each.letter].always for each in sent)


@pytest.mark.parametrize("born_on", [date(2010, 1, 1), date(2008, 11, 30)])
def test_i23_nobody_under_age_is_given_a_working_role(town: Town, born_on: date) -> None:
    today = date(2026, 11, 21)
    with transaction() as session:
        made = people.register(
            session, name="Too Young", contact="01911444555", region="BD", born_on=born_on, today=today, now=clock.now()
        )
        with pytest.raises(TooYoung):
            people.grant_role(session, person=made.person_id, role="specialist", by=None, now=clock.now())
        assert [held.role for held in people_queries.roles_of(session, made.person_id, now=clock.now())] == ["customer"]


def test_i24_a_child_leaves_no_row_and_a_child_found_later_leaves_only_the_fact(visitor: Visitor, town: Town) -> None:
    typed = {"name": "Child", "contact": "01911666777", "policy": "yes"}
    with transaction() as session:
        before = {table: count(session, table) for table in ("person", "contact", "acceptance", "one_time_code")}
    assert visitor.post("/register", typed).status_code == 422
    with transaction() as session, pytest.raises(TooYoung):
        people.register(session, name="Child", contact="01911666777", region="BD", stated_age=12, now=clock.now())
    with transaction() as session:
        assert {table: count(session, table) for table in before} == before
        made = people.register(
            session, name="Child", contact="01911666777", region="BD", stated_age=13, now=clock.now()
        )
    officer = town.cast.named("compliance").id
    with transaction() as session:
        privacy.erase(session, person=made.person_id, by=officer, reason="under thirteen", now=clock.now())
    tasks.run_all_due()
    with transaction() as session:
        assert people_queries.find_by_contact(session, "01911666777", "BD") is None
        assert privacy.own(session, person=made.person_id, field="name") is None
        (entry,) = audit.entries(session, action="privacy.erased")
    assert (entry.subject, entry.actor, entry.facts) == (made.person_id, officer, {})
    assert seen_in_dump(town.url, ["1911666777", "under thirteen"]) == []


def test_i26_an_immediate_change_is_for_those_who_promised_no_notice(town: Town) -> None:
    assert (posted := post_policy("substantial", "security")).effective_at == posted.posted_at
    waits = post_policy("substantial", "field_force")
    assert waits.effective_at == waits.posted_at + timedelta(days=30)


@pytest.mark.parametrize("slot", ["controller", "responsible", "contact", "places"])
def test_i27_every_slot_is_filled_or_nothing_is_published(town: Town, slot: str) -> None:
    with transaction() as session, pytest.raises(EmptySlot) as refused:
        privacy.publish(session, slots=slots(**{slot: words("ar")}), change="minor", by=None, now=clock.now())
    assert refused.value.slot == f"{slot}.ar"


def test_i28_every_version_stands_under_its_own_address_with_its_fingerprint(visitor: Visitor, town: Town) -> None:
    for _ in range(2):
        post_policy("minor", "home_services")
    with transaction() as session:
        versions = policies.versions(session)
    assert [each.number for each in versions] == [3, 2, 1]
    for each in versions:
        visitor.client.cookies.clear()
        page = visitor.get(f"/policy/{each.number}")
        assert page.status_code == 200
        assert each.sha256 in page.text


def test_i16_nothing_is_sold(story: Story) -> None:
    nothing_from_others(story)


def test_i22_measures_against_alteration_hold(story: Story) -> None:
    an_edited_journal_is_seen_and_values_are_sealed(story)
