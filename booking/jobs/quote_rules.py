"""The quote that follows an estimate visit: its lines, its limits, its hash, and when it may be answered. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

LINES_MOST = 20
TEXT_MOST = 120
NOTE_MOST = 500
QUANTITY_MOST = 1_000_000  # hundredths: ten thousand of a thing
MINUTES_LEAST, MINUTES_MOST, MINUTES_STEP = 15, 720, 15
DAYS_LEAST, DAYS_MOST, DAYS_USUAL = 1, 30, 7
MOST_MINOR = {
    "BDT": 500_000_000, "IRR": 50_000_000_000, "QAR": 20_000_000, "USD": 5_000_000, "EUR": 5_000_000,
    "KWD": 15_000_000,
}  # fmt: skip
MOST_MINOR_ELSEWHERE = 10_000_000


class QuoteState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Sort(StrEnum):
    LABOUR = "labour"
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is paid for: so many hundredths of a unit, each at so much."""

    sort: Sort
    text: str
    quantity: int
    unit: Money

    @property
    def count(self) -> Decimal:
        """The quantity as it is said: 2.5 square metres."""
        said = Decimal(self.quantity) / 100
        return said.to_integral_value() if said == said.to_integral_value() else said.normalize()

    @property
    def amount(self) -> Money:
        """Half a minor unit goes to the even neighbour."""
        return self.unit.percent(self.quantity * 100)


@dataclass(frozen=True, slots=True)
class Content:
    """What a specialist writes: the lines, how long the work takes, how long the price stands, and a note."""

    lines: tuple[Line, ...]
    minutes: int
    valid_days: int = DAYS_USUAL
    note: str = ""


@dataclass(frozen=True)
class QuoteNotFound(Refused):
    """No such quote, or none for this reader."""


@dataclass(frozen=True)
class QuoteEmpty(Refused):
    """A quote has at least one line, and comes to more than nothing."""


@dataclass(frozen=True)
class QuoteTooLong(Refused):
    """No more lines than this."""

    most: int


@dataclass(frozen=True)
class QuoteTooLarge(Refused):
    """No quote comes to more than this."""

    most: Money


@dataclass(frozen=True)
class LinePriceNeeded(Refused):
    """What a line costs is above zero."""


@dataclass(frozen=True)
class QuantityOutOfBounds(Refused):
    """A line is for more than nothing, with no more than two decimals, and for no more than this."""

    most: int


@dataclass(frozen=True)
class LineTextNeeded(Refused):
    """Each line says what it is for, in no more than so many letters, and without a card number."""

    longest: int


@dataclass(frozen=True)
class QuoteTimes(Refused):
    """The work takes from a quarter of an hour to twelve hours, and the price stands for one day to thirty."""


@dataclass(frozen=True)
class EstimateNotDone(Refused):
    """First the visit is finished, then the quote is sent."""


@dataclass(frozen=True)
class QuoteDiffers(Refused):
    """The quote is not the one that was shown: it has been written anew since."""


@dataclass(frozen=True)
class QuoteOver(Refused):
    """This quote has been answered, has run out, or a newer one has taken its place."""

    state: str


@dataclass(frozen=True)
class NoQuoteWanted(Refused):
    """Nobody waits for a quote here: the request is over, or a quote has been approved."""


def total_of(lines: Sequence[Line], currency: str) -> Money:
    """The sum of the lines."""
    return sum((line.amount for line in lines), start=Money.zero(currency))


def most_of(currency: str) -> Money:
    """The largest quote in a currency."""
    return Money(MOST_MINOR.get(currency, MOST_MINOR_ELSEWHERE), currency)


def check_content(content: Content, currency: str) -> None:
    """Refuses QuoteEmpty, QuoteTooLong, LineTextNeeded, LinePriceNeeded, QuantityOutOfBounds, QuoteTooLarge,
    QuoteTimes.
    """
    if not content.lines:
        raise QuoteEmpty()
    if len(content.lines) > LINES_MOST:
        raise QuoteTooLong(LINES_MOST)
    for line in content.lines:
        _check_line(line, currency)
    total, most = total_of(content.lines, currency), most_of(currency)
    if total.minor <= 0:
        raise QuoteEmpty()
    if total > most:
        raise QuoteTooLarge(most)
    if len(content.note) > NOTE_MOST or contains_card_number(content.note):
        raise LineTextNeeded(NOTE_MOST)
    whole = MINUTES_LEAST <= content.minutes <= MINUTES_MOST and content.minutes % MINUTES_STEP == 0
    if not whole or not DAYS_LEAST <= content.valid_days <= DAYS_MOST:
        raise QuoteTimes()


def credit_of(fee: Money, work: Money) -> Money:
    """How much of the estimate's fee is taken off the price of the work, which never falls below zero."""
    return min(fee, work)


def check_open(state: QuoteState, valid_until: datetime | None, *, now: datetime) -> None:
    """Only a quote that was sent may be answered, until it runs out; at its very end it is over. Refuses QuoteOver."""
    if state is not QuoteState.SENT:
        raise QuoteOver(state.value)
    if valid_until is None or now >= valid_until:
        raise QuoteOver(QuoteState.EXPIRED.value)


def written(content: Content) -> str:
    """The text that a draft is known by, and that is kept sealed."""
    lines = [[line.sort.value, line.text, line.quantity, line.unit.minor] for line in content.lines]
    return json.dumps({"lines": lines, "note": content.note}, ensure_ascii=False, separators=(",", ":"))


def read(text: str, *, minutes: int, valid_days: int, currency: str) -> Content:
    """What `written` wrote."""
    found = json.loads(text)
    lines = tuple(
        Line(Sort(sort), words, quantity, Money(minor, currency)) for sort, words, quantity, minor in found["lines"]
    )
    return Content(lines, minutes, valid_days, found["note"])


def digest(quote: UUID, job: UUID, content: Content, *, credit: Money, valid_until: datetime | None) -> str:
    """What the customer approves: the sha256 of everything that a quote says."""
    said = {
        "quote": str(quote), "job": str(job), "content": written(content), "minutes": content.minutes,
        "days": content.valid_days, "credit": credit.minor, "currency": credit.currency,
        "until": valid_until.astimezone(UTC).isoformat() if valid_until else None,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _check_line(line: Line, currency: str) -> None:
    if not line.text.strip() or len(line.text) > TEXT_MOST or contains_card_number(line.text):
        raise LineTextNeeded(TEXT_MOST)
    if line.unit.minor <= 0 or line.unit.currency != currency:
        raise LinePriceNeeded()
    if not 0 < line.quantity <= QUANTITY_MOST:
        raise QuantityOutOfBounds(QUANTITY_MOST // 100)
    if line.unit > most_of(currency):
        raise QuoteTooLarge(most_of(currency))
