"""Contacts: claimed with the account, added when proved, ended by their owner.

An account is found by its active contacts only. A number that was typed but never proved can therefore neither lock
its real owner out nor sign them in to somebody else's account.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit, vault
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.people.actions.sessions import end_sessions
from marketplace.people.queries import Reference, understand_contact
from marketplace.people.rules import ContactTaken, LastContact, NoSuchPerson
from marketplace.people.tables import Contact


def claim(session: Session, person: PersonId, reference: Reference, *, now: datetime) -> UUID | None:
    """Make this the contact by which the person is found; None when somebody has it. Race-safe by the index."""
    row = insert(Contact).values(_values(person, reference, is_active=True, now=now))
    free = row.on_conflict_do_nothing(index_elements=[Contact.blind], index_where=text("is_active"))
    return session.scalar(free.returning(Contact.id))


def add_contact(session: Session, *, person: PersonId, contact: str, region: str, now: datetime) -> UUID:
    """Note a further phone or e-mail; it counts once a code sent to it was confirmed. Refuses NotAContact.

    The answer is the same whether the contact belongs to somebody or not.
    """
    reference = understand_contact(contact, region)
    mine = select(Contact.id).where(
        Contact.person_id == person, Contact.blind == reference.blind, Contact.ended_at.is_(None)
    )
    known = session.scalars(mine).first()
    if known is not None:
        return known
    values = _values(person, reference, is_active=False, now=now)
    session.execute(insert(Contact).values(values))
    id = UUID(str(values["id"]))
    _note(session, "people.contact_added", person, id, now)
    return id


def prove(session: Session, contact: UUID, *, now: datetime) -> None:
    """The person has read a code sent to this contact. Refuses ContactTaken when another account proved it before.

    An account that only claimed the contact, and never proved it, loses it.
    """
    row = session.scalar(
        select(Contact).where(Contact.id == contact).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or row.ended_at is not None or row.blind is None:
        raise NoSuchPerson()
    if not row.is_active:
        _take_over(session, row, now=now)
    first_time = row.verified_at is None
    row.verified_at = now
    session.flush()
    if first_time:
        _note(session, "people.contact_proved", PersonId(row.person_id), contact, now)


def _take_over(session: Session, row: Contact, *, now: datetime) -> None:
    key = int.from_bytes((row.blind or b"")[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))  # two accounts may prove one number at once
    other = session.scalar(select(Contact).where(Contact.blind == row.blind, Contact.is_active).with_for_update())
    if other is not None and other.verified_at is not None:
        raise ContactTaken()
    if other is not None:
        other.is_active, other.ended_at = False, now
        session.flush()
    row.is_active = True


def end_contact(session: Session, *, person: PersonId, contact: UUID, now: datetime, keep: UUID | None = None) -> None:
    """Give a contact up: it leads nowhere from now on, stays in its owner's history, and all sessions end but `keep`.

    Refuses LastContact when nothing else reaches the person, NoSuchPerson when the contact is not theirs.
    """
    row = session.scalar(
        select(Contact)
        .where(Contact.id == contact, Contact.person_id == person, Contact.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchPerson()
    another = exists().where(
        Contact.person_id == person, Contact.id != contact, Contact.is_active, Contact.verified_at.is_not(None)
    )
    if row.is_active and not session.scalar(select(another)):
        raise LastContact()
    row.is_active, row.ended_at = False, now
    session.flush()
    end_sessions(session, person, because="contact_changed", now=now, keep=keep)
    _note(session, "people.contact_ended", person, contact, now)


def _note(session: Session, action: str, person: PersonId, contact: UUID, now: datetime) -> None:
    audit.record(session, action=action, actor=person, subject=person, reason=None, now=now, contact=contact)


def _values(person: PersonId, reference: Reference, *, is_active: bool, now: datetime) -> dict[str, object]:
    id = uuid7()
    last4 = vault.blind("last4", reference.value[-4:]) if reference.kind == "phone" else None
    return {
        "id": id, "person_id": person, "kind": reference.kind, "blind": reference.blind, "last4_blind": last4,
        "value": vault.seal(person, vault.place("contact", "value", id), reference.value),
        "is_active": is_active, "added_at": now,
    }  # fmt: skip
