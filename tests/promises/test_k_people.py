"""The marketplace policy (promises.md A.5) about people on both sides, the call centre, purposes and contact."""

import re
from datetime import date
from typing import Any

import pytest
from litestar.testing import TestClient

from booking.jobs import queries
from booking.jobs.rules import SYSTEM
from booking.jobs.words import Event
from marketplace.foundation import calendars, clock, tasks, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId
from marketplace.foundation.languages import Formatter
from marketplace.foundation.registry import PURPOSES, columns, field
from marketplace.notices import queries as notices
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.rules import NoSuchPerson
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import EmptySlot, PurposeNotAllowed
from tests.promises.looking import SCRIPTS, secrets_of, seen_in
from tests.promises.story import Story
from tests.promises.test_m_accounts import LANGUAGES, NEWCOMER, registered, slots, words
from tests.web.conftest import Town, Visitor, count
from web.forms.fields import Missing
from web.home import home
from web.respond import formatter_for
from web.sentences import ANSWERS
from web.templating import Words, plain


@pytest.mark.parametrize("who", ["rahima", "rafiq"])
def test_k1_customers_and_specialists_have_the_same_rights(story: Story, town: Town, who: str) -> None:
    member, other = town.cast.named(who), town.cast.named("tanvir")
    browser = story.browser(member.id)
    for path in ("/account", "/account/disclosures", "/account/devices", "/account/messages", "/account/contacts"):
        assert browser.get(path).status_code == 200, path
    assert browser.post("/account/name", {"name": "নতুন নাম"}).status_code == 303
    with transaction() as session:
        assert privacy.own(session, person=member.id, field="name") == "নতুন নাম"
        values = privacy.export_of(session, person=member.id)
        privacy.grant_consent(session, person=member.id, purpose="improve", language="bn", now=clock.now())
        assert policies.has_consent(session, member.id, "improve")
        privacy.withdraw_consent(session, person=member.id, purpose="improve", now=clock.now())
        assert not policies.has_consent(session, member.id, "improve")
    assert {each.name for each in values} >= {"name", "phone or e-mail", "user name", "role", "language", "stated age"}
    assert seen_in("\n".join(each.value for each in values), secrets_of(town), own=member.id) == []
    assert other.name not in "\n".join(each.value for each in values)
    with transaction() as session:
        privacy.erase(session, person=member.id, by=member.id, reason=None, now=clock.now())
    tasks.run_all_due()
    with transaction() as session:
        assert people_queries.find_by_contact(session, member.phone, "BD") is None
        with pytest.raises(NoSuchPerson):
            people_queries.person(session, member.id)
    with pytest.raises(vault.Erased):
        vault.seal(member.id, "person.name:x", "again")
    assert browser.get("/account").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("language", LANGUAGES)
def test_k2_the_policy_says_what_is_kept_and_nothing_is_kept_that_it_does_not_say(
    visitor: Visitor, town: Town, language: str
) -> None:
    visitor.language = language
    with transaction() as session:
        assert policies.undeclared(session, now=clock.now()) == set()
        policy = policies.current_policy(session, now=clock.now())
    assert policy is not None
    shown = " ".join(re.sub(r"<[^>]+>", " ", visitor.get("/policy").text).split())
    for section in policy.page.sections:
        assert section.title[language] in shown
        for text in section.paragraphs:
            assert text[language].partition(" ")[0] in shown


def test_k3_what_is_stored_at_registration_is_what_the_form_asks(visitor: Visitor, town: Town) -> None:
    person = registered(visitor)
    with transaction() as session:
        values = privacy.export_of(session, person=person)
    typed = {
        each.name: each.value for each in values if each.source == "person" and each.table in ("person", "contact")
    }
    assert typed == {
        "name": NEWCOMER["name"], "phone or e-mail": "+8801911223344", "stated age": "13", "language": "en",
    }  # fmt: skip


def test_k4_a_request_holds_the_answers_to_its_questions_and_no_other_field(visitor: Visitor, town: Town) -> None:
    visitor.language = "fa"
    typed = {"asked": "type count outdoor gas", "about-type": "split", "about-count": "۲", "about-outdoor": "easy"}
    refused = visitor.post("/book/ac_service", typed)
    said = Words(formatter_for("fa", home())).gettext(ANSWERS[Missing][1])
    assert refused.status_code == 422
    assert plain(said) in plain(refused.text)
    begun = visitor.post(
        "/book/ac_service", typed | {"about-gas": "no", "about-birthday": "1370/1/1", "email": "a@b.ir"}
    )
    assert begun.status_code == 303
    asked = visitor.get(begun.headers["location"].replace("/place", "/work"))
    assert "1370/1/1" not in asked.text
    with transaction() as session:
        assert count(session, "job") == 1


def test_k5_what_an_agent_enters_is_a_request_like_any_other(story: Story, town: Town) -> None:
    agent = town.cast.named("agent")
    story.booked_by_phone(story.browser(agent.id))
    with transaction() as session:
        by_phone = queries.timeline(session, story.job, SYSTEM)
        desk = queries.for_desk(session, story.job, SYSTEM, now=clock.now())
        (letter,) = [each for each in notices.copies(session, limit=20) if each.delivery.person_id == story.rahima.id]
    assert desk.entered_by == agent.id
    assert {(each.role, each.actor) for each in by_phone if each.role != "system"} == {("agent", agent.id)}
    assert f"/jobs/{story.job}" in letter.short
    assert "/policy" in letter.short
    phoned = [(each.event, each.to_state) for each in by_phone]
    story.booked("cash")
    with transaction() as session:
        booked = [(each.event, each.to_state) for each in queries.timeline(session, story.job, SYSTEM)]
    assert [each for each in phoned if each[0] != Event.SAVE_DRAFT] == [
        each for each in booked if each[0] != Event.SAVE_DRAFT
    ]


