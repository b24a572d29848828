"""What the management of a compound reads of its tickets: the board of all of them, and one with its steps (T19).

Whose compound it is, is asked of the database with every question: another's is not found. Each view writes a
disclosure row for every ticket that it showed, in the transaction of the view itself; its resident reads it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.orm import Session

from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.tables import Job
from booking.jobs.words import Role
from booking.tickets.queries import Found, QueueItem, TicketView, as_item, as_view, every, find
from booking.tickets.tables import Ticket
from marketplace.foundation.ids import JobId, PersonId
from marketplace.organizations import sites
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader

PURPOSE = "manage_requests"
MOST = 500
LATELY = timedelta(days=7)  # so long what is over stays on the board


@dataclass(frozen=True, slots=True)
class BoardItem:
    """A ticket of a compound as a row of its board: no word, name or number of the resident's."""

    item: QueueItem
    trade: str
    finished_at: datetime | None


def of_compound(session: Session, compound: UUID, reader: Reader, *, at: datetime) -> list[BoardItem]:
    """Every ticket of the compound that is not over, or was not a week ago, the longest promised first.

    Refuses CompoundNotFound unless `reader` manages it at that moment.
    """
    found = sites.compound(session, compound, manager=reader.person_id, at=at)
    here = every().where(Ticket.organization_id == found.id)
    lately = here.where(or_(Ticket.finished_at.is_(None), Ticket.finished_at > at - LATELY))
    promised = lately.order_by(Ticket.finished_at.is_not(None), Ticket.due_at, Job.number).limit(MOST)
    shown = [Found(*row) for row in session.execute(promised)]
    _note(session, shown, reader, at=at)
    return [BoardItem(as_item(*each), each.ticket.trade, each.ticket.finished_at) for each in shown]


def read_by_manager(session: Session, job: UUID, reader: Reader, *, compound: UUID, at: datetime) -> TicketView:
    """One ticket of a compound, with its words and steps.

    Refuses CompoundNotFound unless `reader` manages it at that moment, JobNotFound for a ticket of another.
    """
    here = sites.compound(session, compound, manager=reader.person_id, at=at)
    found = find(session, job)
    if found.ticket.organization_id != here.id:
        raise JobNotFound()
    _note(session, [found], reader, at=at)
    return as_view(session, found, Actor(Role.MANAGER, reader.person_id), at=at)


def _note(session: Session, shown: list[Found], reader: Reader, *, at: datetime) -> None:
    reports = {JobId(each.row.id): PersonId(each.ticket.resident_id) for each in shown}
    privacy.note_reports(session, jobs=reports, reader=reader, purpose=PURPOSE, now=at)
