"""Passwords: hashed and compared outside every transaction, two at a time, in the same time for nobody's account."""

import threading
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.foundation.database import forbid_open_transaction
from marketplace.people.rules import PASSWORD_LENGTH_MAX, check_password_strength

AT_ONCE = 2  # each takes 64 MiB and a third of a second: more at once would take all threads and the memory
_turns = threading.BoundedSemaphore(AT_ONCE)
_hasher = PasswordHasher()  # argon2id, 64 MiB, t=3, p=4 (reliability.md §6.3)


def hash_password(password: str) -> str:
    """The hash to store. Refuses PasswordRefused; raises TransactionOpen inside a transaction."""
    check_password_strength(password, common=common_passwords())
    forbid_open_transaction()
    with _turns:
        return _hasher.hash(password)


def check_password(password: str, password_hash: str | None) -> bool:
    """Whether the password belongs to the hash. Without a hash it takes as long and says no."""
    forbid_open_transaction()
    wanted = password_hash or nobodys_hash()
    with _turns:
        try:
            _hasher.verify(wanted, password[: PASSWORD_LENGTH_MAX + 1])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's; asked after a sign-in that succeeded."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def nobodys_hash() -> str:
    """A hash that no password matches on purpose, with today's settings."""
    return _hasher.hash("nobody")


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that everybody tries first, in small letters."""
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())
