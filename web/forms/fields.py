"""A form as it was typed: every value parsed to what it means, every fault kept beside its field."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from marketplace.foundation import calendars, reading, scripts
from marketplace.foundation.calendars import Calendar
from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

Value = TypeVar("Value")
Empty = TypeVar("Empty")


@dataclass(frozen=True)
class Missing(Refused):
    """Nothing was typed where something is needed."""


@dataclass(frozen=True)
class TooLong(Refused):
    """More than the field holds."""

    longest: int


@dataclass(frozen=True)
class NotOffered(Refused):
    """The choice is not one of those offered."""


@dataclass(frozen=True)
class NotTicked(Refused):
    """A box that has to be ticked was left empty."""


@dataclass(frozen=True)
class NotWhole(Refused):
    """A whole number between two bounds is needed."""

    least: int
    most: int


@dataclass(frozen=True)
class CardNumberTyped(Refused):
    """The text holds what looks like a card number; we never take those."""


@dataclass(frozen=True)
class FormRefused(Refused):
    """At least one field is wrong; `errors` has each by its name."""

    errors: Mapping[str, Refused]


@dataclass
class Fields:
    """What was typed and what is wrong with it. Read each field once, then look at `errors` or call `check()`.

    A faulty field reads as an empty value of its type, so that the others are still looked at.
    """

    typed: Mapping[str, Any]
    language: str = "en"
    errors: dict[str, Refused] = field(default_factory=dict)

    def raw(self, name: str) -> str:
        """The value as typed, trimmed, control characters gone; lists give their first."""
        value = self.typed.get(name, "")
        if isinstance(value, list):
            value = value[0] if value else ""
        return scripts.clean_text(str(value)).strip()

    def text(self, name: str, *, longest: int = 200, required: bool = True) -> str:
        """Free text of at most `longest` code points, without a card number in it."""
        value = self.raw(name)
        if not value and required:
            self.errors[name] = Missing()
        elif len(value) > longest:
            self.errors[name] = TooLong(longest)
        elif contains_card_number(value):
            self.errors[name] = CardNumberTyped()
        else:
            return value
        return ""

    def secret(self, name: str, *, longest: int = 200) -> str:
        """A password exactly as typed."""
        value = self.typed.get(name, "")
        value = value if isinstance(value, str) else ""
        if not value:
            self.errors[name] = Missing()
        elif len(value) > longest:
            self.errors[name] = TooLong(longest)
            return ""
        return value

    def choice(self, name: str, offered: Collection[str], *, required: bool = True) -> str:
        """One of the words offered."""
        value = self.raw(name)
        if not value:
            if required:
                self.errors[name] = Missing()
        elif value not in offered:
            self.errors[name] = NotOffered()
            return ""
        return value

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.raw(name) not in ("", "0", "no", "false", "off")

    def whole(self, name: str, *, least: int, most: int) -> int:
        """A whole number in any of the four scripts of digits."""
        value = self._parsed(name, reading.parse_whole, least)
        if name not in self.errors and not least <= value <= most:
            self.errors[name] = NotWhole(least, most)
            return least
        return value

    def identity(self, name: str) -> UUID | None:
        """The id of something that was offered on the page."""
        try:
            return UUID(self.raw(name))
        except ValueError:
            self.errors[name] = NotOffered() if self.raw(name) else Missing()
            return None

    def money(self, name: str, currency: str) -> Money:
        """An amount in the currency's major unit, in any script of digits."""
        in_toman = currency == "IRR"  # the unit that `money_input` names beside the field, in every language
        return self._parsed(
            name, lambda text: reading.parse_money(text, currency, in_toman=in_toman), Money.zero(currency)
        )

    def phone(self, name: str, region: str) -> str:
        """A telephone number in E.164."""
        return self._parsed(name, lambda text: reading.parse_phone(text, region), "")

    def day(self, name: str, calendar: Calendar) -> date | None:
        """A date in the reader's calendar."""
        return self._parsed(name, lambda text: calendars.parse_date(text, calendar), None)

    def _parsed(self, name: str, parse: Callable[[str], Value], empty: Empty) -> Value | Empty:
        value = self.raw(name)
        if not value:
            self.errors[name] = Missing()
            return empty
        try:
            return parse(value)
        except Refused as refusal:
            self.errors[name] = refusal
            return empty

    def refuse(self, name: str, refusal: Refused) -> None:
        """Note what a rule said about a field."""
        self.errors[name] = refusal

    def check(self) -> None:
        """Raise FormRefused when any field is wrong."""
        if self.errors:
            raise FormRefused(dict(self.errors))
