"""A dispatcher's own choice: the ranked list they saw is stored, and why they deviated from the rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.dispatch import candidates, decisions, peers, versions
from booking.dispatch.actions import note_given_back, withdraw_others
from booking.dispatch.rules import NotACandidate, obstacle
from booking.jobs import actions as jobs
from booking.jobs import crews, queries, record
from booking.jobs.actions import Fired
from booking.jobs.rules import Actor, Facts, InCrewAlready
from booking.jobs.tables import Job, JobEvent
from booking.jobs.words import Event, State
from marketplace.foundation.ids import PersonId
from marketplace.organizations.queries import home


def assign(
    session: Session,
    job_id: UUID,
    specialist: PersonId,
    *,
    actor: Actor,
    command_id: UUID,
    now: datetime,
    reason: str | None = None,
    override: bool = False,
    expected_version: int | None = None,
    seat: int | None = None,
) -> Fired:
    """Give an open job to somebody, or an assigned one to somebody else (E.4 #14); live offers are taken back.

    Refuses NotACandidate with the rule that excludes the person, unless `override` comes with a `reason`; a full day is
    refused even then (SlotTaken): nobody is booked twice. A reassignment always needs a reason.
    Of a crew it is one `seat`, the first that is free unless said; InCrewAlready for who has another.
    """
    row = record.locked(session, job_id)
    event = _event(session, row, command_id)
    told = record.told_before(session, row.id, event, actor, command_id)
    if told is None and row.state in (State.OPEN, State.ASSIGNED):
        job = queries.for_desk(session, row.id, actor, now=now)
        if specialist in crews.members(session, row):
            raise InCrewAlready()
        search = candidates.search_of(session, job, row.minutes or 0, now=now, seat=seat)
        person = candidates.one(session, search, specialist, round=0, now=now)
        rule = obstacle(person, exclusive=False)
        if rule not in (None, "already_asked") and not (override and reason):
            raise NotACandidate(rule or "")
        people = candidates.eligible(session, search, round=0, ask_again=True, now=now)
        if row.state == State.OPEN:
            note_given_back(session, row.id)
        version = versions.in_force(session, home(session).id)
        decisions.made(
            session, row.id, decisions.MANUAL, people, exclusive=False, version=version, now=now,
            peers=peers.of(session, search, now=now), chosen_id=specialist, deviation=reason,
        )  # fmt: skip
        seat = search.seat
    facts = _facts(row, specialist, reason, seat)
    fired = jobs.carry_out(
        session, row, event, actor=actor, command_id=command_id, expected_version=expected_version, now=now,
        facts=facts,
    )  # fmt: skip
    of_seat = seat if row.state == State.OPEN else None  # of a crew that still looks for others
    withdraw_others(session, row.id, but=None, now=now, seat=of_seat, person=specialist)
    return fired


def _facts(row: Job, specialist: PersonId, reason: str | None, seat: int | None) -> Facts:
    facts: Facts = {"specialist_id": specialist}
    if reason is not None:
        facts["reason"] = reason
    if row.seats > 1 and seat is not None:
        facts["seat"] = seat
    return facts


def _event(session: Session, row: Job, command_id: UUID) -> Event:
    """What the command did when it came first; else what it means as the job stands now."""
    if row.seats == 1:
        return Event.REASSIGN if row.state == State.ASSIGNED else Event.ASSIGN
    asked = select(JobEvent.event).where(JobEvent.job_id == row.id, JobEvent.command_id == command_id)
    told = session.scalar(asked)
    if told in (Event.ASSIGN, Event.REASSIGN, Event.TAKE_SEAT):
        return Event(told)
    if row.state == State.OPEN and len(crews.members(session, row)) + 1 < row.seats:
        return Event.TAKE_SEAT
    return Event.REASSIGN if row.state == State.ASSIGNED else Event.ASSIGN
