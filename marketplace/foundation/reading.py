"""Figures as people type them: numbers, money and phones, in any of four digit scripts and with either decimal mark.

Each reader gives one value for every way of typing it, or refuses by name; none guesses.
Source: experience.md §5.4 "Input".
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import phonenumbers

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import ascii_digits, clean_text
from marketplace.foundation.unit_names import CURRENCY_WORDS, TOMAN_WORDS

MOST_CHARACTERS = 60
MOST_MINOR_UNITS = 10**15  # a bigint column holds nine thousand times this
RIALS_IN_A_TOMAN = 10


@dataclass(frozen=True)
class NotANumber(Refused):
    """What was typed is no number, or its separators allow two readings."""


@dataclass(frozen=True)
class TooManyDecimals(Refused):
    most: int


@dataclass(frozen=True)
class NegativeNumber(Refused):
    """A count or a length below zero."""


@dataclass(frozen=True)
class NegativeAmount(Refused):
    """An amount of money below zero, where one may only be paid or asked."""


@dataclass(frozen=True)
class AmountTooLarge(Refused):
    most: Money


@dataclass(frozen=True)
class OtherCurrency(Refused):
    expected: str
    typed: str


@dataclass(frozen=True)
class NotAPhoneNumber(Refused):
    region: str


_MINUS = "-\u2212\u2013\ufe63\uff0d"
_SIGN = re.compile(f"[{_MINUS}+]")
_WESTERN = r"\d{1,3}(?P<western>[,٬،' ])\d{3}(?:(?P=western)\d{3})*"
_INDIAN = r"\d{1,2}(?P<indian>[,٬،' ])(?:\d{2}(?P=indian))*\d{3}"
_FIGURE = re.compile(rf"(?P<whole>\d+|{_WESTERN}|{_INDIAN})(?:[.٫](?P<fraction>\d+))?")


def parse_number(text: str, *, most_decimals: int = 0, may_be_negative: bool = False) -> Decimal:
    """The number that was typed, exactly.

    Groups may be of three, or Bengali (12,34,567). Comma, ٬, ، and space group; point and ٫ mark decimals.
    Refuses NotANumber (also when groups are uneven: "1,5"), TooManyDecimals, NegativeNumber.
    """
    sign, figure = _without_sign(_short_enough(text))
    value = _read_figure(figure, most_decimals)
    if sign < 0 and value and not may_be_negative:
        raise NegativeNumber
    return sign * value


def parse_whole(text: str, *, may_be_negative: bool = False) -> int:
    """The whole number that was typed. Refuses as `parse_number` does."""
    return int(parse_number(text, may_be_negative=may_be_negative))


def _short_enough(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise NotANumber
    return ascii_digits(clean_text(text))


def _without_sign(text: str) -> tuple[int, str]:
    if _SIGN.match(text):
        return (-1 if text[0] in _MINUS else 1), text[1:].strip()
    return 1, text


def _read_figure(figure: str, most_decimals: int) -> Decimal:
    found = _FIGURE.fullmatch(figure)
    if found is None:
        raise NotANumber
    fraction = (found["fraction"] or "").rstrip("0")
    if len(fraction) > most_decimals:
        raise TooManyDecimals(most=most_decimals)
    return Decimal(re.sub(r"\D", "", found["whole"]) + "." + (fraction or "0"))


@dataclass(frozen=True)
class _Unit:
    currency: str
    minor_units: int  # in one of it
    decimals: int


def _unit(currency: str) -> _Unit:
    decimals = Money.zero(currency).exponent
    return _Unit(currency, 10**decimals, decimals)


_TOMAN = _Unit("IRR", RIALS_IN_A_TOMAN, 1)
_UNITS_OF: Final[dict[str, tuple[_Unit, ...]]] = {
    clean_text(word, "fa"): tuple(_unit(currency) for currency, words in CURRENCY_WORDS.items() if word in words)
    for word in sorted({word for words in CURRENCY_WORDS.values() for word in words})
} | dict.fromkeys(TOMAN_WORDS, (_TOMAN,))


def parse_money(text: str, currency: str, *, in_toman: bool = False, may_be_negative: bool = False) -> Money:
    """The amount that was typed, in `currency`, with or without a word or sign of that currency around it.

    A bare figure for IRR is rials, or tomans with `in_toman`; a written unit wins over both. "1500/-" is 1500 taka.
    Refuses NotANumber, TooManyDecimals, NegativeAmount, OtherCurrency, AmountTooLarge.
    """
    before, rest = _without_sign(_short_enough(text))
    head, figure, tail = _apart(rest)
    within, figure = _without_sign(figure)
    unit = _TOMAN if in_toman and currency == "IRR" else _unit(currency)
    for word in (head, tail):
        if word:
            unit = _unit_named(word, currency)
    value = _read_figure(figure, unit.decimals)
    minor = before * within * int(value * unit.minor_units)
    if minor < 0 and not may_be_negative:
        raise NegativeAmount
    if abs(minor) > MOST_MINOR_UNITS:
        raise AmountTooLarge(most=Money(MOST_MINOR_UNITS, currency))
    return Money(minor, currency)


def _apart(text: str) -> tuple[str, str, str]:
    found = re.fullmatch(
        rf"(?P<head>[^\d]*?)\s*(?P<figure>[{_MINUS}+]?\s?\d(?:.*\d)?)\s*(?P<tail>\D*)", text, re.DOTALL
    )
    if found is None:
        raise NotANumber
    return found["head"], found["figure"], found["tail"]


def _unit_named(word: str, currency: str) -> _Unit:
    units = _UNITS_OF.get(clean_text(word.casefold(), "fa"), ())
    if not units:
        raise NotANumber
    for unit in units:
        if unit.currency == currency:
            return unit
    raise OtherCurrency(expected=currency, typed=units[0].currency)


_PHONE_CHARACTERS = re.compile(r"\+?[\d\s().\-\u2010-\u2015/]+")


def parse_phone(text: str, region: str) -> str:
    """The number in E.164, whichever way it was typed: ০১৭১১…, 01711…, 88017…, +880 (0)17… are one number.

    `region` is the organization's ("BD", "IR", "QA"); a number with its country code may be of any country.
    Refuses NotAPhoneNumber: also for letters, extensions, and lengths or prefixes that no network gives out.
    """
    typed = ascii_digits(clean_text(text))
    if len(text) > MOST_CHARACTERS or not _PHONE_CHARACTERS.fullmatch(typed):
        raise NotAPhoneNumber(region)
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise NotAPhoneNumber(region) from None
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber(region)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
