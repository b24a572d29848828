"""The sandbox bank's settlement report: what it took, what it kept as its fee, and what it pays out, by batch."""

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from marketplace.foundation.money import CurrencyMismatch, Money
from payments.gateways.protocol import Line, LineKind, Refs
from payments.gateways.rules import AnswerNotUnderstood, amount, keep_declared, shape

Read = TypeVar("Read")

REFERENCES = {
    "order": shape(r"[a-z]{28}"),
    "token": shape(r"tk[a-z]{24}"),
    "transaction": shape(r"SB[A-Z0-9]{10}"),
    "tracking": shape(r"\d{12}"),
    "trace": shape(r"\d{6}"),
    "terminal": shape(r"T\d{7}"),
}
SETTLED = REFERENCES | {
    "type": shape(r"LINE|TOTAL"),
    "batch": shape(r"[A-Z0-9-]{5,40}"),
    "kind": shape(r"payment|refund|chargeback|fee"),
    "key": shape(r"[A-Z0-9-]{5,40}"),
    "booked": shape(r"\d{4}-\d\d-\d\d"),
    "value": shape(r"\d{4}-\d\d-\d\d"),
    "currency": shape(r"[A-Z]{3}"),
}


def read_settlement(body: bytes) -> list[Line]:
    """The bank's settlement report. Raises AnswerNotUnderstood when a line or a batch total does not add up."""
    rows = rows_of_csv(body, read_row)
    lines = [each for each in rows if isinstance(each, Line)]
    _check_totals(lines, dict(each for each in rows if not isinstance(each, Line)))
    return lines


def read_row(row: dict[str, str]) -> Line | tuple[str, Money]:
    """One line of the report, or the total of a batch by its name. Raises AnswerNotUnderstood."""
    kept = keep_declared(row, SETTLED)
    try:
        gross, fee, net = (amount_in(row, name, kept["currency"]) for name in ("gross", "fee", "net"))
        return (kept["batch"], net) if kept["type"] == "TOTAL" else _settled(kept, gross, fee, net)
    except KeyError as lacking:
        raise AnswerNotUnderstood("a line lacks a field", column=str(lacking.args[0])) from None
    except ValueError:
        raise AnswerNotUnderstood("a line lacks a field") from None


def _check_totals(lines: Sequence[Line], totals: Mapping[str, Money]) -> None:
    found: dict[str, Money] = {}
    try:
        for line in lines:
            batch = line.batch or ""
            found[batch] = found[batch] + line.net if batch in found else line.net
    except CurrencyMismatch:
        raise AnswerNotUnderstood("a batch in two currencies") from None
    if found != dict(totals):
        raise AnswerNotUnderstood("a batch does not add up")


def rows_of_csv(body: bytes, read: Callable[[dict[str, str]], Read]) -> list[Read]:
    """What `read` makes of each row of a CSV file with one heading row.

    Raises AnswerNotUnderstood, with the number of the line, for what is no such text and for what `read` refuses.
    """
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
    except UnicodeDecodeError:
        raise AnswerNotUnderstood("no CSV") from None
    found = []
    try:
        for row in reader:
            check_length(row)
            found.append(read(row))
    except csv.Error:
        raise AnswerNotUnderstood("no CSV", line=reader.line_num) from None
    except AnswerNotUnderstood as failure:
        raise AnswerNotUnderstood(str(failure), line=reader.line_num, column=failure.column) from None
    return found


def check_length(row: Mapping[str | None, object]) -> None:
    if None in row or None in row.values():
        raise AnswerNotUnderstood("a row is longer or shorter than its heading")


def day_in(row: Mapping[str, str], column: str) -> date:
    """The day in a column of a row. Raises AnswerNotUnderstood with the column, KeyError when there is none."""
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise AnswerNotUnderstood(f"{column} is no day", column=column) from None


def amount_in(row: Mapping[str, str], column: str, currency: str) -> Money:
    """The amount in a column of a row. Raises AnswerNotUnderstood with the column, KeyError when there is none."""
    try:
        return amount(row[column], currency)
    except AnswerNotUnderstood as failure:
        raise AnswerNotUnderstood(str(failure), column=column) from None


def _settled(kept: Mapping[str, str], gross: Money, fee: Money, net: Money) -> Line:
    if gross - fee != net:
        raise AnswerNotUnderstood("gross less fee is not net", column="net")
    declared = "\n".join([*(f"{name}={kept.get(name, '')}" for name in sorted(SETTLED)), *map(repr, (gross, fee, net))])
    return Line(
        key=kept["key"],
        kind=LineKind(kept["kind"]),
        refs=refs_of(kept, kept.get("order", "")),
        gross=gross,
        fee=fee,
        net=net,
        booked=day_in(kept, "booked"),
        value=day_in(kept, "value") if "value" in kept else None,
        batch=kept["batch"],
        digest=hashlib.sha256(declared.encode()).digest(),
    )


def refs_of(kept: Mapping[str, str], ours: str) -> Refs:
    """The references among kept fields."""
    return Refs(
        ours=ours,
        page=kept.get("token"),
        txn=kept.get("transaction"),
        bank=kept.get("tracking"),
        trace=kept.get("trace"),
        terminal=kept.get("terminal"),
    )
