"""What is known of where people are; never told to anybody but the rules of dispatch."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tracking.rules import Basis, Place, Switch
from booking.tracking.tables import LivePosition, LocationSharing
from marketplace.foundation.places import Point


def switch_of(session: Session, specialist: UUID) -> Switch:
    """What they chose; nothing is sent by who has not chosen."""
    chosen = session.scalar(select(LocationSharing.switch).where(LocationSharing.specialist_id == specialist))
    return Switch.OFF if chosen is None else Switch(chosen)


def hiding(session: Session, people: Collection[UUID]) -> set[UUID]:
    """Who of these sends where they are for their own offers alone: nobody is shown where, or how far that is."""
    chosen = select(LocationSharing.specialist_id).where(
        LocationSharing.specialist_id.in_(people), LocationSharing.switch == Switch.HIDE
    )
    return set(session.scalars(chosen))


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


def points_of(session: Session, people: Collection[UUID], *, skill_no: int) -> list[Point]:
    """From where these people of a trade could set out for their next job; whoever stands nowhere is left out."""
    rows = select(LivePosition.pt).where(LivePosition.specialist_id.in_(people), LivePosition.skill_no == skill_no)
    return list(session.scalars(rows))
