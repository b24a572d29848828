"""Amounts in words: told right where people would notice, and never two amounts in the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.foundation import amounts_in_words as words
from marketplace.foundation.money import Money

whole = st.integers(min_value=0, max_value=10**12)


@pytest.mark.parametrize(
    ("number", "bengali", "persian"),
    [
        (0, "শূন্য", "صفر"),
        (7, "সাত", "هفت"),
        (21, "একুশ", "بیست و یک"),
        (59, "ঊনষাট", "پنجاه و نه"),
        (99, "নিরানব্বই", "نود و نه"),
        (100, "এক শত", "یکصد"),
        (115, "এক শত পনেরো", "یکصد و پانزده"),
        (1_000, "এক হাজার", "یک هزار"),
        (11_500, "এগারো হাজার পাঁচ শত", "یازده هزار و پانصد"),
        (100_000, "এক লক্ষ", "یکصد هزار"),
        (1_234_567, "বারো লক্ষ চৌত্রিশ হাজার পাঁচ শত সাতষট্টি", "یک میلیون و دویست و سی و چهار هزار و پانصد و شصت و هفت"),
        (10_000_000, "এক কোটি", "ده میلیون"),
        (10**9, "এক শত কোটি", "یک میلیارد"),
        (10**12, "এক লক্ষ কোটি", "یک هزار میلیارد"),
    ],
)
def test_numbers_are_told_as_people_say_them(number: int, bengali: str, persian: str) -> None:
    assert (words.bengali(number), words.persian(number)) == (bengali, persian)


def test_amounts_name_their_units() -> None:
    assert words.in_words(Money(1_150_050, "BDT"), "bn") == "এগারো হাজার পাঁচ শত টাকা পঞ্চাশ পয়সা মাত্র"
    assert words.in_words(Money(1_200_000, "IRR"), "fa") == "یک میلیون و دویست هزار ریال"
    assert words.in_words(Money(5, "BDT"), "bn") == "পাঁচ পয়সা মাত্র"
    assert words.in_words(Money(0, "BDT"), "fa") == "صفر تاکا"
    assert words.in_words(Money(1_005, "QAR"), "fa") == "ده ریال قطر و پنج درهم"
    assert words.in_words(Money(1_005, "QAR"), "en") == ""


def test_every_number_below_a_hundred_has_its_own_words() -> None:
    assert len({words.bengali(number) for number in range(100)}) == 100
    assert len({words.persian(number) for number in range(1_000)}) == 1_000


BENGALI = {words.bengali(number): number for number in range(100)} | {"শত": 100, "হাজার": 10**3, "লক্ষ": 10**5}
PERSIAN = {name: number for number in range(100) for name in [words.persian(number)] if " " not in name}
PERSIAN |= {words.persian(hundred): hundred for hundred in range(100, 1_000, 100)}
PERSIAN |= {"هزار": 10**3, "میلیون": 10**6}


def read(text: list[str], numbers: dict[str, int], greatest: tuple[str, int]) -> int:
    """The number that these words tell: an independent reader of our writer."""
    if greatest[0] in text:
        at = len(text) - 1 - text[::-1].index(greatest[0])
        return read(text[:at], numbers, greatest) * greatest[1] + read(text[at + 1 :], numbers, greatest)
    total, part = 0, 0
    for word in text:
        value = numbers[word]
        if value == 100 and word == "শত":
            part *= 100
        elif value in (10**3, 10**5, 10**6):
            total, part = total + part * value, 0
        else:
            part += value
    return total + part


@given(whole)
def test_every_amount_can_be_read_back_in_bengali(number: int) -> None:
    assert read(words.bengali(number).split(), BENGALI, ("কোটি", 10**7)) == number


@given(whole)
def test_every_amount_can_be_read_back_in_persian(number: int) -> None:
    text = [word for word in words.persian(number).split() if word != "و"]
    assert read(text, PERSIAN, ("میلیارد", 10**9)) == number
