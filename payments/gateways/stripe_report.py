"""Stripe's itemised payout report: every balance transaction with its payment and the payout that brings it.

One file, whether it is downloaded from the panel (payout reconciliation, itemised; UTC) or put together from the API by
`Stripe.settlement_of`. Amounts are in major units; a dispute is a transaction of its own, with the bank's fee in it.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from marketplace.foundation.money import Money
from payments.gateways.protocol import Line, LineKind, Refs
from payments.gateways.rules import AnswerNotUnderstood, keep_declared, money, shape
from payments.gateways.sandbox_report import amount_in, rows_of_csv
from payments.gateways.stripe_words import INTENT, OURS, Object, attempt_of, inner

BOOKED_AT = shape(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
REPORTED = {
    "automatic_payout_id": shape(r"po_[A-Za-z0-9]{10,40}"),
    "balance_transaction_id": shape(r"txn_[A-Za-z0-9]{10,40}"),
    "created_utc": BOOKED_AT,
    "available_on_utc": BOOKED_AT,
    "automatic_payout_effective_at_utc": BOOKED_AT,
    "currency": shape(r"[A-Za-z]{3}"),
    "reporting_category": shape(r"[a-z_]{3,40}"),
    "payment_intent_id": INTENT,
    "payment_metadata[attempt]": OURS,
}
AMOUNTS = ("gross", "fee", "net")
COLUMNS = (
    "automatic_payout_id", "automatic_payout_effective_at_utc", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "payment_intent_id",
    "payment_metadata[attempt]",
)  # fmt: skip
KINDS = {
    "charge": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "partial_capture_reversal": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "charge_failure": LineKind.REFUND,
    "dispute": LineKind.CHARGEBACK,
    "dispute_reversal": LineKind.CHARGEBACK,
}
CATEGORIES = {
    "charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund",
    "refund_failure": "refund_failure", "payment_failure_refund": "charge_failure",
}  # fmt: skip


def read_payouts(body: bytes) -> list[Line]:
    """The lines of a report. Raises AnswerNotUnderstood for one that does not add up."""
    return rows_of_csv(body, read_row)


def read_row(row: dict[str, str]) -> Line:
    """One balance transaction. Raises AnswerNotUnderstood."""
    kept = keep_declared(row, REPORTED)
    try:
        currency, arrives = kept["currency"].upper(), kept.get("automatic_payout_effective_at_utc")
        gross, fee, net = (amount_in(row, name, currency) for name in AMOUNTS)
        if gross - fee != net:
            raise AnswerNotUnderstood("gross less fee is not net", column="net")
        declared = [*(f"{name}={kept.get(name, '')}" for name in sorted(REPORTED)), *map(repr, (gross, fee, net))]
        return Line(
            key=kept["balance_transaction_id"],
            kind=KINDS.get(kept["reporting_category"], LineKind.FEE),
            refs=Refs(ours=kept.get("payment_metadata[attempt]", ""), txn=kept.get("payment_intent_id")),
            gross=gross,
            fee=fee,
            net=net,
            booked=_day(kept["created_utc"]),
            value=_day(arrives) if arrives else None,
            batch=kept.get("automatic_payout_id"),
            digest=hashlib.sha256("\n".join(declared).encode()).digest(),
        )
    except KeyError as lacking:
        raise AnswerNotUnderstood("a line lacks a field", column=str(lacking.args[0])) from None


def row_of(booked: Object, payout: Object) -> dict[str, str]:
    """A balance transaction, its source expanded, as a row of the report. Raises AnswerNotUnderstood."""
    kept = keep_declared(
        booked,
        {
            "id": REPORTED["balance_transaction_id"],
            "currency": REPORTED["currency"],
            "created": shape(r"\d{9,11}"),
            "available_on": shape(r"\d{9,11}"),
            "amount": shape(r"-?\d{1,12}"),
            "fee": shape(r"-?\d{1,12}"),
            "net": shape(r"-?\d{1,12}"),
            "type": REPORTED["reporting_category"],
            "reporting_category": REPORTED["reporting_category"],
        },
    )
    source = inner(booked, "source")
    paid_out = keep_declared(payout, {"id": REPORTED["automatic_payout_id"], "arrival_date": shape(r"\d{9,11}")})
    try:
        currency = kept["currency"].upper()
        return {
            "automatic_payout_id": paid_out["id"],
            "automatic_payout_effective_at_utc": _written(paid_out["arrival_date"]),
            "balance_transaction_id": kept["id"],
            "created_utc": _written(kept["created"]),
            "available_on_utc": _written(kept["available_on"]),
            "currency": kept["currency"],
            "gross": _major(money(kept["amount"], currency)),
            "fee": _major(money(kept["fee"], currency)),
            "net": _major(money(kept["net"], currency)),
            "reporting_category": kept.get("reporting_category") or CATEGORIES.get(kept["type"], "other"),
            "source_id": str(source.get("id") or ""),
            "payment_intent_id": _intent_of(source),
            "payment_metadata[attempt]": attempt_of(source),
        }
    except KeyError as lacking:
        raise AnswerNotUnderstood("a balance transaction lacks a field", column=str(lacking.args[0])) from None


def written(rows: Iterable[Mapping[str, str]]) -> bytes:
    """The report's bytes."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _intent_of(source: Object) -> str:
    return keep_declared({"payment_intent": source.get("payment_intent")}, {"payment_intent": INTENT}).get(
        "payment_intent", ""
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise AnswerNotUnderstood("no day", column="created_utc") from None


def _written(seconds: str) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%S}"


def _major(amount: Money) -> str:
    return f"{amount.decimal:f}"
