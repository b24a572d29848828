"""The people of finance as their colleagues see them: by name, for an exception that they have to do with.

A name is opened like any other: with the exception as the case behind it, and a row that tells its owner.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import PersonId
from marketplace.foundation.vault import Erased
from marketplace.people import queries as people
from marketplace.people.rules import NoSuchPerson
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import BudgetSpent, NothingGiven
from web.identity import Req

MARK_LENGTH = 8


def of_finance(session: Session, *, now: datetime) -> list[PersonId]:
    """Everybody who can be given an exception."""
    return [each for each in people.people_with_role(session, "finance", now=now) if _works(session, each)]


def names(session: Session, request: Req, wanted: Iterable[UUID], *, case: UUID, now: datetime) -> dict[UUID, str]:
    """What these people are called; whose name cannot be opened now is called by the end of the id."""
    reader = Reader(request.user.person_id, "finance", device=request.user.session)
    return {each: _name(session, reader, each, case, now) for each in dict.fromkeys(wanted)}


def _name(session: Session, reader: Reader, person: UUID, case: UUID, now: datetime) -> str:
    short = person.hex[-MARK_LENGTH:]
    if person == reader.person_id:
        return privacy.own(session, person=reader.person_id, field="name") or short
    try:
        return privacy.reveal(
            session, subject=PersonId(person), field="name", reader=reader, purpose="pay", case=case, now=now
        )
    except (BudgetSpent, NothingGiven, Erased):
        return short


def _works(session: Session, person: PersonId) -> bool:
    try:
        return people.person(session, person).is_active
    except NoSuchPerson:
        return False
