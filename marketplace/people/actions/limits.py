"""How often something may be tried; counted in the database, so that every process counts alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.people.rules import DAY, Limit, TooManyTries, free_again_at
from marketplace.people.tables import Attempt

LONGEST = timedelta(days=1)


def key_of(kind: str, whose: str | bytes) -> bytes:
    """The blind key under which tries are counted: never the contact or the address itself."""
    return vault.blind_bytes(f"attempt {kind}", whose.encode() if isinstance(whose, str) else whose)


def tries_of(session: Session, kind: str, key: bytes, *, now: datetime) -> list[datetime]:
    """The moments of the last day; locks the counter until the transaction ends, so that none is counted past."""
    lock = int.from_bytes(key[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
    mine = Attempt.kind == kind, Attempt.key == key, Attempt.at > now - DAY
    return list(session.scalars(select(Attempt.at).where(*mine)))


def count_try(session: Session, kind: str, key: bytes, limits: Sequence[Limit], *, now: datetime) -> None:
    """Count one try, or raise TooManyTries. The same whether anybody stands behind the key or not."""
    again_at = free_again_at(limits, tries_of(session, kind, key, now=now), now=now)
    if again_at is not None:
        raise TooManyTries(again_at)
    session.add(Attempt(kind=kind, key=key, at=now))
    session.flush()


def forgive(session: Session, kind: str, key: bytes) -> None:
    """Success ends the count."""
    session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.key == key))
