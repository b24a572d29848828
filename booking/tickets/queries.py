"""What a team reads of its queue and a resident of their tickets. A look of the team is written with the look itself.

Whoever is not in the team at that moment, or is not the resident, finds nothing (404), never "forbidden". The name and
number of the resident are not here: `privacy.reveal` shows them to whoever took the ticket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs import record as job_record
from booking.jobs.queries import Happened
from booking.jobs.rules import SYSTEM, Actor, JobNotFound
from booking.jobs.tables import Job
from booking.jobs.transitions import possible
from booking.jobs.words import TICKET_STATUS, Event, Role, State, TicketStatus
from booking.tickets import record
from booking.tickets.record import WORDS
from booking.tickets.rules import Urgency
from booking.tickets.tables import TeamLook, Ticket
from marketplace.foundation import vault
from marketplace.foundation.ids import JobId, OrganizationId, PersonId, ServiceId
from marketplace.organizations import sites
from marketplace.organizations.site_rules import TeamNotFound
from marketplace.organizations.site_tables import Building, TeamDuty, Unit

LOOKS_MOST = 100
_RANK = case({each.value: place for place, each in enumerate(Urgency)}, value=Ticket.urgency)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A ticket as a row of a list: where and what, no word of the resident's. `delayed_until` while it is delayed."""

    job: JobId
    number: str
    service: ServiceId
    urgency: Urgency
    due_at: datetime
    unit_label: str
    building_name: str
    state: State
    taken_by: PersonId | None
    delayed_until: datetime | None
    submitted_at: datetime

    @property
    def status(self) -> TicketStatus:
        return TICKET_STATUS[self.state]


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as its reader sees it, resident or team: the same words and the same steps.

    `words` is None once the resident has been erased. `team` is whose it is now, None where nobody is on duty.
    `may` lists what this reader can do now.
    """

    job: JobId
    number: str
    version: int
    service: ServiceId
    trade: str
    urgency: Urgency
    due_at: datetime
    submitted_at: datetime
    unit: UUID
    unit_label: str
    building_name: str
    compound: OrganizationId
    compound_name: Mapping[str, str]
    team: UUID | None
    words: str | None
    state: State
    status: TicketStatus
    delay_reason: str | None
    delayed_until: datetime | None
    resident: PersonId
    taken_by: PersonId | None
    steps: tuple[Happened, ...]
    may: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One look of one of the team; `whole` when it was at the ticket itself, else at a queue that showed it."""

    person: PersonId
    team: UUID
    at: datetime
    whole: bool


class Found(NamedTuple):
    """Everything a ticket's view is made of."""

    row: Job
    ticket: Ticket
    unit: Unit
    building: Building


def queue(session: Session, person: PersonId, *, team: UUID, at: datetime) -> list[QueueItem]:
    """What the team has to do, by urgency, then when it is due, then number: what waits for anybody of it, and what
    they have taken and not finished. The look is written down. Refuses TeamNotFound unless one is in the team now."""
    if not record.is_member(session, team, person, at=at):
        raise TeamNotFound()
    duty = and_(TeamDuty.building_id == Ticket.building_id, TeamDuty.trade == Ticket.trade)
    theirs = or_(Ticket.team_id == team, and_(Ticket.team_id.is_(None), TeamDuty.team_id == team))
    asked = every().outerjoin(TeamDuty, duty).where(theirs, Ticket.finished_at.is_(None))
    rows = session.execute(asked.order_by(_RANK, Ticket.due_at, Job.number)).all()
    record.note_look(session, team, person, at=at, shown=[job.id for job, *_ in rows])
    return [as_item(*row) for row in rows]


def read_by_team(session: Session, job: UUID, person: PersonId, *, at: datetime) -> TicketView:
    """A ticket for one of the team it belongs to now, or of the team that did it. The look is written down.

    Refuses JobNotFound to everybody else.
    """
    found = find(session, job)
    team = record.team_of(session, found.ticket)
    if team is None or not record.is_member(session, team, person, at=at):
        raise JobNotFound()
    record.note_look(session, team, person, at=at, job=job)
    return as_view(session, found, Actor(Role.SPECIALIST, person), at=at)


