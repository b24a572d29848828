"""What is known of where people are; never told to anybody but the rules of dispatch."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tracking.rules import Basis, Place, Switch
from booking.tracking.tables import LivePosition, LocationSharing


def switch_of(session: Session, specialist: UUID) -> Switch:
    """What they chose; nothing is sent by who has not chosen."""
    chosen = session.scalar(select(LocationSharing.switch).where(LocationSharing.specialist_id == specialist))
    return Switch.OFF if chosen is None else Switch(chosen)


def places_of(session: Session, people: Sequence[UUID]) -> dict[UUID, Place]:
    """Where these people stand, of those who stand anywhere."""
    columns = (
        LivePosition.specialist_id, LivePosition.skill_no, LivePosition.pt, LivePosition.free_at, LivePosition.seen_at,
        LivePosition.basis, LivePosition.available,
    )  # fmt: skip
    rows = select(*columns).where(LivePosition.specialist_id.in_(people)).order_by(*columns[:2])
    found: dict[UUID, Place] = {}
    for who, skill, point, free_at, seen_at, basis, available in session.execute(rows):
        skills = (*found[who].skills, skill) if who in found else (skill,)
        found[who] = Place(who, skills, point, free_at, seen_at, Basis(basis), available)
    return found
