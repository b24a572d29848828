"""The broker over Redis. Imported only where there is a REDIS_URL: the client takes a tenth of a process's start."""

from collections.abc import Sequence

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

HEARTBEAT_MS = 15_000


class OverRedis(RedisBroker):
    """Raises ConnectionError when Redis does not take a message, whatever its client calls that."""

    def enqueue(self, message: dramatiq.Message[None], *, delay: int | None = None) -> dramatiq.Message[None]:
        try:
            return super().enqueue(message, delay=delay)
        except redis.RedisError as away:
            raise ConnectionError("Redis is away") from away


def over_redis(url: str, middleware: Sequence[dramatiq.Middleware]) -> dramatiq.Broker:
    """The broker at this address; nothing is asked of it yet."""
    return OverRedis(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
        url=url,
        namespace="karigar",
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=1_000_000,
        middleware=middleware,
    )


def answers(url: str) -> bool:
    """Whether Redis answers within two seconds."""
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError:
        return False
    return True
