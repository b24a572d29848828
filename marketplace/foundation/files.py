"""Files of people: photos and documents, each encrypted under its owner's key and named by its content.

A file is written beside its place and moved there in one step, so that a reader finds a whole file or none. Its
address is a keyed digest of owner and content: the same photo of one person is stored once, two people's equal
photos share nothing, and the address tells nothing about the content. The row that mentions a file holds its owner
and its address; when the last such row goes, `delete` is called. Start with `open_files`, once per process.
"""

import os
import re
import secrets
import shutil
from pathlib import Path
from uuid import UUID

from marketplace.foundation import vault
from marketplace.foundation.sealed import Sealed

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class FileMissing(Exception):
    """No file stands under this address of this owner."""


class FilesClosed(RuntimeError):
    """`open_files` has not been called in this process."""


class _Process:
    """What `open_files` opened."""

    folder: Path | None = None


def open_files(folder: Path) -> None:
    """Keep files below this folder, which is made when missing and closed to others."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _Process.folder = folder


def put(owner: UUID, content: bytes) -> str:
    """Store a file under its owner's key; returns its address. Storing it again changes nothing. Raises Erased."""
    address = _address(owner, content)
    target = _path(owner, address)
    if target.exists():
        return address
    sealed = vault.seal_bytes(owner, _place(address), content)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = target.with_name(f".{address}.{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write(sealed.ciphertext)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    _settle(target.parent)
    return address


def get(owner: UUID, address: str) -> bytes:
    """The content of a file. Raises FileMissing, Erased, CannotOpen."""
    try:
        stored = _path(owner, address).read_bytes()
    except FileNotFoundError:
        raise FileMissing(address) from None
    return vault.unseal_bytes(owner, _place(address), Sealed(stored))


def exists(owner: UUID, address: str) -> bool:
    """Whether the file is there."""
    return _path(owner, address).exists()


def delete(owner: UUID, address: str) -> None:
    """Remove one file; harmless when it is gone."""
    _path(owner, address).unlink(missing_ok=True)


def delete_all(owner: UUID) -> int:
    """Remove every file of a person, for erasure. Returns how many there were."""
    folder = folder_of(owner)
    if not folder.exists():
        return 0
    count = sum(1 for each in folder.iterdir() if _ADDRESS.fullmatch(each.name))
    shutil.rmtree(folder)
    return count


def _address(owner: UUID, content: bytes) -> str:
    return vault.blind_bytes("file", owner.bytes + content).hex()


def _place(address: str) -> str:
    return f"file.content:{address}"


def _path(owner: UUID, address: str) -> Path:
    if not _ADDRESS.fullmatch(address):
        raise FileMissing("not an address")
    return folder_of(owner) / address


def folder_of(owner: UUID) -> Path:
    """Where the files of a person lie. Raises FilesClosed."""
    if _Process.folder is None:
        raise FilesClosed("open_files() comes first")
    return _Process.folder / owner.hex[-2:] / owner.hex  # the last digits of an id are random, the first are its time


def _settle(folder: Path) -> None:
    """Make the move itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
