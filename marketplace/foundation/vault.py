"""The vault: a key for each person, so that erasing a person is destroying one key.

A personal value is stored only as a `Sealed`: AES-256-GCM under its person's own data key, bound to the place it
stands in ("table.column:row"), so that a ciphertext moved elsewhere does not open. The data keys lie in a database of
their own, wrapped by a key-encryption key that lies in neither database but in a file; with it lies the key of the
blind index, by which equal values are found without being read (reliability.md §7.2, §7.3).

`open_vault` once per process; then `seal`, `unseal`, `blind`, `destroy`. Nothing here logs, and no exception quotes
a value or a key.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CheckConstraint, DateTime, Engine, LargeBinary, SmallInteger, func, inspect, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from marketplace.foundation.database import make_engine
from marketplace.foundation.errors import Refused
from marketplace.foundation.keyfile import KeyFileUnusable, Keys, make_key_file, read_key_file
from marketplace.foundation.sealed import Sealed, SealedBytes, SealedText

__all__ = [
    "CannotOpen", "Erased", "KeyFileUnusable", "KeysBesideData", "Sealed", "SealedBytes", "SealedText", "VaultClosed",
    "blind", "blind_bytes", "close_vault", "destroy", "make_key", "make_key_file", "open_vault", "place", "prepare",
    "rewrap", "seal", "seal_bytes", "unseal", "unseal_bytes",
]  # fmt: skip

CACHE_SECONDS = 30  # a key destroyed elsewhere is forgotten here after at most this long; promised: 60 (P13)
CACHE_ENTRIES = 10_000
CONNECTIONS = 8
FORMAT = b"\x01"
NONCE_BYTES = 12
SHORTEST = 1 + NONCE_BYTES + 16  # format, nonce and tag of an empty value
KEY_BYTES = 32


@dataclass(frozen=True)
class Erased(Refused):
    """The person's key has been destroyed: what was sealed under it cannot be read by anyone, ever."""

    person: UUID


class CannotOpen(Exception):
    """A ciphertext was moved, altered or cut: a fault or an attack, never a person's mistake."""


class VaultClosed(RuntimeError):
    """`open_vault` has not been called in this process."""


class KeysBesideData(Exception):
    """The keys' database also holds the people: whoever copies one copies both. Set KEYS_DATABASE_URL apart."""


class KeyTable(DeclarativeBase):
    """The keys' database knows no other table."""


class PersonKey(KeyTable):
    """A person's wrapped data key; without one, the tombstone of a key that was destroyed."""

    __tablename__ = "person_key"
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_by: Mapped[int] = mapped_column(SmallInteger)
    fingerprint: Mapped[str] = mapped_column()
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    destroyed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (CheckConstraint("(wrapped is null) = (destroyed_at is not null)", name="tombstone"),)


class _Vault:
    """The keys of one process: an engine on the keys' database, the key file, and a small cache."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self.engine = engine
        self.keys = keys
        self._cache: dict[UUID, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    def key_of(self, person: UUID) -> bytes:
        """The person's data key, made now when there is none. Raises Erased."""
        known = self._remembered(person)
        if known is not None:
            return known
        self._make(person)
        with self.engine.connect() as connection:
            row = connection.execute(
                select(PersonKey.wrapped, PersonKey.wrapped_by).where(PersonKey.person_id == person)
            ).one()
        return self._open(person, row.wrapped, row.wrapped_by)

    def load(self, people: Iterable[UUID]) -> None:
        """Bring the keys of a list of people into the cache in one question."""
        missing = [person for person in set(people) if self._remembered(person) is None]
        if not missing:
            return
        wanted = select(PersonKey.person_id, PersonKey.wrapped, PersonKey.wrapped_by).where(
            PersonKey.person_id.in_(missing), PersonKey.wrapped.is_not(None)
        )
        with self.engine.connect() as connection:
            for row in connection.execute(wanted):
                self._open(row.person_id, row.wrapped, row.wrapped_by)

    def destroy(self, person: UUID) -> str:
        with self.engine.begin() as connection:
            tombstone = {"wrapped": None, "destroyed_at": func.now()}
            never_had_one = insert(PersonKey).values(person_id=person, wrapped_by=0, fingerprint="", **tombstone)
            connection.execute(never_had_one.on_conflict_do_nothing())
            still_there = PersonKey.person_id == person, PersonKey.wrapped.is_not(None)
            connection.execute(update(PersonKey).where(*still_there).values(**tombstone))
            fingerprint = connection.scalar(select(PersonKey.fingerprint).where(PersonKey.person_id == person))
        self.forget(person)
        return fingerprint or ""

    def forget(self, person: UUID) -> None:
        with self._lock:
            self._cache.pop(person, None)

    def _make(self, person: UUID) -> None:
        # Two that make it at once: one row wins, and both read the winner's afterwards. A tombstone wins for ever.
        fresh = secrets.token_bytes(KEY_BYTES)
        row = insert(PersonKey).values(
            person_id=person,
            wrapped=_wrap(self.keys.wrapping, person, fresh),
            wrapped_by=self.keys.current,
            fingerprint=hashlib.sha256(fresh).hexdigest()[:16],
        )
        with self.engine.begin() as connection:
            if not connection.scalar(select(func.count()).where(PersonKey.person_id == person)):
                connection.execute(row.on_conflict_do_nothing())

    def _open(self, person: UUID, wrapped: bytes | None, wrapped_by: int) -> bytes:
        if wrapped is None:
            raise Erased(person)
        key = _unwrap(self.keys.wrappings[wrapped_by], person, wrapped)
        with self._lock:
            if len(self._cache) >= CACHE_ENTRIES:
                self._cache.clear()
            self._cache[person] = (key, time.monotonic() + CACHE_SECONDS)
        return key

    def _remembered(self, person: UUID) -> bytes | None:
        with self._lock:
            found = self._cache.get(person)
            if found is None or found[1] < time.monotonic():
                self._cache.pop(person, None)
                return None
            return found[0]

    def rewrap(self, limit: int) -> int:
        """Wrap again, under the current key, what an older one wrapped."""
        older = select(PersonKey).where(PersonKey.wrapped.is_not(None), PersonKey.wrapped_by != self.keys.current)
        with self.engine.begin() as connection:
            rows = connection.execute(older.limit(limit).with_for_update(skip_locked=True)).all()
            for row in rows:
                key = _unwrap(self.keys.wrappings[row.wrapped_by], row.person_id, row.wrapped)
                again = {"wrapped": _wrap(self.keys.wrapping, row.person_id, key), "wrapped_by": self.keys.current}
                connection.execute(update(PersonKey).where(PersonKey.person_id == row.person_id).values(**again))
        return len(rows)


