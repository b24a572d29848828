"""Server-sent events: a page hears that its job, offers or top-up changed, and asks for the part again.

One connection of each process listens; streams hold none. A stream says ids only, beats every fifteen seconds, and a
principal may hold three at once.
"""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import psycopg
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from sqlalchemy import make_url

from marketplace.foundation import logs
from marketplace.foundation.errors import Refused
from marketplace.foundation.news import CHANNEL

HEARTBEAT_SECONDS = 15
MOST_STREAMS = 3
AGAIN_SECONDS = 2
BEAT_SECONDS = 5  # a page that was closed is noticed with the next beat
MOST_WAITING = 200  # news of a whole town that one page has not been told yet


@dataclass(frozen=True)
class TooManyStreams(Refused):
    """This reader has as many open pages listening as one may have."""

    most: int


class Listener(threading.Thread):
    """Hears the database's news and hands it to the streams of this process."""

    def __init__(self, url: str) -> None:
        super().__init__(name="news", daemon=True)
        self.url = url
        self._leaving = threading.Event()

    def run(self) -> None:
        while not self._leaving.is_set():
            try:
                with psycopg.connect(_plain(self.url), autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not self._leaving.is_set():
                        for news in connection.notifies(timeout=0.5):
                            kind, ref, number = news.payload.split()
                            hub.tell(f"{kind} {ref}", number)
                            hub.tell(kind, news.payload)
            except psycopg.OperationalError as away:
                logs.get().warning("news.database_away", error=type(away).__name__)
                self._leaving.wait(AGAIN_SECONDS)

    def leave(self) -> None:
        self._leaving.set()
        self.join(timeout=3)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Hub:
    """The open streams of this process, by what they listen to."""

    def __init__(self) -> None:
        self._queues: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[str]]]] = defaultdict(set)
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def tell(self, topic: str, number: str) -> None:
        """Called from the listening thread."""
        with self._lock:
            listening = list(self._queues.get(topic, ()))
        for loop, queue in listening:
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(_put, queue, number)

    async def listen(self, topic: str, reader: str) -> AsyncIterator[ServerSentEventMessage]:
        """The stream itself. Refuses TooManyStreams."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=20)
        with self._listening([topic], reader, queue):
            yield ServerSentEventMessage(event="open", data=topic.partition(" ")[0], retry=3000)
            while True:
                try:
                    number = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                    yield ServerSentEventMessage(event="changed", data=number, id=number)
                except TimeoutError:
                    yield ServerSentEventMessage(comment="still here")

    async def gather(self, kinds: Sequence[str], reader: str) -> AsyncIterator[ServerSentEventMessage]:
        """All news of these kinds, each as an event of its kind with ref and number. Refuses TooManyStreams.

        `missed` when more came at once than are told one by one: the page looks at the whole again. `beat` says that
        the line stands and nothing was missed.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=MOST_WAITING)
        with self._listening(kinds, reader, queue):
            yield ServerSentEventMessage(event="hello", data=kinds[0], retry=1000)
            while True:
                try:
                    kind, _, told = (await asyncio.wait_for(queue.get(), BEAT_SECONDS)).partition(" ")
                except TimeoutError:
                    kind, told = "beat", ""
                if queue.qsize() >= MOST_WAITING - 1:
                    kind, told = "missed", ""
                    while not queue.empty():
                        queue.get_nowait()
                yield ServerSentEventMessage(event=kind, data=told or "-")

    @contextmanager
    def _listening(self, topics: Sequence[str], reader: str, queue: asyncio.Queue[str]) -> Iterator[None]:
        place = (asyncio.get_running_loop(), queue)
        with self._lock:
            if self._held[reader] >= MOST_STREAMS:
                raise TooManyStreams(MOST_STREAMS)
            self._held[reader] += 1
            for topic in topics:
                self._queues[topic].add(place)
        try:
            yield
        finally:
            with self._lock:
                self._held[reader] -= 1
                for topic in topics:
                    self._queues[topic].discard(place)
                    if not self._queues[topic]:
                        del self._queues[topic]


def _put(queue: asyncio.Queue[str], number: str) -> None:
    with suppress(asyncio.QueueFull):  # the page is told already
        queue.put_nowait(number)


hub = Hub()


def stream(kind: str, ref: UUID, *, reader: str) -> ServerSentEvent:
    """The answer of a stream's handler. Whether the reader may listen is the handler's question, asked before.

    The route carries `opt={"nocompress": True}`, or a compressor would hold the events back.
    """
    return ServerSentEvent(hub.listen(f"{kind} {ref}", reader))


def town_stream(*kinds: str, reader: str) -> ServerSentEvent:
    """The answer of a handler that listens to everything of these kinds, for staff who see the whole town.

    The route carries `opt={"nocompress": True}`.
    """
    return ServerSentEvent(hub.gather(kinds, reader))
