"""The home-services policy (promises.md A.4) about accounts, dates, cookies, corrections and erasing."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from marketplace.foundation import clock, tasks, vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from marketplace.people.actions.contacts import prove
from marketplace.people.actions.passwords import link_token
from marketplace.people.rules import LINK_LIFE
from marketplace.people.tables import Attempt, ResetLink
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries as policies
from marketplace.privacy.rules import COOKIES, OPTIONAL_PURPOSES, EmptySlot, Slots
from marketplace.privacy.sections import SOURCES
from payments.ledger import queries as ledger
from tests.promises.looking import SCRIPTS, TO_LATIN, opened, secrets_of, seen_in, seen_in_dump
from tests.promises.story import Story
from tests.web.conftest import Town, Visitor, count
from tests.web.pages.walking import ANSWERS, ASKED, newest_code, sms_code
from web.home import home
from web.relay import RECURRING
from web.respond import formatter_for

LANGUAGES = ("en", "bn", "fa", "ar")
AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro Build/UQ1A.240105.004) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.6099.144 Mobile Safari/537.36"
)
NEWCOMER = {"name": "Nasrin Akter", "contact": "01911223344", "age": "yes", "policy": "yes"}
A_PASSWORD = "seven green kettles"


def words(language: str, text: str = "Karigar") -> dict[str, str]:
    return {each: "" if each == language else text for each in LANGUAGES}


def slots(**changed: dict[str, str]) -> Slots:
    full = {name: words("") for name in ("controller", "responsible", "contact", "places")}
    return Slots(**(full | changed))


def registered(visitor: Visitor, **changed: str) -> PersonId:
    """Somebody who has just registered and typed the code."""
    answer = visitor.post("/register", NEWCOMER | changed)
    assert answer.status_code == 303, answer.text[:2000]
    typed = visitor.post(answer.headers["location"], {"code": sms_code(newest_code())})
    assert typed.status_code == 303, typed.text[:2000]
    with transaction() as session:
        found = people_queries.find_by_contact(session, (NEWCOMER | changed)["contact"], "BD")
    assert found is not None
    return found


def test_m1_the_date_of_the_policy_is_written_in_the_readers_digits(visitor: Visitor, town: Town) -> None:
    with transaction() as session:
        policy = policies.current_policy(session, now=clock.now())
    assert policy is not None
    shown = {}
    for language in ("bn", "en"):
        visitor.language = language
        shown[language] = formatter_for(language, home()).date(policy.posted_at, "long")
        assert shown[language] in visitor.get("/policy").text
    bengali, latin = (re.findall(r"\d+", shown[language]) for language in ("bn", "en"))
    assert all(set(number) <= set(SCRIPTS[1]) for number in bengali)
    assert all(set(number) <= set(SCRIPTS[0]) for number in latin)
    assert sorted(number.translate(TO_LATIN) for number in bengali) == sorted(latin)


def test_m2_a_fresh_account_has_every_optional_collection_off(visitor: Visitor, town: Town) -> None:
    person = registered(visitor)
    with transaction() as session:
        assert policies.consents_of(session, person) == []
        assert not [purpose for purpose in OPTIONAL_PURPOSES if policies.has_consent(session, person, purpose)]
        for field in ("email", "address", "pin", "born_on", "username"):
            assert privacy.own(session, person=person, field=field) is None
    assert set(visitor.client.cookies) == {"session"}


def test_m4_every_value_of_a_customer_names_where_it_came_from(story: Story, town: Town) -> None:
    rahima = story.booked()
    rahima.get("/account")
    with transaction() as session:
        values = privacy.export_of(session, person=story.rahima.id)
    assert {each.name for each in values} >= {"name", "phone or e-mail", "address", "directions", "answers", "jobs"}
    assert {each.source for each in values} <= SOURCES.keys()
    of_hers = {each.source for each in values if each.name in ("name", "phone or e-mail", "address", "answers")}
    assert of_hers == {"person"}


def test_m8_neither_address_nor_agent_string_of_a_browser_is_kept(visitor: Visitor, town: Town) -> None:
    rahima = town.cast.named("rahima")
    secret = {"account": "rahima", "password": rahima.password}
    answer = visitor.post("/sign-in", secret, headers={"user-agent": AGENT, "x-forwarded-for": "203.0.113.77"})
    assert answer.status_code == 303
    with transaction() as session:
        (device,) = (value for place, value in opened(session) if place == "web_session.device")
        assert count(session, "attempt") > 0
    assert device == "phone Android"
    assert seen_in_dump(town.url, ["Pixel 8", "UQ1A", "6099.144", "203.0.113.77", "testclient"]) == []
    assert "people.sweep" in RECURRING
    clock.move(timedelta(days=1, minutes=1))
    with transaction() as session:
        people.sweep(session, now=clock.now())
        assert session.scalars(select(Attempt.id)).all() == []


def crawl(visitor: Visitor, paths: tuple[str, ...]) -> set[str]:
    """The names of the cookies that were set on a walk over these pages."""
    names = set()
    for path in paths:
        for header in visitor.get(path).headers.get_list("set-cookie"):
            names.add(header.partition("=")[0])
    return names


def test_m18_only_cookies_of_the_register_are_set_and_the_optional_one_by_choice(
    visitor: Visitor, somebody: Any
) -> None:
    register = {each.name.removeprefix("__Host-"): each.is_essential for each in COOKIES}
    public = ("/", "/services/ac/ac_service", "/policy", "/area", "/search?q=ac", "/help", "/register", "/sign-in")
    assert crawl(visitor, public) <= {name for name, is_essential in register.items() if is_essential}
    own = ("/jobs", "/wallet", "/account", "/account/disclosures", "/account/devices", "/work", "/work/offers", "/desk")
    for role in ("customer", "specialist", "agent"):
        one = somebody(role)
        assert crawl(one, own) <= {"session"}
        assert set(one.client.cookies) == {"session"}
    assert crawl(visitor, ("/?language=bn",)) == {"language"}
    assert set(visitor.client.cookies) == register.keys()


def test_m19_without_cookies_one_looks_around_and_signing_in_says_what_it_needs(visitor: Visitor) -> None:
    quote = f"/services/ac/ac_service?{urlencode(ANSWERS | ASKED)}"
    for path in ("/", "/services/ac", "/services/ac/ac_service", quote, "/area", "/policy", "/help"):
        visitor.client.cookies.clear()
        page = visitor.get(path)
        assert page.status_code == 200, path
        assert 'href="tel:' in page.text, path
    assert "৳" in visitor.get(quote).text
    visitor.client.cookies.clear()
    assert "cookie" in visitor.get("/sign-in").text
    visitor.client.cookies.clear()
    answer = visitor.client.post(
        "/sign-in",
        data={"account": "rahima", "password": "x"},
        headers={"accept": "text/html", "accept-language": "en"},
    )
    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert "cookie" in answer.text
    visitor.client.cookies.clear()
    assert visitor.get("/jobs").headers["location"].startswith("/sign-in?next=")


def test_m20_a_customer_corrects_their_name_and_is_erased_on_request(story: Story, town: Town) -> None:
    rahima, person = story.booked(), story.rahima
    assert rahima.post("/account/name", {"name": "রহিমা বেগম"}).status_code == 303
    with transaction() as session:
        assert privacy.own(session, person=person.id, field="name") == "রহিমা বেগম"
    of_hers = [each for each in secrets_of(town) if each.owner == person.id]
    rahima.post(f"/jobs/{story.job}/cancellation")
    tasks.run_all_due()
    with transaction() as session:
        before = ledger.trial_balance(session, "BDT")
        privacy.erase(session, person=person.id, by=person.id, reason=None, now=clock.now())
    tasks.run_all_due()
    with transaction() as session:
        assert ledger.trial_balance(session, "BDT") == before
        assert people_queries.find_by_contact(session, person.phone, "BD") is None
        kept = people_queries.sealed_values(session, person.id, "address", address=person.address)
        for each in kept:
            with pytest.raises(vault.Erased):
                vault.unseal(each.person_id, each.place, each.value)
    for url in (town.url, town.keys_url):
        assert seen_in_dump(url, [each.needle for each in of_hers]) == []
    assert rahima.get("/jobs").headers["location"].startswith("/sign-in")
    signed_in = story.browser(None).post("/sign-in", {"account": "rahima", "password": person.password})
    assert signed_in.status_code == 401


@pytest.mark.parametrize("language", LANGUAGES)
def test_m22_a_policy_without_somebody_to_ask_cannot_be_published(town: Town, language: str) -> None:
    with transaction() as session, pytest.raises(EmptySlot) as refused:
        privacy.publish(session, slots=slots(contact=words(language)), change="minor", by=None, now=clock.now())
    assert refused.value.slot == f"contact.{language}"


def said(page: str) -> str:
    """A page without what differs from one showing to the next."""
    return re.sub(r'(name="(?:form_token|command_id)" value=)"[^"]*"', r"\1", page)


def cpu_seconds(visitor: Visitor, account: str) -> float:
    """What a try to sign in costs this process; not the clock on the wall, which others push."""
    began = time.process_time()
    visitor.post("/sign-in", {"account": account, "password": "wrong"})
    return time.process_time() - began


def test_m23_signing_in_tells_nobody_which_accounts_exist(visitor: Visitor, somebody: Any, town: Town) -> None:
    rahima = town.cast.named("rahima")
    with transaction() as session:
        contact = people.add_contact(
            session, person=rahima.id, contact="rahima@example.com", region="BD", now=clock.now()
        )
        prove(session, contact, now=clock.now())
    for account in ("rahima", "rahima@example.com", rahima.phone):
        assert visitor.post("/sign-in", {"account": account, "password": rahima.password}).status_code == 303
        visitor.post("/sign-out")
    known = visitor.post("/sign-in", {"account": "tanvir", "password": "wrong"})
    unknown = visitor.post("/sign-in", {"account": "nobody.at.all", "password": "wrong"})
    assert (known.status_code, known.headers.get("location")) == (unknown.status_code, unknown.headers.get("location"))
    assert said(known.text).replace("tanvir", "?") == said(unknown.text).replace("nobody.at.all", "?")
    with_account, without = (min(cpu_seconds(visitor, each) for _ in range(3)) for each in ("tanvir", "nobody.at.all"))
    assert 0.5 < with_account / without < 2


def test_m24_registering_takes_a_name_and_one_contact_and_keeps_the_acceptance(visitor: Visitor, town: Town) -> None:
    form = visitor.get("/register").text
    asked = set(re.findall(r'<input[^>]*name="([^"]+)"', form)) - {
        "form_token",
        "command_id",
        "next",
        "theme",
        "back",
        "q",
    }
    assert asked == {"name", "contact", "age", "policy"}
    with transaction() as session:
        before = count(session, "person")
    for missing in ("name", "contact", "age", "policy"):
        assert visitor.post("/register", NEWCOMER | {missing: ""}).status_code == 422
    with transaction() as session:
        assert count(session, "person") == before
    person = registered(visitor)
    with transaction() as session:
        assert policies.must_accept(session, person, now=clock.now()) is None
        row = [each.value for each in privacy.export_of(session, person=person) if each.table == "acceptance"]
    assert row


def asks_for_link(visitor: Visitor, account: str) -> str | None:
    """What stands in the newest link, after asking for one."""
    answer = visitor.post("/reset", {"account": account})
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset/sent")
    with transaction() as session:
        newest = session.scalars(select(ResetLink.id).order_by(ResetLink.asked_at.desc()).limit(1)).one_or_none()
        return None if newest is None else link_token(session, newest, now=clock.now())


def test_m25_a_link_to_a_new_password_works_once_for_a_while_and_the_newest_only(
    visitor: Visitor, somebody: Any, town: Town
) -> None:
    assert asks_for_link(visitor, "nobody.at.all") is None
    rahima = somebody("customer")
    first = asks_for_link(visitor, "rahima")
    second = asks_for_link(visitor, town.cast.named("rahima").phone)
    assert first
    assert second
    assert visitor.get(f"/reset/{first}").status_code == 410
    assert visitor.get(f"/reset/{second}").status_code == 200
    assert visitor.post(f"/reset/{second}", {"password": A_PASSWORD}).status_code == 303
    assert visitor.post(f"/reset/{second}", {"password": A_PASSWORD + "!"}).status_code == 410
    assert rahima.get("/jobs").headers["location"].startswith("/sign-in")
    assert visitor.post("/sign-in", {"account": "rahima", "password": A_PASSWORD}).status_code == 303
    third = asks_for_link(visitor, "rahima")
    clock.move(LINK_LIFE)
    assert visitor.get(f"/reset/{third}").status_code == 410
    assert visitor.post(f"/reset/{third}", {"password": A_PASSWORD}).status_code == 410
    assert seen_in(visitor.last.text, secrets_of(town)) == []
