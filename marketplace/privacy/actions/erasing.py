"""Erasure: what leads to a person goes now; the key and the files go right after the commit, by a task."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation import audit, files, outbox, vault
from marketplace.foundation.ids import PersonId, derived
from marketplace.people import actions as people
from marketplace.privacy.tables import Consent, Erasure, Window

Parting = Callable[[Session, PersonId, PersonId, datetime], None]
_partings: list[Parting] = []


def at_erasure(part: Parting) -> Parting:
    """Register what a floor above ends for a person in the transaction that erases them: `(session, person, by, now)`.

    Privacy knows none of those floors, and nobody may stay in them for the moment that a task takes.
    """
    _partings.append(part)
    return part


def erase(session: Session, *, person: PersonId, by: PersonId, reason: str | None, now: datetime) -> None:
    """Erase a person (T29). The caller has made sure that no open job, dispute, hold or unpaid money stands against it.

    Money and job records keep their pseudonym. Look-ups, sessions, windows and consents end with this commit, and so
    does what the floors above have registered (`at_erasure`); the task `privacy.shred` then destroys the key and the
    files. Refuses NoSuchPerson, also the second time.
    """
    people.forget(session, person, now=now)
    for part in _partings:
        part(session, person, by, now)
    theirs = (Window.subject_id == person) | (Window.reader_id == person)
    session.execute(update(Window).where(theirs, Window.closed_at.is_(None)).values(closed_at=now))
    active = update(Consent).where(Consent.person_id == person, Consent.withdrawn_at.is_(None))
    session.execute(active.values(withdrawn_at=now))
    session.execute(insert(Erasure).values(person_id=person, asked_at=now, asked_by=by).on_conflict_do_nothing())
    audit.record(
        session, action="privacy.erased", actor=by, subject=person, reason=None if by == person else reason, now=now
    )
    outbox.enqueue(session, "privacy.shred", key=derived("erasure", person), person=person)


def shred(session: Session, *, person: PersonId, now: datetime) -> None:
    """Destroy the key and the files, and write the certificate. Irreversible, and harmless to repeat."""
    fingerprint, count = vault.destroy(person), files.delete_all(person)
    mine = update(Erasure).where(Erasure.person_id == person, Erasure.shredded_at.is_(None))
    session.execute(mine.values(shredded_at=now, key_fingerprint=fingerprint, files=count))
