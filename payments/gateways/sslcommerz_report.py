"""The settlement report of SSLCommerz, as downloaded from its panel and saved as CSV.

Found by the names in its heading, which moves: lines before it are skipped. The keys are `tran_id` and
`bank_tran_id`; `store_amount` is what is paid out. The panel's layout is not published: the columns are those of the
documented answers, and a batch and a day of settlement where there are any.
"""

import hashlib
from collections.abc import Mapping

from payments.gateways.protocol import Line, LineKind, Refs
from payments.gateways.rules import AnswerNotUnderstood, keep_declared, shape
from payments.gateways.sandbox_report import amount_in, day_in, rows_of_csv

ORDER = shape(r"[0-9A-Za-z_-]{1,30}")
BANK = shape(r"(?!\d{13,19}$)[0-9A-Za-z]{6,80}", may_look_like_a_card=True)
SETTLED = {
    "tran_id": ORDER,
    "bank_tran_id": BANK,
    "currency": shape(r"[A-Z]{3}"),
    "type": shape(r"payment|refund|chargeback|fee"),
    "batch": shape(r"[A-Za-z0-9-]{3,40}"),
    "refund_ref_id": shape(r"(?!\d{13,19}$)[0-9A-Za-z]{6,50}", may_look_like_a_card=True),
}
HEADING = ("tran_id", "bank_tran_id", "amount", "store_amount")
LOOK_FOR_HEADING = 20


def read_settlement(body: bytes) -> list[Line]:
    """The lines of one report. Raises AnswerNotUnderstood for a file without its heading or with a line not of it."""
    lines = rows_of_csv(_from_heading(body), read_row)
    keys = [line.key for line in lines]
    if len(set(keys)) != len(keys):
        raise AnswerNotUnderstood("a line stands twice")
    return lines


def _from_heading(body: bytes) -> bytes:
    lines = body.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    for number, line in enumerate(lines[:LOOK_FOR_HEADING]):
        if all(name.encode() in line.lower() for name in HEADING):
            return line.lower() + b"".join(lines[number + 1 :])
    raise AnswerNotUnderstood("no heading with " + ", ".join(HEADING))


def read_row(row: dict[str, str]) -> Line:
    """One line, by the names of the heading in small letters. Raises AnswerNotUnderstood."""
    kept = {"currency": "BDT", "type": "payment"} | keep_declared(row, SETTLED)
    try:
        gross, net = (amount_in(row, name, kept["currency"]) for name in ("amount", "store_amount"))
        return Line(
            key="-".join([kept["bank_tran_id"], kept["type"], *_refund_number(kept)]),
            kind=LineKind(kept["type"]),
            refs=Refs(kept["tran_id"], bank=kept["bank_tran_id"]),
            gross=gross,
            fee=gross - net,
            net=net,
            booked=day_in(row, "settled_on"),
            value=None,
            batch=kept.get("batch"),
            digest=_digest(kept, row),
        )
    except KeyError as lacking:
        raise AnswerNotUnderstood("a line lacks a field", column=str(lacking.args[0])) from None


def _refund_number(kept: Mapping[str, str]) -> list[str]:
    """A payment can be refunded in several parts."""
    return [kept["refund_ref_id"]] if "refund_ref_id" in kept else []


def _digest(kept: Mapping[str, str], row: Mapping[str, str]) -> bytes:
    declared = [*sorted(kept.items()), *((name, row.get(name, "")) for name in ("amount", "store_amount"))]
    return hashlib.sha256("\n".join(f"{name}={value}" for name, value in declared).encode()).digest()
