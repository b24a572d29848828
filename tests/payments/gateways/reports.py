"""Settlement reports and statements as the sandbox bank writes them, made by hand."""

import csv
import io
from collections.abc import Mapping

from marketplace.foundation.money import Money
from web.bank.reports import SETTLEMENT, STATEMENT
from web.bank.rules import fee_of, in_major_units

DAY = "2026-11-21"
BATCH = "B20261121-BDT-T1000001"


def settlement(*paid: tuple[str, int], total_off: int = 0, extra: Mapping[str, str] | None = None) -> bytes:
    """A report of one batch: (transaction number, minor units) of each payment."""
    shown = {"batch": BATCH, "terminal": "T1000001", "booked": DAY, "value": DAY, "currency": "BDT"} | dict(extra or {})
    rows, gross, fee = [], 0, 0
    for number, minor in paid:
        amount = Money(minor, "BDT")
        kept = fee_of(amount)
        gross, fee = gross + minor, fee + kept.minor
        rows.append(
            shown
            | {"type": "LINE", "key": f"{number}-P", "kind": "payment", "transaction": number}
            | _amounts(amount, kept)
        )
    rows.append(shown | {"type": "TOTAL"} | _amounts(Money(gross + total_off, "BDT"), Money(fee, "BDT")))
    return _written((*SETTLEMENT, *(extra or {})), rows)


def statement(*deposits: tuple[str, int, str], opening: int = 0, closing_off: int = 0) -> bytes:
    """A statement of one day: (reference, minor units, text) of each deposit."""
    shown = {"account": "T1000001-BDT", "booked": DAY, "value": DAY, "currency": "BDT"}
    closing = opening + sum(minor for _, minor, _ in deposits) + closing_off
    rows = [shown | {"type": "OPENING", "amount": in_major_units(Money(opening, "BDT"))}]
    rows += [
        shown | {"type": "LINE", "reference": reference, "amount": in_major_units(Money(minor, "BDT")), "text": text}
        for reference, minor, text in deposits
    ]
    rows.append(shown | {"type": "CLOSING", "amount": in_major_units(Money(closing, "BDT"))})
    return _written(STATEMENT, rows)


def _amounts(gross: Money, fee: Money) -> dict[str, str]:
    return {"gross": in_major_units(gross), "fee": in_major_units(fee), "net": in_major_units(gross - fee)}


def _written(heading: tuple[str, ...], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, heading, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
