"""The same small town as for jobs."""

from tests.booking.jobs.conftest import _town_engine, founded, session, town

__all__ = ["_town_engine", "founded", "session", "town"]
