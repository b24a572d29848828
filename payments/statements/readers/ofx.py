"""OFX and QFX, versions 1 (SGML, tags left open) and 2 (XML): one reader for both, a tag at a time.

Written by hand: the well-kept library is GPL-3 and holds the whole file as a tree (decisions/0012). OFX tells no
opening balance; the ledger balance, where it is of the last day told, closes the statement.
"""

import html
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import IO, Final

from payments.statements.readers.camt053 import demand_plain_xml
from payments.statements.readers.figures import exponent_of, minor_units
from payments.statements.rules import (
    Begins,
    Ends,
    Event,
    FileNotUnderstood,
    LineKind,
    Stated,
    account_in,
    batch_in,
    of_a_bank,
    own_number,
    payout_in,
)

PIECE: Final = 65_536
LONGEST_VALUE: Final = 8_000
_TOKEN: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9.]{0,40})\s*>([^<]*)")
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
CHARGES: Final = frozenset({"FEE", "SRVCHG"})
STATEMENTS: Final = frozenset({"STMTRS", "CCSTMTRS"})
KEPT: Final = frozenset({
    "CURDEF", "ACCTID", "TRNTYPE", "DTPOSTED", "DTAVAIL", "TRNAMT", "FITID", "NAME", "MEMO", "CHECKNUM", "REFNUM",
    "BALAMT", "DTASOF",
})  # fmt: skip
IN: Final = frozenset({"STMTTRN", "LEDGERBAL", "AVAILBAL"})


def read(stream: IO[bytes], encoding: str) -> Iterator[Event]:
    """The statements of one file. Refuses FileNotUnderstood with the line where it stands."""
    demand_plain_xml(stream)
    reading = _Reading()
    for closes, name, value, place in _tokens(stream, encoding):
        yield from reading.take(name, value, place, closes=closes)
    reading.demand_whole()


def _tokens(stream: IO[bytes], encoding: str) -> Iterator[tuple[bool, str, str, int]]:
    # Of texts only ASCII is kept: letters of another script may stand for anything.
    with io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None) as text:
        rest, place, more = "", 1, "-"
        while more:
            more = text.read(PIECE)
            rest += more
            last = max(rest.rfind("<"), 0) if more else len(rest)
            done = 0
            for found in _TOKEN.finditer(rest, 0, last):
                place += rest.count("\n", done, found.start())
                done = found.start()
                yield found[1] == "/", found[2].upper(), html.unescape(found[3]).strip(), place
            place += rest.count("\n", done, last)
            rest = rest[last:]
            if len(rest) > PIECE + LONGEST_VALUE:
                raise FileNotUnderstood("a line is too long", place)


class _Reading:
    """Where in the file we are."""

    def __init__(self) -> None:
        self.within = ""
        self.said: dict[str, str] = {}
        self.account = self.currency = ""
        self.begun = self.seen = self.ended = False
        self.closing: Ends = Ends(None)

    def take(self, name: str, value: str, place: int, *, closes: bool) -> Iterator[Event]:
        """One tag."""
        if name in STATEMENTS:
            if closes:
                yield from self._end()
            else:
                self.seen, self.account, self.currency, self.closing = True, "", "", Ends(None)
        elif name == "OFX" and closes:
            self.ended = True
        elif name in IN:
            if closes:
                yield from self._close(name, place)
            else:
                self.within, self.said = name, {}
        elif name in KEPT and not closes:
            self._keep(name, value, place)

    def demand_whole(self) -> None:
        """Refuse what holds no statement, or not all of it."""
        if not self.seen:
            raise FileNotUnderstood("no OFX")
        if self.begun or not self.ended:
            raise FileNotUnderstood("it ends in the middle")

    def _keep(self, name: str, value: str, place: int) -> None:
        if len(value) > LONGEST_VALUE:
            raise FileNotUnderstood("a line is too long", place)
        if self.within:
            self.said[name] = value
        elif name == "CURDEF":
            self.currency = value
        elif name == "ACCTID" and not self.account:
            self.account = account_in(value)

    def _begin(self) -> Iterator[Event]:
        if not self.begun:
            self.begun = True
            yield Begins(self.account or "unknown", self.currency, None)

    def _end(self) -> Iterator[Event]:
        yield from self._begin()
        self.begun = False
        yield self.closing

    def _close(self, name: str, place: int) -> Iterator[Event]:
        said, self.within = self.said, ""
        if name == "STMTTRN":
            yield from self._begin()
            yield self._line(said, place)
        elif name == "LEDGERBAL" and said.get("BALAMT"):
            minor = minor_units(_pointed(said["BALAMT"]), exponent_of(self.currency, place), place, "BALAMT")
            self.closing = Ends(minor, _day(said.get("DTASOF", ""), place, "DTASOF"))

    def _line(self, said: dict[str, str], place: int) -> Stated:
        for needed in ("TRNAMT", "DTPOSTED"):
            if not said.get(needed):
                raise FileNotUnderstood("a line lacks a field", place, needed)
        net = minor_units(_pointed(said["TRNAMT"]), exponent_of(self.currency, place), place, "TRNAMT")
        told = " ".join(said.get(each, "") for each in ("NAME", "MEMO", "REFNUM", "CHECKNUM"))
        batch = batch_in(told)
        return Stated(
            kind=LineKind.FEE if said.get("TRNTYPE", "").upper() in CHARGES else of_a_bank(net),
            currency=self.currency, gross=net, fee=0, net=net, booked=_day(said["DTPOSTED"], place, "DTPOSTED"),
            value=_day(said["DTAVAIL"], place, "DTAVAIL") if said.get("DTAVAIL") else None,
            key=own_number(said.get("FITID")), batch=batch, reference=payout_in(told) or batch, place=place,
        )  # fmt: skip


def _pointed(text: str) -> str:
    """OFX allows a comma before the decimals, and no groups."""
    return text.replace(",", ".") if "." not in text and text.count(",") == 1 else text


def _day(text: str, place: int, column: str) -> date:
    found = _DAY.match(text)
    try:
        return date(*(int(each) for each in found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        raise FileNotUnderstood("is no day", place, column) from None
