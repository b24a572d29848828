"""What a file of a bank or a gateway must add up to, and what a line of it may say. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.gateways.rules import AnswerNotUnderstood, in_letters

PREVIEWED = 20
MOST_BYTES = 100_000_000  # of a file as it comes
MOST_UNPACKED = 4 * MOST_BYTES  # of everything in an archive
MOST_MINOR = 10**15  # a sum of a million of them still fits a bigint


class Source(StrEnum):
    """Which of the two files a line comes from."""

    SETTLEMENT = "settlement"
    STATEMENT = "statement"


class Form(StrEnum):
    """How a file is written."""

    HOUSE = "house"  # the sandbox bank's statement
    REPORT = "report"  # a gateway's own report, its columns known to its adapter
    CAMT = "camt053"
    MT940 = "mt940"
    OFX = "ofx"
    TABLE = "table"  # any table, by a saved mapping profile


class Stage(StrEnum):
    """How far a file that was handed in is."""

    READING = "reading"
    SHOWN = "shown"  # understood, and not taken in yet
    REFUSED = "refused"
    TAKING = "taking"
    TAKEN = "taken"


class LineKind(StrEnum):
    """What one line is about. Of a bank's statement: `deposit` comes in, `payout` goes out."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    FEE = "fee"
    RESERVE = "reserve"
    ADJUSTMENT = "adjustment"
    DEPOSIT = "deposit"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True)
class FileNotUnderstood(Refused):
    """The file is not of its kind, or does not add up; nothing of it was taken. `matter` is one of our own words.

    `line` and `column` say where; 0 and empty where it is about the whole file.
    """

    matter: str
    line: int = 0
    column: str = ""


@dataclass(frozen=True)
class BalanceGap(Refused):
    """The statement does not begin, or end, where its neighbour says: a statement between is missing."""

    expected: Money
    found: Money


@dataclass(frozen=True)
class LineChanged(Refused):
    """A line that was imported before comes again with other contents."""

    key: str


class Begins(NamedTuple):
    """A statement of one account begins. Without an `opening` (minor units) nothing can be added up."""

    account: str
    currency: str
    opening: int | None


class Stated(NamedTuple):
    """One line, in whole minor units: gross − fee = net, and net is what moves.

    `key` is the sender's own number of the line, where there is one; `place` is the line of the file it stands in.
    Strings are references that were looked at one by one; no text of the sender is ever among them.
    """

    kind: LineKind
    currency: str
    gross: int
    fee: int
    net: int
    booked: date
    value: date | None = None
    key: str | None = None
    txn: str | None = None
    bank: str | None = None
    ours: str | None = None
    account: str | None = None
    batch: str | None = None
    reference: str | None = None
    reversal: bool = False
    digest: bytes | None = None
    place: int = 0


class Ends(NamedTuple):
    """The statement that began ends."""

    closing: int | None
    on: date | None = None


Event = Begins | Stated | Ends


# References -----------------------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,63}")
_BATCH = re.compile(r"\b(?:B\d{8}-[A-Z]{3}-T\d{7}|po_[A-Za-z0-9]{10,40})\b")
_PAYOUT = re.compile(r"\bPO[A-Z]{14}\b")
_NO_REFERENCE = frozenset({"NONREF", "NOTPROVIDED", "NOT PROVIDED", "N/A", "-"})
_THIRTEEN_DIGITS = re.compile(r"(?:\d[\W_]{0,5}){12}\d")
_LETTERS_OF_HEX = str.maketrans("0123456789", "ghijklmnop")


def reference_in(text: str | None) -> str | None:
    """A reference as a sender wrote it, when it has the shape of one and can be taken for no card number."""
    plain = (text or "").strip()
    if not _REFERENCE.fullmatch(plain) or plain.upper() in _NO_REFERENCE or _may_be_a_card(plain):
        return None
    return plain


def own_number(text: str | None) -> str | None:
    """The sender's number of a line; one that could be taken for a card number is known by letters in its place."""
    plain = (text or "").strip()
    if not plain or plain.upper() in _NO_REFERENCE:
        return None
    if _REFERENCE.fullmatch(plain) and not _may_be_a_card(plain):
        return plain
    return in_letters(hashlib.sha256(plain.encode()).digest()[:16])


def account_in(text: str | None) -> str:
    """The number of our account at the bank, without blanks; by letters where it could be taken for a card's."""
    return own_number(re.sub(r"\s", "", text or "")) or ""


def batch_in(text: str) -> str | None:
    """The settlement batch that a text names; nothing else of the text is kept."""
    if "-T" not in text and "po_" not in text:
        return None
    found = _BATCH.search(text)
    return found[0] if found else None


def payout_in(text: str) -> str | None:
    """The payout of ours that a text names."""
    found = _PAYOUT.search(text) if "PO" in text else None
    return found[0] if found else None


def _may_be_a_card(text: str) -> bool:
    return _THIRTEEN_DIGITS.search(text) is not None and contains_card_number(text)


