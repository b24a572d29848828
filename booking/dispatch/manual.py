"""A dispatcher's own choice: the ranked list they saw is stored, and why they deviated from the rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import candidates, decisions, peers, versions
from booking.dispatch.actions import note_given_back, withdraw_others
from booking.dispatch.rules import NotACandidate, obstacle
from booking.jobs import actions as jobs
from booking.jobs import queries, record
from booking.jobs.actions import Fired
from booking.jobs.rules import Actor
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
) -> Fired:
    """Give an open job to somebody, or an assigned one to somebody else (E.4 #14); live offers are taken back.

    Refuses NotACandidate with the rule that excludes the person, unless `override` comes with a `reason`; a full day is
    refused even then (SlotTaken): nobody is booked twice. A reassignment always needs a reason.
    """
    row = record.locked(session, job_id)
    event = Event.REASSIGN if row.state == State.ASSIGNED else Event.ASSIGN
    told = record.told_before(session, row.id, event, actor, command_id)
    if told is None and row.state in (State.OPEN, State.ASSIGNED):
        job = queries.for_desk(session, row.id, actor, now=now)
        search = candidates.search_of(session, job, row.minutes or 0, now=now)
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
    fired = jobs.carry_out(
        session, row, event, actor=actor, command_id=command_id, expected_version=expected_version, now=now,
        facts={"specialist_id": specialist} if reason is None else {"specialist_id": specialist, "reason": reason},
    )  # fmt: skip
    withdraw_others(session, row.id, but=None, now=now)
    return fired
