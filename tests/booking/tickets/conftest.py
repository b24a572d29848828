"""The small town of the jobs' tests, and a compound in it."""

import pytest
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from tests.booking.jobs.conftest import _town_engine, busy_town, founded, session, town
from tests.booking.jobs.town import Town
from tests.booking.tickets.compound import Compound

__all__ = ["_town_engine", "busy_town", "compound", "founded", "session", "town"]


@pytest.fixture(autouse=True)
def _town_time(town: Town) -> None:
    clock.travel_to(town.now)


@pytest.fixture
def compound(session: Session, town: Town) -> Compound:
    return Compound.build(session, town)
