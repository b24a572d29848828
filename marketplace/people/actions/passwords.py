"""Signing in with a password, and getting a new one by a link.

A password is hashed and compared outside transactions (`people.hashing`), so signing in takes two of them:
`begin_sign_in` counts the try and finds the hash, the edge compares, `finish_sign_in` starts the session.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.foundation import audit, vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.people.actions.accounts import lock_person
from marketplace.people.actions.contacts import prove
from marketplace.people.actions.limits import count_try, forgive, key_of
from marketplace.people.actions.sessions import Started, end_sessions, start_session
from marketplace.people.queries import find_by_blind, understand_contact
from marketplace.people.rules import (
    LINK_LIFE,
    RESETS_PER_ACCOUNT,
    RESETS_PER_ADDRESS,
    SIGN_INS_PER_ACCOUNT,
    SIGN_INS_PER_ADDRESS,
    LinkRefused,
    NotAContact,
    WrongSignIn,
)
from marketplace.people.tables import Contact, PersonRow, ResetLink


@dataclass(frozen=True)
class SignIn:
    """A try to sign in that was counted. The same shape for an account that does not exist: then without a hash."""

    person_id: PersonId | None
    password_hash: str | None = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class ResetRequested:
    """A link was asked for. When `person_id` is None nobody is written to, and the page says the same."""

    id: UUID | None
    person_id: PersonId | None
    contact_id: UUID | None


def begin_sign_in(session: Session, *, account: str, region: str, network_address: str, now: datetime) -> SignIn:
    """Count a try with a user name, e-mail or phone (M23). Commit it, then compare with `hashing.check_password`.

    Refuses TooManyTries, alike for accounts that exist and those that do not.
    """
    blind = _blind_of(account, region)
    key = key_of("sign_in", blind)
    count_try(session, "sign_in", key, SIGN_INS_PER_ACCOUNT, now=now)
    count_try(session, "sign_in_from", key_of("sign_in_from", network_address), SIGN_INS_PER_ADDRESS, now=now)
    person = _find(session, blind)
    row = None if person is None else session.get(PersonRow, person)
    if row is None or row.disabled_at is not None or row.erased_at is not None:
        return SignIn(None, None, key)
    return SignIn(PersonId(row.id), row.password_hash, key)


def finish_sign_in(
    session: Session,
    sign_in: SignIn,
    *,
    matches: bool,
    now: datetime,
    device: str | None = None,
    replaces: UUID | None = None,
) -> Started:
    """Start the session when the password matched. Refuses WrongSignIn, also when it was changed in between."""
    if not matches or sign_in.person_id is None:
        raise WrongSignIn()
    row = session.get(PersonRow, sign_in.person_id, with_for_update={"read": True}, populate_existing=True)
    if row is None or row.password_hash != sign_in.password_hash or row.disabled_at or row.erased_at:
        raise WrongSignIn()
    forgive(session, "sign_in", sign_in.key)
    return start_session(session, person=sign_in.person_id, now=now, device=device, replaces=replaces)


def set_password(
    session: Session, *, person: PersonId, password_hash: str, now: datetime, keep: UUID | None = None
) -> None:
    """Store the hash made by `hashing.hash_password`; all sessions end but the one to keep."""
    row = lock_person(session, person)
    row.password_hash, row.password_set_at = password_hash, now
    session.flush()
    end_sessions(session, person, because="password_changed", now=now, keep=keep)
    audit.record(session, action="people.password_set", actor=person, subject=person, reason=None, now=now)


def request_reset(
    session: Session, *, account: str, region: str, network_address: str, now: datetime
) -> ResetRequested:
    """Make a link to a new password (M25); an earlier one is void. The caller sends the letter `reset` with the id.

    It goes to the account's e-mail, or to its phone where it has none. Refuses TooManyTries; an unknown account is
    answered alike, and nobody is written to.
    """
    blind = _blind_of(account, region)
    count_try(session, "reset", key_of("reset", blind), RESETS_PER_ACCOUNT, now=now)
    count_try(session, "reset_from", key_of("reset_from", network_address), RESETS_PER_ADDRESS, now=now)
    person = _find(session, blind)
    contact = None if person is None else _where_to(session, person, blind)
    if person is None or contact is None:
        return ResetRequested(None, None, None)
    lock_person(session, person)  # two requests at once: the second voids the first
    open_links = update(ResetLink).where(ResetLink.person_id == person, ResetLink.used_at.is_(None))
    session.execute(open_links.where(ResetLink.voided_at.is_(None)).values(voided_at=now))
    id, nonce = uuid7(), secrets.token_bytes(32)
    session.add(
        ResetLink(
            id=id, person_id=person, contact_id=contact, nonce=nonce, token_hash=_hash(_token(id, nonce)),
            asked_at=now, expires_at=now + LINK_LIFE,
        )
    )  # fmt: skip
    session.flush()
    return ResetRequested(id, person, contact)


def link_token(session: Session, id: UUID, *, now: datetime) -> str | None:
    """What stands in the link, for the letter alone; None when it is void, used or too old by then."""
    row = session.get(ResetLink, id)
    return _token(row.id, row.nonce) if row is not None and _is_open(row, now) else None


def link_is_open(session: Session, token: str, *, now: datetime) -> bool:
    """Whether the page may ask for a new password; using the link is what counts."""
    row = session.scalar(select(ResetLink).where(ResetLink.token_hash == _hash(token)))
    return row is not None and _is_open(row, now)


def reset(session: Session, *, token: str, password_hash: str, now: datetime) -> PersonId:
    """Use the link once: the new password is set and every session ends. Refuses LinkRefused."""
    row = session.scalar(
        select(ResetLink)
        .where(ResetLink.token_hash == _hash(token))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or not _is_open(row, now):
        raise LinkRefused()
    row.used_at = now
    session.flush()
    person = PersonId(row.person_id)
    prove(session, row.contact_id, now=now)
    set_password(session, person=person, password_hash=password_hash, now=now)
    return person


def _blind_of(account: str, region: str) -> bytes:
    try:
        return understand_contact(account, region).blind
    except NotAContact:
        return vault.blind("username", account.strip().lower())


def _find(session: Session, blind: bytes) -> PersonId | None:
    found = find_by_blind(session, blind) or session.scalar(
        select(PersonRow.id).where(PersonRow.username_blind == blind, PersonRow.erased_at.is_(None))
    )
    return None if found is None else PersonId(found)


def _where_to(session: Session, person: PersonId, blind: bytes) -> UUID | None:
    """The contact that was named when it is an e-mail, else any proved e-mail, else the phone."""
    mine = select(Contact.id).where(Contact.person_id == person, Contact.is_active)
    wanted = (Contact.kind == "email").desc(), (Contact.blind == blind).desc(), Contact.verified_at.desc().nulls_last()
    return session.scalar(mine.order_by(*wanted).limit(1))


def _is_open(row: ResetLink, now: datetime) -> bool:
    return row.used_at is None and row.voided_at is None and now < row.expires_at


def _token(id: UUID, nonce: bytes) -> str:
    return base64.urlsafe_b64encode(vault.blind_bytes("reset link", id.bytes + nonce)).decode().rstrip("=")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
