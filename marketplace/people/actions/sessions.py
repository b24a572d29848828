"""Sessions: started, looked up with every request, ended.

The cookie carries 256 random bits; the database knows their SHA-256 only. How long a session lives follows from the
roles its person holds at this moment, so that a new role shortens it at once.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.people.queries import Held, find_person, roles_of
from marketplace.people.rules import VISITOR_LIFE, is_alive, is_stepped_up, life_of
from marketplace.people.tables import WebSession

TOUCH_EVERY = timedelta(seconds=30)  # a page of ten requests writes once
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Started:
    """A new session; the token goes into the cookie and is nowhere else."""

    id: UUID
    token: str
    person_id: PersonId | None


@dataclass(frozen=True)
class SignedIn:
    """Who stands behind a request. `person_id` is None for a visitor."""

    session_id: UUID
    person_id: PersonId | None
    roles: tuple[Held, ...]
    language: str | None
    second_factor: bool
    stepped_up: bool

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(held.role for held in self.roles)


def start_session(
    session: Session,
    *,
    person: PersonId | None,
    now: datetime,
    device: str | None = None,
    replaces: UUID | None = None,
    second_factor: bool = False,
) -> Started:
    """A new session for a person, or for a visitor; the one it replaces ends (a new id at each rise of privilege).

    `device` is type and system in words, nothing more of the user agent (T12).
    """
    id, token = uuid7(), secrets.token_urlsafe(TOKEN_BYTES)
    if replaces is not None:
        _end(session, WebSession.id == replaces, because="replaced", now=now)
    sealed = None
    if device is not None and person is not None:
        sealed = vault.seal(person, vault.place("web_session", "device", id), device[:80])
    session.add(
        WebSession(
            id=id, token_hash=_hash(token), person_id=person, device=sealed, started_at=now, last_seen_at=now,
            second_factor_at=now if second_factor else None, confirmed_at=now if person else None,
        )
    )  # fmt: skip
    session.flush()
    return Started(id, token, person)


def touch(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """Who this cookie stands for; None when the session is unknown, ended, too old, or its person disabled."""
    row = session.scalar(
        select(WebSession)
        .where(WebSession.token_hash == _hash(token), WebSession.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    person = None if row.person_id is None else find_person(session, row.person_id)
    if person is not None and not person.is_active:
        return None
    roles = () if person is None else tuple(roles_of(session, person.id, now=now))
    life = VISITOR_LIFE if person is None else life_of(held.role for held in roles)
    if not is_alive(life, started_at=row.started_at, last_seen_at=row.last_seen_at, now=now):
        return None
    if now - row.last_seen_at >= TOUCH_EVERY:
        mine = update(WebSession).where(WebSession.id == row.id, WebSession.ended_at.is_(None))
        session.execute(mine.values(last_seen_at=now))
    return SignedIn(
        row.id, None if person is None else person.id, roles, None if person is None else person.language,
        row.second_factor_at is not None, is_stepped_up(row.confirmed_at, now=now),
    )  # fmt: skip


def end_session(session: Session, id: UUID, *, person: PersonId | None, now: datetime) -> bool:
    """End one session of this person (sign-out, or "end" in the list of devices). False when there was none."""
    return _end(
        session, WebSession.id == id, WebSession.person_id.is_not_distinct_from(person), because="ended", now=now
    )


def end_sessions(session: Session, person: UUID, *, because: str, now: datetime, keep: UUID | None = None) -> bool:
    """End all sessions of a person at once, but for the one to keep. `because` is a word of ours."""
    others = () if keep is None else (WebSession.id != keep,)
    return _end(session, WebSession.person_id == person, *others, because=because, now=now)


def mark_second_factor(session: Session, id: UUID, *, now: datetime) -> None:
    """The person of this session has shown the second factor."""
    session.execute(update(WebSession).where(WebSession.id == id).values(second_factor_at=now, confirmed_at=now))


def mark_stepped_up(session: Session, id: UUID, *, now: datetime) -> None:
    """The person of this session was confirmed just now; good for five minutes."""
    session.execute(update(WebSession).where(WebSession.id == id).values(confirmed_at=now))


def _end(session: Session, *which: ColumnElement[bool], because: str, now: datetime) -> bool:
    still_open = update(WebSession).where(*which, WebSession.ended_at.is_(None))
    ended = session.scalars(still_open.values(ended_at=now, ended_because=because).returning(WebSession.id))
    return bool(ended.all())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
