"""The word that a team gets: a ticket has come onto its queue, or the management has given it to one of them.

It is asked for with the act and sent after it, to whoever is in the team then. What it says is read when it is written,
once more by who is in the team at that moment, and is a look like any other: its resident reads it (T20).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs.rules import JobNotFound
from booking.jobs.words import State
from booking.tickets import record
from booking.tickets.queries import find
from booking.tickets.rules import Urgency
from marketplace.foundation.ids import JobId, PersonId, derived
from marketplace.foundation.outbox import enqueue
from marketplace.notices import actions as notices
from marketplace.organizations.queries import members_of

LETTER = "ticket_waiting"


class Step(StrEnum):
    """Why somebody gets word; of each they get one for a ticket, however often it happens."""

    REPORTED = "reported"
    RETURNED = "returned"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Word:
    """What a notice says of a ticket: where, which trade, how soon. No word, name or number of the resident's."""

    job: JobId
    trade: str
    unit_label: str
    building_name: str
    urgency: Urgency
    due_at: datetime


def ask(session: Session, job: UUID, step: Step, *, but: UUID | None = None) -> None:
    """Once this has committed, the team on duty hears that the ticket waits; `but` is who gave it back."""
    enqueue(session, "tickets.tell_team", job=job, step=step.value, but=but or "")


def tell_team(session: Session, job: UUID, step: Step, *, but: UUID | None, now: datetime) -> None:
    """A notice for everybody who is in the team now, if the ticket still waits."""
    found = find(session, job)
    team = record.team_of(session, found.ticket)
    if found.row.state != State.OPEN or team is None:
        return
    for person in members_of(session, team, at=now):
        if person != but:
            _send(session, job, step, person, now=now)


def tell_one(session: Session, job: UUID, to: PersonId, *, now: datetime) -> None:
    """A notice for somebody whom the management has given the ticket."""
    _send(session, job, Step.GIVEN, to, now=now)


def word(session: Session, job: UUID, person: PersonId, step: Step, *, at: datetime) -> Word:
    """What the notice says to this person; that they were shown it is written down.

    Refuses JobNotFound unless they are in the team of the ticket at that moment, and it still waits, or is still theirs
    where it was given to them.
    """
    row, ticket, unit, building = find(session, job)
    team = record.team_of(session, ticket)
    stands = row.specialist_id == person if step is Step.GIVEN else row.state == State.OPEN
    if team is None or not stands or ticket.finished_at or not record.is_member(session, team, person, at=at):
        raise JobNotFound()
    record.note_look(session, team, person, at=at, shown=[job])
    return Word(JobId(job), ticket.trade, unit.label, building.name, Urgency(ticket.urgency), ticket.due_at)


def _send(session: Session, job: UUID, step: Step, to: PersonId, *, now: datetime) -> None:
    key = derived("letter", LETTER, job, step.value, to)
    notices.send(session, to=to, letter=LETTER, key=key, now=now, job=job, step=step.value)
