"""What is done with tickets: submit, take, give back, start, delay, resume, complete; confirm and call off.

Every act of the team asks the database whether the person is in the team now, and holds that until it is done.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.jobs import actions as jobs
from booking.jobs import record as job_record
from booking.jobs.actions import Fired
from booking.jobs.numbers import new_number
from booking.jobs.rules import SYSTEM, Actor, Facts, JobNotFound, SeatTaken, illegal
from booking.jobs.tables import Job
from booking.jobs.words import ENDS, Event, Kind, Role, State
from booking.tickets import record, telling
from booking.tickets.record import WORDS, Held
from booking.tickets.rules import (
    OPEN_MOST,
    NobodyOnDuty,
    NotOfTheTeam,
    NotYourUnit,
    TooManyOpen,
    Urgency,
    clean_words,
    due_at,
)
from booking.tickets.tables import Ticket
from booking.tickets.telling import Step
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import news
from marketplace.foundation.ids import PersonId, ServiceId, derived
from marketplace.organizations import sites, teams
from marketplace.organizations.queries import home
from marketplace.organizations.sites import Place

FINISHED = frozenset({State.COMPLETED, *ENDS})
LEFT = "left_team"  # why the clock gives a ticket back


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resident asks for: what is wrong in which unit, and how soon they need it."""

    unit: UUID
    service: ServiceId
    words: str
    urgency: Urgency


def submit(session: Session, wish: Wish, *, actor: Actor, command_id: UUID, now: datetime) -> Fired:
    """Report something in one's own unit. It is on the queue of the team on duty when this commits.

    Refuses NotYourUnit, UnknownService, WordsMissing, WordsTooLong, CardNumberInWords, NobodyOnDuty, TooManyOpen. The
    same command again gives the same ticket.
    """
    if actor.role is not Role.CUSTOMER or actor.person_id is None:
        raise NotYourUnit()
    resident = PersonId(actor.person_id)
    id = derived("ticket", resident, command_id)
    if session.get(Job, id) is None:
        _begin(session, id, wish, resident, now=now)
    held = record.locked(session, id)
    jobs.carry_out(session, held.row, Event.SUBMIT, actor=actor, command_id=command_id, now=now, facts={})
    done = jobs.carry_out(
        session, held.row, Event.PUBLISH, actor=SYSTEM, command_id=derived("publish", command_id), now=now, facts={}
    )
    if not done.again:
        telling.ask(session, id, Step.REPORTED)
    _tell_queues(session, record.team_of(session, held.ticket))
    return done


