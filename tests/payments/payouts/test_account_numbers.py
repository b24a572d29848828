"""What is an account and what is not, however it was typed."""

import pytest

from marketplace.foundation.cards import passes_luhn
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import native_digits
from payments.payouts.account_numbers import (
    AccountIsACard,
    IbanMistyped,
    IbanOfAnotherCountry,
    NoAccountsThere,
    NotAnAccountNumber,
    NotAnIban,
    NotARoutingNumber,
    iban_is_sound,
    read_account,
)

IR, QA = "IR580540105180021273113007", "QA58DOHB00001234567890ABCDEFG"
BRAC, CITY = "060270426", "225261732"


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
@pytest.mark.parametrize(("country", "iban"), [("IR", IR), ("QA", QA)])
def test_an_iban_is_read_in_every_script_grouped_or_not(language: str, country: str, iban: str) -> None:
    typed = native_digits(iban.lower(), language)  # type: ignore[arg-type]  # one of the four
    for written in (typed, " ".join(typed[n : n + 4] for n in range(0, len(typed), 4)), f"\u200f{typed}\u200e "):
        found = read_account(country, written)
        assert (found.account, found.last4) == (iban, iban[-4:])
        assert iban not in repr(found)


def test_the_letters_of_an_iranian_iban_may_be_left_out() -> None:
    assert read_account("IR", IR[2:]).account == IR


@pytest.mark.parametrize(("country", "iban"), [("IR", IR), ("QA", QA)])
def test_every_wrong_digit_and_every_exchange_of_neighbours_is_found(country: str, iban: str) -> None:
    places = [place for place in range(2, len(iban)) if iban[place].isdecimal()]
    for place in places:
        for digit in "0123456789":
            if digit != iban[place]:
                with pytest.raises(IbanMistyped):
                    read_account(country, iban[:place] + digit + iban[place + 1 :])
    for place in places[:-1]:
        if iban[place + 1].isdecimal() and iban[place] != iban[place + 1]:
            swapped = iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :]
            assert not iban_is_sound(swapped)


@pytest.mark.parametrize(
    ("country", "account", "branch", "refusal"),
    [
        ("IR", "", "", NotAnIban),
        ("IR", IR[:-1], "", NotAnIban),
        ("IR", IR + "0", "", NotAnIban),
        ("IR", IR[:-1] + "X", "", NotAnIban),
        ("IR", QA, "", IbanOfAnotherCountry),
        ("IR", "DE89370400440532013000", "", IbanOfAnotherCountry),
        ("QA", "QA58DOHB", "", NotAnIban),
        ("QA", "QA581234" + QA[8:], "", NotAnIban),
        ("IR", "4111 1111 1111 1111", "", AccountIsACard),
        ("BD", "4111-1111-1111-1111", BRAC, AccountIsACard),
        ("BD", "1501201234567", "", NotARoutingNumber),
        ("BD", "1501201234567", "06027042", NotARoutingNumber),
        ("BD", "1501201234567", "960270426", NotARoutingNumber),
        ("BD", "150120123456", BRAC, NotAnAccountNumber),
        ("BD", "0000000000000", CITY, NotAnAccountNumber),
        ("BD", "15012012345AB", CITY, NotAnAccountNumber),
        ("BD", "1234567", "190270426", NotAnAccountNumber),
        ("BD", "-150120123456", CITY, NotAnAccountNumber),
        ("US", "123456789", "", NoAccountsThere),
    ],
)
def test_what_is_no_account_is_refused_by_name(country: str, account: str, branch: str, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        read_account(country, account, branch)


@pytest.mark.parametrize("language", ["en", "bn", "fa", "ar"])
def test_an_account_in_bangladesh_has_its_bank_and_branch(language: str) -> None:
    found = read_account("BD", native_digits("1501 2012-34567", language), native_digits(BRAC, language))  # type: ignore[arg-type]  # one of the four
    assert (found.account, found.bank, found.branch, found.last4) == ("1501201234567", "060", BRAC, "4567")


def test_an_unknown_bank_is_taken_and_a_chance_luhn_is_no_card() -> None:
    assert read_account("BD", "12345678901", "190270426").bank == "190"
    chance = next(str(n) for n in range(1501201234560, 1501201234590) if passes_luhn(str(n)))
    assert read_account("BD", chance, BRAC).account == chance
