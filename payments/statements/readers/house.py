"""The sandbox bank's statement: a CSV with an opening row, lines, and a closing row."""

import hashlib
from collections.abc import Iterator
from typing import Final

from marketplace.foundation.money import Money
from payments.gateways.rules import AnswerNotUnderstood, keep_declared, shape
from payments.gateways.sandbox_report import amount_in, day_in
from payments.statements.readers.sheets import Row
from payments.statements.rules import Begins, Ends, Event, FileNotUnderstood, Stated, batch_in, of_a_bank, payout_in

HEADING: Final = ("type", "account", "reference", "booked", "value", "currency", "amount")
STATED: Final = {
    "type": shape(r"OPENING|LINE|CLOSING"),
    "account": shape(r"[A-Z0-9-]{5,40}"),
    "reference": shape(r"[A-Z0-9-]{5,60}"),
    "booked": shape(r"\d{4}-\d\d-\d\d"),
    "value": shape(r"\d{4}-\d\d-\d\d"),
    "currency": shape(r"[A-Z]{3}"),
}


def read(rows: Iterator[Row]) -> Iterator[Event]:
    """The one statement of the file. Refuses FileNotUnderstood with line and column."""
    heading: list[str] = []
    about: tuple[str, str] | None = None
    ended = False
    for place, cells in rows:
        if not heading:
            heading = cells
            continue
        if len(cells) != len(heading):
            raise FileNotUnderstood("a row is longer or shorter than its heading", place)
        kind, account, line = _row(dict(zip(heading, cells, strict=True)), place)
        if (about is None) is not (kind == "OPENING") or ended:
            raise FileNotUnderstood("opening, lines, closing", place)
        if about is not None and about != (account, line.currency):
            raise FileNotUnderstood("more than one account", place)
        if kind == "OPENING":
            about = account, line.currency
            yield Begins(account, line.currency, line.net)
        elif kind == "CLOSING":
            ended = True
            yield Ends(line.net, line.booked)
        else:
            if line.key is None:
                raise FileNotUnderstood("lines without a reference of their own", place, "reference")
            yield line
    if not ended:
        raise FileNotUnderstood("opening, lines, closing")


def _row(row: dict[str, str], place: int) -> tuple[str, str, Stated]:
    try:
        kept = keep_declared(row, STATED)
        moved = amount_in(row, "amount", kept["currency"])
        return kept["type"], kept["account"], _line(kept, moved, row.get("text") or "", place)
    except AnswerNotUnderstood as failure:
        raise FileNotUnderstood(str(failure), place, failure.column) from None
    except KeyError as lacking:
        raise FileNotUnderstood("a line lacks a field", place, str(lacking.args[0])) from None


def _line(kept: dict[str, str], moved: Money, text: str, place: int) -> Stated:
    batch = batch_in(text)
    declared = [*(f"{name}={kept.get(name, '')}" for name in sorted(STATED)), repr(moved), batch or ""]
    return Stated(
        kind=of_a_bank(moved.minor), currency=moved.currency, gross=moved.minor, fee=0, net=moved.minor,
        booked=day_in(kept, "booked"), value=day_in(kept, "value") if "value" in kept else None,
        key=kept.get("reference"), batch=batch, reference=payout_in(text) or batch,
        digest=hashlib.sha256("\n".join(declared).encode()).digest(), place=place,
    )  # fmt: skip
