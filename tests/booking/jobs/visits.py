"""A piece of work with several visits, in the small town: an estimate, its quote, the work, its warranty."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from booking.jobs import queries, quotes, requests, visits
from booking.jobs.quote_rules import Content, Line, Sort
from booking.jobs.quotes import QuoteView
from booking.jobs.visit_rules import Relation
from booking.jobs.words import Event
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.money import Money
from tests.booking.jobs.town import SUNDAY, Somebody, Town

MONEY = 50_000_000


@dataclass
class Estimated:
    """An estimate visit that is done, and the work that waits for its quote."""

    town: Town
    rahima: Somebody
    karim: Somebody
    visit: UUID
    work: UUID

    def written(self, session: Session, *lines: Line, **how: int) -> QuoteView:
        content = Content(lines or LINES, how.get("minutes", 240), how.get("valid_days", 7), "Two days of drying")
        return quotes.write(session, self.visit, content, by=self.karim.id, now=self.town.now)

    def sent(self, session: Session, *lines: Line, **how: int) -> QuoteView:
        draft = self.written(session, *lines, **how)
        return quotes.send(
            session, self.visit, actor=self.karim.specialist, shown=draft.hash, command_id=uuid4(), now=self.town.now
        )

    def approve(self, session: Session, shown: str, *, by: Somebody | None = None, command: UUID | None = None) -> None:
        quotes.approve(
            session, self.work, actor=(by or self.rahima).customer, shown=shown, command_id=command or uuid4(),
            now=self.town.now,
        )  # fmt: skip


def taka(minor: int) -> Money:
    return Money(minor, "BDT")


LINES = (
    Line(Sort.LABOUR, "Taking the wall down", 100, taka(1_500_000)),
    Line(Sort.PARTS, "Bricks, a thousand", 250, taka(120_001)),
)


def for_estimates(session: Session, town: Town) -> Town:
    """The town as somebody sees it who wants a room renovated."""
    service = catalogue.service(session, "renovation", now=SUNDAY)
    return replace(town, service=service.id, skills=service.skills, specialists=[])


def estimated(session: Session, town: Town, *, money: int = MONEY) -> Estimated:
    """A visit that was asked for, paid and made, up to its confirmation."""
    there = for_estimates(session, town)
    rahima, karim = there.customer(session, money=money), there.craftsman(session)
    visit = done(session, there, rahima, karim)
    work = visits.work_of(session, visit, Relation.ESTIMATE_OF)
    assert work is not None
    return Estimated(there, rahima, karim, visit, work)


def done(session: Session, town: Town, rahima: Somebody, karim: Somebody) -> UUID:
    """A visit from its request to its confirmation."""
    return worked_off(session, town, town.opened(session, rahima), rahima, karim)


def worked_off(session: Session, town: Town, job: UUID, rahima: Somebody, karim: Somebody) -> UUID:
    """An open job, up to its confirmation by the customer."""
    town.fire(session, job, Event.ACCEPT, karim.specialist, offer_id=uuid4())
    window = queries.for_customer(session, job, rahima.id, now=town.now).job.window
    assert window is not None
    town.now = window.start
    town.fire(session, job, Event.DEPART, karim.specialist)
    town.fire(session, job, Event.ARRIVE, karim.specialist, reason="by_hand")
    town.fire(session, job, Event.START, karim.specialist, start_code=queries.start_code(session, job, rahima.id))
    town.fire(session, job, Event.COMPLETE, karim.specialist)
    town.fire(session, job, Event.CONFIRM, rahima.customer)
    return job


def booked(session: Session, town: Town, job: UUID, rahima: Somebody) -> None:
    """A request gets a time, is paid, and looks for somebody."""
    requests.hold_slot(session, job, window=town.tomorrow, actor=rahima.customer, command_id=uuid4(), now=town.now)
    town.fire(session, job, Event.FUND, rahima.customer)
    town.fire(session, job, Event.PUBLISH, town.dispatcher)
