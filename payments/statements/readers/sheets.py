"""Rows of tables, CSV or XLSX, as texts with their number; one at a time, whatever the size of the file."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Final
from zipfile import BadZipFile

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from payments.statements.rules import FileNotUnderstood

LONGEST_ROW: Final = 60_000
MOST_COLUMNS: Final = 200
EXACT: Final = 10**15  # programs keep fifteen digits of a number
SEPARATORS: Final = (",", ";", "\t", "|")
LOOKED_AT: Final = 20
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

Row = tuple[int, list[str]]


def letters_of(stream: IO[bytes], *, otherwise: str = "utf-8") -> str:
    """The encoding that the file's byte-order mark tells."""
    head = stream.read(4)
    stream.seek(0)
    return next((name for mark, name in _MARKS if head.startswith(mark)), otherwise)


def csv_rows(stream: IO[bytes], *, encoding: str, separator: str = "") -> Iterator[Row]:
    """The rows of a CSV file, without empty ones. An empty separator: whichever divides its first rows alike.

    Refuses FileNotUnderstood with the line.
    """
    text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
    try:
        lines = _lines(text)
        first = list(islice(lines, LOOKED_AT))
        reader = csv.reader(_after(first, lines), delimiter=separator or _separator(first), strict=True)
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise FileNotUnderstood("too many columns", reader.line_num)
            if any(cells):
                yield reader.line_num, cells
    except UnicodeError:
        raise FileNotUnderstood("not the letters it is said to be in") from None
    except csv.Error:
        raise FileNotUnderstood("no CSV", reader.line_num) from None
    finally:
        text.close()


def xlsx_rows(stream: IO[bytes]) -> Iterator[Row]:
    """The rows of the first sheet, without empty ones. Refuses FileNotUnderstood; also any formula, with its cell."""
    try:
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for place, cells in enumerate(sheet.rows, start=1):
                if len(cells) > MOST_COLUMNS:
                    raise FileNotUnderstood("too many columns", place)
                row = [_shown(cell, place, number) for number, cell in enumerate(cells, start=1)]
                if any(row):
                    yield place, row
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, DefusedXmlException, SyntaxError, KeyError, IndexError, EOFError) as bad:
        raise FileNotUnderstood("no workbook") from bad
    except (ValueError, TypeError, AttributeError, OSError) as bad:
        raise FileNotUnderstood("no workbook") from bad


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW or "\0" in line:
            raise FileNotUnderstood("no CSV")
        yield line


def _after(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _separator(lines: list[str]) -> str:
    """The one that most lines have, and most often: lines before the heading may have none."""
    plain = [re.sub(r'"[^"]*"', "", line) for line in lines]
    counts = {each: [line.count(each) for line in plain] for each in SEPARATORS}
    return max(SEPARATORS, key=lambda each: (sum(map(bool, counts[each])), sum(counts[each])))


def _shown(cell: Any, place: int, number: int) -> str:
    value = cell.value
    if value is None or isinstance(value, bool):
        return ""
    if cell.data_type == "f":
        raise FileNotUnderstood("a formula", place, get_column_letter(number))
    if isinstance(value, int | float) and abs(value) >= EXACT:
        raise FileNotUnderstood("a number that the workbook has rounded", place, get_column_letter(number))
    if isinstance(value, float):
        # A workbook stores binary floats. The shortest decimal that is this one is what its writer has put in.
        return format(Decimal(repr(value)), "f")
    if isinstance(value, datetime | date):
        at_midnight = isinstance(value, datetime) and not (value.hour or value.minute or value.second)
        return value.isoformat(" ") if isinstance(value, datetime) and not at_midnight else f"{value:%Y-%m-%d}"
    return str(value)
