"""The words of documents: kinds, lines, taxes, fiscal years, references, what may be given back. Pure.

Amounts of a document are positive in the direction of its kind: what a receipt or an invoice asks, what a credit note
gives back. A line's tax lies within its amount; total = sum of the lines, net = total - tax.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.foundation.calendars import in_calendar
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money

LANGUAGES: Final = ("en", "bn", "fa", "ar")
Texts = Mapping[str, str]  # one text in each of the four languages


class Kind(StrEnum):
    """What a document is. Its value is stored."""

    RECEIPT = "receipt"  # of a job, on the specialist's behalf, to the customer
    FEE = "fee"  # of a cancelled or missed visit
    COMMISSION = "commission"  # to the specialist, one for each month
    TOP_UP = "top_up"
    CREDIT_NOTE = "credit_note"
    PAYOUT = "payout"  # advice of what was sent to an account


SERIES: Final[Mapping[Kind, str]] = {
    Kind.RECEIPT: "R", Kind.FEE: "F", Kind.COMMISSION: "C", Kind.TOP_UP: "T", Kind.CREDIT_NOTE: "N",
    Kind.PAYOUT: "P",
}  # fmt: skip


class What(StrEnum):
    """What a line is about. `PROMOTION` is the part of a job that the house pays: below zero on the receipt."""

    JOB = "job"
    CASH_JOB = "cash_job"
    PROMOTION = "promotion"
    TIP = "tip"
    CANCELLATION = "cancellation"
    PENALTY = "penalty"
    COMMISSION = "commission"
    TOP_UP = "top_up"
    REFUND = "refund"
    COMMISSION_BACK = "commission_back"
    PAYOUT = "payout"


class Reason(StrEnum):
    """Why finance gives something back; a closed list, since a document holds no words about a person."""

    QUALITY = "quality"
    PRICE = "price"
    MISTAKE = "mistake"
    GOODWILL = "goodwill"


@dataclass(frozen=True)
class DocumentNotFound(Refused):
    """There is no such document, or it is another's."""


@dataclass(frozen=True)
class CreditTooLarge(Refused):
    """All credit notes of a document together give back no more than it asked."""

    rest: Money


@dataclass(frozen=True)
class NothingToCredit(Refused):
    """Only a fee is given back from its document: what is given back of a job goes through the job's refund."""


@dataclass(frozen=True)
class CreditNotPositive(Refused):
    """Something must be given back."""


@dataclass(frozen=True)
class PeriodTooLong(Refused):
    """A statement reaches over so many days at most."""

    days: int


@dataclass(frozen=True)
class PeriodUpsideDown(Refused):
    """A period ends before it begins."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The organization that issues: its words on paper, and where its fiscal year is reckoned."""

    id: UUID
    name: Texts
    region: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class About:
    """What those above know of a subject: its number, and its title in four languages."""

    number: str
    title: Texts


@dataclass(frozen=True, slots=True)
class Side:
    """What a transfer did to one account."""

    account: str  # the account's kind
    owner_kind: str
    owner: UUID
    posted: Money


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as documents see it. `gross`, `payer`: the frozen price of a job and who paid it; that of a cash job
    never passed here.

    `numbers`: of a top-up the transaction number, the tracking number and the gateway.
    """

    transfer: UUID
    kind: str
    subject: UUID | None
    at: datetime
    sides: tuple[Side, ...]
    gross: Money | None = None
    payer: UUID | None = None
    reverses: UUID | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `words` are frozen facts: the job's number and title, the two numbers of a top-up."""

    what: What
    amount: Money
    tax: Money
    source: UUID
    subject: UUID | None = None
    words: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one rate code within a document: on `net`, so much."""

    code: str
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has its number. `id` follows from what it documents: the same twice is one document."""

    id: UUID
    kind: Kind
    owner: UUID
    owner_kind: str
    currency: str
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...] = ()
    supplier: UUID | None = None
    corrects: UUID | None = None
    reason: str | None = None
    period: tuple[date, date] | None = None

    @property
    def total(self) -> Money:
        return sum((line.amount for line in self.lines), Money.zero(self.currency))

    @property
    def tax(self) -> Money:
        return sum((line.tax for line in self.lines), Money.zero(self.currency))


@dataclass(frozen=True, slots=True)
class Open:
    """A document that may still be corrected: `rest` is what no credit note has given back yet, of it `tax_rest`."""

    id: UUID
    kind: Kind
    total: Money
    tax: Money
    rest: Money
    tax_rest: Money


def fiscal_year(at: datetime, *, region: str, time_zone: str) -> int:
    """The year under which a document is numbered: the one in which the fiscal year of the region begins.

    Bangladesh's runs from July to June, Iran's is the Jalali year, the others' is the year of the calendar.
    """
    day = at.astimezone(ZoneInfo(time_zone)).date()
    if region == "IR":
        return in_calendar(day, "jalali").year
    return day.year - 1 if region == "BD" and day.month < 7 else day.year


def reference(kind: Kind, year: int, number: int) -> str:
    """The number as people read it out: R-2026-000017."""
    return f"{SERIES[kind]}-{year}-{number:06}"


def month_of(day: date) -> tuple[date, date]:
    """The first day of the month and of the next one."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def check_credit(amount: Money, left: Open) -> None:
    """Whether finance may give so much back. Refuses NothingToCredit, CreditNotPositive, CreditTooLarge."""
    if left.kind is not Kind.FEE or amount.currency != left.total.currency:
        raise NothingToCredit
    if amount.minor <= 0:
        raise CreditNotPositive
    if amount > left.rest:
        raise CreditTooLarge(left.rest)


def tax_back(amount: Money, left: Open) -> Money:
    """The tax within a part of a document that is given back, half to even; with the last part goes what is left."""
    if amount == left.rest:
        return left.tax_rest
    exact, rest = divmod(amount.minor * left.tax.minor, left.total.minor)
    up = 2 * rest > left.total.minor or (2 * rest == left.total.minor and exact % 2 == 1)
    return min(Money(exact + int(up), amount.currency), left.tax_rest)
