"""What a gateway may say, and what of it may be kept. Pure."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import EXPONENTS, Money
from marketplace.foundation.reading import parse_number


class Outcome(StrEnum):
    """What became of a payment. PAID only when the provider's commit step is done (payments.md §5.1)."""

    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PENDING = "pending"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVERSED = "reversed"
    REFUNDED = "refunded"


FINAL = frozenset(set(Outcome) - {Outcome.PENDING, Outcome.UNKNOWN})


@dataclass(frozen=True)
class GatewayNotOffered(Refused):
    """No gateway of this name takes this currency here."""

    gateway: str
    currency: str


@dataclass(frozen=True)
class GatewaySwitchedOff(Refused):
    """This gateway takes no payments here now, so that nothing it rings about is listened to; it is still asked."""

    gateway: str


class AnswerNotUnderstood(Exception):
    """What came over the wire is not what the provider documents. The verdict is UNKNOWN; nothing of it is kept.

    Of a file, `line` and `column` say where it stands; 0 and empty where it is about the whole.
    """

    def __init__(self, matter: str, *, line: int = 0, column: str = "") -> None:
        super().__init__(matter)
        self.line = line
        self.column = column


class GatewayUnreachable(Exception):
    """No whole answer came: refused, cut or too slow. Nobody knows what the provider did."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one declared field looks like: a pattern that the whole value must match.

    `may_look_like_a_card` is for the few provider numbers of 13 to 19 digits that have them by specification; each
    is named on the list of lifecycle.md E.8-8.
    """

    pattern: re.Pattern[str]
    may_look_like_a_card: bool = False


def shape(pattern: str, *, may_look_like_a_card: bool = False) -> Shape:
    return Shape(re.compile(pattern), may_look_like_a_card)


def keep_declared(answer: Mapping[str, object], declared: Mapping[str, Shape]) -> dict[str, str]:
    """The declared fields of an answer, and nothing else of it (payments.md §5.2 #8).

    A missing or empty field is left out. Raises AnswerNotUnderstood for a value that is not of its shape or looks
    like a card number; the error names the field, never the value.
    """
    kept = {}
    for name, wanted in declared.items():
        value = answer.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise AnswerNotUnderstood(f"{name} is no text", column=name)
        text = str(value)
        if not (text.isascii() and wanted.pattern.fullmatch(text)):
            raise AnswerNotUnderstood(f"{name} is not of its shape", column=name)
        if not wanted.may_look_like_a_card and contains_card_number(text):
            raise AnswerNotUnderstood(f"{name} looks like a card number", column=name)
        kept[name] = text
    return kept


def in_letters(value: bytes) -> str:
    """Bytes as letters only: an id written so can never be taken for a card number. Sixteen bytes give 28 letters."""
    number, length = int.from_bytes(value), -(-len(value) * 800 // 470)
    signs = []
    for _ in range(length):
        number, rest = divmod(number, 26)
        signs.append(string.ascii_lowercase[rest])
    return "".join(reversed(signs))


def reference_of(attempt: UUID) -> str:
    """The attempt's id in the form that gateways carry as our order number: 28 letters."""
    return in_letters(attempt.bytes)


def money(minor: str, currency: str) -> Money:
    """An amount as a provider states it, in minor units. Raises AnswerNotUnderstood."""
    try:
        return Money(int(minor), currency)
    except ValueError as failure:
        raise AnswerNotUnderstood("amount or currency") from failure


def moment(text: str) -> datetime:
    """A time as a provider states it, with its offset. Raises AnswerNotUnderstood."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as failure:
        raise AnswerNotUnderstood("time") from failure
    if at.tzinfo is None:
        raise AnswerNotUnderstood("time without zone")
    return at.astimezone(UTC)


CLOCKS_MAY_DIFFER = timedelta(seconds=300)  # reliability.md R21: a constant, not a setting


def is_timely(stamp: int, now: datetime) -> bool:
    """Whether a signature's time lies within five minutes of ours, before or after."""
    return abs(now.timestamp() - stamp) <= CLOCKS_MAY_DIFFER.total_seconds()


def amount(text: str, currency: str) -> Money:
    """An amount in major units, as files state it: digits of any script, grouped or not, a point before decimals.

    Raises AnswerNotUnderstood for anything else, and for more decimals than the currency has: nothing is rounded.
    """
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise AnswerNotUnderstood("currency")
    try:
        value = parse_number(text, most_decimals=exponent, may_be_negative=True)
    except Refused as refusal:
        raise AnswerNotUnderstood(f"amount: {type(refusal).__name__}") from None
    return Money(int(value.scaleb(exponent)), currency)
