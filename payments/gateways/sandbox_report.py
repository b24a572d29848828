"""The sandbox bank's settlement report: what it took, what it kept as its fee, and what it pays out, by batch."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import date

from marketplace.foundation.money import CurrencyMismatch, Money
from payments.gateways.protocol import Line, LineKind, Refs
from payments.gateways.rules import AnswerNotUnderstood, amount, keep_declared, shape

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
    lines, totals = [], {}
    for row in rows_of_csv(body):
        kept = keep_declared(row, SETTLED)
        try:
            gross, fee, net = (amount(row[name], kept["currency"]) for name in ("gross", "fee", "net"))
            if kept["type"] == "TOTAL":
                totals[kept["batch"]] = net
            else:
                lines.append(_settled(kept, gross, fee, net))
        except (KeyError, ValueError):
            raise AnswerNotUnderstood("a line lacks a field") from None
    _check_totals(lines, totals)
    return lines


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


def rows_of_csv(body: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file with one heading row. Raises AnswerNotUnderstood for what is no such text."""
    try:
        text = body.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise AnswerNotUnderstood("no CSV") from None
    if any(None in row or None in row.values() for row in rows):
        raise AnswerNotUnderstood("a row is longer or shorter than its heading")
    return rows


def _settled(kept: Mapping[str, str], gross: Money, fee: Money, net: Money) -> Line:
    if gross - fee != net:
        raise AnswerNotUnderstood("gross less fee is not net")
    declared = "\n".join([*(f"{name}={kept.get(name, '')}" for name in sorted(SETTLED)), *map(repr, (gross, fee, net))])
    return Line(
        key=kept["key"],
        kind=LineKind(kept["kind"]),
        refs=refs_of(kept, kept.get("order", "")),
        gross=gross,
        fee=fee,
        net=net,
        booked=date.fromisoformat(kept["booked"]),
        value=date.fromisoformat(kept["value"]) if "value" in kept else None,
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
