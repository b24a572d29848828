"""Readers: every form of file as one neutral stream of events, a line at a time, in bounded memory.

`recognise` says how a file is written, `events` reads it. Each module beside reads one form and knows no other.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from payments.statements.mapping import Mapping
from payments.statements.readers import archives, camt053, house, mt940, ofx, reports, sheets, tables
from payments.statements.rules import MOST_BYTES, Event, FileNotUnderstood, Form, Source

HEAD: Final = 4_096
OF_A_BANK: Final = frozenset({Form.CAMT, Form.MT940, Form.OFX, Form.HOUSE})
STRICT: Final = frozenset({Form.HOUSE, Form.REPORT})  # a key that comes twice in one file is a fault of it
_MT940: Final = re.compile(r"(?m)^:20:|^\{1:")


@dataclass(frozen=True)
class Given:
    """A file as it was handed in. `open` gives it from its beginning; it can be read more than once."""

    open: Callable[[], IO[bytes]]
    size: int
    digest: bytes


def in_memory(body: bytes) -> Given:
    """A file whose bytes are here."""
    return Given(lambda: io.BytesIO(body), len(body), hashlib.sha256(body).digest())


@dataclass(frozen=True)
class How:
    """What is said about a file: whose it is, which of the two kinds, and the profile it is to be read by."""

    gateway: str
    source: Source
    mapping: Mapping | None = None


def recognise(given: Given, how: How) -> Form:
    """How the file is written; of an archive, its first file. Refuses FileNotUnderstood for what we cannot read."""
    if given.size > MOST_BYTES:
        raise FileNotUnderstood("too large")
    with given.open() as stream:
        return _form(stream, how)


def events(given: Given, how: How) -> Iterator[Event]:
    """Everything the file says, in order. Refuses FileNotUnderstood at the line that is not understood."""
    if given.size > MOST_BYTES:
        raise FileNotUnderstood("too large")
    with given.open() as stream:
        if _is_plain_archive(stream):
            for member in archives.members(stream):
                yield from _read(member, how)
        else:
            yield from _read(stream, how)


def raw_rows(given: Given, mapping_encoding: str = "", separator: str = "") -> Iterator[sheets.Row]:
    """The rows of a table as they stand, for whoever maps them. Refuses FileNotUnderstood."""
    with given.open() as stream:
        yield from _rows(stream, mapping_encoding, separator)


def _is_plain_archive(stream: IO[bytes]) -> bool:
    head = stream.read(HEAD)
    plain = archives.is_archive(head) and not archives.is_workbook(stream)
    stream.seek(0)
    return plain


def _form(stream: IO[bytes], how: How) -> Form:
    if _is_plain_archive(stream):
        for member in archives.members(stream):
            return _form_of_one(member, how)
    return _form_of_one(stream, how)


def _form_of_one(stream: IO[bytes], how: How) -> Form:
    head = stream.read(HEAD)
    stream.seek(0)
    if archives.is_archive(head):
        if not archives.is_workbook(stream):
            raise FileNotUnderstood("an archive within an archive")
        stream.seek(0)
        return _of_a_table(how)
    encoding = sheets.letters_of(io.BytesIO(head))
    text = head.decode(encoding, "replace").lstrip("\ufeff").lstrip()
    found = _of_a_text(text, how)
    if found in OF_A_BANK and how.source is Source.SETTLEMENT:
        raise FileNotUnderstood("a statement, no report")
    return found


def _of_a_text(text: str, how: How) -> Form:
    if text.startswith("<"):
        return Form.OFX if re.search(r"<\?OFX|<OFX>", text, re.IGNORECASE) else Form.CAMT
    if text.startswith("OFXHEADER"):
        return Form.OFX
    if _MT940.search(text):
        return Form.MT940
    first = re.split(r"\r\n|\r|\n", text, maxsplit=1)[0].split(",")
    if how.mapping is None and how.source is Source.STATEMENT and first[:7] == list(house.HEADING):
        return Form.HOUSE
    return _of_a_table(how)


def _of_a_table(how: How) -> Form:
    if how.mapping is not None:
        return Form.TABLE
    if how.source is Source.SETTLEMENT:
        return Form.REPORT
    raise FileNotUnderstood("a profile is needed")


def _read(stream: IO[bytes], how: How) -> Iterator[Event]:
    form = _form_of_one(stream, how)
    stream.seek(0)
    if form is Form.CAMT:
        yield from camt053.read(stream)
    elif form is Form.MT940:
        yield from mt940.read(stream, sheets.letters_of(stream))
    elif form is Form.OFX:
        yield from ofx.read(stream, sheets.letters_of(stream))
    else:
        mapping = how.mapping
        rows = _rows(stream, mapping.encoding if mapping else "", mapping.separator if mapping else ",")
        if form is Form.HOUSE:
            yield from house.read(rows)
        elif mapping is not None:
            yield from tables.read(rows, mapping)
        else:
            yield from reports.read(rows, how.gateway, padded=_is_workbook(stream))


def _rows(stream: IO[bytes], encoding: str, separator: str) -> Iterator[sheets.Row]:
    if _is_workbook(stream):
        archives.demand_sound_workbook(stream)
        return sheets.xlsx_rows(stream)
    return sheets.csv_rows(stream, encoding=encoding or sheets.letters_of(stream), separator=separator)


def _is_workbook(stream: IO[bytes]) -> bool:
    head = stream.read(4)
    stream.seek(0)
    return archives.is_archive(head)
