"""A sealed value: what a personal value is everywhere outside the vault."""

import hmac
from typing import NoReturn

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Sealed:
    """A value that only the vault can open. Printing, formatting or templating one is refused, by accident too."""

    __slots__ = ("_ciphertext",)

    def __init__(self, ciphertext: bytes) -> None:
        self._ciphertext = bytes(ciphertext)

    @property
    def ciphertext(self) -> bytes:
        """What the database, the hash of the journal or a file stores."""
        return self._ciphertext

    def __repr__(self) -> str:
        return "Sealed(…)"

    def _refuse(self) -> NoReturn:
        raise TypeError("a sealed value is shown through privacy.reveal only")

    def __str__(self) -> str:  # noqa: PLE0307  it never returns
        self._refuse()

    def __format__(self, _: str) -> str:
        self._refuse()

    def __html__(self) -> str:
        self._refuse()

    def __reduce__(self) -> NoReturn:
        self._refuse()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and hmac.compare_digest(self._ciphertext, other._ciphertext)

    def __hash__(self) -> int:
        return hash(self._ciphertext)


class SealedBytes(TypeDecorator[Sealed]):
    """The column type of a sealed value: bytes in the database, `Sealed` in Python."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        del dialect
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("only a sealed value may be stored here")
        return None if value is None else value.ciphertext

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        del dialect
        return None if value is None else Sealed(value)


SealedText = SealedBytes  # a text is sealed as its UTF-8 bytes
