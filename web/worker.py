"""The worker: takes row ids from the broker and runs them. Redis when there is one, this process otherwise."""

import threading
from collections.abc import Callable
from importlib import import_module
from uuid import UUID

import dramatiq
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage, ShutdownNotifications, TimeLimit

from marketplace.foundation import tasks
from marketplace.foundation.settings import Settings

QUEUE = "outbox"
ACTOR = "run"
TIME_LIMIT_MS = 60_000


class _Process:
    """What `make_broker` made."""

    limit: TimeLimit | None = None


def make_broker(settings: Settings) -> dramatiq.Broker:
    """The broker that carries row ids, with the one actor declared on it. It never retries: the outbox does."""
    limit = _Process.limit = TimeLimit(time_limit=TIME_LIMIT_MS)
    middleware: list[dramatiq.Middleware] = [
        limit,
        ShutdownNotifications(),
        CurrentMessage(),
    ]
    broker: dramatiq.Broker
    if settings.redis_url:
        broker = import_module("web.broker").over_redis(settings.redis_url, middleware)
    else:
        broker = StubBroker(middleware=middleware)
    dramatiq.set_broker(broker)
    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUE, broker=broker)(run_row)
    return broker


def more_time(seconds: int) -> None:
    """Let the task in this thread work for so long from now on; outside a worker nobody counts."""
    limit, me = _Process.limit, threading.get_ident()
    if limit is not None and limit.manager.deadlines.get(me) is not None:  # type: ignore[union-attr]  # of threads
        limit.manager.add_timeout(me, seconds * 1000)  # type: ignore[no-untyped-call]  # as all of dramatiq


def run_row(outbox_id: str) -> None:
    """Do the work of one outbox row; the only message there is."""
    tasks.run(UUID(outbox_id))


def sender(broker: dramatiq.Broker) -> Callable[[UUID], object]:
    """What the relay calls for each due row."""

    def send(outbox_id: UUID) -> object:
        message = dramatiq.Message[None](
            queue_name=QUEUE, actor_name=ACTOR, args=(str(outbox_id),), kwargs={}, options={}
        )
        return broker.enqueue(message)

    return send


def make_worker(broker: dramatiq.Broker, *, threads: int) -> Worker:
    """A pool of threads on this broker; one for each broker."""
    return Worker(broker, worker_threads=threads, queues={QUEUE})
