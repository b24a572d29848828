"""The small town of the jobs' tests, and a plan in it."""

import pytest

from marketplace.foundation import clock
from tests.booking.jobs.conftest import _town_engine, busy_town, founded, session, town
from tests.booking.jobs.town import Town

__all__ = ["_town_engine", "busy_town", "founded", "session", "town"]


@pytest.fixture(autouse=True)
def _town_time(town: Town) -> None:
    clock.travel_to(town.now)
