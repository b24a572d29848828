"""Accounts: made once for a contact, changed by their owner, forgotten on request."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation import audit, vault
from marketplace.foundation.database import broken_constraint
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.sealed import Sealed
from marketplace.people.actions.contacts import claim
from marketplace.people.actions.sessions import end_sessions
from marketplace.people.queries import find_by_blind, understand_contact
from marketplace.people.rules import (
    AGE_MIN,
    LANGUAGES,
    NoSuchPerson,
    UsernameTaken,
    check_age,
    clean_name,
    clean_username,
)
from marketplace.people.tables import (
    Address,
    Contact,
    OneTimeCode,
    PersonRow,
    RecoveryCode,
    ResetLink,
    RoleGrant,
    Totp,
    WebSession,
)


@dataclass(frozen=True)
class Registered:
    """The account of a contact, and whether it was made just now. Both cases are answered alike to the outside."""

    person_id: PersonId
    contact_id: UUID
    is_new: bool


def register(
    session: Session,
    *,
    name: str,
    contact: str,
    region: str,
    now: datetime,
    today: date | None = None,
    language: str = "en",
    born_on: date | None = None,
    stated_age: int | None = None,
    age_min: int = AGE_MIN,
    entered_by: PersonId | None = None,
) -> Registered:
    """An account for a name and one contact, as a customer; or the account that this contact has already, untouched.

    Somebody too young is refused before anything is stored. No password can be given here: the contact is not proved
    yet, and whoever proves it sets one. `today` is the day where the person is; without it, the day in UTC.
    `entered_by` is the agent who took a call. The acceptance of the policy is written by `privacy.accept` in the
    same transaction. Refuses TooYoung, AgeNotStated, NameRefused, NotAContact.
    """
    age = check_age(born_on=born_on, stated_age=stated_age, today=today or now.date(), age_min=age_min)
    reference, tidy = understand_contact(contact, region), clean_name(name)
    id = PersonId(uuid7())
    session.add(
        PersonRow(
            id=id, name=vault.seal(id, vault.place("person", "name", id), tidy), born_on=_sealed_birth(id, born_on),
            stated_age=age, language=language if language in LANGUAGES else "en", created_at=now, entered_by=entered_by,
        )
    )  # fmt: skip
    session.flush()
    contact_id = claim(session, id, reference, now=now)
    if contact_id is None:  # somebody has it, perhaps since a moment ago: take our row back, change nothing of theirs
        session.delete(session.get_one(PersonRow, id))
        session.flush()
        return _existing(session, reference.blind)
    _grant_customer(session, id, entered_by, now)
    audit.record(session, action="people.registered", actor=entered_by or id, subject=id, reason=None, now=now)
    return Registered(id, contact_id, is_new=True)


def _sealed_birth(id: PersonId, born_on: date | None) -> Sealed | None:
    return None if born_on is None else vault.seal(id, vault.place("person", "born_on", id), born_on.isoformat())


def _existing(session: Session, blind: bytes) -> Registered:
    person = find_by_blind(session, blind)
    contact = session.scalar(select(Contact.id).where(Contact.blind == blind, Contact.is_active))
    if person is None or contact is None:
        raise NoSuchPerson()  # ended between the two looks: trying again makes an account
    return Registered(person, contact, is_new=False)


def _grant_customer(session: Session, id: PersonId, by: PersonId | None, now: datetime) -> None:
    session.add(RoleGrant(id=uuid7(), person_id=id, role="customer", granted_at=now, granted_by=by or id))
    session.flush()


def change_name(session: Session, *, person: PersonId, name: str, by: PersonId, now: datetime) -> None:
    """Correct a name (T28). Refuses NameRefused, NoSuchPerson."""
    tidy = clean_name(name)
    row = lock_person(session, person)
    row.name = vault.seal(person, vault.place("person", "name", person), tidy)
    session.flush()
    audit.record(session, action="people.name_changed", actor=by, subject=person, reason=None, now=now)


def change_language(session: Session, *, person: PersonId, language: str) -> None:
    """The language of pages and letters; one we do not have changes nothing."""
    row = lock_person(session, person)
    if language in LANGUAGES:
        row.language = language
        session.flush()


def set_username(session: Session, *, person: PersonId, username: str | None, now: datetime) -> None:
    """Choose, change or drop the user name. Refuses UsernameRefused, UsernameTaken, NoSuchPerson."""
    tidy = None if username is None else clean_username(username)
    row = lock_person(session, person)
    try:
        with session.begin_nested():
            row.username = vault.seal(person, vault.place("person", "username", person), tidy) if tidy else None
            row.username_blind = vault.blind("username", tidy) if tidy else None
            session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == "person_username_blind_key":
            raise UsernameTaken() from None
        raise
    audit.record(session, action="people.username_set", actor=person, subject=person, reason=None, now=now)


def state_age(session: Session, *, person: PersonId, stated_age: int, now: datetime) -> None:
    """Raise the age the person says to have reached, before taking a working role."""
    row = lock_person(session, person)
    row.stated_age = max(row.stated_age, stated_age)
    session.flush()
    audit.record(
        session, action="people.age_stated", actor=person, subject=person, reason=None, now=now, age=stated_age
    )


def disable(session: Session, *, person: PersonId, by: PersonId, reason: str, now: datetime) -> None:
    """Shut an account out; all its sessions end at once (ASVS 7.4.2)."""
    row = lock_person(session, person)
    row.disabled_at = row.disabled_at or now
    session.flush()
    end_sessions(session, person, because="disabled", now=now)
    audit.record(session, action="people.disabled", actor=by, subject=person, reason=reason, now=now)


def enable(session: Session, *, person: PersonId, by: PersonId, reason: str, now: datetime) -> None:
    """Let an account in again."""
    lock_person(session, person).disabled_at = None
    session.flush()
    audit.record(session, action="people.enabled", actor=by, subject=person, reason=reason, now=now)


def forget(session: Session, person: PersonId, *, now: datetime) -> None:
    """This floor's part of erasure: no look-up leads to the person any more, and nobody is signed in.

    The values themselves become unreadable when `privacy` destroys the key. The row stays as a pseudonym, which
    money and job records point to.
    """
    row = lock_person(session, person)
    end_sessions(session, person, because="erased", now=now)
    row.name = row.born_on = row.username = row.username_blind = None
    row.password_hash = row.password_set_at = None
    row.erased_at = now
    session.flush()
    gone = {"value": None, "blind": None, "last4_blind": None, "is_active": False, "ended_at": now}
    session.execute(update(Contact).where(Contact.person_id == person).values(**gone))
    nothing = {"label": None, "line": None, "unit": None, "directions": None, "pin": None, "cell": None}
    session.execute(update(Address).where(Address.person_id == person).values(**nothing, ended_at=now))
    session.execute(update(WebSession).where(WebSession.person_id == person).values(device=None))
    session.execute(update(RoleGrant).where(RoleGrant.person_id == person).values(ended_at=now))
    for table in (OneTimeCode, ResetLink, RecoveryCode, Totp):
        session.execute(delete(table).where(table.person_id == person))
    audit.record(session, action="people.forgotten", actor=None, subject=person, reason=None, now=now)


def lock_person(session: Session, person: UUID) -> PersonRow:
    """The account's row, locked. Raises NoSuchPerson, also when it was erased."""
    row = session.scalar(
        select(PersonRow)
        .where(PersonRow.id == person, PersonRow.erased_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchPerson()
    return row
