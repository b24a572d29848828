"""The times that can be promised for what is being entered, a row for each day and a column for each part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.windows import day_period, local_day
from booking.jobs.requests import terms_for, windows_on
from booking.pricing.rules import NothingToPrice
from marketplace.catalogue.queries import Service, Zone
from marketplace.catalogue.rules import Answer
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import cell_centre
from marketplace.organizations.queries import Organization

MOST_DAYS = 7


@dataclass(frozen=True)
class Work:
    """What somebody is to come for: the service with accepted answers, where, and how long it takes."""

    service: Service
    answers: Mapping[str, Answer]
    zone: Zone
    cell: str | None
    minutes: int


@dataclass(frozen=True)
class Slot:
    """A part of a day that can be promised, with what the visit costs in it."""

    code: str
    on_day: date
    period: Period
    price: Money | None

    @property
    def value(self) -> str:
        """How the form names it."""
        return f"{self.on_day.isoformat()}.{self.code}"


@dataclass(frozen=True)
class Day:
    """A row of the grid; `slots` are by the code of the part, and a full one is not there."""

    on_day: date
    noon: datetime
    is_weekend: bool
    slots: Mapping[str, Slot]


def grid(session: Session, work: Work, organization: Organization, *, now: datetime) -> tuple[Day, ...]:
    """The days ahead, today first, each with the parts in which somebody of the trade can come."""
    today = local_day(now, organization.time_zone)
    point = cell_centre(work.cell) if work.cell else work.zone.centre
    prices: dict[str, Money | None] = {}
    found = []
    for ahead in range(min(organization.settings["days_ahead"], MOST_DAYS)):
        on_day = today + timedelta(days=ahead)
        offers = windows_on(
            session, work.service, work.zone.id, point, minutes=work.minutes, days=[on_day], people_on=on_day, now=now
        )
        slots = {}
        for window in (offer.window for offer in offers if not offer.window.code.isdigit()):
            if window.code not in prices:
                prices[window.code] = _price(session, work, window.period, now=now)
            slots[window.code] = Slot(window.code, on_day, window.period, prices[window.code])
        noon = day_period(on_day, organization.time_zone).start + timedelta(hours=12)
        found.append(Day(on_day, noon, on_day.isoweekday() in organization.weekend, slots))
    return tuple(found)


def parts_of_day(session: Session) -> tuple[str, ...]:
    """The codes of the parts of a day, in order: the columns."""
    return tuple(band.code for band in availability.policy(session).bands)


def _price(session: Session, work: Work, window: Period, *, now: datetime) -> Money | None:
    try:
        return terms_for(session, work.service.id, work.answers, window=window, now=now).quote.total
    except NothingToPrice:
        return None
