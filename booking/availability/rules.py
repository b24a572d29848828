"""The words of availability, its refusals, and the policy that steers it. Times are aware; lengths in minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from booking.availability.pace import CITY, Pace
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point


class Status(StrEnum):
    """held → confirmed → started → done; a held one may be released or lapse, a confirmed one be released."""

    HELD = "held"
    CONFIRMED = "confirmed"
    STARTED = "started"
    DONE = "done"
    RELEASED = "released"
    LAPSED = "lapsed"


LIVE = (Status.HELD, Status.CONFIRMED, Status.STARTED)  # these occupy a person's time


class Kind(StrEnum):
    VISIT = "visit"
    BREAK = "break"
    LEAVE = "leave"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the day as people speak of it; local hours, 24 is the midnight after."""

    code: str
    from_hour: int
    to_hour: int


BANDS = (Band("morning", 8, 12), Band("noon", 12, 15), Band("afternoon", 15, 18), Band("evening", 18, 21))


@dataclass(frozen=True, slots=True)
class TimePolicy:
    """How a town keeps its time. Data of the organization; `time_zone` is that of the place, never the reader's."""

    time_zone: str
    pace: Pace = CITY
    bands: tuple[Band, ...] = BANDS
    notice: timedelta = timedelta(minutes=90)
    frozen: timedelta = timedelta(hours=2)
    hold_for: timedelta = timedelta(minutes=15)
    extend_by: timedelta = timedelta(minutes=20)
    live_holds_most: int = 2


def time_policy(time_zone: str, settings: Mapping[str, int]) -> TimePolicy:
    """The policy that an organization has set (lifecycle.md E.7): `notice_minutes`, `slot_hold_minutes`."""
    return TimePolicy(
        time_zone=time_zone,
        notice=timedelta(minutes=settings["notice_minutes"]),
        hold_for=timedelta(minutes=settings["slot_hold_minutes"]),
    )


class Candidate(Protocol):
    """Somebody who may do the work: skill, area and standing are settled before (specialists.queries.candidates)."""

    @property
    def specialist(self) -> PersonId: ...

    @property
    def base(self) -> Point | None:
        """Roughly where they set out in the morning."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A candidate of whom no more is known than this."""

    specialist: PersonId
    base: Point | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A time of arrival that can be promised: `code` is a band, or the local hour it starts at, as "09"."""

    code: str
    on_day: date
    period: Period


@dataclass(frozen=True, slots=True)
class WindowOffer:
    """A window that can be held now. `specialist` and `extra_minutes` (of travel) are internal."""

    window: Window
    specialist: PersonId
    extra_minutes: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit as it stands in somebody's plan. `window` is the promise, the moments are the plan inside it."""

    visit: UUID
    specialist: PersonId
    job: JobId | None
    customer: PersonId | None
    kind: Kind
    status: Status
    on_day: date
    window: Period | None
    departs_at: datetime
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime | None

    @property
    def holds(self) -> bool:
        """Whether it takes the person's time."""
        return self.status in LIVE


@dataclass(frozen=True)
class SlotTaken(Refused):
    """Nobody can come in that window any more. `instead` are the next best, soonest first."""

    window: Period
    instead: tuple[WindowOffer, ...] = ()


@dataclass(frozen=True)
class TooManyHolds(Refused):
    """The customer has that many times set aside already and pays for none: nobody buys up the calendar for free."""

    most: int
    first_ends_at: datetime


@dataclass(frozen=True)
class HoldOver(Refused):
    """The time was set aside until `expired_at`, nobody paid for it, and somebody else has it now."""

    expired_at: datetime
    instead: tuple[WindowOffer, ...] = ()


@dataclass(frozen=True)
class ExtendedAlready(Refused):
    """A hold is extended once."""

    expires_at: datetime


@dataclass(frozen=True)
class UnknownVisit(Refused):
    visit: UUID


@dataclass(frozen=True)
class NotInPlan(Refused):
    """The visit has left the plan (released, lapsed or done), so it can be neither started nor moved."""

    visit: UUID
    status: Status


@dataclass(frozen=True)
class PromisedAlready(Refused):
    """Visits were promised in that time: hand them on or move them first. Nothing was cancelled (dispatch.md §3)."""

    visits: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of working time; a night shift belongs to the day it starts on."""

    on_day: date
    period: Period


@dataclass(frozen=True, slots=True)
class Conflict:
    """A promise that no longer lies in the person's working time."""

    visit: UUID
    job: JobId | None
    starts_at: datetime


def expires_at(now: datetime, policy: TimePolicy) -> datetime:
    """When a hold made now ends by itself; whole seconds, as the page counts them down."""
    return now.replace(microsecond=0) + policy.hold_for


def is_over(expires: datetime | None, now: datetime) -> bool:
    """A hold ends at its very moment: at `expires` it is over."""
    return expires is not None and expires <= now
