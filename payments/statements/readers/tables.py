"""Lines of any table, by a mapping profile: Jalali or Gregorian days in any order, digits of four scripts, signs or two
columns. A column that the profile does not name, such as a masked card number, is never looked at."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from marketplace.foundation.calendars import Day, from_calendar
from marketplace.foundation.errors import Refused
from marketplace.foundation.reading import RIALS_IN_A_TOMAN
from marketplace.foundation.scripts import ascii_digits, clean_text
from payments.statements.mapping import Calendar, Mapping, Order
from payments.statements.readers.figures import exponent_of, minor_units
from payments.statements.readers.sheets import Row
from payments.statements.rules import (
    Begins,
    Ends,
    Event,
    FileNotUnderstood,
    LineKind,
    Source,
    Stated,
    account_in,
    batch_in,
    of_a_bank,
    own_number,
    payout_in,
    reference_in,
)

LOOK_FOR_HEADING: Final = 40
_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T].*)?")
_TIME: Final = re.compile(r"(\d{1,2}):(\d\d)")
_DAY_PART: Final = re.compile(r"\d+")
_SIX_OR_EIGHT: Final = re.compile(r"\d{6}|\d{8}")


def read(rows: Iterator[Row], mapping: Mapping) -> Iterator[Event]:
    """The lines of a table. Refuses FileNotUnderstood with line and column."""
    reading = _Reading(mapping, rows)
    if mapping.source is Source.SETTLEMENT:
        for place, cells in reading.rows():
            yield reading.settled(place, cells)
        return
    yield from _statement(reading, mapping)


def _statement(reading: "_Reading", mapping: Mapping) -> Iterator[Event]:
    """A balance beside each line makes of a table a statement that adds up; without, it begins and ends unknown."""
    balance: int | None = None
    ends: int | None = None
    begun = False
    last: date | None = None
    held: Stated | None = None
    for place, cells in reading.rows():
        line = reading.stated(place, cells)
        stands = reading.amount(place, cells, "balance", line.currency) if reading.has("balance") else None
        if stands is not None and mapping.newest_first:
            if balance is not None and held is not None and balance - held.net != stands:
                raise FileNotUnderstood("a balance is not the one before and the line", place, reading.named("balance"))
            ends = stands if ends is None else ends
        elif stands is not None and balance is not None and balance + line.net != stands:
            raise FileNotUnderstood("a balance is not the one before and the line", place, reading.named("balance"))
        if not begun:
            begun = True
            opening = None if stands is None or mapping.newest_first else stands - line.net
            yield Begins(account_in(mapping.account), line.currency, opening)
        balance, held = stands, line
        last = line.booked if last is None else max(last, line.booked)
        yield line
    if not begun:
        raise FileNotUnderstood("no lines")
    yield Ends(ends if mapping.newest_first else balance, last)


class _Reading:
    """A table whose heading was found."""

    def __init__(self, mapping: Mapping, rows: Iterator[Row]) -> None:
        self.mapping = mapping
        self._rows = rows
        self._ignored = tuple(clean_text(each).casefold() for each in mapping.ignored)
        self._words = {
            clean_text(word).casefold(): kind for kind, said in mapping.words.items() for word in said
        }  # fmt: skip
        self._at = self._heading()
        self._least = max(self._at.values()) + 1

    def has(self, name: str) -> bool:
        return name in self._at

    def named(self, name: str) -> str:
        """The heading of a column."""
        return self.mapping.columns.get(name, "")

    def rows(self) -> Iterator[Row]:
        """The lines below the heading."""
        for place, cells in self._rows:
            head = next((clean_text(cell).casefold() for cell in cells if cell.strip()), "")
            if not head or (self._ignored and head.startswith(self._ignored)):
                continue
            if len(cells) < self._least:
                raise FileNotUnderstood("a row is longer or shorter than its heading", place)
            yield place, cells

    def _heading(self) -> dict[str, int]:
        wanted = {name: _plain(heading) for name, heading in self.mapping.columns.items() if heading}
        for number, (place, cells) in enumerate(self._rows, start=1):
            there = [_plain(cell) for cell in cells]
            if all(heading in there for heading in wanted.values()):
                return {name: there.index(heading) for name, heading in wanted.items()}
            if number >= LOOK_FOR_HEADING or (self.mapping.heading and place >= self.mapping.heading):
                lacking = next(heading for heading in wanted.values() if heading not in there)
                raise FileNotUnderstood("the heading is not there", place, lacking)
        raise FileNotUnderstood("the heading is not there")

    def _cell(self, cells: list[str], name: str) -> str:
        place = self._at.get(name)
        return "" if place is None else cells[place].strip()

    def _currency(self, cells: list[str]) -> str:
        return ascii_digits(self._cell(cells, "currency")).upper() or self.mapping.currency

    def amount(self, place: int, cells: list[str], name: str, currency: str) -> int:
        """The amount in a column, in minor units; 0 where the cell is empty."""
        text = self._cell(cells, name)
        if not text or text == "-":
            return 0
        exponent = 0 if self.mapping.unit == "minor" else exponent_of(currency, place)
        minor = minor_units(_pointed(text, self.mapping.decimals), exponent, place, self.named(name))
        return minor * RIALS_IN_A_TOMAN if self.mapping.unit == "toman" else minor

    def _needed(self, place: int, cells: list[str], name: str, currency: str) -> int:
        if not self._cell(cells, name):
            raise FileNotUnderstood("a line lacks a field", place, self.named(name))
        return self.amount(place, cells, name, currency)

    def _day(self, place: int, cells: list[str], name: str) -> date | None:
        text = self._cell(cells, name)
        if not text:
            return None
        found = day_in(text, self.mapping.order, self.mapping.calendar)
        if found is None:
            raise FileNotUnderstood("is no day", place, self.named(name))
        return found

    def _booked(self, place: int, cells: list[str]) -> date:
        found = self._day(place, cells, "booked")
        if found is None:
            raise FileNotUnderstood("a line lacks a field", place, self.named("booked"))
        if self.mapping.day_ends:
            time = _TIME.search(ascii_digits(self._cell(cells, "time" if self.has("time") else "booked")))
            if time is None:
                raise FileNotUnderstood("a line lacks a field", place, self.named("time"))
            if f"{time[1]:0>2}:{time[2]}" >= self.mapping.day_ends:
                return found + timedelta(days=1)
        return found

    def settled(self, place: int, cells: list[str]) -> Stated:
        """A line of a gateway's report."""
        currency = self._currency(cells)
        gross = self._needed(place, cells, "gross", currency)
        fee, net = self._fee_and_net(place, cells, currency, gross)
        booked, value = self._booked(place, cells), self._day(place, cells, "value")
        said = {name: _number(self._cell(cells, name)) for name in ("txn", "bank", "ours", "batch")}
        account = account_in(self._cell(cells, "account")) or None
        kind = self._kind(place, self._cell(cells, "kind"), gross)
        key = own_number(ascii_digits(self._cell(cells, "key")))
        if key is None:
            parts = [part for part in (said["txn"], said["bank"], said["ours"]) if part]
            key = f"{'/'.join(parts)}~{booked}~{kind}" if parts else None
        return Stated(
            kind=kind, currency=currency, gross=gross, fee=fee, net=net, booked=booked, value=value, key=key,
            txn=said["txn"], bank=said["bank"], ours=said["ours"], account=account,
            batch=said["batch"] or (account and f"{account}~{value or booked}"), place=place,
        )  # fmt: skip

    def _fee_and_net(self, place: int, cells: list[str], currency: str, gross: int) -> tuple[int, int]:
        if not self.has("net"):
            fee = self.amount(place, cells, "fee", currency)
            return fee, gross - fee
        net = self._needed(place, cells, "net", currency)
        if self.has("fee") and gross - self.amount(place, cells, "fee", currency) != net:
            raise FileNotUnderstood("gross less fee is not net", place, self.named("net"))
        return gross - net, net

    def _kind(self, place: int, said: str, gross: int) -> LineKind:
        if not said:
            return LineKind.PAYMENT if gross >= 0 else LineKind.REFUND
        found = self._words.get(clean_text(said).casefold())
        if found in set(LineKind):
            return LineKind(found)
        raise FileNotUnderstood("is not of its shape", place, self.named("kind"))

    def stated(self, place: int, cells: list[str]) -> Stated:
        """A line of a bank's statement."""
        currency = self._currency(cells)
        net = self._signed(place, cells, currency)
        booked = self._booked(place, cells)
        text = self._cell(cells, "text")
        batch, number = batch_in(text), own_number(ascii_digits(self._cell(cells, "key")))
        return Stated(
            kind=of_a_bank(net), currency=currency, gross=net, fee=0, net=net, booked=booked,
            value=self._day(place, cells, "value"), key=number and f"{number}~{booked}",
            bank=_number(self._cell(cells, "bank")), batch=batch, reference=payout_in(text) or batch, place=place,
        )  # fmt: skip

    def _signed(self, place: int, cells: list[str], currency: str) -> int:
        sign = self.mapping.sign
        if sign == "columns":
            out, into = (self.amount(place, cells, name, currency) for name in ("debit", "credit"))
            if out and into:
                raise FileNotUnderstood("in and out in one row", place, self.named("debit"))
            return into - abs(out)
        amount = self._needed(place, cells, "amount", currency)
        if sign == "mark":
            goes_out = self._words.get(clean_text(self._cell(cells, "mark")).casefold()) == "debit"
            return -abs(amount) if goes_out else abs(amount)
        return -amount if sign == "turned" else amount


