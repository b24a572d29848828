"""Text as people type it: four digit scripts, two Persian and Arabic letter pairs, marks of direction.

Everything typed passes through here before it is compared, stored or read as a figure; nothing here knows a sentence.
Source: experience.md §5.3, §5.4.
"""

import re
import unicodedata
from typing import Final, Literal

Language = Literal["en", "bn", "fa", "ar"]
Digits = Literal["native", "latin"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "bn", "fa", "ar")
RIGHT_TO_LEFT: Final = frozenset[Language]({"fa", "ar"})
NATIVE_DIGITS: Final[dict[Language, str]] = {
    "en": "0123456789",
    "bn": "০১২৩৪৫৬৭৮৯",
    "fa": "۰۱۲۳۴۵۶۷۸۹",
    "ar": "٠١٢٣٤٥٦٧٨٩",
}

LEFT_TO_RIGHT_ISOLATE, RIGHT_TO_LEFT_ISOLATE = "\u2066", "\u2067"
FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
# Marks of direction, soft hyphens, zero-width spaces, halves of surrogate pairs and control characters.
_NEVER_MEANT = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060\ufeff\ud800-\udfff\x00-\x09\x0b-\x1f\x7f-\x9f]"
)
_SPACES = re.compile("[^\\S\n]")
_TO_ASCII = str.maketrans({digit: str(n) for digits in NATIVE_DIGITS.values() for n, digit in enumerate(digits)})
_FROM_ASCII = {language: str.maketrans("0123456789", digits) for language, digits in NATIVE_DIGITS.items()}
_LETTERS: Final[dict[Language, dict[int, int]]] = {
    "en": {},
    "bn": {},
    "fa": str.maketrans("يىك", "ییک"),
    "ar": str.maketrans("یک", "يك"),
}
# For search: accents, hamza, tatweel, vowel points, chandrabindu and joiners, which one keyboard offers and another
# does not; but never the vowel signs of Bengali, which carry the word.
_DROPPED = re.compile("[\u0300-\u036f\u0621\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0981\u200c\u200d]")
_FOLDED = str.maketrans("ٱىيكةەھ", "اییکههه")


def language_of(code: str) -> Language | None:
    """The language that a code such as "bn", "bn-BD" or "FA" asks for, or None when we do not speak it."""
    short = code.replace("_", "-").split("-")[0].lower()
    return next((language for language in LANGUAGES if language == short), None)


def direction(language: Language) -> Literal["ltr", "rtl"]:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def ascii_digits(text: str) -> str:
    """The same text with every Bengali, Persian and Arabic digit as 0–9."""
    return text.translate(_TO_ASCII)


def native_digits(text: str, language: Language) -> str:
    """The same text with 0–9 in the digits of `language`. For display only: never in a code, a link or a form value."""
    return text.translate(_FROM_ASCII[language])


def clean_text(text: str, language: Language | None = None) -> str:
    """What a person meant to type: NFC, trimmed, without direction marks or control characters.

    Joiners stay (ZWNJ and ZWJ are spelling in Persian and Bengali), and so do line breaks; other white space becomes
    a plain space. With `language` fa or ar, the two yehs and kafs become those of that language.
    """
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", _NEVER_MEANT.sub("", text)).strip()
    return text.translate(_LETTERS[language]) if language else text


def search_text(text: str) -> str:
    """The key under which a name of the catalogue or a place is searched and sorted; the same for what is typed.

    Folds case, diacritics, hamza, the yehs and kafs, joiners, Bengali letters written in two ways, digit scripts and
    punctuation.
    """
    loose = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", clean_text(text)).casefold())
    folded = unicodedata.normalize("NFC", _DROPPED.sub("", loose)).translate(_FOLDED).replace("অা", "আ")
    letters = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in ascii_digits(folded))
    return " ".join("".join(letters).split())


def isolate(text: str) -> str:
    """For plain text (SMS, file, push): `text` keeps its own direction inside a sentence of any direction."""
    return f"{FIRST_STRONG_ISOLATE}{text}{END_OF_ISOLATE}"


def isolate_left_to_right(text: str) -> str:
    """For plain text: a phone number, code, e-mail or address of a page, which always run from left to right."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{text}{END_OF_ISOLATE}"


def isolate_right_to_left(text: str) -> str:
    """For plain text: an amount in words that run from right to left, whatever sign stands first."""
    return f"{RIGHT_TO_LEFT_ISOLATE}{text}{END_OF_ISOLATE}"
