"""How urgent a request is, until when it is due, and why it is not taken in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import clean_text

WORDS_MAX = 1_000
OPEN_MOST = 20  # of one resident, not finished


class Urgency(StrEnum):
    """How soon the resident needs it; in this order on the queue."""

    URGENT = "urgent"
    SOON = "soon"
    NORMAL = "normal"


DUE_SETTINGS: Mapping[Urgency, str] = {
    Urgency.URGENT: "ticket_urgent_hours",
    Urgency.SOON: "ticket_soon_hours",
    Urgency.NORMAL: "ticket_normal_hours",
}


@dataclass(frozen=True)
class NotYourUnit(Refused):
    """The person does not live in this unit now, or there is no such unit."""


@dataclass(frozen=True)
class NobodyOnDuty(Refused):
    """No team owns this trade in this building, so nobody would read the request."""

    trade: str


@dataclass(frozen=True)
class WordsMissing(Refused):
    """A request says what is wrong."""


@dataclass(frozen=True)
class WordsTooLong(Refused):
    """What is wrong fits into so many signs."""

    length_max: int


@dataclass(frozen=True)
class TooManyOpen(Refused):
    """As many requests as one resident may have that are not finished."""

    most: int


@dataclass(frozen=True)
class CardNumberInWords(Refused):
    """A request never holds a card number (lifecycle.md E.8 #8)."""


@dataclass(frozen=True)
class NotOfTheTeam(Refused):
    """Only somebody who is in the team now can be given its tickets."""


def clean_words(text: str) -> str:
    """What is wrong, as it was meant. Refuses WordsMissing, WordsTooLong, CardNumberInWords."""
    words = clean_text(text)
    if not words:
        raise WordsMissing()
    if len(words) > WORDS_MAX:
        raise WordsTooLong(WORDS_MAX)
    if contains_card_number(words):
        raise CardNumberInWords()
    return words


def due_at(urgency: Urgency, settings: Mapping[str, int], *, submitted_at: datetime) -> datetime:
    """Until when it should be done, by the settings of the compound (lifecycle.md E.7)."""
    return submitted_at + timedelta(hours=settings[DUE_SETTINGS[urgency]])
