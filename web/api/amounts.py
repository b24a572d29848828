"""Money, texts and times as the API says them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.reading import OtherCurrency

MOST_MINOR = 10**13

Answers = dict[str, str | int | bool]
Words = Annotated[str, msgspec.Meta(max_length=500)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]  # a time without its offset is no moment
Names = dict[str, str]  # a language code → the text


class In(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may hold, and nothing else."""


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer holds."""


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minor units of a currency (ISO 4217): never a decimal, never a float."""

    minor: Annotated[int, msgspec.Meta(ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]

    def money(self, currency: str) -> Money:
        """As money of the town. Refuses OtherCurrency."""
        if self.currency != currency:
            raise OtherCurrency(expected=currency, typed=self.currency)
        return Money(self.minor, currency)


class Stretch(Out, frozen=True, kw_only=True):
    """From a moment to another, the latter not included."""

    start: str
    end: str


class Moved(Out, frozen=True, kw_only=True):
    """What a command did to a job."""

    id: UUID
    number: str
    state: str
    version: int


def amount(money: Money) -> Amount:
    """Money as the API says it."""
    return Amount(money.minor, money.currency)


def maybe_amount(money: Money | None) -> Amount | None:
    """As `amount`, where there is any."""
    return None if money is None else amount(money)


def stretch(period: Period | None) -> Stretch | None:
    """A period as the API says it, where there is one."""
    return None if period is None else Stretch(start=period.start.isoformat(), end=period.end.isoformat())
