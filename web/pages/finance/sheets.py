"""Tables as CSV files that a spreadsheet opens and never runs."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from litestar import Response

from marketplace.foundation.money import EXPONENTS, Money

Cell = str | int | Money | date | datetime | UUID | None
STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FIGURE: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """The table as a file to keep: UTF-8 with its mark, so that every spreadsheet reads every script."""
    return Response(
        b"\xef\xbb\xbf" + as_csv(columns, rows).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The heading and the rows; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe(column) for column in columns])
    writer.writerows([_safe(_plain(cell)) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return _amount(cell)
        case datetime() | date():
            return cell.isoformat()
    return str(cell)


def _amount(money: Money) -> str:
    """In major units, exactly, with a point: what a spreadsheet can add up."""
    exponent = EXPONENTS[money.currency]
    whole, rest = divmod(abs(money.minor), 10**exponent)
    figure = f"{whole}.{rest:0{exponent}d}" if exponent else str(whole)
    return f"-{figure}" if money.minor < 0 else figure


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) and not _FIGURE.fullmatch(text) else text
