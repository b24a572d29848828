"""Which times can be promised for a draft, and what the visit costs in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.availability import queries as availability
from booking.availability.rules import WindowOffer
from booking.availability.windows import local_day
from booking.jobs import discounts
from booking.jobs.requests import terms_for, windows_on
from booking.plans import queries as plans
from booking.pricing.rules import NothingToPrice
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point, cell_centre
from marketplace.organizations.queries import Organization
from web.pages.customer.drafts import Asked


@dataclass(frozen=True)
class Free:
    """A window that somebody can come in: its code on its day, and its price where one can be told."""

    code: str
    on_day: date
    period: Period
    price: Money | None

    @property
    def value(self) -> str:
        """How the form names it."""
        return f"{self.on_day.isoformat()}.{self.code}"

    @property
    def is_band(self) -> bool:
        """A part of the day rather than a single hour."""
        return not self.code.isdigit()


def days_ahead(organization: Organization, *, now: datetime) -> list[date]:
    """The local days that can be booked, today first."""
    today = local_day(now, organization.time_zone)
    return [today + timedelta(days=ahead) for ahead in range(organization.settings["days_ahead"])]


def days_for(session: Session, asked: Asked, organization: Organization, *, now: datetime) -> list[date]:
    """As `days_ahead`; of a plan's visit up to the last day on which it may take place."""
    days, last = days_ahead(organization, now=now), plans.last_day_of(session, asked.id)
    further = 0 if last is None else (last - days[-1]).days
    return days + [days[-1] + timedelta(days=more) for more in range(1, further + 1)]


def free_on(session: Session, asked: Asked, on_day: date, *, now: datetime) -> list[Free]:
    """The windows of one local day in which somebody of the trade can come, in order; full ones are not there."""
    prices: dict[str, Money | None] = {}
    bands = availability.policy(session).bands
    found = []
    for offer in _offers(session, asked, on_day, now=now):
        window = offer.window
        hour = int(window.code) if window.code.isdigit() else None
        band = next((each.code for each in bands if hour is not None and each.from_hour <= hour < each.to_hour), "")
        named = band or window.code
        if named not in prices:
            prices[named] = _price(session, asked, window.period, now=now)
        found.append(Free(window.code, window.on_day, window.period, prices[named]))
    return found


def chosen(session: Session, asked: Asked, organization: Organization, typed: str, *, now: datetime) -> Free | None:
    """The window of this `value`, when somebody can still come in it."""
    on_day = day_of(typed)
    if on_day not in days_for(session, asked, organization, now=now):
        return None
    return next((each for each in free_on(session, asked, on_day, now=now) if each.value == typed), None)


def day_of(value: str) -> date | None:
    """The day of a window's `value`, or a day by itself; None for anything else."""
    try:
        return date.fromisoformat(value.partition(".")[0])
    except ValueError:
        return None


def days_with_room(session: Session, asked: Asked, days: Sequence[date], *, now: datetime) -> Mapping[date, bool]:
    """For each of these days, whether anybody can come."""
    return {on_day: bool(_offers(session, asked, on_day, now=now)) for on_day in days}


def _offers(session: Session, asked: Asked, on_day: date, *, now: datetime) -> tuple[WindowOffer, ...]:
    if asked.zone is None:
        return ()
    return windows_on(
        session, asked.service, asked.zone.id, _point(asked), minutes=asked.minutes, days=[on_day], people_on=on_day,
        now=now,
    )  # fmt: skip


def _point(asked: Asked) -> Point:
    """As coarse as the job itself is kept: its cell, or the middle of its zone."""
    assert asked.zone is not None
    return cell_centre(asked.mine.cell) if asked.mine.cell else asked.zone.centre


def _price(session: Session, asked: Asked, window: Period, *, now: datetime) -> Money | None:
    if asked.mine.terms is not None and asked.mine.terms.is_agreed:
        return asked.mine.job.price
    off = discounts.of_job(session, asked.id)
    try:
        return terms_for(session, asked.mine.service, asked.answers, window=window, now=now, promised=off).quote.total
    except NothingToPrice:
        return None
