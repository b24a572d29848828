"""Amounts and days as files write them, exactly: whole minor units, never a float, nothing rounded."""

import re
from datetime import date

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import EXPONENTS
from marketplace.foundation.reading import parse_number
from payments.statements.rules import FileNotUnderstood

_PLAIN = re.compile(r"([+-]?)([0-9]{1,15})(?:\.([0-9]{1,15}))?", re.ASCII)


def exponent_of(currency: str, place: int = 0) -> int:
    """How many decimals the currency has. Refuses FileNotUnderstood for one we do not know."""
    found = EXPONENTS.get(currency)
    if found is None:
        raise FileNotUnderstood("currency", place)
    return found


def minor_units(text: str, exponent: int, place: int = 0, column: str = "") -> int:
    """An amount in major units: digits of any script, grouped or not, a point before decimals.

    Refuses FileNotUnderstood for anything else, and for more decimals than the currency has.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        try:
            value = parse_number(text, most_decimals=exponent, may_be_negative=True)
        except Refused as refusal:
            raise FileNotUnderstood(f"amount: {type(refusal).__name__}", place, column) from None
        return int(value.scaleb(exponent))
    sign, whole, fraction = plain.groups()
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > exponent:
        raise FileNotUnderstood("amount: TooManyDecimals", place, column)
    minor = int(whole + fraction.ljust(exponent, "0"))
    return -minor if sign == "-" else minor


def iso_day(text: str, place: int = 0, column: str = "") -> date:
    """A day as ISO 8601 writes it, with or without its time."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise FileNotUnderstood("is no day", place, column) from None
