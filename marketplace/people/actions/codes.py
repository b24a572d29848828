"""One-time codes by SMS or e-mail: six digits, five minutes, five tries, once.

A code is never stored, not even hashed: it is read out of the HMAC of its row's random nonce, with the key that lies
in no database. The letter computes it when it is sent, `confirm_code` when it is typed. A contact that nobody has
gets a row as well, which no letter is sent for, so that asking and guessing look alike.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.languages import ascii_digits
from marketplace.people.actions.contacts import prove
from marketplace.people.actions.limits import count_try, key_of, tries_of
from marketplace.people.actions.sessions import mark_stepped_up
from marketplace.people.queries import Reference, understand_contact
from marketplace.people.rules import (
    CODE_DIGITS,
    CODE_LIFE,
    CODE_TRIES,
    CODES_IN_ALL,
    CODES_PER_ADDRESS,
    CODES_PER_CONTACT,
    NotAContact,
    TooManyTries,
    WrongCode,
    next_code_at,
)
from marketplace.people.tables import Attempt, Contact, OneTimeCode, PersonRow


@dataclass(frozen=True)
class CodeRequested:
    """A code was asked for. When `person_id` is None nobody is written to, and the page says the same."""

    id: UUID
    person_id: PersonId | None
    contact_id: UUID | None
    expires_at: datetime


@dataclass(frozen=True)
class Confirmed:
    """The code was right."""

    person_id: PersonId
    contact_id: UUID


def request_code(
    session: Session,
    *,
    contact: str,
    region: str,
    purpose: str,
    bound_to: UUID,
    network_address: str,
    now: datetime,
    person: PersonId | None = None,
) -> CodeRequested:
    """Make a code for a contact; an earlier one for the same contact and purpose is void.

    `bound_to` is the session that asks; the code works nowhere else. With `person`, the contact is one of theirs,
    proved or not (purpose `confirm_contact`); without, the account found by it. The caller sends the letter `code`
    with the id when `person_id` is given. Refuses NotAContact, TooManyTries (5 an hour and 10 a day for each contact,
    30, 60 and 120 seconds between two, and limits for each network address and for all together).
    """
    reference = understand_contact(contact, region)
    key = key_of("code", reference.blind)
    _count(session, key, network_address, now)
    found = _find(session, reference, person)
    return _make(session, found, key, purpose=purpose, bound_to=bound_to, now=now)


def request_again(
    session: Session, *, id: UUID, purpose: str, bound_to: UUID, network_address: str, now: datetime
) -> CodeRequested:
    """Another code for the contact of an earlier one, which nobody has to type again; counted and answered alike
    whether somebody has that contact or not.

    Refuses NotAContact when this session asked for no such code within a day, or the contact was given up meanwhile;
    TooManyTries.
    """
    row = session.get(OneTimeCode, id)
    key = session.scalar(select(Attempt.key).where(Attempt.kind == _counter_of(id)))
    if row is None or key is None or row.bound_to != bound_to or row.purpose != purpose:
        raise NotAContact()
    _count(session, key, network_address, now)
    found = None
    if row.contact_id is not None:
        found = session.scalar(select(Contact).where(Contact.id == row.contact_id, Contact.ended_at.is_(None)))
        if found is None:
            raise NotAContact()
    return _make(session, found, key, purpose=purpose, bound_to=bound_to, now=now)


def _make(
    session: Session, found: Contact | None, key: bytes, *, purpose: str, bound_to: UUID, now: datetime
) -> CodeRequested:
    if found is not None:
        earlier = update(OneTimeCode).where(
            OneTimeCode.contact_id == found.id, OneTimeCode.purpose == purpose, OneTimeCode.used_at.is_(None)
        )
        session.execute(earlier.values(voided_at=now))
    row = OneTimeCode(
        id=uuid7(), person_id=found and found.person_id, contact_id=found and found.id, purpose=purpose,
        bound_to=bound_to, nonce=secrets.token_bytes(32), asked_at=now, expires_at=now + CODE_LIFE, tries=0,
    )  # fmt: skip
    session.add(row)
    session.add(Attempt(kind=_counter_of(row.id), key=key, at=now))
    session.flush()
    person_id = None if found is None else PersonId(found.person_id)
    return CodeRequested(row.id, person_id, row.contact_id, row.expires_at)


def _counter_of(code: UUID) -> str:
    # Under this name stands the counter of the code's contact: the row itself knows only contacts that somebody has.
    return f"code {code}"


def _count(session: Session, key: bytes, network_address: str, now: datetime) -> None:
    # Always in this order: contact, address, all; so two requests wait for each other and never for themselves.
    again_at = next_code_at(tries_of(session, "code", key, now=now), now=now)
    if again_at is not None:
        raise TooManyTries(again_at)
    count_try(session, "code", key, CODES_PER_CONTACT, now=now)
    count_try(session, "code_from", key_of("code_from", network_address), CODES_PER_ADDRESS, now=now)
    count_try(session, "code_all", key_of("code_all", "all"), CODES_IN_ALL, now=now)


def _find(session: Session, reference: Reference, person: PersonId | None) -> Contact | None:
    wanted = select(Contact).where(Contact.blind == reference.blind, Contact.ended_at.is_(None))
    if person is None:
        active = PersonRow.disabled_at.is_(None), PersonRow.erased_at.is_(None)
        return session.scalar(wanted.join(PersonRow).where(Contact.is_active, *active))
    found = session.scalar(wanted.where(Contact.person_id == person))
    if found is None:
        raise NotAContact()
    return found


def code_text(session: Session, id: UUID, *, now: datetime) -> str | None:
    """The digits, for the letter alone; None when the code is used, void or too old by the time it would be sent."""
    row = session.get(OneTimeCode, id)
    if row is None or row.person_id is None or not _is_open(row, now):
        return None
    return _digits(row)


def confirm_code(
    session: Session, *, id: UUID, purpose: str, bound_to: UUID, typed: str, now: datetime
) -> Confirmed | WrongCode:
    """Compare what was typed, in any script of digits. Returns WrongCode instead of raising: the try must be kept.

    The right code proves the contact, and confirms the session for five minutes when it was asked for as a
    `step_up`. Refuses ContactTaken when the contact was proved by another account meanwhile.
    """
    row = session.get(OneTimeCode, id, with_for_update=True, populate_existing=True)
    if row is None or row.bound_to != bound_to or row.purpose != purpose or not _is_open(row, now):
        return WrongCode(0)
    row.tries += 1
    right = hmac.compare_digest(_digits(row).encode(), ascii_digits("".join(typed.split())).encode())
    if not right or row.person_id is None or row.contact_id is None:
        session.flush()
        return WrongCode(CODE_TRIES - row.tries)
    row.used_at = now
    session.flush()
    prove(session, row.contact_id, now=now)
    if purpose == "step_up":
        mark_stepped_up(session, bound_to, now=now)
    return Confirmed(PersonId(row.person_id), row.contact_id)


def _is_open(row: OneTimeCode, now: datetime) -> bool:
    return row.used_at is None and row.voided_at is None and now < row.expires_at and row.tries < CODE_TRIES


def _digits(row: OneTimeCode) -> str:
    drawn = int.from_bytes(vault.blind_bytes("one-time code", row.id.bytes + row.nonce))
    return f"{drawn % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
