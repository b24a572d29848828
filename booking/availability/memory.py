"""What this process remembers of people's days, so that a question costs one short look at their versions.

Every change of a day writes its `route_day` row, with the number of the transaction. A look asks for the rows written
since the oldest transaction that was still open at the last look, and forgets those days: nothing that commits can slip
through, whatever the order. A transaction that has written anything itself neither uses nor feeds the memory, for it
may see what is never committed. One memory for each database; what is forgotten is read again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from booking.availability.days import Day, Entry, outlook, stands_until
from booking.availability.openings import Outlook, ways_of
from booking.availability.pace import Pace
from booking.availability.rules import Status, TimePolicy, is_over
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from marketplace.foundation.places import Point

DAYS_MOST = 100_000  # of all people together; some two kilobytes each


NOTHING_YET = 1 << 62
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Mark(NamedTuple):
    """A state of a day that was committed: its version, and the number of the transaction that wrote it."""

    version: int
    changed_in: int


class _Look(NamedTuple):
    """The outlook of a day for one base and one policy, and the stretch of time in which it stands."""

    since: datetime
    until: datetime
    base: Point | None
    pace: Pace
    outlook: Outlook


@dataclass(slots=True)
class Known:
    """A day as it was read at `read_at`, its work from `begins` to `ends`, its first hold over at `lapses_at`."""

    mark: Mark
    read_at: datetime
    day: Day
    begins: datetime
    ends: datetime
    lapses_at: datetime | None
    looks: dict[tuple[object, ...], _Look] = field(default_factory=dict)

    def meets(self, span: Period) -> bool:
        """Whether the person works at any time of the span on this day."""
        return any(shift.start < span.end and span.start < shift.end for shift in self.day.shifts)

    def as_day(self, base: Point | None, now: datetime) -> Day:
        """The day with this base, without the holds that are over by now."""
        day = self.day if base is None or base == self.day.base else replace(self.day, base=base)
        if self.lapses_at is None or now < self.lapses_at:
            return day
        kept = tuple(
            entry
            for entry in day.entries
            if entry.booked.status is not Status.HELD
            or entry.booked.expires_at is None
            or entry.booked.expires_at > now
        )
        return replace(day, entries=kept)

    def outlook(self, base: Point | None, *, now: datetime, policy: TimePolicy) -> Outlook:
        """What the day can take now, worked out anew only when something has changed."""
        key = (policy.time_zone, policy.frozen)
        look = self.looks.get(key)
        if look is not None and look.since <= now < look.until and look.base == base and look.pace == policy.pace:
            return look.outlook
        day = self.as_day(base, now)
        made = outlook(day, ways_of(policy.pace), now=now, policy=policy)
        self.looks[key] = _Look(now, stands_until(day, now=now, policy=policy), base, policy.pace, made)
        return made


def _ended(entry: Entry, now: datetime) -> bool:
    return is_over(entry.booked.expires_at, now)


class Memory:
    """All days that this process knows of one database, as of the last look at what has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._days: dict[date, dict[PersonId, Known]] = {}
        self._count = 0
        self._looks = 0
        self.seen = NOTHING_YET  # every transaction with a lower number was over at the last look

    def look(self, seen: int, changed: Iterable[tuple[PersonId, date, Mark]]) -> int:
        """Forget what has changed. `seen`: every lower transaction was over then. Gives the number of the look."""
        with self._lock:
            for specialist, on_day, mark in changed:
                known = self._days.get(on_day, {}).get(specialist)
                if known is not None and known.mark != mark:
                    del self._days[on_day][specialist]
                    self._count -= 1
            self.seen = seen if self.seen == NOTHING_YET else max(self.seen, seen)
            self._looks += 1
            return self._looks

    def on(self, on_day: date) -> Mapping[PersonId, Known]:
        """What is known of that day, by person."""
        return self._days.get(on_day, {})

    def keep(self, look: int, found: Iterable[Known]) -> None:
        """Remember what was read after that look; not when somebody has looked since: what they were told to forget
        may be among it."""
        with self._lock:
            if self._looks != look:
                return
            for known in found:
                people = self._days.setdefault(known.day.on_day, {})
                self._count += known.day.specialist not in people
                people[known.day.specialist] = known
            while self._count > DAYS_MOST:
                self._count -= len(self._days.pop(min(self._days)))


_memories: WeakKeyDictionary[Engine, Memory] = WeakKeyDictionary()


def of(engine: Engine) -> Memory:
    """The memory that belongs to this database."""
    return _memories.setdefault(engine, Memory())


def known_day(day: Day, mark: Mark, now: datetime) -> Known:
    """A day that was read now, in that state."""
    holds = [each.booked.expires_at for each in day.entries if each.booked.status is Status.HELD]
    return Known(
        mark,
        now,
        day,
        begins=min((shift.start for shift in day.shifts), default=LATEST),
        ends=max((shift.end for shift in day.shifts), default=EARLIEST),
        lapses_at=min((end for end in holds if end is not None), default=None),
    )
