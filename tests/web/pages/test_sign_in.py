"""Coming in: by password, code and authenticator; and what a stranger learns about it: nothing."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.languages import native_digits
from marketplace.people import actions as people
from marketplace.people.hashing import hash_password
from tests.web.conftest import Town, Visitor, count
from tests.web.pages.coming_in import NEWCOMER, UNKNOWN, code_of, is_in, with_authenticator
from tests.web.pages.test_public import EVIL, words


def wear(visitor: Visitor, token: str) -> None:
    """Come with this session's cookie and no other."""
    visitor.client.cookies.clear()
    visitor.client.cookies.set("session", token)


# Password -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", ["en", "bn", "fa", "ar"])
def test_one_signs_in_with_a_phone_in_any_script_of_digits(visitor: Visitor, town: Town, digits: Any) -> None:
    rahima = town.cast.named("rahima")
    national = "0" + rahima.phone.removeprefix("+880")
    answer = visitor.post("/sign-in", {"account": native_digits(national, digits), "password": rahima.password})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
    assert is_in(visitor)


@pytest.mark.parametrize("username", ["rahima", "RAHIMA ", "rafiq", "admin", "agent", "finance"])
def test_everybody_comes_to_the_place_where_their_work_begins(visitor: Visitor, town: Town, username: str) -> None:
    one = town.cast.named(username.strip().lower())
    answer = visitor.post("/sign-in", {"account": username, "password": one.password})
    homes = {
        "customer": "/jobs",
        "specialist": "/work",
        "administrator": "/admin",
        "agent": "/desk",
        "finance": "/finance",
    }
    assert (answer.status_code, answer.headers["location"]) == (303, homes[one.role])


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(visitor: Visitor) -> None:
    known = visitor.post("/sign-in", {"account": "rahima", "password": "wrong"})
    unknown = visitor.post("/sign-in", {"account": "nobody-here", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert words(known.text) == words(unknown.text)
    assert "do not belong together" in words(known.text)
    assert 'value="rahima"' in known.text
    assert "wrong" not in words(known.text)


def test_an_unknown_account_takes_as_long_as_a_known_one(visitor: Visitor, town: Town, slow_passwords: None) -> None:
    hashed = hash_password("open-sesame-rahima")
    with transaction() as session:
        people.set_password(session, person=town.cast.named("rahima").id, password_hash=hashed, now=clock.now())

    def took(account: str) -> float:
        began = time.perf_counter()
        visitor.post("/sign-in", {"account": account, "password": "wrong"})
        return time.perf_counter() - began

    took("warming-up")
    known, unknown = (min(took(account) for _ in range(3)) for account in ("rahima", "nobody-here"))
    assert unknown > known * 0.6
    assert known > unknown * 0.6


def test_empty_huge_and_strange_input_is_refused_in_words(visitor: Visitor) -> None:
    for account, password in (("", ""), ("rahima", ""), ("", "x"), ("x" * 3000, "x"), ("rahima", "y" * 5000)):
        answer = visitor.post("/sign-in", {"account": account, "password": password})
        assert answer.status_code == 422, (account[:10], password[:10])
        assert "error-summary" in answer.text
    for account in ("\x00", "%", "' or 1=1 --", "🙂", "+0", "@", "০"):
        assert visitor.post("/sign-in", {"account": account, "password": "x"}).status_code in (401, 422), account
    assert not is_in(visitor)


def test_eleven_tries_in_a_row_have_to_wait_whether_the_account_exists_or_not(visitor: Visitor) -> None:
    said = []
    for account in ("rahima", "nobody-here"):
        for _ in range(10):
            assert visitor.post("/sign-in", {"account": account, "password": "wrong"}).status_code == 401
        answer = visitor.post("/sign-in", {"account": account, "password": "open-sesame-rahima"})
        assert answer.status_code == 429
        assert "You can try again at" in words(answer.text)
        assert f'value="{account}"' in answer.text
        said.append(re.sub(r"at .*? at", "", words(answer.text))[:40])
    assert said[0] == said[1]
    clock.move(timedelta(minutes=16))
    visitor.sign_in("rahima", "open-sesame-rahima")


def test_one_goes_on_to_the_page_that_was_wanted(visitor: Visitor) -> None:
    page = visitor.get("/sign-in?next=/account/devices%3Fa%3D1")
    assert 'name="next" value="/account/devices?a=1"' in page.text
    answer = visitor.post(
        "/sign-in", {"account": "rahima", "password": "open-sesame-rahima", "next": "/account/devices?a=1"}
    )
    assert answer.headers["location"] == "/account/devices?a=1"


@pytest.mark.parametrize("path", EVIL)
def test_signing_in_leads_to_no_other_site(visitor: Visitor, path: str) -> None:
    answer = visitor.post("/sign-in", {"account": "rahima", "password": "open-sesame-rahima", "next": path})
    assert answer.headers["location"] == "/jobs"


def test_the_session_is_a_new_one_after_signing_in_and_none_after_signing_out(visitor: Visitor) -> None:
    visitor.get("/")
    before = visitor.client.cookies["session"]
    visitor.sign_in("rahima", "open-sesame-rahima")
    inside = visitor.client.cookies["session"]
    assert visitor.post("/sign-out").headers["location"] == "/"
    assert len({before, inside, visitor.client.cookies["session"]}) == 3
    assert not is_in(visitor)
    wear(visitor, inside)
    assert not is_in(visitor)
    assert visitor.post("/sign-out").status_code == 303


def test_a_form_from_elsewhere_signs_nobody_in(visitor: Visitor) -> None:
    visitor.get("/")
    sent = {"account": "rahima", "password": "open-sesame-rahima"}
    assert visitor.client.post("/sign-in", data=sent).status_code == 403
    assert visitor.post("/sign-in", sent, headers={"origin": "https://evil.example"}).status_code == 403
    assert visitor.post("/sign-in", sent, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert not is_in(visitor)


def test_whoever_is_in_is_not_asked_again(visitor: Visitor) -> None:
    visitor.sign_in("rahima", "open-sesame-rahima")
    for path in ("/sign-in?next=/account", "/sign-in/code?next=/account", "/register?next=/account"):
        assert visitor.get(path).headers["location"] == "/account"


# Code ---------------------------------------------------------------------------------------------------------------


def test_a_code_signs_in_once_typed_in_any_digits(visitor: Visitor, town: Town) -> None:
    asked = visitor.post("/sign-in/code", {"contact": town.cast.named("rahima").phone, "next": "/account/name"})
    assert asked.status_code == 303
    page, digits = asked.headers["location"], code_of(asked)
    assert visitor.get(page).status_code == 200
    token = visitor.client.cookies["session"]
    answer = visitor.post(page.split("?")[0], {"code": f" {native_digits(digits, 'bn')} ", "next": "/account/name"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/name")
    assert is_in(visitor)
    wear(visitor, token)
    assert visitor.post(page.split("?")[0], {"code": digits}).status_code == 422


def test_the_letter_carries_the_code_to_exactly_that_phone(visitor: Visitor, town: Town, work_off: Any) -> None:
    rahima = town.cast.named("rahima")
    digits = code_of(visitor.post("/sign-in/code", {"contact": rahima.phone}))
    work_off()
    page = visitor.get("/-/letters")
    assert digits in page.text
    assert rahima.phone in page.text


def test_a_number_nobody_has_is_answered_alike_and_written_to_by_nobody(visitor: Visitor, town: Town) -> None:
    known = visitor.post("/sign-in/code", {"contact": town.cast.named("rahima").phone})
    with transaction() as session:
        before = count(session, "delivery")
    unknown = visitor.post("/sign-in/code", {"contact": UNKNOWN})
    assert known.status_code == unknown.status_code == 303
    shapes = {re.sub(r"[0-9a-f-]{36}", "id", each.headers["location"]) for each in (known, unknown)}
    assert len(shapes) == 1
    pages = {words(visitor.get(each.headers["location"]).text) for each in (known, unknown)}
    assert len(pages) == 1
    with transaction() as session:
        assert count(session, "delivery") == before
    wrong = [visitor.post(each.headers["location"], {"code": "000000"}) for each in (known, unknown)]
    assert {answer.status_code for answer in wrong} == {422}
    assert len({words(answer.text) for answer in wrong}) == 1


def test_five_wrong_codes_end_it_and_the_right_one_comes_too_late(visitor: Visitor, town: Town) -> None:
    asked = visitor.post("/sign-in/code", {"contact": town.cast.named("rahima").phone})
    digits = code_of(asked)
    wrong = "000000" if digits != "000000" else "111111"
    for _ in range(5):
        assert visitor.post(asked.headers["location"], {"code": wrong}).status_code == 422
    assert visitor.post(asked.headers["location"], {"code": digits}).status_code == 422
    assert not is_in(visitor)


@pytest.mark.parametrize("typed", ["", "12", "x" * 500, "abcdef", "123 45", "-1"])
def test_what_is_no_code_is_refused_in_words(visitor: Visitor, town: Town, typed: str) -> None:
    asked = visitor.post("/sign-in/code", {"contact": town.cast.named("rahima").phone})
    answer = visitor.post(asked.headers["location"], {"code": typed})
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text


def test_a_code_works_in_no_other_browser_and_not_after_five_minutes(visitor: Visitor, town: Town) -> None:
    asked = visitor.post("/sign-in/code", {"contact": town.cast.named("rahima").phone})
    digits, token = code_of(asked), visitor.client.cookies["session"]
    visitor.client.cookies.clear()
    visitor.get("/")
    assert visitor.post(asked.headers["location"], {"code": digits}).status_code == 422
    wear(visitor, token)
    clock.move(timedelta(minutes=5))
    assert visitor.post(asked.headers["location"], {"code": digits}).status_code == 422


def test_a_second_code_at_once_has_to_wait_for_known_and_unknown_numbers(visitor: Visitor, town: Town) -> None:
    for contact in (town.cast.named("rahima").phone, UNKNOWN):
        assert visitor.post("/sign-in/code", {"contact": contact}).status_code == 303
        answer = visitor.post("/sign-in/code", {"contact": contact})
        assert answer.status_code == 429
        assert "You can try again at" in words(answer.text)


@pytest.mark.parametrize("contact", ["", "12", "nobody", "a@b", "x" * 3000, "4111 1111 1111 1111", "+", "@@"])
def test_what_is_no_contact_is_refused_and_kept(visitor: Visitor, contact: str) -> None:
    for path, more in (("/sign-in/code", {}), ("/register", NEWCOMER)):
        answer = visitor.post(path, {**more, "contact": contact})
        assert answer.status_code == 422, path
        assert 'id="contact-error"' in answer.text


# Authenticator ------------------------------------------------------------------------------------------------------


def test_a_password_alone_opens_nothing_where_an_authenticator_is_in_use(visitor: Visitor, town: Town) -> None:
    finance = town.cast.named("finance")
    totp, _ = with_authenticator(finance.id)
    answer = visitor.post("/sign-in", {"account": "finance", "password": finance.password, "next": "/account/name"})
    assert answer.headers["location"] == "/sign-in/authenticator?next=/account/name"
    for shut in ("/account", "/account/contacts", "/account/authenticator"):
        assert visitor.get(shut).headers["location"].startswith("/sign-in")
    assert visitor.get("/sign-in").headers["location"].startswith("/sign-in/authenticator")
    page = answer.headers["location"]
    assert visitor.get(page).status_code == 200
    for wrong in ("", "12", "abcdef", "x" * 500):
        assert visitor.post(page, {"digits": wrong}).status_code == 422
    token = visitor.client.cookies["session"]
    right = visitor.post(page, {"digits": native_digits(totp.at(clock.now()), "fa")})
    assert (right.status_code, right.headers["location"]) == (303, "/account/name")
    assert visitor.client.cookies["session"] != token
    assert is_in(visitor)


def test_the_same_digits_do_not_work_twice(visitor: Visitor, town: Town) -> None:
    finance = town.cast.named("finance")
    totp, _ = with_authenticator(finance.id)
    digits = totp.at(clock.now())
    for status in (303, 422):
        visitor.client.cookies.clear()
        visitor.post("/sign-in", {"account": "finance", "password": finance.password})
        assert visitor.post("/sign-in/authenticator", {"digits": digits}).status_code == status


def test_a_recovery_code_stands_in_once(visitor: Visitor, town: Town) -> None:
    finance = town.cast.named("finance")
    _, codes = with_authenticator(finance.id)
    for status in (303, 422):
        visitor.client.cookies.clear()
        visitor.post("/sign-in", {"account": "finance", "password": finance.password})
        assert visitor.post("/sign-in/authenticator", {"digits": codes[0].upper()}).status_code == status


def test_five_wrong_digits_have_to_wait(visitor: Visitor, town: Town) -> None:
    finance = town.cast.named("finance")
    totp, _ = with_authenticator(finance.id)
    visitor.post("/sign-in", {"account": "finance", "password": finance.password})
    wrong = "000000" if totp.at(clock.now()) != "000000" else "111111"
    for _ in range(5):
        assert visitor.post("/sign-in/authenticator", {"digits": wrong}).status_code == 422
    assert visitor.post("/sign-in/authenticator", {"digits": totp.at(clock.now())}).status_code == 429


def test_a_code_by_sms_asks_for_the_authenticator_too(visitor: Visitor, town: Town) -> None:
    finance = town.cast.named("finance")
    with_authenticator(finance.id)
    asked = visitor.post("/sign-in/code", {"contact": finance.phone})
    answer = visitor.post(asked.headers["location"], {"code": code_of(asked)})
    assert answer.headers["location"] == "/sign-in/authenticator"
    assert not is_in(visitor)
    visitor.post("/sign-out")
    assert visitor.get("/sign-in").status_code == 200


def test_nobody_comes_to_the_authenticator_without_the_first_factor(visitor: Visitor) -> None:
    assert visitor.get("/sign-in/authenticator").headers["location"] == "/sign-in"
    assert visitor.post("/sign-in/authenticator", {"digits": "123456"}).headers["location"] == "/sign-in"