def of_a_bank(net: int) -> LineKind:
    """What a movement of a bank account is, when the bank does not say: in or out."""
    return LineKind.DEPOSIT if net > 0 else LineKind.PAYOUT if net < 0 else LineKind.OTHER


# Adding up ------------------------------------------------------------------------------------------------------------


@dataclass
class Section:
    """What has been read of one account (or of a report, which has none) so far; whole minor units."""

    account: str | None
    currency: str | None
    opening: int | None
    closing: int | None = None
    lines: int = 0
    net: int = 0
    first_on: date | None = None
    last_on: date | None = None
    balances: list[tuple[date, int]] = field(default_factory=list)


@dataclass
class Tally:
    """Adds a file up while its lines stream by. Read it when the stream is at its end."""

    sections: list[Section] = field(default_factory=list)
    first: list[Stated] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    _open: Section | None = None

    def through(self, events: Iterable[Event]) -> Iterator[tuple[Stated, str | None, int | None]]:
        """Each line with its account and, where the statement told an opening balance, the balance after it.

        Refuses FileNotUnderstood when a statement, or the chain of statements of an account, does not add up.
        """
        for event in events:
            if isinstance(event, Stated):
                yield self._line(event)
            elif isinstance(event, Begins):
                self._begin(event)
            else:
                self._end(event)
        if self._open is not None and self._open.account is not None:
            raise FileNotUnderstood("it ends in the middle")
        self.sections = _chained(self.sections)

    def _begin(self, event: Begins) -> None:
        if self._open is not None:
            raise FileNotUnderstood("it ends in the middle")
        self._open = Section(event.account, event.currency, event.opening)
        self.sections.append(self._open)

    def _line(self, line: Stated) -> tuple[Stated, str | None, int | None]:
        section = self._open
        if section is None:
            section = self._open = Section(None, None, None)
            self.sections.append(section)
        if section.currency is not None and line.currency != section.currency:
            raise FileNotUnderstood("more than one account", line.place)
        net, booked = line.net, line.booked
        if not (-MOST_MINOR < net < MOST_MINOR and -MOST_MINOR < line.gross < MOST_MINOR):
            raise FileNotUnderstood("amount", line.place)
        section.lines += 1
        section.net += net
        if section.first_on is None or booked < section.first_on:
            section.first_on = booked
        if section.last_on is None or booked > section.last_on:
            section.last_on = booked
        if self.lines < PREVIEWED:
            self.first.append(line)
        self.lines += 1
        self.sums[line.currency] = self.sums.get(line.currency, 0) + net
        return line, section.account, None if section.opening is None else section.opening + section.net

    def _end(self, event: Ends) -> None:
        section, self._open = self._open, None
        if section is None:
            raise FileNotUnderstood("opening, lines, closing")
        section.closing = event.closing
        if section.opening is not None and event.closing is not None and section.opening + section.net != event.closing:
            raise FileNotUnderstood("opening and lines do not make closing")
        if event.on is not None:
            section.first_on = section.first_on or event.on
            section.last_on = max(section.last_on or event.on, event.on)
        if event.closing is not None and section.last_on is not None:
            section.balances.append((section.last_on, event.closing))


def _chained(sections: list[Section]) -> list[Section]:
    """Statements of one account that follow each other, as one. Refuses FileNotUnderstood where one is missing."""
    by_account: dict[tuple[str | None, str | None], list[Section]] = {}
    for each in sections:
        by_account.setdefault((each.account, each.currency), []).append(each)
    found = []
    for pages in by_account.values():
        pages.sort(key=lambda each: (each.first_on or date.min, each.last_on or date.min))
        whole = pages[0]
        for page in pages[1:]:
            _append(whole, page)
        found.append(whole)
    return found


def _append(whole: Section, page: Section) -> None:
    if whole.closing is not None and page.opening is not None and whole.closing != page.opening:
        raise FileNotUnderstood("a statement is missing between two")
    whole.closing = page.closing
    whole.opening = None if page.opening is None else whole.opening
    whole.lines += page.lines
    whole.net += page.net
    whole.first_on = min(filter(None, (whole.first_on, page.first_on)), default=None)
    whole.last_on = max(filter(None, (whole.last_on, page.last_on)), default=None)
    whole.balances += page.balances


def derived_key(line: Stated, balance: int | None) -> str:
    """A number for a line to which the sender gave none, the same in every file that has this line.

    The balance after it tells it from an equal line of the same day.
    """
    said = f"{line.booked}|{line.net}|{line.currency}|{line.reference}|{line.batch}|{line.txn}|{line.bank}|{balance}"
    return hashlib.blake2b(said.encode(), digest_size=14).hexdigest().translate(_LETTERS_OF_HEX)


def not_understood(failure: AnswerNotUnderstood) -> FileNotUnderstood:
    """What a reader could not understand, as a refusal of the whole file."""
    return FileNotUnderstood(str(failure), failure.line, failure.column)