def take(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """Have a ticket of the team's queue: one of those who try at once. Refuses JobNotFound unless one is in the team
    that it is on the queue of now, SeatTaken when somebody else has it, IllegalTransition."""
    held = record.locked(session, job)
    team, actor = record.team_of(session, held.ticket), Actor(Role.SPECIALIST, by)
    if team is None or not record.is_member(session, team, by, at=now, lock=True):
        raise JobNotFound()
    told = job_record.told_before(session, held.row.id, Event.ACCEPT, actor, command_id)
    if told is None and held.row.specialist_id not in (None, by):
        raise SeatTaken()
    return _fire(session, held, Event.ACCEPT, actor, {"team_id": team}, command_id=command_id, now=now)


def assign(
    session: Session,
    job: UUID,
    *,
    to: PersonId,
    compound: UUID,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    reason: str | None = None,
    seen: int | None = None,
) -> Fired:
    """Give a ticket of this compound to one of the team it belongs to; they are told. With a reason it is taken from
    whoever has it and has not set out, without one nobody has it yet.

    Refuses CompoundNotFound and JobNotFound to whoever does not manage it, StaleVersion when it has moved on since
    `seen`, SeatTaken, ReasonNeeded, NotOfTheTeam, CandidateNeeded when they have it, IllegalTransition, and
    NobodyOnDuty.
    """
    held = _managed(session, job, compound, actor, now=now)
    event = Event.ASSIGN if reason is None else Event.REASSIGN
    team = record.team_of(session, held.ticket)
    facts: Facts = {"specialist_id": to}
    if team is not None:
        facts["team_id"] = team
    if reason is not None:
        facts["reason"] = reason
    if job_record.told_before(session, job, event, actor, command_id) is None:
        record.check_seen(held, seen)
        if reason is None and held.row.specialist_id is not None:
            raise SeatTaken()
        if team is None:
            raise NobodyOnDuty(held.ticket.trade)
        if not record.is_member(session, team, to, at=now, lock=True):
            raise NotOfTheTeam()
    done = _fire(session, held, event, actor, facts, command_id=command_id, now=now)
    if not done.again:
        telling.tell_one(session, job, to, now=now)
    return done


def withdraw(
    session: Session,
    job: UUID,
    *,
    compound: UUID,
    actor: Actor,
    reason: str,
    command_id: UUID,
    now: datetime,
    seen: int | None = None,
) -> Fired:
    """Call a ticket of this compound off, before it is confirmed. Refuses CompoundNotFound, JobNotFound, StaleVersion,
    ReasonNeeded, IllegalTransition."""
    held = _managed(session, job, compound, actor, now=now)
    if job_record.told_before(session, job, Event.CANCEL_BY_OPERATOR, actor, command_id) is None:
        record.check_seen(held, seen)
    facts: Facts = {"reason": reason}
    return _fire(session, held, Event.CANCEL_BY_OPERATOR, actor, facts, command_id=command_id, now=now)


def depart(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """Say that one sets out; nobody has to. Refuses as `start`."""
    return _work(session, job, Event.DEPART, {}, by=by, command_id=command_id, now=now)


def arrive(session: Session, job: UUID, *, by: PersonId, reason: str, command_id: UUID, now: datetime) -> Fired:
    """Say that one is at the door; nobody has to. Refuses PresenceUnproven, and as `start`."""
    return _work(session, job, Event.ARRIVE, {"reason": reason}, by=by, command_id=command_id, now=now)


def start(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """Begin the work that one has taken.

    Refuses JobNotFound to whoever is not in the team now, SeatTaken when somebody else has it, IllegalTransition.
    """
    return _work(session, job, Event.START, {}, by=by, command_id=command_id, now=now)


def delay(
    session: Session,
    job: UUID,
    *,
    by: PersonId,
    reason: str,
    start: datetime,
    end: datetime,
    command_id: UUID,
    now: datetime,
) -> Fired:
    """Say why it takes longer and when it goes on (T9). Refuses ReasonNeeded, NewTimeNeeded, and as `start`."""
    facts: Facts = {"reason": reason, "promised_start": start, "promised_end": end}
    return _work(session, job, Event.DELAY, facts, by=by, command_id=command_id, now=now)


def resume(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """Go on where the delay began. Refuses as `start`."""
    return _work(session, job, Event.RESUME, {}, by=by, command_id=command_id, now=now)


def complete(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """The work is done; the resident is asked to confirm. Refuses as `start`."""
    return _work(session, job, Event.COMPLETE, {}, by=by, command_id=command_id, now=now)


def fail(session: Session, job: UUID, *, by: PersonId, reason: str, command_id: UUID, now: datetime) -> Fired:
    """It cannot be done. Refuses ReasonNeeded, and as `start`."""
    return _work(session, job, Event.FAIL, {"reason": reason}, by=by, command_id=command_id, now=now)


def give_back(session: Session, job: UUID, *, by: PersonId, reason: str, command_id: UUID, now: datetime) -> Fired:
    """Put it back on the queue of the team on duty, before work begins. Refuses ReasonNeeded, WorkHasBegun, and as
    `start`."""
    return _work(session, job, Event.CANCEL_BY_WORKER, {"reason": reason}, by=by, command_id=command_id, now=now)


def leave(session: Session, job: UUID, *, person: PersonId, now: datetime) -> Fired | None:
    """Put back what somebody had who is no longer in its team, whatever was begun. None, and nothing happens, where
    they are in it (again), or no longer have it."""
    held = record.locked(session, job)
    if held.row.specialist_id != person or record.is_member(session, held.ticket.team_id, person, at=now):
        return None
    if held.ticket.finished_at is not None:
        return None
    command_id = derived("ticket_left", job, held.row.version)
    return _fire(session, held, Event.CANCEL_BY_WORKER, SYSTEM, {"reason": LEFT}, command_id=command_id, now=now)


def confirm(session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime) -> Fired:
    """The resident says that it is done. Refuses JobNotFound to anybody else, IllegalTransition."""
    held = record.locked(session, job)
    actor = Actor(Role.CUSTOMER, by)
    return _fire(session, held, Event.CONFIRM, actor, {}, command_id=command_id, now=now)


def cancel(
    session: Session, job: UUID, *, by: PersonId, command_id: UUID, now: datetime, reason: str | None = None
) -> Fired:
    """The resident calls it off, before work begins; it costs nothing.

    Refuses JobNotFound to anybody else, WorkHasBegun, ReasonNeeded, IllegalTransition.
    """
    held = record.locked(session, job)
    facts: Facts = {} if reason is None else {"reason": reason}
    actor = Actor(Role.CUSTOMER, by)
    return _fire(session, held, Event.CANCEL_BY_CUSTOMER, actor, facts, command_id=command_id, now=now)


def _begin(session: Session, id: UUID, wish: Wish, resident: PersonId, *, now: datetime) -> None:
    place = _own_place(session, wish.unit, resident, now=now)
    words = clean_words(wish.words)
    unfinished = select(func.count()).where(Ticket.resident_id == resident, Ticket.finished_at.is_(None))
    if (session.scalar(unfinished) or 0) >= OPEN_MOST:
        raise TooManyOpen(OPEN_MOST)
    service = catalogue.service(session, wish.service, now=now)
    if teams.owner_of(session, place.building, service.category) is None:
        raise NobodyOnDuty(service.category)
    job = {
        "id": id,
        "number": new_number(session),
        "kind": Kind.TICKET.value,
        "state": State.DRAFT.value,
        "customer_id": resident,
        "holder_id": resident,
        "organization_id": place.compound,
        "service_id": wish.service,
        "zone_id": place.zone,
        "answers": job_record.sealed(resident, "answers", id, {WORDS: words}),
        "currency": home(session).currency,
        "created_at": now,
    }
    ticket = {
        "job_id": id,
        "resident_id": resident,
        "unit_id": place.unit,
        "building_id": place.building,
        "organization_id": place.compound,
        "trade": service.category,
        "urgency": wish.urgency.value,
        "due_at": due_at(wish.urgency, record.hours(session, place.compound), submitted_at=now),
    }
    session.execute(insert(Job).values(job).on_conflict_do_nothing(index_elements=[Job.id]))
    session.execute(insert(Ticket).values(ticket).on_conflict_do_nothing(index_elements=[Ticket.job_id]))


def _own_place(session: Session, unit: UUID, resident: PersonId, *, now: datetime) -> Place:
    for place in sites.homes(session, resident, at=now):
        if place.unit == unit:
            return place
    raise NotYourUnit()


def _managed(session: Session, job: UUID, compound: UUID, actor: Actor, *, now: datetime) -> Held:
    if actor.person_id is None:
        raise JobNotFound()
    here = sites.compound(session, compound, manager=PersonId(actor.person_id), at=now)
    held = record.locked(session, job)
    if held.ticket.organization_id != here.id:
        raise JobNotFound()
    return held


def _work(
    session: Session, job: UUID, event: Event, facts: Facts, *, by: PersonId, command_id: UUID, now: datetime
) -> Fired:
    """An act of whoever has the ticket, and is in its team now."""
    held = record.locked(session, job)
    if not record.is_member(session, record.team_of(session, held.ticket), by, at=now, lock=True):
        raise JobNotFound()
    actor = Actor(Role.SPECIALIST, by)
    if job_record.told_before(session, held.row.id, event, actor, command_id) is None:
        if held.row.specialist_id is None:
            raise illegal(event, State(held.row.state))
        if held.row.specialist_id != by:
            raise SeatTaken()
    return _fire(session, held, event, actor, facts, command_id=command_id, now=now)


def _fire(
    session: Session,
    held: Held,
    event: Event,
    actor: Actor,
    facts: Facts,
    *,
    command_id: UUID,
    now: datetime,
) -> Fired:
    """One event of the one state machine, and what the ticket's own row remembers of it."""
    row, ticket = held.row, held.ticket
    before, had = record.team_of(session, ticket), row.specialist_id
    done = jobs.carry_out(session, row, event, actor=actor, command_id=command_id, now=now, facts=facts)
    if done.again:
        return done
    ticket.delayed_until = facts.get("promised_end") if event is Event.DELAY else None
    if "team_id" in facts:
        ticket.team_id = facts["team_id"]
    if event is Event.CANCEL_BY_WORKER:
        ticket.team_id = None
        telling.ask(session, row.id, Step.RETURNED, but=had)
    if done.state in FINISHED and ticket.finished_at is None:
        ticket.finished_at = now
    session.flush()
    _tell_queues(session, before, record.team_of(session, ticket))
    return done


def _tell_queues(session: Session, *of: UUID | None) -> None:
    """Whoever has the queue of one of these teams open asks for it again when this commits."""
    for team in sorted({each for each in of if each is not None}):
        news.announce(session, "team", team)
