"""Telling everybody of new rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.conduct import versions
from booking.conduct.tables import ConductRules
from marketplace.foundation.ids import derived
from marketplace.notices import actions as notices
from marketplace.specialists import queries as specialists


def tell_rules(session: Session, id: UUID, *, now: datetime) -> int:
    """One letter to every specialist of the organization who has not left. Returns to how many."""
    row = session.get_one(ConductRules, id)
    version = versions.version(row)
    people = specialists.all_of(session, row.organization_id)
    for who in people:
        notices.send(
            session, to=who, letter="conduct_rules", key=derived("letter", version.id, who), now=now, rules=version.id
        )
    return len(people)
