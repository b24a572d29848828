"""Who may hold one next job, and when it is taken away again before a promise breaks."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.dispatch.soon_free import OVERRUN, Running, breaks_promise, expected_end, free_in_hundredths, may_hold_next

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ends_in", "held", "travel", "allowed"),
    [
        (None, 0, 60, True),
        (None, 0, 61, False),
        (40, 0, 20, True),
        (40, 0, 21, False),
        (41, 0, 5, False),
        (10, 1, 5, False),
        (-15, 0, 60, True),
        (-15, 0, 61, False),
    ],
)
def test_one_next_job_and_only_within_the_promise(
    ends_in: int | None, held: int, travel: int, *, allowed: bool
) -> None:
    running = None if ends_in is None else Running(NOW + ends_in * MINUTE, held)
    found = may_hold_next(running, travel=travel * MINUTE, promised_until=NOW + 60 * MINUTE, now=NOW, soon_minutes=40)
    assert found is allowed


def test_what_is_over_its_time_is_expected_to_last_some_minutes_more() -> None:
    assert expected_end(NOW + MINUTE, now=NOW) == NOW + MINUTE
    assert expected_end(NOW - 30 * MINUTE, now=NOW) == NOW + OVERRUN


def test_who_should_be_free_is_and_an_overrun_is_seen_before_the_promise_breaks() -> None:
    assert free_in_hundredths(None, now=NOW) == 0
    assert free_in_hundredths(Running(NOW - MINUTE), now=NOW) == 0
    assert free_in_hundredths(Running(NOW + 2 * MINUTE + timedelta(seconds=30)), now=NOW) == 250
    late = Running(NOW + 30 * MINUTE, 1)
    assert not breaks_promise(late, travel=30 * MINUTE, promised_until=NOW + 60 * MINUTE, now=NOW)
    assert breaks_promise(late, travel=31 * MINUTE, promised_until=NOW + 60 * MINUTE, now=NOW)
