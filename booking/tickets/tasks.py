"""What follows when somebody leaves a team, and the word to a team whose queue has grown."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.jobs.tables import Job
from booking.tickets import actions, telling
from booking.tickets.tables import Ticket
from booking.tickets.telling import Step
from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId
from marketplace.foundation.tasks import task


@task("tickets.member_left")
def member_left(session: Session, *, team: str, person: str) -> None:
    """What they had taken and not finished goes back on the queue."""
    had = select(Ticket.job_id).join(Job, Job.id == Ticket.job_id)
    theirs = had.where(Ticket.team_id == UUID(team), Ticket.finished_at.is_(None), Job.specialist_id == UUID(person))
    for job in session.scalars(theirs.order_by(Ticket.job_id)).all():
        actions.leave(session, job, person=PersonId(UUID(person)), now=clock.now())


@task("tickets.tell_team")
def tell_team(session: Session, *, job: str, step: str, but: str) -> None:
    """A ticket has come onto the queue: whoever is in the team now hears of it, but not who gave it back."""
    telling.tell_team(session, UUID(job), Step(step), but=UUID(but) if but else None, now=clock.now())
