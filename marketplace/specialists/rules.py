"""Weekly hours as moments, whether a skill counts, and which changes of standing there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period, union

DAYS_AT_ONCE_MAX = 366
SEASON_DAYS_MOST = 120


class Standing(StrEnum):
    """APPLICANT waits for a first verified skill; only GOOD is offered work."""

    APPLICANT = "applicant"
    GOOD = "good"
    SUSPENDED = "suspended"
    LEFT = "left"


class SuspensionReason(StrEnum):
    """Why someone is suspended: their own wish, or a proceeding with notice, answer and appeal (dispatch.md §11)."""

    SAFETY = "safety"
    DECIDED = "decided"
    OWN_WISH = "own_wish"


CHANGES: frozenset[tuple[Standing, Standing]] = frozenset(
    {
        (Standing.APPLICANT, Standing.GOOD),
        (Standing.APPLICANT, Standing.LEFT),
        (Standing.GOOD, Standing.SUSPENDED),
        (Standing.GOOD, Standing.LEFT),
        (Standing.SUSPENDED, Standing.GOOD),
        (Standing.SUSPENDED, Standing.LEFT),
        (Standing.LEFT, Standing.APPLICANT),
    }
)


@dataclass(frozen=True)
class WeeklyHours:
    """One stretch of every week; `weekday` is ISO (Monday is 1). A stretch that closes at or before it opens ends
    on the next day."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class HoursException:
    """What holds on one day instead of the weekly hours; without times the day is off."""

    on_day: date
    opens: time | None
    closes: time | None


@dataclass(frozen=True)
class Season:
    """Other hours for a while, on days that are worked anyway: Ramadan, a summer, or a holiday (no stretches).

    It counts from `first_day` to `last_day`, both included; for everybody, or for those who chose it.
    """

    id: UUID
    name: str
    first_day: date
    last_day: date
    stretches: tuple[tuple[time, time], ...]
    for_all: bool

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class SeasonBackwards(Refused):
    """A season ends before it begins."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class SeasonTooLong(Refused):
    """What lasts longer than this is a weekly plan."""

    days_most: int


@dataclass(frozen=True)
class UnknownSeason(Refused):
    """There is no such season, or it was taken back."""


@dataclass(frozen=True)
class SeasonForAll(Refused):
    """These hours hold for everybody: there is nothing to choose."""


@dataclass(frozen=True)
class NotASpecialist(Refused):
    """The person was never enrolled as a specialist."""

    person: PersonId


@dataclass(frozen=True)
class AlreadyEnrolled(Refused):
    """The person is a specialist already."""

    person: PersonId


@dataclass(frozen=True)
class UnknownSkill(Refused):
    """There is no such skill in the catalogue."""

    skill: str


@dataclass(frozen=True)
class SelfVerification(Refused):
    """Nobody verifies a skill of their own, or lifts their own suspension."""


@dataclass(frozen=True)
class SkillWouldBeExpired(Refused):
    """The proof has already run out on the day it was shown."""

    expires_on: date


@dataclass(frozen=True)
class WithoutProceeding(Refused):
    """Nobody is suspended, or sent away, by another without a proceeding."""


@dataclass(frozen=True)
class HoursOverlap(Refused):
    """Two stretches of the same weekday overlap, or a weekday does not exist."""

    weekday: int


@dataclass(frozen=True)
class StandingUnchangeable(Refused):
    """There is no way from the present standing to the wanted one."""

    standing: Standing
    wanted: Standing


def check_standing(now_is: Standing, wanted: Standing) -> None:
    """Refuse StandingUnchangeable."""
    if (now_is, wanted) not in CHANGES:
        raise StandingUnchangeable(now_is, wanted)


def check_weekly_hours(hours: Sequence[WeeklyHours]) -> None:
    """Refuse HoursOverlap: within a weekday, and over midnight into the next."""
    week = 7 * 24 * 60
    spans = []
    for each in hours:
        if not 1 <= each.weekday <= 7:
            raise HoursOverlap(each.weekday)
        start = (each.weekday - 1) * 1440 + each.opens.hour * 60 + each.opens.minute
        spans.append((start, start + _minutes(each.opens, each.closes), each.weekday))
    spans.sort()
    around = [*spans, *((spans[0][0] + week, spans[0][1] + week, spans[0][2]) for _ in spans[:1])]
    for (_, ends, _), (starts, _, weekday) in pairwise(around):
        if starts < ends and len(spans) > 1:
            raise HoursOverlap(weekday)


def check_season(season: Season) -> None:
    """Refuse SeasonBackwards, SeasonTooLong, HoursOverlap."""
    if season.last_day < season.first_day:
        raise SeasonBackwards(season.first_day, season.last_day)
    if (season.last_day - season.first_day).days >= SEASON_DAYS_MOST:
        raise SeasonTooLong(SEASON_DAYS_MOST)
    check_weekly_hours([WeeklyHours(day, *stretch) for day in (1, 2) for stretch in season.stretches])


def expand(
    weekly: Sequence[WeeklyHours],
    exceptions: Sequence[HoursException],
    *,
    from_day: date,
    to_day: date,
    time_zone: str,
    seasons: Sequence[Season] = (),
) -> list[Period]:
    """The moments of work on the local days `[from_day, to_day)`, in order, joined where they touch.

    A day set apart by the person counts before a season; of two seasons the one that begins later, which is the more
    special. A weekly day off stays one in every season.

    Wall times that a change of clocks skips are moved on by the jump; of times that come twice the first is meant for
    opening and the second for closing. At most 366 days at once.
    """
    zone = ZoneInfo(time_zone)
    days = min((to_day - from_day).days, DAYS_AT_ONCE_MAX)
    periods = []
    for day in (from_day + timedelta(days=n) for n in range(days)):
        for opens, closes in _of_day(weekly, exceptions, seasons, day):
            start = _moment(day, opens, zone, fold=0)
            end = _moment(day if closes > opens else day + timedelta(days=1), closes, zone, fold=1)
            if start < end:
                periods.append(Period(start, end))
    return union(periods)


def _of_day(
    weekly: Sequence[WeeklyHours], exceptions: Sequence[HoursException], seasons: Sequence[Season], day: date
) -> Iterator[tuple[time, time]]:
    special = [each for each in exceptions if each.on_day == day]
    usual = [(each.opens, each.closes) for each in weekly if each.weekday == day.isoweekday()]
    season = max(
        (each for each in seasons if each.covers(day)), key=lambda each: (each.first_day, each.id), default=None
    )
    if special:
        yield from ((each.opens, each.closes) for each in special if each.opens is not None and each.closes is not None)
    elif season is not None and usual:
        yield from season.stretches
    else:
        yield from usual


def _moment(day: date, at: time, zone: ZoneInfo, *, fold: int) -> datetime:
    local = datetime.combine(day, at, tzinfo=zone).replace(fold=fold)
    there_and_back = local.astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        return local.replace(fold=0).astimezone(UTC)  # a skipped time: read with the offset from before the jump
    return local.astimezone(UTC)


def _minutes(opens: time, closes: time) -> int:
    length = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    return length if length > 0 else length + 1440


def rating_hundredths(count: int, total: int) -> int | None:
    """The mean of ratings from 1 to 5 in hundredths, rounded down; None before the first."""
    return 100 * total // count if count else None
