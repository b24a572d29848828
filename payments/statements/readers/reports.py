"""A gateway's own report, row by row: its columns are known to its adapter, its table may be CSV or a workbook."""

from collections.abc import Iterator
from typing import Final

from payments.gateways import sandbox_report, sslcommerz_report, stripe_report
from payments.gateways.protocol import Line
from payments.gateways.rules import AnswerNotUnderstood
from payments.statements.readers.sheets import Row
from payments.statements.rules import Event, FileNotUnderstood, LineKind, Stated

LOOK_FOR_HEADING: Final = 20
WITHOUT_SECONDS: Final = 16  # 2026-11-21 10:00
_DAYS: Final = ("created_utc", "available_on_utc", "automatic_payout_effective_at_utc")
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "sandbox": ("type", "batch", "key", "gross", "net"),
    "sslcommerz": sslcommerz_report.HEADING,
    "stripe": ("balance_transaction_id", "currency", "gross", "fee", "net"),
}
OTHER_NAMES: Final = {  # of the balance history, as the panel of Stripe exports it
    "id": "balance_transaction_id", "type": "reporting_category", "amount": "gross", "created (utc)": "created_utc",
    "available on (utc)": "available_on_utc", "transfer": "automatic_payout_id", "source": "source_id",
    "attempt (metadata)": "payment_metadata[attempt]",
}  # fmt: skip
MORE_KINDS: Final = {
    "payout": LineKind.PAYOUT, "payout_reversal": LineKind.PAYOUT, "fee": LineKind.FEE, "network_cost": LineKind.FEE,
    "stripe_fee": LineKind.FEE, "risk_reserved_funds": LineKind.RESERVE, "reserve_transaction": LineKind.RESERVE,
    "other_adjustment": LineKind.ADJUSTMENT, "adjustment": LineKind.ADJUSTMENT, "tax": LineKind.FEE,
}  # fmt: skip


def read(rows: Iterator[Row], gateway: str, *, padded: bool) -> Iterator[Event]:
    """The lines of the report. `padded`: a workbook leaves out empty cells at the end of a row.

    Refuses FileNotUnderstood with line and column.
    """
    take = {"sandbox": _sandbox, "sslcommerz": _sslcommerz, "stripe": _stripe}.get(gateway)
    if take is None:
        raise FileNotUnderstood("a profile is needed")
    named = _named(rows, gateway, padded=padded)
    totals = _Totals()
    for place, row in named:
        try:
            found = take(row, totals)
        except AnswerNotUnderstood as failure:
            raise FileNotUnderstood(str(failure), place, failure.column) from None
        if found is not None:
            yield found._replace(place=place)
    totals.demand()


def _named(rows: Iterator[Row], gateway: str, *, padded: bool) -> Iterator[tuple[int, dict[str, str]]]:
    heading: list[str] = []
    wanted = HEADINGS[gateway]
    for number, (place, cells) in enumerate(rows):
        if not heading:
            names = [_name(cell, gateway) for cell in cells]
            if all(name in names for name in wanted):
                heading = names
            elif number >= (LOOK_FOR_HEADING if gateway == "sslcommerz" else 0):
                raise FileNotUnderstood("the heading is not there", place, next(n for n in wanted if n not in names))
            continue
        whole = [*cells, *[""] * (len(heading) - len(cells))] if padded else cells
        if len(whole) != len(heading):
            raise FileNotUnderstood("a row is longer or shorter than its heading", place)
        yield place, dict(zip(heading, whole, strict=True))
    if not heading:
        raise FileNotUnderstood("the heading is not there", column=wanted[0])


def _name(cell: str, gateway: str) -> str:
    plain = cell.strip()
    if gateway == "sandbox":
        return plain
    return OTHER_NAMES.get(plain.lower(), plain.lower()) if gateway == "stripe" else plain.lower()


class _Totals:
    """What a report says that its batches come to, and what they do."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], int] = {}
        self.told: dict[tuple[str, str], int] | None = None

    def demand(self) -> None:
        """Refuse a report in which a batch does not add up."""
        if self.told is not None and self.found != self.told:
            raise FileNotUnderstood("a batch does not add up")


def _sandbox(row: dict[str, str], totals: _Totals) -> Stated | None:
    found = sandbox_report.read_row(row)
    totals.told = totals.told or {}
    if not isinstance(found, Line):
        batch, net = found
        totals.told[batch, net.currency] = net.minor
        return None
    place = found.batch or "", found.net.currency
    totals.found[place] = totals.found.get(place, 0) + found.net.minor
    return _stated(found)


def _sslcommerz(row: dict[str, str], _totals: _Totals) -> Stated:
    return _stated(sslcommerz_report.read_row(row))


def _stripe(row: dict[str, str], _totals: _Totals) -> Stated:
    row = row | {name: row[name][:10] for name in _DAYS if len(row.get(name, "")) == WITHOUT_SECONDS}
    category = row.get("reporting_category", "")
    row["reporting_category"] = stripe_report.CATEGORIES.get(category, category)
    kind = MORE_KINDS.get(category)
    if kind is None and row["reporting_category"] not in stripe_report.KINDS:
        kind = LineKind.OTHER
    found = _stated(stripe_report.read_row(row))
    return found if kind is None else found._replace(kind=kind)


def _stated(line: Line) -> Stated:
    return Stated(
        kind=LineKind(line.kind.value), currency=line.gross.currency, gross=line.gross.minor, fee=line.fee.minor,
        net=line.net.minor, booked=line.booked, value=line.value, key=line.key, txn=line.refs.txn, bank=line.refs.bank,
        ours=line.refs.ours or None, batch=line.batch, digest=line.digest,
    )  # fmt: skip
