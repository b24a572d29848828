"""What everybody of a crew is told once it is complete: with whom, when, and in which area.

Nothing of the customer is in it, no door either: a letter goes through others' hands, and the page writes down who
looked.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs.crew_queries import CrewView, SeatView, crew_of
from booking.jobs.rules import JobNotFound
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.vault import Erased
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import BudgetSpent, ContactExpired, NothingGiven, NotReleased
from marketplace.specialists.queries import local_day
from web.letters.facts import Address, Clock, Facts, Gone, facts_for
from web.respond import formatter_for


@facts_for("crew_complete")
def complete(session: Session, delivery: Delivery, now: datetime) -> Facts:
    """Raises Gone where the crew is not whole any more, or the reader not of it."""
    me, id = delivery.person_id, JobId(UUID(delivery.ids["job"]))
    try:
        job = jobs.for_crew(session, id, me, now=now)
    except JobNotFound:
        raise Gone from None
    crew, language = crew_of(session, id), person(session, me).language
    mine = None if crew is None else crew.of(me)
    if crew is None or mine is None or not crew.is_whole or crew.meets_at is None or job.zone is None:
        raise Gone
    names = _names(session, id, me, crew, now=now)
    here = home(session)
    return {
        "service": catalogue.service(session, job.service, now=now).title[language],
        "area": catalogue.zone(session, job.zone).name[language],
        "day": local_day(crew.meets_at, here.time_zone), "at": Clock(crew.meets_at),
        "mates": formatter_for(language, here).joined(list(names.values())),
        "leader": next((name for seat, name in names.items() if seat.leads), ""), "leads": mine.leads,
        "page": Address(f"work/jobs/{id}"),
    }  # fmt: skip


def _names(session: Session, job: JobId, me: PersonId, crew: CrewView, *, now: datetime) -> dict[SeatView, str]:
    """The first names of the others, as looks of the letter's reader; without those that are not theirs to see."""
    found: dict[SeatView, str] = {}
    for seat in crew.seats:
        if seat.specialist is None or seat.specialist == me:
            continue
        try:
            name = privacy.reveal(
                session, subject=seat.specialist, field="name", reader=Reader(me, "specialist"), purpose="provide",
                job=job, now=now, channel="provider",
            )  # fmt: skip
        except (NotReleased, ContactExpired, NothingGiven, BudgetSpent, Erased):
            continue
        found[seat] = name.split()[0]
    return found
