"""What a file of a bank or a gateway must add up to, and what a line of it may say. Pure."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.gateways.rules import AnswerNotUnderstood, keep_declared, shape
from payments.gateways.sandbox_report import amount_in, day_in, rows_of_csv

PREVIEWED = 20


class Source(StrEnum):
    """Which of the two files a line comes from."""

    SETTLEMENT = "settlement"
    STATEMENT = "statement"


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


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on the bank account; `batch` is the settlement batch that its text names."""

    key: str
    amount: Money
    booked: date
    value: date | None
    batch: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one account: opening + the sum of its lines = closing."""

    account: str
    opening: Money
    closing: Money
    first_on: date
    last_on: date
    lines: tuple[StatementLine, ...]


STATED = {
    "type": shape(r"OPENING|LINE|CLOSING"),
    "account": shape(r"[A-Z0-9-]{5,40}"),
    "reference": shape(r"[A-Z0-9-]{5,60}"),
    "booked": shape(r"\d{4}-\d\d-\d\d"),
    "value": shape(r"\d{4}-\d\d-\d\d"),
    "currency": shape(r"[A-Z]{3}"),
}
_BATCH = re.compile(r"\bB\d{8}-[A-Z]{3}-T\d{7}\b")


def read_statement(body: bytes) -> Statement:
    """The bank's statement. Of a line's text only the batch it names is kept. Refuses FileNotUnderstood."""
    try:
        rows = rows_of_csv(body, _stated)
    except AnswerNotUnderstood as failure:
        raise not_understood(failure) from None
    kinds = [kind for kind, _, _ in rows]
    if len(rows) < 2 or kinds != ["OPENING", *["LINE"] * (len(rows) - 2), "CLOSING"]:
        raise FileNotUnderstood(matter="opening, lines, closing")
    if len({(account, line.amount.currency) for _, account, line in rows}) != 1:
        raise FileNotUnderstood(matter="more than one account")
    found = Statement(
        account=rows[0][1],
        opening=rows[0][2].amount,
        closing=rows[-1][2].amount,
        first_on=min(line.booked for _, _, line in rows),
        last_on=max(line.booked for _, _, line in rows),
        lines=tuple(line for _, _, line in rows[1:-1]),
    )
    _check_statement(found)
    return found


def not_understood(failure: AnswerNotUnderstood) -> FileNotUnderstood:
    """What a reader could not understand, as a refusal of the whole file."""
    return FileNotUnderstood(str(failure), failure.line, failure.column)


def _stated(row: dict[str, str]) -> tuple[str, str, StatementLine]:
    kept = keep_declared(row, STATED)
    try:
        moved = amount_in(row, "amount", kept["currency"])
        batch = _BATCH.search(row.get("text") or "")
        named = batch[0] if batch else None
        declared = [*(f"{name}={kept.get(name, '')}" for name in sorted(STATED)), repr(moved), named or ""]
        line = StatementLine(
            key=kept.get("reference", ""),
            amount=moved,
            booked=day_in(kept, "booked"),
            value=day_in(kept, "value") if "value" in kept else None,
            batch=named,
            digest=hashlib.sha256("\n".join(declared).encode()).digest(),
        )
        return kept["type"], kept["account"], line
    except KeyError as lacking:
        raise AnswerNotUnderstood("a line lacks a field", column=str(lacking.args[0])) from None
    except ValueError:
        raise AnswerNotUnderstood("a line lacks a field") from None


def _check_statement(found: Statement) -> None:
    if sum((line.amount for line in found.lines), found.opening) != found.closing:
        raise FileNotUnderstood(matter="opening and lines do not make closing")
    keys = [line.key for line in found.lines]
    if "" in keys or len(set(keys)) != len(keys):
        raise FileNotUnderstood(matter="lines without a reference of their own")


def batch_total(nets: Sequence[Money], currency: str) -> Money:
    """What a batch pays out: the sum of what its lines leave."""
    return sum(nets, Money.zero(currency))