def test_k6_a_birth_date_typed_in_jalali_comes_back_in_every_calendar(town: Town) -> None:
    born_on = calendars.parse_date("۲۳ مهر ۱۳۷۰", "jalali")
    assert born_on == date(1991, 10, 15)
    with transaction() as session:
        made = people.register(
            session, name="Maryam", contact="01911000111", region="BD", born_on=born_on, language="fa", now=clock.now()
        )
        stored = privacy.own(session, person=made.person_id, field="born_on")
    assert stored is not None
    again = date.fromisoformat(stored)
    assert "۲۳ مهر ۱۳۷۰" in Formatter("fa", "Asia/Tehran", calendar="jalali", region="IR").date(again, "long")
    assert "15 October 1991" in Formatter("en", "Asia/Dhaka").date(again, "long")
    bengali = Formatter("bn", "Asia/Dhaka")
    assert "১৫ অক্টোবর" in bengali.date(again, "long")
    assert (calendars.bengali(again).month, calendars.bengali(again).year) == (6, 1398)
    assert set(re.findall(r"\d", bengali.second_date(again) or "")) <= set(SCRIPTS[1])


def test_k13_an_acceptance_keeps_the_purposes_that_were_listed_then(visitor: Visitor, town: Town) -> None:
    person = registered(visitor)
    with transaction() as session:
        policy = policies.current_policy(session, now=clock.now())
        assert policy is not None
        kept = [each.value for each in privacy.export_of(session, person=person) if each.table == "acceptance"]
    assert str(list(policy.purposes)) in kept
    assert set(policy.purposes) <= set(PURPOSES)


@pytest.mark.parametrize("purpose", ["provide", "quality", "improve"])
def test_k14_to_do_the_work_and_to_check_it_data_is_read_for_that_purpose_alone(
    story: Story, town: Town, purpose: str
) -> None:
    story.booked()
    story.accepted()
    agent = Reader(town.cast.named("agent").id, "agent")

    def look(field: str) -> str:
        with transaction() as session:
            return privacy.reveal(
                session, subject=story.rahima.id, field=field, reader=agent, purpose=purpose, now=clock.now(),
                job=JobId(story.job),
            )  # fmt: skip

    readable = {"provide": {"name", "phone", "address"}, "quality": {"name", "phone"}, "improve": set[str]()}[purpose]
    for name in ("name", "phone", "address"):
        if name in readable:
            assert look(name)
        else:
            with pytest.raises(PurposeNotAllowed):
                look(name)


def test_k15_the_call_button_lives_exactly_as_long_as_the_window(story: Story, town: Town) -> None:
    rahima = story.booked()
    crew = story.browser(story.specialist)
    assert crew.post(f"{story.card}/calls").status_code == 404
    story.accepted()
    assert f'action="{story.card}/calls"' in crew.get(story.card).text
    called = crew.post(f"{story.card}/calls")
    assert f'href="tel:{story.rahima.phone}"' in called.text
    with transaction() as session:
        looks = policies.disclosures_of(session, story.rahima.id, now=clock.now())
    assert {(each.field, each.channel, each.purpose) for each in looks} == {
        ("phone", "call", "contact"), ("name", "call", "contact"),
    }  # fmt: skip
    assert rahima.get("/account/disclosures").status_code == 200
    story.done(crew)
    story.later(hours=23)
    assert crew.post(f"{story.card}/calls").status_code == 200
    story.later(hours=1, minutes=1)
    ended = crew.post(f"{story.card}/calls")
    assert ended.status_code == 410
    assert "tel:+88017" not in ended.text


def test_k19_a_use_that_is_not_registered_does_not_exist(story: Story) -> None:
    with pytest.raises(ValueError, match="and_so_on"):
        field("user.name", use=("provide", "and_so_on"), subject="id")
    assert {purpose for each in columns() if each.field for purpose in each.field.use} <= set(PURPOSES)
    story.booked()
    story.accepted()
    with transaction() as session, pytest.raises(PurposeNotAllowed):
        privacy.reveal(
            session, subject=story.rahima.id, field="phone", reader=Reader(story.specialist, "specialist"),
            purpose="and_so_on", now=clock.now(), job=JobId(story.job),
        )  # fmt: skip
    with transaction() as session:
        assert policies.disclosures_of(session, story.rahima.id, now=clock.now()) == []


@pytest.mark.parametrize("slot", ["controller", "responsible"])
def test_k21_nothing_is_published_without_somebody_who_answers_for_it(
    town: Town, client: TestClient[Any], visitor: Visitor, slot: str
) -> None:
    for language in LANGUAGES:
        with transaction() as session, pytest.raises(EmptySlot) as refused:
            privacy.publish(
                session, slots=slots(**{slot: words(language)}), change="minor", by=None, now=clock.now(),
                profiles=("marketplace",),
            )  # fmt: skip
        assert refused.value.slot == f"{slot}.{language}"
    named = getattr(town.cast.town.policy, slot)["en"]
    assert named in visitor.get("/policy").text
