"""Positions over the API: as the switch and the shift allow, within the earth, and never from somebody else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from booking.availability import actions as availability
from booking.availability import queries as availability_queries
from booking.dispatch import presence
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.periods import Period
from tests.web.api.conftest import Opener

HOUR = timedelta(hours=1)


def at_work_now(person: str) -> None:
    """A shift around this moment, whatever the hour of the test."""
    now, who = clock.now(), PersonId(UUID(person))
    with transaction() as session:
        policy = availability_queries.policy(session)
        on_day = now.date()
        availability.expand(
            session, who, [Period(now - HOUR, now + 2 * HOUR)], from_day=on_day - timedelta(days=1),
            to_day=on_day + timedelta(days=2), now=now, policy=policy,
        )  # fmt: skip
        presence.refresh(session, [who], now=now)


def test_a_position_is_taken_at_work_when_it_is_shared(program: Opener) -> None:
    specialist = program("specialist")
    at_work_now(specialist.get("/me").json()["id"])
    here = {"positions": [{"longitude": 90.41, "latitude": 23.79, "at": clock.now().isoformat()}]}
    assert specialist.get("/work/sharing").json() == {"switch": "do_not_send", "until": None}
    refused = specialist.post("/work/positions", here)
    assert (refused.status_code, refused.json()["type"]) == (403, "PositionNotTaken")
    chosen = specialist.post("/work/sharing", {"switch": "hide"}).json()
    assert chosen["switch"] == "hide"
    assert clock.now() < datetime.fromisoformat(chosen["until"]) < clock.now() + 2 * HOUR
    assert specialist.post("/work/positions", here).json() == {"taken": True}
    assert specialist.post("/work/positions", here).json() == {"taken": False}
    assert specialist.post("/work/sharing", {"switch": "do_not_send"}).status_code == 200
    assert specialist.post("/work/positions", here).status_code == 403
    assert program("customer").post("/work/positions", here).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"longitude": 180.1}, {"latitude": -85.5}, {"latitude": "north"}, {"at": "2026-03-01T10:00:00"}, {"speed": 3},
        {"longitude": None},
    ],
)  # fmt: skip
def test_what_is_no_position_is_refused(program: Opener, wrong: dict[str, object]) -> None:
    good = {"longitude": 90.41, "latitude": 23.79, "at": datetime(2026, 3, 1, 10, tzinfo=UTC).isoformat()}
    one = program("specialist")
    assert one.post("/work/positions", {"positions": [good | wrong]}).status_code == 400
    assert one.post("/work/positions", {"positions": []}).status_code == 400
    assert one.post("/work/positions", {"positions": [good] * 61}).status_code == 400
