"""A ticket's two rows, whose queue it is on, and who is in that team: the right to it, asked every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.jobs import record as jobs
from booking.jobs.rules import JobNotFound, StaleVersion
from booking.jobs.tables import Job
from booking.tickets.rules import DUE_SETTINGS
from booking.tickets.tables import TeamLook, Ticket
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.organizations import teams
from marketplace.organizations.queries import home
from marketplace.organizations.tables import SettingRow, TeamMember

WORDS = "words"  # the one answer of a ticket


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket's two rows, locked."""

    row: Job
    ticket: Ticket


def locked(session: Session, job: UUID) -> Held:
    """Both rows, ours until the transaction ends. Refuses JobNotFound, also for a job of another kind."""
    row = jobs.locked(session, job, tickets=True)
    ticket = session.get(Ticket, job, populate_existing=True)
    if ticket is None:
        raise JobNotFound()
    return Held(row, ticket)


def check_seen(held: Held, seen: int | None) -> None:
    """Refuses StaleVersion where it has moved on since whoever acts saw it."""
    if seen is not None and seen != held.row.version:
        raise StaleVersion(seen, held.row.version)


def team_of(session: Session, ticket: Ticket) -> UUID | None:
    """Whose it is: the team of whoever took it, else the one on duty now; None where nobody is."""
    return ticket.team_id or teams.owner_of(session, ticket.building_id, ticket.trade)


def is_member(session: Session, team: UUID | None, person: PersonId, *, at: datetime, lock: bool = False) -> bool:
    """Whether the person is in the team at that moment.

    With `lock` the membership cannot end before this transaction does: a leaving that comes first is waited for.
    """
    if team is None:
        return False
    asked = select(TeamMember.id).where(
        TeamMember.team_id == team,
        TeamMember.person_id == person,
        TeamMember.joined_at <= at,
        or_(TeamMember.left_at.is_(None), TeamMember.left_at > at),
    )
    return session.scalars(asked.with_for_update(read=True) if lock else asked).first() is not None


def hours(session: Session, compound: UUID) -> dict[str, int]:
    """How long each urgency may take: the compound's own settings over those of the house."""
    own = select(SettingRow).where(
        SettingRow.organization_id == compound, SettingRow.scope == "", SettingRow.key.in_(DUE_SETTINGS.values())
    )
    mine: Mapping[str, int] = {row.key: row.value for row in session.scalars(own) if isinstance(row.value, int)}
    return {**home(session).settings, **mine}


def note_look(
    session: Session, team: UUID, person: PersonId, *, at: datetime, job: UUID | None = None, shown: Sequence[UUID] = ()
) -> None:
    """Write down that one of the team looked, in the transaction of the look itself (T20)."""
    session.add(TeamLook(id=uuid7(), team_id=team, person_id=person, job_id=job, shown=list(shown), looked_at=at))
    session.flush()
