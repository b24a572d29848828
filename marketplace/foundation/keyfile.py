"""The key file: the keys that lie in no database and no dump of one.

One key a line, `name number base64`: `wrap 1 …` (wraps the data keys; the highest number is current, older ones stay
until everything is wrapped again) and `index 1 …` (the blind index).
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32


class KeyFileUnusable(Exception):
    """The key file is missing, unreadable, short, or uses one key for two things; the text names the cure."""


@dataclass(frozen=True)
class Keys:
    """What the file holds; never shown."""

    wrappings: dict[int, bytes] = field(repr=False)
    index: bytes = field(repr=False)

    @property
    def current(self) -> int:
        return max(self.wrappings)

    @property
    def wrapping(self) -> bytes:
        return self.wrappings[self.current]


def make_key_file(path: Path | str) -> None:
    """Write a new key file that only its owner may read. Raises FileExistsError: a key file is never overwritten."""
    lines = [f"{name} 1 {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}" for name in ("wrap", "index")]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())


def add_wrapping_key(path: Path | str) -> int:
    """Add a new key-encryption key, current from the next start on; `vault.rewrap` then renews what it wraps."""
    known = read_key_file(path)
    number = known.current + 1
    with Path(path).open("a") as file:
        file.write(f"wrap {number} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    return number


def read_key_file(path: Path | str) -> Keys:
    """The keys of a file. Raises KeyFileUnusable."""
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        raise KeyFileUnusable("the key file cannot be read: make one, or set KARIGAR_KEY_FILE") from None
    found: dict[str, dict[int, bytes]] = {"wrap": {}, "index": {}}
    for line in filter(str.strip, lines):
        name, number, key = _parsed(line)
        found[name][number] = key
    if not found["wrap"] or not found["index"]:
        raise KeyFileUnusable("the key file needs a wrap key and an index key")
    every = [key for keys in found.values() for key in keys.values()]
    if len(set(every)) != len(every):
        raise KeyFileUnusable("the key file uses one key twice: each key is made for one thing")
    return Keys(found["wrap"], found["index"][max(found["index"])])


def _parsed(line: str) -> tuple[str, int, bytes]:
    try:
        name, number, encoded = line.split()
        key = base64.b64decode(encoded, validate=True)
        count = int(number)
    except (ValueError, binascii.Error):
        raise KeyFileUnusable("a line of the key file is not `name number base64`") from None
    if name not in ("wrap", "index") or len(key) != KEY_BYTES or len(set(key)) < 8:
        raise KeyFileUnusable("a key of the key file is unknown, short or a default: 32 random bytes in base64")
    return name, count, key