class _Process:
    """What `open_vault` opened."""

    vault: _Vault | None = None


def open_vault(keys_url: str, key_file: Path | str) -> None:
    """Open the vault of this process, making its one table when it is missing.

    Raises KeyFileUnusable when the file is missing, short or repeats itself, KeysBesideData when the keys' database
    is the main one.
    """
    keys = read_key_file(key_file)
    engine = make_engine(keys_url, connections=CONNECTIONS)
    try:
        _make_table(engine)
    except BaseException:
        engine.dispose()
        raise
    close_vault()
    _Process.vault = _Vault(engine, keys)


def _make_table(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7602115)"))  # two processes may start at once
        if {"person", "outbox"} & set(inspect(connection).get_table_names()):
            raise KeysBesideData("set KEYS_DATABASE_URL to a database of its own")
        KeyTable.metadata.create_all(connection)


def close_vault() -> None:
    """Forget every key and let the connections go."""
    if _Process.vault is not None:
        _Process.vault.engine.dispose()
    _Process.vault = None


def _vault() -> _Vault:
    if _Process.vault is None:
        raise VaultClosed("open_vault() comes first")
    return _Process.vault


def place(table: str, column: str, row: UUID) -> str:
    """Where a value stands: the one spelling, so that an export can open whatever the registry names."""
    return f"{table}.{column}:{row}"


def make_key(person: UUID) -> None:
    """Make the person's key now; nothing happens when there is one. `seal` does this by itself. Raises Erased."""
    _vault().key_of(person)


def prepare(people: Iterable[UUID]) -> None:
    """Fetch the keys of a list of people in one question, before unsealing a value of each."""
    _vault().load(people)


def seal(person: UUID, place: str, value: str) -> Sealed:
    """Encrypt a text for one place, under the person's key. Raises Erased when that person has been erased."""
    return seal_bytes(person, place, value.encode())


def unseal(person: UUID, place: str, sealed: Sealed) -> str:
    """The text again. Raises Erased; CannotOpen when it was sealed for another place or person, or altered."""
    return unseal_bytes(person, place, sealed).decode()


def seal_bytes(person: UUID, place: str, value: bytes) -> Sealed:
    """As `seal`, for the content of a file."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return Sealed(FORMAT + nonce + AESGCM(_vault().key_of(person)).encrypt(nonce, value, place.encode()))


def unseal_bytes(person: UUID, place: str, sealed: Sealed) -> bytes:
    """As `unseal`, for the content of a file."""
    raw = sealed.ciphertext
    key = _vault().key_of(person)
    if raw[:1] != FORMAT or len(raw) < SHORTEST:
        raise CannotOpen("unknown format, or cut")
    try:
        return AESGCM(key).decrypt(raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :], place.encode())
    except InvalidTag:
        raise CannotOpen("sealed for another place, or altered") from None


def blind(kind: str, value: str) -> bytes:
    """A keyed digest of a normalised value (32 bytes): equal values of a kind are equal, and nothing else shows."""
    return blind_bytes(kind, value.encode())


def blind_bytes(kind: str, value: bytes) -> bytes:
    """As `blind`, for the content of a file."""
    return hmac.new(_vault().keys.index, kind.encode() + b"\0" + value, hashlib.sha256).digest()


def destroy(person: UUID) -> str:
    """Destroy the person's key for ever; its fingerprint is the certificate. Harmless to repeat.

    Other processes forget the key within 30 seconds; dumps of the keys live seven days (reliability.md §7.5).
    """
    return _vault().destroy(person)


def rewrap(limit: int = 1_000) -> int:
    """After a new key-encryption key was added to the file: wrap up to `limit` keys again. Returns how many."""
    return _vault().rewrap(limit)


def _wrap(wrapping: bytes, person: UUID, key: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(wrapping).encrypt(nonce, key, b"person_key:" + person.bytes)


def _unwrap(wrapping: bytes, person: UUID, wrapped: bytes) -> bytes:
    try:
        return AESGCM(wrapping).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"person_key:" + person.bytes)
    except InvalidTag:
        raise CannotOpen("the key file is not the one these keys were wrapped with") from None
