"""Half-open stretches of time: from a moment, up to but not including another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`[start, end)`, both aware; touching periods do not overlap."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs aware moments")
        if self.end <= self.start:
            raise ValueError("a period ends after it starts")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Period | datetime") -> bool:
        if isinstance(other, Period):
            return self.start <= other.start and other.end <= self.end
        return self.start <= other < self.end

    def meet(self, other: "Period") -> "Period | None":
        """The stretch both share, if any."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def subtract(self, taken: Iterable["Period"]) -> list["Period"]:
        """What is left of this when all of `taken` is gone, in order."""
        left, start = [], self.start
        for each in union(taken):
            if each.end <= start or each.start >= self.end:
                continue
            if each.start > start:
                left.append(Period(start, each.start))
            start = max(start, each.end)
        if start < self.end:
            left.append(Period(start, self.end))
        return left

    def split(self, minutes: int) -> Iterator["Period"]:
        """Whole pieces of so many minutes; a shorter rest at the end is left out."""
        step, start = timedelta(minutes=minutes), self.start
        while start + step <= self.end:
            yield Period(start, start + step)
            start += step


def union(periods: Iterable[Period]) -> list[Period]:
    """The same time as few periods, in order, touching ones joined."""
    joined: list[Period] = []
    for each in sorted(periods):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return joined
