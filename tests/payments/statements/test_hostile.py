"""Files that mean harm, or are broken: refused in words, in bounded memory, and nothing is written."""

import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import IO, TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import uuid7
from payments.statements import actions
from payments.statements.readers import Given, How, in_memory
from payments.statements.rules import MOST_BYTES, FileNotUnderstood, Source
from tests.payments.statements import writing
from tests.payments.statements.writing import BY_COLUMNS, Move, Told

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DAY = date(2026, 11, 21)
TOLD = Told((Move(500, DAY, own="A1"), Move(-200, DAY, own="A2")))
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(1, 10))
    + b']><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><x>&k;</x></Document>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><Document/>'
SHEET = "xl/worksheets/sheet1.xml"


class Endless(io.RawIOBase):
    """A stream of so many bytes, made while it is read."""

    def __init__(self, head: bytes, piece: bytes, size: int) -> None:
        self.head, self.piece, self.size, self.at = head, piece, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        self.at = self.size + place if whence == 2 else place if whence == 0 else self.at + place
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        room = memoryview(buffer).cast("B")
        count = min(len(room), self.size - self.at)
        whole = self.head + self.piece * (count // len(self.piece) + 2) if self.at == 0 else self.piece * (
            count // len(self.piece) + 2
        )  # fmt: skip
        shift = 0 if self.at == 0 else (self.at - len(self.head)) % len(self.piece)
        room[:count] = whole[shift : shift + count]
        self.at += count
        return count


def endless(head: bytes, piece: bytes, size: int = MOST_BYTES) -> Given:
    def opened() -> IO[bytes]:
        return io.BufferedReader(Endless(head, piece, size))

    return Given(opened, size, uuid7().bytes)


def bomb(name: str, megabytes: int, **others: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, body in others.items():
            archive.writestr(each, body)
        with archive.open(name, "w") as member:
            for _ in range(megabytes):
                member.write(b" " * 2**20)
    return out.getvalue()


def changed_workbook(sheet: bytes) -> bytes:
    """A workbook with another first sheet put in."""
    whole = zipfile.ZipFile(io.BytesIO(writing.columns_workbook(TOLD)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in whole.namelist():
            archive.writestr(each, sheet if each == SHEET else whole.read(each))
    return out.getvalue()


def noise(count: int) -> bytes:
    return random.Random(5).randbytes(count)


OPEN = b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
DEEP = OPEN + b"<a>" * 100_000
ROW = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>'
CASES: dict[str, tuple[Given, str]] = {
    "billion laughs": (in_memory(LAUGHS), "document type"),
    "billion laughs in sixteen bits": (in_memory(LAUGHS.decode().encode("utf-16")), "document type"),
    "an entity outside": (in_memory(OUTSIDE), "document type"),
    "laughs in ofx": (in_memory(LAUGHS.replace(b"Document", b"OFX")), "document type"),
    "laughs in a workbook": (in_memory(changed_workbook(LAUGHS)), "no workbook"),
    "a bomb": (in_memory(bomb("a.xml", 60)), "unpacked"),
    "a bomb of a workbook": (in_memory(bomb("xl/sharedStrings.xml", 60, **{"[Content_Types].xml": b"x"})), "unpacked"),
    "an archive in an archive": (in_memory(writing.zipped(a__zip=writing.zipped(b__xml=b"x"))), "within"),
    "an archive by another name": (in_memory(writing.zipped(a__xml=writing.zipped(b__xml=b"x"))), "within"),
    "a row without end": (in_memory(changed_workbook(ROW + b"<c><v>1</v></c>" * 90_000)), "too long"),
    "too large": (endless(b"", b"x", 2 * MOST_BYTES), "too large"),
    "a line without end": (endless(b"Date;Out\n", b"x"), "."),
    "elements without end": (endless(OPEN, b"<x/>"), "too long"),
    "an entry without end": (endless(OPEN + b"<BkToCstmrStmt><Stmt><Ntry>", b"<y>1</y>"), "too long"),
    "depth without end": (in_memory(DEEP), "."),
    "text without tags": (endless(b":20:A\n:25:B\n:60F:C261121QAR1,00\n:61:", b"word\n"), "too long"),
    "ofx without end": (endless(b"OFXHEADER:100\n<OFX>", b"x y "), "too long"),
    "noise": (in_memory(noise(200_000)), "."),
    "nothing": (in_memory(b""), "."),
    "half an archive": (in_memory(writing.zipped(a__xml=writing.camt(TOLD))[:-30]), "damaged"),
    "half a workbook": (in_memory(writing.columns_workbook(TOLD)[:-300]), "damaged"),
    "a picture": (in_memory(b"\x89PNG\r\n\x1a\n" + noise(5_000)), "."),
    "letters of another script": (in_memory("Date;Out\n1;مبلغ".encode("cp1256")), "letters"),
    "zeros": (in_memory(bytes(100_000)), "."),
    "half a statement": (in_memory(writing.camt(TOLD)[:900]), "no XML"),
    "formula": (in_memory(writing.workbook([["No", "Date", "Details", "Out", "In", "Balance"], ["=1+1"]])), "formula"),
}  # fmt: skip


@contextmanager
def within(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_means_harm_is_refused_and_nothing_is_written(session: Session, case: str) -> None:
    file, matter = CASES[case]
    mapping = BY_COLUMNS if case in TABLES else None
    with within(60), pytest.raises(FileNotUnderstood, match=matter), session.begin_nested():
        actions.import_file(session, file, How("sandbox", Source.STATEMENT, mapping), by=uuid7(), now=clock.now())
    for table in ("statement_file", "statement_line", "statement_balance"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


TABLES = frozenset({
    "laughs in a workbook", "a bomb of a workbook", "a row without end", "a line without end", "half a workbook",
    "letters of another script", "formula", "noise", "zeros",
})  # fmt: skip


def test_workbooks_are_read_without_entities() -> None:
    assert openpyxl.DEFUSEDXML
