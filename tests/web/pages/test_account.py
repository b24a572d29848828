"""One's own account: shut to everybody else, changed by its owner alone, and every look at it told as a sentence."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.notices.rules import LETTERS
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import Slots
from tests.web.conftest import Town, Visitor
from tests.web.pages.coming_in import is_in, later
from tests.web.pages.test_public import words
from web.home import home

PAGES = [
    "/account", "/account/name", "/account/username", "/account/password", "/account/contacts", "/account/devices",
    "/account/addresses", "/account/addresses/new", "/account/authenticator", "/account/authenticator/ending",
    "/account/authenticator/picture.svg", "/account/messages", "/account/disclosures", "/account/confirmation",
    "/policy/acceptance", f"/account/addresses/{UUID(int=1)}", f"/account/contacts/{UUID(int=1)}/ending",
]  # fmt: skip
HOUSE = {"line": "House 7, Road 3", "unit": "4B", "landmark": "Water tank", "directions": "Green gate"}


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_every_page_opens_for_a_customer_a_specialist_and_staff(somebody: Any) -> None:
    for role in ("customer", "specialist", "administrator"):
        one = somebody(role)
        for path in PAGES[:10] + PAGES[11:14]:
            assert one.get(path).status_code == 200, (role, path)


@pytest.mark.parametrize("language", ["en", "bn", "ar", "fa"])
def test_every_page_opens_in_every_language(rahima: Visitor, language: str) -> None:
    for path in PAGES[:10] + PAGES[11:14]:
        assert rahima.get(f"{path}?language={language}").status_code == 200, path


# Name, user name, language, password ---------------------------------------------------------------------------------


def test_a_name_is_corrected_by_its_owner(rahima: Visitor) -> None:
    assert rahima.post("/account/name", {"name": "Rahima  Begum"}).status_code == 303
    assert "Rahima Begum" in words(rahima.get("/account").text)


@pytest.mark.parametrize("name", ["", "   ", "12", "n" * 300, "4111 1111 1111 1111"])
def test_a_name_that_is_none_is_refused(rahima: Visitor, name: str) -> None:
    answer = rahima.post("/account/name", {"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


def test_a_user_name_is_chosen_kept_and_dropped(rahima: Visitor) -> None:
    for refused in ("ab", "x" * 40, "১২৩", "no spaces", "rafiq", "9lives"):
        answer = rahima.post("/account/username", {"username": refused})
        assert answer.status_code == 422, refused
        assert f'value="{refused}"' in answer.text
    assert rahima.post("/account/username", {"username": "Begum.Rahima"}).status_code == 303
    assert "begum.rahima" in words(rahima.get("/account").text)
    assert rahima.post("/account/username", {"username": ""}).status_code == 303
    assert "User name none" in words(rahima.get("/account").text)


def test_a_language_is_kept_for_pages_and_letters(rahima: Visitor, town: Town) -> None:
    rahima.get("/?language=en")
    assert rahima.post("/account/language", {"language": "ar"}).status_code == 303
    assert 'lang="ar"' in rahima.get("/account").text
    with transaction() as session:
        assert queries.person(session, town.cast.named("rahima").id).language == "ar"
    assert rahima.post("/account/language", {"language": "xx"}).status_code == 303
    assert 'lang="ar"' in rahima.get("/account").text


def test_a_new_password_signs_every_other_device_out(rahima: Visitor, somebody: Any) -> None:
    other = somebody("customer")
    for weak in ("", "short", "password1", "x" * 400):
        assert rahima.post("/account/password", {"password": weak}).status_code == 422, weak
    assert rahima.post("/account/password", {"password": "a lamp under the neem tree"}).status_code == 303
    assert is_in(rahima)
    assert not is_in(other)
    rahima.post("/sign-out")
    rahima.sign_in("rahima", "a lamp under the neem tree")


# Addresses ----------------------------------------------------------------------------------------------------------


def zone_id(number: int = 0) -> str:
    from marketplace.catalogue import queries as catalogue

    organization = home().id
    with transaction() as session:
        return str(catalogue.zones(session, organization)[number].id)


def test_an_address_is_added_corrected_and_given_up(rahima: Visitor, town: Town) -> None:
    assert rahima.post("/account/addresses", HOUSE | {"area": zone_id()}).status_code == 303
    page = rahima.get("/account/addresses")
    assert "House 7, Road 3 4B" in words(page.text)
    id = re.findall(r"/account/addresses/([0-9a-f-]{36})/ending", page.text)[0]
    assert 'value="4B"' in rahima.get(f"/account/addresses/{id}").text
    assert rahima.post(f"/account/addresses/{id}", {"unit": "5C", "directions": "Blue gate"}).status_code == 303
    assert "5C Blue gate" in words(rahima.get("/account/addresses").text)
    assert rahima.post(f"/account/addresses/{id}/ending").status_code == 303
    assert "House 7" not in rahima.get("/account/addresses").text


@pytest.mark.parametrize(
    ("field", "value"),
    [("line", ""), ("line", "x" * 500), ("unit", "x" * 500), ("directions", "4111 1111 1111 1111"), ("area", ""),
     ("area", "nowhere"), ("area", str(UUID(int=7)))],
)  # fmt: skip
def test_an_impossible_address_is_refused_and_kept(rahima: Visitor, field: str, value: str) -> None:
    before = words(rahima.get("/account/addresses").text)
    answer = rahima.post("/account/addresses", HOUSE | {"area": zone_id(), field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Water tank" in answer.text
    assert words(rahima.get("/account/addresses").text) == before


def test_the_address_of_another_person_is_not_there(rahima: Visitor, town: Town) -> None:
    theirs = town.cast.named("tanvir").address
    assert rahima.get(f"/account/addresses/{theirs}").status_code == 404
    assert rahima.post(f"/account/addresses/{theirs}", {"unit": "1"}).status_code == 404
    assert rahima.post(f"/account/addresses/{theirs}/ending").status_code == 404
    with transaction() as session:
        assert len(queries.addresses_of(session, town.cast.named("tanvir").id)) == 1


# Messages -----------------------------------------------------------------------------------------------------------


def test_optional_messages_are_switched_and_the_others_stay(rahima: Visitor) -> None:
    page = rahima.get("/account/messages")
    locked = [letter.name for letter in LETTERS.values() if letter.always]
    assert all(f'name="{name}-sms"' not in page.text for name in locked)
    assert rahima.post("/account/messages", {"delayed-sms": "yes", "code-sms": ""}).status_code == 303
    ticked = set(re.findall(r'name="([a-z_-]+)" value="yes"[^>]*checked', rahima.get("/account/messages").text))
    assert ticked == {"delayed-sms"}
    assert rahima.post("/account/messages", {"nonsense-pigeon": "yes"}).status_code == 303


def test_everything_that_was_sent_is_listed_for_its_reader(rahima: Visitor, work_off: Any) -> None:
    later()
    rahima.post("/account/confirmation/code")
    work_off()
    assert "Code to sign in or confirm SMS sent" in words(rahima.get("/account/messages").text)


# Who saw my data ----------------------------------------------------------------------------------------------------


def test_every_look_is_a_sentence_with_who_what_why_and_when(rahima: Visitor, town: Town) -> None:
    assert "Nobody has looked" in words(rahima.get("/account/disclosures").text)
    agent = Reader(town.cast.named("agent").id, "agent")
    with transaction() as session:
        for field in ("name", "phone"):
            privacy.reveal(
                session, subject=town.cast.named("rahima").id, field=field, reader=agent, purpose="support",
                now=clock.now(), channel="call",
            )  # fmt: skip
    page = words(rahima.get("/account/disclosures").text)
    assert "Call-centre agent of" in page
    assert "saw: name and phone number." in page
    assert "Reason: To help you and settle complaints." in page
    assert "during a phone call" in page
    assert rahima.get("/account/disclosures?language=bn").status_code == 200


def test_the_looks_at_another_person_are_not_shown(rahima: Visitor, town: Town) -> None:
    with transaction() as session:
        privacy.reveal(
            session, subject=town.cast.named("tanvir").id, field="name", purpose="support", now=clock.now(),
            reader=Reader(town.cast.named("agent").id, "agent"),
        )  # fmt: skip
    assert "Nobody has looked" in words(rahima.get("/account/disclosures").text)


# The rules ----------------------------------------------------------------------------------------------------------


def test_new_rules_are_accepted_at_the_next_sign_in(rahima: Visitor, town: Town) -> None:
    assert rahima.get("/policy/acceptance").headers["location"] == "/jobs"
    slots = Slots(*(dict.fromkeys(("en", "bn", "fa", "ar"), "Somebody, here") for _ in range(4)))
    with transaction() as session:
        privacy.publish(session, slots=slots, change="minor", by=None, now=clock.now())
    rahima.post("/sign-out")
    sent = {"account": "rahima", "password": "open-sesame-rahima", "next": "/account"}
    answer = rahima.post("/sign-in", sent)
    assert answer.headers["location"] == "/policy/acceptance?next=/account"
    assert rahima.get(answer.headers["location"]).status_code == 200
    assert rahima.post(answer.headers["location"]).status_code == 422
    assert rahima.post(answer.headers["location"], {"policy": "yes"}).headers["location"] == "/account"
    assert rahima.get("/policy/acceptance").status_code == 303


def test_a_disabled_account_is_out_at_once(rahima: Visitor, town: Town) -> None:
    with transaction() as session:
        people.disable(
            session, person=town.cast.named("rahima").id, by=town.cast.named("admin").id, reason="test", now=clock.now()
        )
    assert not is_in(rahima)
    assert rahima.post("/sign-in", {"account": "rahima", "password": "open-sesame-rahima"}).status_code == 401


def test_the_same_form_twice_does_no_harm(rahima: Visitor) -> None:
    sent = HOUSE | {"area": zone_id(), "command_id": str(uuid4())}
    assert [rahima.post("/account/addresses", sent).status_code for _ in range(2)] == [303, 303]
    assert len(re.findall("House 7, Road 3", rahima.get("/account/addresses").text)) == 1
