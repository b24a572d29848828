"""What could take an account away: contacts, devices, the authenticator; and the confirmation that comes first."""

import re
from typing import Any

import pyotp
import pytest

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import native_digits
from marketplace.people import queries
from tests.web.conftest import Town, Visitor
from tests.web.pages.coming_in import code_of, is_in, later, with_authenticator
from tests.web.pages.test_public import words

NEW_NUMBER = "01812-345678"
GRAVE = [
    ("/account/password", {"password": "a lamp under the neem tree"}), ("/account/contacts", {"contact": NEW_NUMBER}),
    ("/account/authenticator", {}), ("/account/authenticator/proof", {"digits": "123456"}),
    ("/account/authenticator/codes", {}), ("/account/authenticator/ending", {}),
]  # fmt: skip


# Confirmation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "data"), GRAVE)
def test_what_could_take_the_account_away_asks_again_after_five_minutes(
    rahima: Visitor, path: str, data: dict[str, str]
) -> None:
    later()
    answer = rahima.post(path, data)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/confirmation?next=/account/")


def test_a_password_confirms_it_and_leads_on(rahima: Visitor) -> None:
    later()
    page = "/account/confirmation?next=/account/password"
    assert rahima.get("/account/password").headers["location"] == page
    for wrong in ("", "wrong", "x" * 400):
        assert rahima.post("/account/confirmation/password", {"password": wrong}).status_code == 422
    sent = {"password": "open-sesame-rahima", "next": "/account/password"}
    assert rahima.post("/account/confirmation/password", sent).headers["location"] == "/account/password"
    assert rahima.get("/account/password").status_code == 200
    sent["next"] = "//evil.example"
    assert rahima.post("/account/confirmation/password", sent).headers["location"] == "/account"


def test_passwords_are_not_guessed_on_the_page_that_confirms(rahima: Visitor) -> None:
    later()
    for _ in range(10):
        assert rahima.post("/account/confirmation/password", {"password": "wrong"}).status_code == 422
    assert rahima.post("/account/confirmation/password", {"password": "open-sesame-rahima"}).status_code == 429


def test_a_code_confirms_it(rahima: Visitor) -> None:
    later()
    asked = rahima.post("/account/confirmation/code", {"next": "/account/password"})
    assert rahima.get(asked.headers["location"]).status_code == 200
    assert rahima.post(asked.headers["location"], {"code": "12"}).status_code == 422
    answer = rahima.post(asked.headers["location"], {"code": code_of(asked)})
    assert answer.headers["location"] == "/account/password"
    assert rahima.get("/account/password").status_code == 200
    assert rahima.post("/account/confirmation/code").status_code == 429


# Contacts -----------------------------------------------------------------------------------------------------------


def test_a_new_number_counts_once_its_code_was_typed(rahima: Visitor, town: Town) -> None:
    person = town.cast.named("rahima").id
    asked = rahima.post("/account/contacts", {"contact": native_digits(NEW_NUMBER, "bn")})
    assert asked.status_code == 303
    assert "not confirmed" in words(rahima.get("/account/contacts").text)
    with transaction() as session:
        assert queries.find_by_contact(session, NEW_NUMBER, "BD") is None
    assert rahima.post(asked.headers["location"], {"code": "x"}).status_code == 422
    assert rahima.post(asked.headers["location"], {"code": code_of(asked)}).status_code == 303
    with transaction() as session:
        assert queries.find_by_contact(session, NEW_NUMBER, "BD") == person


def test_a_number_of_somebody_else_is_not_taken_over(rahima: Visitor, town: Town) -> None:
    tanvir = town.cast.named("tanvir")
    asked = rahima.post("/account/contacts", {"contact": tanvir.phone})
    assert asked.status_code == 303
    answer = rahima.post(asked.headers["location"], {"code": code_of(asked)})
    assert answer.status_code == 409
    assert "belongs to another account" in words(answer.text)
    with transaction() as session:
        assert queries.find_by_contact(session, tanvir.phone, "BD") == tanvir.id


@pytest.mark.parametrize("contact", ["", "nobody", "12", "a@b", "x" * 3000])
def test_what_is_no_contact_is_refused_and_kept(rahima: Visitor, contact: str) -> None:
    answer = rahima.post("/account/contacts", {"contact": contact})
    assert answer.status_code == 422
    assert 'id="contact-error"' in answer.text