@lru_cache(maxsize=4_000)
def day_in(text: str, order: Order, calendar: Calendar) -> date | None:
    """The day that a cell says, a time after it or not; None when it says none."""
    plain = ascii_digits(clean_text(text))
    iso = _ISO.fullmatch(plain)
    try:
        if iso is not None and (calendar == "gregorian" or int(iso[1]) > 1700):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        parts = [int(each) for each in _parts(plain, order)]
        if len(parts) != 3:
            return None
        year, month, day = (parts[order.index(each)] for each in "ymd")
        if year < 100:
            year += 2000 if calendar == "gregorian" else 1400
        return from_calendar(Day(year, month, day), calendar)
    except (ValueError, Refused):
        return None


def _parts(text: str, order: Order) -> list[str]:
    head = text.split(maxsplit=1)[0].split("T", maxsplit=1)[0] if text.split() else ""
    if _SIX_OR_EIGHT.fullmatch(head):
        first = len(head) - 4 if order == "ymd" else 2
        return [head[:first], head[first : first + 2], head[first + 2 :]]
    return _DAY_PART.findall(head) if re.fullmatch(r"\d+[-/.\u066b]\d+[-/.\u066b]\d+", head) else []


def _plain(heading: str) -> str:
    return clean_text(heading).casefold()


def _number(text: str) -> str | None:
    return reference_in(ascii_digits(text))


def _pointed(text: str, decimals: str) -> str:
    """As `minor_units` reads it: a point before decimals, a minus in front."""
    plain = text.strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    elif plain.endswith("-"):
        plain = "-" + plain[:-1]
    if decimals == "comma":
        plain = re.sub(r"[.\s'\u00a0\u202f٬]", "", plain).replace(",", ".")
    return plain
