"""The day's two files of a merchant: the settlement report (each payment, each batch) and the account statement."""

import csv
import io
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date

from marketplace.foundation.money import Money
from web.bank.counter import Bank
from web.bank.papers import Merchant
from web.bank.rules import CARD_LIKE, in_major_units

SETTLEMENT = (
    "type", "batch", "key", "kind", "transaction", "tracking", "trace", "order", "terminal", "booked", "value",
    "currency", "gross", "fee", "net",
)  # fmt: skip
STATEMENT = ("type", "account", "reference", "booked", "value", "currency", "amount", "text")


def settlement(bank: Bank, merchant: Merchant, day: date) -> bytes:
    """Every verified payment and every refund of a financial day, and one TOTAL line for each batch."""
    rows: list[dict[str, str]] = []
    with bank.store.act() as books:
        for currency in _currencies(books, merchant):
            found = lines(books, merchant, day, currency)
            rows += [_settled(merchant, day, line) for line in found]
            if found:
                rows.append(_total(merchant, day, currency, found))
    heading: Sequence[str] = SETTLEMENT
    if merchant.faults.extra_card_fields:
        heading = (*SETTLEMENT, "masked_pan", "card")
        rows = [row | {"masked_pan": "411111******1111", "card": CARD_LIKE} for row in rows]
    return _csv(heading, rows)


def statement(bank: Bank, merchant: Merchant, day: date, currency: str) -> bytes:
    """The merchant's account in one currency: what stood there, the net deposit of the day's batch, what now does."""
    with bank.store.act() as books:
        days = _days(books, merchant, currency)
        opening = sum((_net(books, merchant, each, currency) for each in days if each < day), Money.zero(currency))
        deposit = _net(books, merchant, day, currency)
    rows = [_stated("OPENING", merchant, day, opening)]
    if deposit:
        batch = batch_of(merchant, day, currency)
        found = _stated("LINE", merchant, day, deposit)
        rows.append(found | {"reference": f"BK-{batch}", "text": f"Settlement {batch}"})
    rows.append(_stated("CLOSING", merchant, day, opening + deposit))
    return _csv(STATEMENT, rows)


def batch_of(merchant: Merchant, day: date, currency: str) -> str:
    """The key that the settlement report and the deposit's text share."""
    return f"B{day:%Y%m%d}-{currency}-{merchant.terminal}"


def _currencies(books: sqlite3.Connection, merchant: Merchant) -> list[str]:
    found = books.execute("SELECT DISTINCT currency FROM payment WHERE merchant = ? ORDER BY 1", (merchant.id,))
    return [row[0] for row in found]


def _days(books: sqlite3.Connection, merchant: Merchant, currency: str) -> list[date]:
    found = books.execute(
        "SELECT day FROM payment WHERE merchant = ?1 AND currency = ?2 AND day IS NOT NULL"
        " UNION SELECT refund.day FROM refund JOIN payment USING (token)"
        " WHERE refund.merchant = ?1 AND currency = ?2 ORDER BY 1",
        (merchant.id, currency),
    )
    return [date.fromisoformat(row[0]) for row in found]


def lines(books: sqlite3.Connection, merchant: Merchant, day: date, currency: str) -> list[sqlite3.Row]:
    """The verified payments and the refunds of a financial day in one currency."""
    return books.execute(
        "SELECT number || '-P' AS line, 'payment' AS kind, number, tracking, trace, reference, day, currency,"
        " amount AS gross, fee FROM payment WHERE merchant = ?1 AND day = ?2 AND currency = ?3"
        " UNION ALL SELECT line, 'refund', number, tracking, trace, reference, refund.day, currency,"
        " -refund.amount, 0 FROM refund JOIN payment USING (token)"
        " WHERE refund.merchant = ?1 AND refund.day = ?2 AND currency = ?3 ORDER BY 1",
        (merchant.id, day.isoformat(), currency),
    ).fetchall()


def _net(books: sqlite3.Connection, merchant: Merchant, day: date, currency: str) -> Money:
    return Money(sum(row["gross"] - row["fee"] for row in lines(books, merchant, day, currency)), currency)


def _settled(merchant: Merchant, day: date, row: sqlite3.Row) -> dict[str, str]:
    gross, fee = Money(row["gross"], row["currency"]), Money(row["fee"], row["currency"])
    return {
        "type": "LINE",
        "batch": batch_of(merchant, day, row["currency"]),
        "key": row["line"],
        "kind": row["kind"],
        "transaction": row["number"],
        "tracking": row["tracking"],
        "trace": row["trace"],
        "order": row["reference"],
        "terminal": merchant.terminal,
        "booked": row["day"],
        "value": row["day"],
        "currency": row["currency"],
        "gross": in_major_units(gross),
        "fee": in_major_units(fee),
        "net": in_major_units(gross - fee),
    }


def _total(merchant: Merchant, day: date, currency: str, lines: Sequence[sqlite3.Row]) -> dict[str, str]:
    gross = Money(sum(row["gross"] for row in lines), currency)
    fee = Money(sum(row["fee"] for row in lines), currency)
    return {
        "type": "TOTAL",
        "batch": batch_of(merchant, day, currency),
        "terminal": merchant.terminal,
        "booked": day.isoformat(),
        "value": day.isoformat(),
        "currency": currency,
        "gross": in_major_units(gross),
        "fee": in_major_units(fee),
        "net": in_major_units(gross - fee),
    }


def _stated(type_: str, merchant: Merchant, day: date, amount: Money) -> dict[str, str]:
    return {
        "type": type_,
        "account": f"{merchant.terminal}-{amount.currency}",
        "booked": day.isoformat(),
        "value": day.isoformat(),
        "currency": amount.currency,
        "amount": in_major_units(amount),
    }


def _csv(heading: Sequence[str], rows: Iterable[dict[str, str]]) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, heading, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()
