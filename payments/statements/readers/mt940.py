"""MT940: read by the library `mt-940`, piece by piece, so that memory does not grow with the file.

The library knows the dialects; we hold it to the signs (a reversed credit goes out, a reversed debit comes in) and to
opening + lines = closing. Banks repeat the reference of a line, so it is no key. Of texts nothing is kept but a payout
or a batch of ours that they name.
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final

import mt940
from mt940.models import Transactions

from payments.statements.readers.figures import exponent_of
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

OPTIONS: Final = mt940.Options(reversal_sign=True, case_insensitive_marks=True, merge_keeps_values=True, strip_bom=True,
                               unbounded_details=True)  # fmt: skip
STARTS: Final = (":61:", ":20:")
ENVELOPE: Final = ("-}", "{")
PIECE: Final = 400  # lines of a statement at a time
LONGEST_LINE: Final = 4_000
MOST_ROWS_OF_A_LINE: Final = 200
OPENINGS, CLOSINGS = ("final_opening_balance", "intermediate_opening_balance"), (
    "final_closing_balance", "intermediate_closing_balance",
)  # fmt: skip
TEXTS: Final = ("customer_reference", "extra_details", "transaction_details", "purpose", "end_to_end_reference")
CHARGES: Final = frozenset({"NCHG", "FCHG", "NCOM", "FCOM", "NINT"})

Facts = dict[str, Any]  # what the library makes of a piece


def read(stream: IO[bytes], encoding: str) -> Iterator[Event]:
    """The statements of one file. Refuses FileNotUnderstood with the line where it stands."""
    # Of texts only ASCII is kept: letters of another script may stand for anything.
    with io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None) as text:
        yield from _read(text)


def _read(text: io.TextIOWrapper) -> Iterator[Event]:
    known: Facts = {}
    begun = seen = False
    for place, piece in _pieces(text):
        if piece.startswith(":20:"):
            if begun:
                raise FileNotUnderstood("it ends in the middle", place)
            known, seen = {}, True
        found = _parsed(piece, known, place)
        known = found.data
        if not begun and (found.transactions or _balance(known, CLOSINGS) is not None):
            yield _begins(known, place)
            begun = True
        currency = str(_balance(known, OPENINGS).amount.currency) if begun else ""
        for each in found.transactions:
            yield _line(each.data, currency, place)
        closing = _balance(known, CLOSINGS)
        if closing is not None and begun:
            yield Ends(_minor(closing.amount.amount, closing.amount.currency, place), _day(closing.date))
            begun, known = False, {}
    if begun or not seen:
        raise FileNotUnderstood("it ends in the middle" if begun else "no MT940")


def _pieces(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """The file in pieces: from each `:20:`, and within a statement so many `:61:` at a time. With the first line's
    number."""
    piece: list[str] = []
    begins, lines, rows = 1, 0, 0
    started = False
    place = 0
    while line := text.readline(LONGEST_LINE):
        place += 1
        if len(line) == LONGEST_LINE:
            raise FileNotUnderstood("a line is too long", place)
        rows += 1
        plain = line.lstrip("\ufeff") if place == 1 else line
        if plain.startswith(STARTS):
            rows = 0
            opens = plain.startswith(":20:")
            if (opens or lines >= PIECE) and started:
                yield begins, "".join(piece)
                piece, lines, begins = [], 0, place
            if opens:
                started = True
                piece, begins = [], place
            else:
                lines += 1
        if rows > MOST_ROWS_OF_A_LINE:
            raise FileNotUnderstood("a line is too long", place)
        if started and not plain.startswith(ENVELOPE):
            piece.append(plain)
    if started and piece:
        yield begins, "".join(piece)


def _parsed(piece: str, known: Facts, place: int) -> Transactions:
    """What the library makes of a piece; where it fails, of its lines one by one, to say which."""
    try:
        return _understood(piece, known)
    except (ValueError, RuntimeError, ArithmeticError, AttributeError, KeyError, TypeError):
        starts = [found.start() for found in re.finditer(r"(?m)^:\d\d[A-Z]?:", piece)]
        for start, end in zip(starts, [*starts[1:], len(piece)], strict=True):
            try:
                _understood(piece[start:end], known)
            except (ValueError, RuntimeError, ArithmeticError, AttributeError, KeyError, TypeError):
                tag = piece[start : start + 5].split(":")[1]
                raise FileNotUnderstood("is not of its shape", place + piece.count("\n", 0, start), tag) from None
        raise FileNotUnderstood("is not of its shape", place) from None


def _understood(piece: str, known: Facts) -> Transactions:
    found = Transactions(options=OPTIONS)
    found.data.update(known)
    found.parse(piece)
    return found


def _balance(known: Facts, names: tuple[str, ...]) -> Any:
    return next((known[name] for name in names if known.get(name) is not None), None)


def _begins(known: Facts, place: int) -> Begins:
    opening = _balance(known, OPENINGS)
    if opening is None:
        raise FileNotUnderstood("opening, lines, closing", place)
    currency = str(opening.amount.currency)
    account = account_in(str(known.get("account_identification") or ""))
    return Begins(account or "unknown", currency, _minor(opening.amount.amount, currency, place))


def _line(said: Facts, currency: str, place: int) -> Stated:
    if "amount" not in said:
        raise FileNotUnderstood("a line lacks a field", place, "61")
    net = _minor(said["amount"].amount, currency, place)
    told = " ".join([str(said[each]) for each in TEXTS if said.get(each)])
    batch = batch_in(told)
    return Stated(
        kind=LineKind.FEE if said.get("id") in CHARGES else of_a_bank(net),
        currency=currency, gross=net, fee=0, net=net,
        booked=_day(said.get("entry_date") or said["date"]), value=_day(said["date"]),
        bank=own_number(said.get("bank_reference")), batch=batch, reference=payout_in(told) or batch,
        reversal=str(said.get("status") or "").upper().startswith("R"), place=place,
    )  # fmt: skip


def _minor(amount: Decimal, currency: str, place: int) -> int:
    exact = amount.scaleb(exponent_of(currency, place))
    whole = int(exact)
    if whole != exact:
        raise FileNotUnderstood("amount: TooManyDecimals", place)
    return whole


def _day(day: Any) -> date:
    return date(day.year, day.month, day.day)
