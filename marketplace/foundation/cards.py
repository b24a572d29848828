"""The card guard: numbers that look like a payment card are neither taken nor kept (reliability.md §6.4).

A card number is 13 to 19 digits that pass the Luhn check, in any script of digits, with blanks, dashes or nothing
between its groups. One chance number in ten passes Luhn, so what can be told from a card is left alone: ids of ours
(UUIDs), numbers that begin with 0, and Bangladeshi phone numbers with their country code.
"""

import re
from collections.abc import Iterator

SHORTEST, LONGEST = 13, 19
HIDDEN = "•"

_SEPARATOR = r"[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufe58\ufe63\uff0d\ufeff_-]"
_GROUP = re.compile(r"\d+")
_RUN = re.compile(rf"\d(?:{_SEPARATOR}{{0,5}}\d)*")
_UUID = re.compile(
    r"(?<![0-9a-zA-Z])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-zA-Z])"
)
_DOTTED_FOURS = re.compile(r"(?<=\d{4})[./·،,](?=\d{4})")
_BANGLADESHI_PHONE = re.compile(r"8801\d{9}")


def passes_luhn(digits: str) -> bool:
    """Whether these decimal digits, of any script, pass the Luhn check."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def contains_card_number(text: str) -> bool:
    """Whether a person may have written a card number here; digits of any script, grouped or not."""
    return next(_card_spans(text), None) is not None


def mask_card_numbers(text: str) -> str:
    """The same text with every digit of what looks like a card number replaced by a dot."""
    signs = list(text)
    for start, end in _card_spans(text):
        for place in range(start, end):
            if signs[place].isdecimal():
                signs[place] = HIDDEN
    return "".join(signs)


def _card_spans(text: str) -> Iterator[tuple[int, int]]:
    # Both substitutions keep the length, so that the spans are places of the text as given.
    plain = _UUID.sub(lambda found: "x" * len(found[0]), text)
    plain = _DOTTED_FOURS.sub("-", plain)
    for run in _RUN.finditer(plain):
        yield from _cards_in_run(plain, run.start(), run.end())


def _cards_in_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Every stretch of neighbouring groups may be the number: "4111 1111 1111 1111 12" holds one, and a date."""
    groups = [found.span() for found in _GROUP.finditer(text, start, end)]
    for first, (begins, _) in enumerate(groups):
        digits = ""
        for left, right in groups[first:]:
            digits += text[left:right]
            if len(digits) > LONGEST:
                break
            if len(digits) >= SHORTEST and _is_card(digits):
                yield begins, right


def _is_card(digits: str) -> bool:
    latin = "".join(str(int(sign)) for sign in digits)
    if latin.startswith("0") or _BANGLADESHI_PHONE.fullmatch(latin):
        return False
    return passes_luhn(latin)
