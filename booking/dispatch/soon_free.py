"""Who is about to finish may hold one next job, as long as the promise stands. Pure, told the time (dispatch.md §6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

NEXT_JOBS = 1
OVERRUN = timedelta(minutes=5)  # what is over its time is expected to last so much more


@dataclass(frozen=True, slots=True)
class Running:
    """What somebody is busy with: when it should be over, and how many jobs they hold for afterwards."""

    expected_end: datetime
    held_next: int = 0


def expected_end(planned: datetime, *, now: datetime) -> datetime:
    """When work that should be over by `planned` will be: then, or some minutes from now when it lasts longer."""
    return planned if planned > now else now + OVERRUN


def free_in_hundredths(running: Running | None, *, now: datetime) -> int:
    """Hundredths of a minute until they are free; 0 for who is, or should be."""
    if running is None or running.expected_end <= now:
        return 0
    return (running.expected_end - now) // timedelta(milliseconds=600)


def may_hold_next(
    running: Running | None,
    *,
    travel: timedelta,
    promised_until: datetime,
    now: datetime,
    soon_minutes: int,
) -> bool:
    """Whether a further job may be offered: soon enough free, nothing held for afterwards, and there in time.

    `now` is the moment at which they may set out: for an offer its end, so that who answers last is there in time, too.
    Who is idle needs only be there in time. Who holds a next job already, or overruns with one held, is not asked.
    """
    if running is None:
        return now + travel <= promised_until
    if running.held_next >= NEXT_JOBS or running.expected_end > now + timedelta(minutes=soon_minutes):
        return False
    return max(now, running.expected_end) + travel <= promised_until


def breaks_promise(running: Running, *, travel: timedelta, promised_until: datetime, now: datetime) -> bool:
    """Whether the running job lasts so long that the held one would be late: it is offered anew before it is."""
    return max(now, running.expected_end) + travel > promised_until
