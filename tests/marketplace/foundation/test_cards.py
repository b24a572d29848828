"""The card guard: card numbers are seen in every script and grouping, and little else is."""

import pytest

from marketplace.foundation.cards import contains_card_number, mask_card_numbers, passes_luhn
from marketplace.foundation.ids import fingerprint

CARD = "4111111111111111"
SCRIPTS = {"latin": "0123456789", "persian": "۰۱۲۳۴۵۶۷۸۹", "arabic": "٠١٢٣٤٥٦٧٨٩", "bengali": "০১২৩৪৫৬৭৮৯"}


def in_script(digits: str, script: str) -> str:
    return digits.translate(str.maketrans("0123456789", SCRIPTS[script]))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("number", [CARD, "378282246310005", "6037991234567893", "4222222222222"])
def test_a_card_number_is_seen_in_every_script_of_digits(number: str, script: str) -> None:
    assert passes_luhn(number)
    assert contains_card_number(f"my card {in_script(number, script)}, thanks")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u00a01111\u200c1111\u20131111",
        "4111.1111.1111.1111",
        "4111/1111/1111/1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "card4111111111111111exp",
        "4111 1111 1111 1111 12/27",
        "12 4111 1111 1111 1111",
        "৪১১১ ১১১১ 1111 ۱۱۱۱",
        "4111  -  1111 1111 1111",
        "4111\n1111\n1111\n1111",
    ],
)
def test_a_card_number_is_seen_however_it_is_grouped(text: str) -> None:
    assert contains_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Flat 4, house 12, road 7, sector 11",
        "+880 1711 123456",
        "8801711123459",
        "৮৮০১৭১১১২৩৪৫৯",
        "00880 1711 123459",
        "+98 912 345 6789",
        "412345678901",
        "4111111111111112",
        "2026-11-21 14:30:00.123456+00",
        "0192f0c4-4111-7111-8111-111111111111",
        "41111111-1111-4111-8111-111111111111",
        "51.389012, 35.689198",
    ],
)
def test_what_can_be_told_from_a_card_is_left_alone(text: str) -> None:
    assert not contains_card_number(text)
    assert mask_card_numbers(text) == text


def test_masking_hides_the_digits_and_nothing_else() -> None:
    assert mask_card_numbers("pay 4111 1111 1111 1111 at 5 pm") == "pay •••• •••• •••• •••• at 5 pm"
    assert mask_card_numbers("کارت ۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱") == "کارت " + "•" * 16
    assert not contains_card_number(mask_card_numbers(f"{CARD} and {CARD}"))


def test_a_digest_shown_to_people_is_never_taken_for_a_card() -> None:
    digest = CARD + "f" * 48
    assert contains_card_number(digest)
    assert fingerprint(digest) == "4111:1111:1111:1111"
    assert not contains_card_number(fingerprint(digest))


def test_a_long_text_is_read_in_a_moment() -> None:
    assert not contains_card_number("0 " * 50_000)
