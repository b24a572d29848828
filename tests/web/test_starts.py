"""What a web process does not import: it is to answer within seconds, and few towns need all of it."""

import subprocess
import sys

import dramatiq
import pytest

from web import broker

SELDOM = ("alembic", "redis", "apprise", "stripe", "vroom", "pandas")
NOBODY_THERE = "redis://127.0.0.1:1/0"
IMPORT = "import sys, web.app; list(web.app.all_routes()); print(*(each for each in {!r} if each in sys.modules))"


def test_what_few_need_is_not_imported_by_everybody() -> None:
    told = subprocess.run([sys.executable, "-c", IMPORT.format(SELDOM)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_a_broker_that_is_away_is_a_connection_that_failed() -> None:
    away = broker.over_redis(NOBODY_THERE, [])
    message = dramatiq.Message[None](queue_name="outbox", actor_name="run", args=(), kwargs={}, options={})
    with pytest.raises(ConnectionError):
        away.enqueue(message)
    assert not broker.answers(NOBODY_THERE)
