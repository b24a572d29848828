"""`karigar serve`, `worker` and `relay`: the three processes of a town; one is enough when there is no Redis."""

import argparse
import asyncio
import signal
import sys
import threading
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from marketplace.foundation.database import WORKER_LIMITS
from marketplace.foundation.settings import Settings, read
from web.app import create_app
from web.live import Listener
from web.opening import close_house, open_house
from web.relay import Relay
from web.worker import make_broker, make_worker, sender

WORKER_THREADS = 4


def declare(commands: Any) -> None:
    """Add the commands to the parser."""
    web = commands.add_parser("serve", help="answer HTTP; with relay and worker inside when REDIS_URL is not set")
    web.add_argument("--host", default="127.0.0.1")
    web.add_argument("--port", type=int, default=8000)
    web.set_defaults(run=serve)
    worker = commands.add_parser("worker", help="run tasks from the broker (needs REDIS_URL)")
    worker.add_argument("--threads", type=int, default=WORKER_THREADS)
    worker.set_defaults(run=work)
    relay = commands.add_parser("relay", help="hand due outbox rows to the broker (needs REDIS_URL)")
    relay.set_defaults(run=relay_rows)


def serve(chosen: argparse.Namespace) -> int:
    """Answer HTTP until SIGINT or SIGTERM; then finish what is in flight."""
    settings = read()
    app = create_app(settings)
    listener = Listener(settings.database_url)
    listener.start()
    broker = relay = worker = None
    if not settings.redis_url:
        broker = make_broker(settings)
        worker = make_worker(broker, threads=WORKER_THREADS)
        worker.start()
        relay = Relay(sender(broker))
        relay.start()
    try:
        asyncio.run(_answer(app, chosen.host, chosen.port))
    finally:
        listener.leave()
        if relay and worker and broker:
            relay.leave()
            worker.stop()
            broker.close()
        close_house()
    return 0


async def _answer(app: Any, host: str, port: int) -> None:
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, server.stop)
    await server.serve()


def work(chosen: argparse.Namespace) -> int:
    """Run tasks until SIGINT or SIGTERM."""
    settings = _with_redis("worker")
    open_house(settings, connections=chosen.threads + 2, limits=WORKER_LIMITS)
    broker = make_broker(settings)
    worker = make_worker(broker, threads=chosen.threads)
    worker.start()
    _wait_for_the_end()
    worker.stop()
    broker.close()
    close_house()
    return 0


def relay_rows(_: argparse.Namespace) -> int:
    """Relay until SIGINT or SIGTERM."""
    settings = _with_redis("relay")
    open_house(settings, connections=3, limits=WORKER_LIMITS)
    broker = make_broker(settings)
    relay = Relay(sender(broker))
    relay.start()
    _wait_for_the_end()
    relay.leave()
    broker.close()
    close_house()
    return 0


def _with_redis(name: str) -> Settings:
    settings = read()
    if not settings.redis_url:
        sys.stderr.write(f"karigar: `{name}` needs REDIS_URL; without Redis `karigar serve` does this work itself.\n")
        raise SystemExit(2)
    return settings


def _wait_for_the_end() -> None:
    leaving = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: leaving.set())
    leaving.wait()
