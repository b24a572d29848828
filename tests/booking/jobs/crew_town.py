"""The small town with work for three: a lead with a van and two more, who share 40, 30 and 30 in a hundred."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.dispatch import actions, matching, queries
from booking.dispatch.actions import Answered
from booking.jobs import crews
from marketplace.catalogue.tables import ServiceRow
from marketplace.foundation.ids import OfferId, PersonId, uuid7
from marketplace.specialists import actions as specialists
from tests.booking.jobs.town import Somebody, Town

VAN = "appliances"  # any skill that the trade itself does not ask for
CREW = [{"needs": [VAN], "percent": 40}, {"needs": [], "percent": 30}, {"needs": [], "percent": 30}]


def for_three(session: Session, town: Town) -> None:
    """From now on the town's service takes three people."""
    session.execute(update(ServiceRow).where(ServiceRow.id == town.service).values(crew=CREW))
    session.flush()


def driver(session: Session, town: Town) -> Somebody:
    """Somebody of the trade who has a van."""
    made = town.craftsman(session)
    specialists.verify_skill(session, made.id, VAN, by=town.manager, expires_on=None, now=town.now)
    return made


def people(session: Session, town: Town, others: int = 2) -> list[Somebody]:
    """A driver and so many others."""
    return [driver(session, town), *(town.craftsman(session) for _ in range(others))]


def offers_of(session: Session, job: UUID) -> dict[int, list[tuple[OfferId, PersonId]]]:
    """The live offers of a job, by seat."""
    found: dict[int, list[tuple[OfferId, PersonId]]] = {}
    for line in queries.offers_for(session, job):
        if line.answered_at is None:
            found.setdefault(line.seat, []).append((line.id, line.specialist))
    return found


def accept(session: Session, town: Town, offer: UUID, who: PersonId) -> Answered:
    return actions.accept(session, offer, specialist=who, command_id=uuid7(), now=town.now)


def complete(session: Session, town: Town, job: UUID) -> list[PersonId]:
    """Let everybody who is asked accept, until the crew is whole; who sits where."""
    matching.match(session, job, now=town.now)
    for _, asked in sorted(offers_of(session, job).items()):
        accept(session, town, *asked[0])
    return holders(session, job)


def holders(session: Session, job: UUID) -> list[PersonId]:
    return [PersonId(each.specialist_id) for each in crews.seats(session, job) if each.specialist_id is not None]
