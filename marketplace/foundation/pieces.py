"""Large files in pieces: written and read a megabyte at a time, each piece encrypted under its owner's key.

For what is handed in to be read soon and then dropped. A piece is bound to its file and its number, so that none can be
moved, and a file that was cut does not open. Start with `put`, then `opened`; `drop` when it was read.
"""

import hashlib
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final
from uuid import UUID

from marketplace.foundation import files, vault
from marketplace.foundation.files import FileMissing
from marketplace.foundation.sealed import Sealed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE: Final = 1 << 20
STORED: Final = PIECE + vault.SHORTEST


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: how many bytes, and their SHA-256."""

    size: int
    digest: bytes


def put(owner: UUID, id: UUID, content: Iterable[bytes]) -> Kept:
    """Write a file whose bytes come in any portions. Raises Erased; what `content` raises leaves nothing behind."""
    folder = files.folder_of(owner)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / _name(id)
    digest, size, number = hashlib.sha256(), 0, 0
    rest = bytearray()
    try:
        with target.open("xb") as file:
            for portion in content:
                digest.update(portion)
                size += len(portion)
                rest += portion
                while len(rest) >= PIECE:
                    file.write(_sealed(owner, id, number, bytes(rest[:PIECE])))
                    del rest[:PIECE]
                    number += 1
            file.write(_sealed(owner, id, number, bytes(rest)))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Kept(size, digest.digest())


def opened(owner: UUID, id: UUID, size: int) -> BinaryIO:
    """The file, from its beginning, to read and to seek in. Raises FileMissing, Erased; reading raises CannotOpen."""
    try:
        file = (files.folder_of(owner) / _name(id)).open("rb")
    except FileNotFoundError:
        raise FileMissing(str(id)) from None
    return io.BufferedReader(_Pieces(file, owner, id, size), PIECE)


def drop(owner: UUID, id: UUID) -> None:
    """Remove the file; harmless when it is gone."""
    (files.folder_of(owner) / _name(id)).unlink(missing_ok=True)


class _Pieces(io.RawIOBase):
    """The plain bytes behind the pieces; one piece is held at a time."""

    def __init__(self, file: BinaryIO, owner: UUID, id: UUID, size: int) -> None:
        self._file, self._owner, self._id, self._size = file, owner, id, size
        self._at = 0
        self._number, self._plain = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        room = memoryview(buffer).cast("B")
        number, within = divmod(self._at, PIECE)
        if self._at >= self._size:
            return 0
        if number != self._number:
            self._file.seek(number * STORED)
            sealed = Sealed(self._file.read(STORED))
            self._plain = vault.unseal_bytes(self._owner, _place(self._id, number), sealed)
            self._number = number
        found = self._plain[within : within + len(room)]
        if not found:
            raise vault.CannotOpen("cut")
        room[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()


def _sealed(owner: UUID, id: UUID, number: int, plain: bytes) -> bytes:
    return vault.seal_bytes(owner, _place(id, number), plain).ciphertext


def _place(id: UUID, number: int) -> str:
    return f"file.piece:{id}:{number}"


def _name(id: UUID) -> str:
    return f"{id.hex}.pieces"
