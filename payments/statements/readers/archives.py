"""Archives: a ZIP of statements, or the ZIP that a workbook is. Nothing is unpacked that is not bounded first."""

import zlib
from collections.abc import Iterator
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from payments.statements.rules import MOST_UNPACKED, FileNotUnderstood

MOST_FILES: Final = 500
MOST_OF_A_WORKBOOK: Final = 250_000_000
MOST_SHARED_TEXT: Final = 40_000_000  # a workbook's shared texts are the one part that is held whole
LONGEST_ROW: Final = 1_000_000
MOST_TIMES: Final = 200  # larger than its archive: no table and no statement shrinks like that
ENCRYPTED: Final = 0x1
BLOCK: Final = 1 << 18


def is_archive(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def is_workbook(stream: IO[bytes]) -> bool:
    """Whether this archive is a workbook."""
    with _opened(stream) as archive:
        return "[Content_Types].xml" in archive.namelist()


def members(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Each file of the archive, by name. Refuses FileNotUnderstood: too many, too large, locked, or within another."""
    with _opened(stream) as archive:
        found = sorted(_sound(archive, MOST_UNPACKED), key=lambda each: each.filename)
        if not found:
            raise FileNotUnderstood("no lines")
        for each in found:
            try:
                with archive.open(each) as member:
                    yield member
            except (BadZipFile, zlib.error, EOFError, NotImplementedError) as damaged:
                raise FileNotUnderstood("a damaged archive") from damaged


def demand_sound_workbook(stream: IO[bytes]) -> None:
    """Refuse a workbook that unpacks into more than we can hold, or that has a row without an end."""
    with _opened(stream) as archive:
        for each in _sound(archive, MOST_OF_A_WORKBOOK):
            if each.filename.endswith("sharedStrings.xml") and each.file_size > MOST_SHARED_TEXT:
                raise FileNotUnderstood("too large when unpacked")
            if "worksheets/" in each.filename:
                _demand_short_rows(archive, each)
    stream.seek(0)


def _opened(stream: IO[bytes]) -> ZipFile:
    stream.seek(0)
    try:
        return ZipFile(stream)
    except (BadZipFile, ValueError, OSError, EOFError) as damaged:
        raise FileNotUnderstood("a damaged archive") from damaged


def _sound(archive: ZipFile, most: int) -> list[ZipInfo]:
    found = [each for each in archive.infolist() if not each.is_dir()]
    if len(found) > MOST_FILES:
        raise FileNotUnderstood("too many files in the archive")
    packed = sum(each.compress_size for each in found)
    unpacked = sum(each.file_size for each in found)
    if unpacked > most or unpacked > max(packed, 10_000) * MOST_TIMES:
        raise FileNotUnderstood("too large when unpacked")
    for each in found:
        if each.flag_bits & ENCRYPTED or each.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise FileNotUnderstood("a locked archive")
        if each.filename.lower().endswith((".zip", ".gz", ".7z", ".rar", ".xz", ".bz2")):
            raise FileNotUnderstood("an archive within an archive")
    return found


def _demand_short_rows(archive: ZipFile, sheet: ZipInfo) -> None:
    try:
        with archive.open(sheet) as content:
            since = 0
            while block := content.read(BLOCK):
                last = block.rfind(b"<row")
                since = since + len(block) if last < 0 else len(block) - last
                if since > LONGEST_ROW:
                    raise FileNotUnderstood("a line is too long")
    except (BadZipFile, zlib.error, EOFError) as damaged:
        raise FileNotUnderstood("a damaged archive") from damaged