def admit(session: Session, job: UUID, person: PersonId, *, at: datetime) -> None:
    """Whether the person is in the team of this ticket now, and nothing else. Refuses JobNotFound."""
    ticket = session.get(Ticket, job, populate_existing=True)
    if ticket is None or not record.is_member(session, record.team_of(session, ticket), person, at=at):
        raise JobNotFound()


def mine(session: Session, person: PersonId, *, limit: int = 50) -> list[QueueItem]:
    """A resident's own tickets, newest first."""
    asked = every().where(Ticket.resident_id == person).order_by(Job.created_at.desc(), Job.id).limit(limit)
    return [as_item(*row) for row in session.execute(asked)]


def read_by_resident(session: Session, job: UUID, person: PersonId, *, at: datetime) -> TicketView:
    """One's own ticket, with its steps in order and who comes once it is taken. Refuses JobNotFound."""
    found = find(session, job)
    if found.ticket.resident_id != person:
        raise JobNotFound()
    return as_view(session, found, Actor(Role.CUSTOMER, person), at=at)


def looks(session: Session, job: UUID, *, limit: int = LOOKS_MOST) -> list[Look]:
    """Who of a team looked at this ticket and when, newest first: at itself, or at a queue that showed it."""
    asked = select(TeamLook).where(or_(TeamLook.job_id == job, TeamLook.shown.contains([job])))
    rows = session.scalars(asked.order_by(TeamLook.looked_at.desc(), TeamLook.id).limit(limit))
    return [Look(PersonId(row.person_id), row.team_id, row.looked_at, row.job_id is not None) for row in rows]


def every() -> Select[Job, Ticket, Unit, Building]:
    """All there are: whoever asks narrows it to what its reader may see."""
    joined = select(Job, Ticket, Unit, Building).join(Ticket, Ticket.job_id == Job.id)
    joined = joined.join(Unit, Unit.id == Ticket.unit_id).join(Building, Building.id == Ticket.building_id)
    return joined.execution_options(populate_existing=True)


def find(session: Session, job: UUID) -> Found:
    """Anybody's: whoever asks checks whose it is before it is shown. Refuses JobNotFound."""
    row = session.execute(every().where(Job.id == job)).one_or_none()
    if row is None:
        raise JobNotFound()
    return Found(*row)


def as_item(row: Job, ticket: Ticket, unit: Unit, building: Building) -> QueueItem:
    """The ticket as a row of a list."""
    return QueueItem(
        job=JobId(row.id),
        number=row.number,
        service=ServiceId(row.service_id),
        urgency=Urgency(ticket.urgency),
        due_at=ticket.due_at,
        unit_label=unit.label,
        building_name=building.name,
        state=State(row.state),
        taken_by=None if row.specialist_id is None else PersonId(row.specialist_id),
        delayed_until=ticket.delayed_until,
        submitted_at=row.submitted_at or row.created_at,
    )


def as_view(session: Session, found: Found, reader: Actor, *, at: datetime) -> TicketView:
    """The whole ticket for a reader who may see it."""
    row, ticket, unit, building = found
    item, job = as_item(*found), job_record.standing(row, now=at)
    return TicketView(
        job=item.job,
        number=item.number,
        version=row.version,
        service=item.service,
        trade=ticket.trade,
        urgency=item.urgency,
        due_at=item.due_at,
        submitted_at=item.submitted_at,
        unit=unit.id,
        unit_label=unit.label,
        building_name=building.name,
        compound=OrganizationId(ticket.organization_id),
        compound_name=sites.place(session, unit.id).compound_name,
        team=record.team_of(session, ticket),
        words=_words(row),
        state=item.state,
        status=item.status,
        delay_reason=row.delay_reason,
        delayed_until=item.delayed_until,
        resident=PersonId(ticket.resident_id),
        taken_by=item.taken_by,
        steps=jobs.timeline(session, row.id, SYSTEM),
        may=tuple(possible(job, reader)),
    )


def _words(row: Job) -> str | None:
    try:
        return str(job_record.opened(row, "answers")[WORDS])
    except vault.Erased:
        return None
