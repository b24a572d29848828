"""Tables as workbooks (XLSX): numbers as numbers, moments as moments, and no cell that a program would run.

A text that a program would take for a formula is stored as text and marked as quoted, so it stays text also when it is
edited or saved as another format. Start with `workbook`; the same rows as CSV: `pages.finance.sheets`.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from litestar import Response
from openpyxl import Workbook
from openpyxl.cell import Cell as Box
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from marketplace.foundation.money import Money
from web.pages.finance.sheets import STARTS_A_FORMULA, Cell

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS: Final = (8, 42)


def workbook(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right_to_left: bool = False
) -> Response[bytes]:
    """The table as a file to keep."""
    return Response(
        as_xlsx(columns, rows, right_to_left=right_to_left),
        media_type=XLSX,
        headers={"content-disposition": f'attachment; filename="{name}.xlsx"'},
    )


def as_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right_to_left: bool = False) -> bytes:
    """One sheet with a heading that stays in sight; in right-to-left languages the first column is at the right."""
    table = [list(row) for row in rows]
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet("1")
    sheet.sheet_view.rightToLeft = right_to_left
    sheet.freeze_panes = "A2"
    for place, head in enumerate(columns, start=1):
        longest = max([len(head), *(len(str(row[place - 1] or "")) for row in table[:200])])
        width = min(max(longest + 2, WIDTHS[0]), WIDTHS[1])
        sheet.column_dimensions[get_column_letter(place)].width = width  # type: ignore[attr-defined]  # stubs lack it
    sheet.append([_bold(sheet, head) for head in columns])
    for row in table:
        sheet.append([_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _bold(sheet: WriteOnlyWorksheet, text: str) -> Box:
    cell = _text(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> Box:
    match value:
        case Money():
            box = _box(sheet, Decimal(value.minor).scaleb(-value.exponent))
            box.number_format = "#,##0" + ("." + "0" * value.exponent if value.exponent else "")
            return box
        case datetime():
            box = _box(sheet, value.replace(tzinfo=None))
            box.number_format = "yyyy-mm-dd hh:mm:ss"
            return box
        case int() | date() | None:
            return _box(sheet, value)
    return _text(sheet, str(value))


def _box(sheet: WriteOnlyWorksheet, value: Any) -> Box:
    box: Box = WriteOnlyCell(sheet, value)
    return box


def _text(sheet: WriteOnlyWorksheet, text: str) -> Box:
    cell = _box(sheet, text)
    cell.data_type = "s"  # openpyxl takes what begins with = for a formula
    if text.lstrip().startswith(STARTS_A_FORMULA) or text.startswith(STARTS_A_FORMULA):
        cell.quotePrefix = True
    return cell