def test_the_last_contact_stays_and_another_may_go(rahima: Visitor, town: Town, somebody: Any) -> None:
    person = town.cast.named("rahima").id
    with transaction() as session:
        first = queries.contacts_of(session, person)[0].id
    assert rahima.get(f"/account/contacts/{first}/ending").status_code == 200
    answer = rahima.post(f"/account/contacts/{first}/ending")
    assert answer.status_code == 409
    assert "only confirmed way to reach you" in words(answer.text)
    asked = rahima.post("/account/contacts", {"contact": "rahima@example.org"})
    rahima.post(asked.headers["location"], {"code": code_of(asked)})
    other = somebody("customer")
    assert rahima.post(f"/account/contacts/{first}/ending").status_code == 303
    assert is_in(rahima)
    assert not is_in(other)
    assert "rahima@example.org" in words(rahima.get("/account/contacts").text)


def test_the_contact_of_another_person_is_not_there(rahima: Visitor, town: Town) -> None:
    with transaction() as session:
        theirs = queries.contacts_of(session, town.cast.named("tanvir").id)[0].id
    assert rahima.get(f"/account/contacts/{theirs}/ending").status_code == 404
    assert rahima.post(f"/account/contacts/{theirs}/ending").status_code == 404
    assert rahima.post(f"/account/contacts/{theirs}/codes").status_code == 404
    assert rahima.post("/account/contacts/not-an-id/ending").status_code == 404


# Devices ------------------------------------------------------------------------------------------------------------


def test_a_device_is_shown_by_type_and_system_and_can_be_ended(visitor: Visitor, somebody: Any) -> None:
    phone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36"
    visitor.client.headers["user-agent"] = phone
    visitor.get("/?language=en")
    visitor.sign_in("rahima", "open-sesame-rahima")
    other = somebody("customer")
    page = words(visitor.get("/account/devices").text)
    assert "Phone Android this one" in page
    assert "Pixel" not in page
    ids = re.findall(r"/account/devices/([0-9a-f-]{36})/ending", visitor.last.text)
    assert visitor.post(f"/account/devices/{ids[1]}/ending").headers["location"] == "/account/devices"
    assert not is_in(other)
    assert is_in(visitor)
    assert visitor.post(f"/account/devices/{ids[0]}/ending").headers["location"] == "/sign-in"
    assert not is_in(visitor)


def test_nobody_ends_the_device_of_another(rahima: Visitor, town: Town, somebody: Any) -> None:
    agent = somebody("agent")
    with transaction() as session:
        theirs = queries.devices_of(session, town.cast.named("agent").id)[0].id
    assert rahima.post(f"/account/devices/{theirs}/ending").status_code == 303
    assert is_in(agent)


def test_all_others_are_ended_at_once(rahima: Visitor, somebody: Any) -> None:
    others = [somebody("customer"), somebody("customer")]
    assert rahima.post("/account/devices/ending").status_code == 303
    assert [is_in(each) for each in (rahima, *others)] == [True, False, False]


# Authenticator ------------------------------------------------------------------------------------------------------


def test_an_authenticator_is_set_up_proved_and_switched_off(rahima: Visitor, somebody: Any) -> None:
    other = somebody("customer")
    assert rahima.get("/account/authenticator/picture.svg").status_code == 404
    rahima.post("/account/authenticator")
    page = rahima.get("/account/authenticator").text
    picture = rahima.get("/account/authenticator/picture.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg")
    secret = re.search(r"data-copied>([A-Z2-7 ]+)<", page)
    assert secret is not None
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    for wrong in ("", "12", "abcdef", "x" * 100):
        assert rahima.post("/account/authenticator/proof", {"digits": wrong}).status_code == 422
    proved = rahima.post("/account/authenticator/proof", {"digits": totp.at(clock.now())})
    assert proved.status_code == 200
    assert len(re.findall(r"[a-z2-9]{5}-[a-z2-9]{5}", words(proved.text))) == 10
    assert is_in(rahima)
    assert not is_in(other)
    assert rahima.get("/account/authenticator/picture.svg").status_code == 404
    assert secret[1] not in rahima.get("/account/authenticator").text
    assert rahima.post("/account/authenticator").status_code == 409
    assert rahima.post("/account/authenticator/codes").status_code == 200
    assert rahima.post("/account/authenticator/ending").status_code == 303
    assert rahima.post("/account/authenticator/ending").status_code == 409


def test_the_authenticator_confirms_it_too(rahima: Visitor, town: Town) -> None:
    totp, _ = with_authenticator(town.cast.named("rahima").id)
    rahima.post("/sign-in", {"account": "rahima", "password": "open-sesame-rahima"})
    rahima.post("/sign-in/authenticator", {"digits": totp.at(clock.now())})
    later()
    assert rahima.post("/account/confirmation/authenticator", {"digits": "000 00"}).status_code == 422
    sent = {"digits": totp.at(clock.now()), "next": "/account/password"}
    assert rahima.post("/account/confirmation/authenticator", sent).headers["location"] == "/account/password"
    assert rahima.get("/account/password").status_code == 200
