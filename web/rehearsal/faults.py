"""Processes that are killed in the middle, and the Redis of a rehearsal."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from web.commands.output import progress
from web.commands.process import Child, free_port


@dataclass(frozen=True)
class Kill:
    """Which process gets SIGKILL, so many seconds after the first job."""

    name: str
    after_seconds: float


def read_kill(text: str) -> Kill:
    """`web@5`. Raises ValueError."""
    name, _, seconds = text.partition("@")
    if not name or not seconds:
        raise ValueError(text)
    return Kill(name, float(seconds))


class Faults:
    """The kills that are still to come; those killed are started again by the town's `keep`."""

    def __init__(self, kills: Sequence[Kill], children: Sequence[Child]) -> None:
        self.waiting = sorted(kills, key=lambda kill: kill.after_seconds)
        self.children = children
        self.began = time.monotonic()
        unknown = {kill.name for kill in kills} - {child.name for child in children}
        if unknown:
            raise SystemExit(f"karigar: no process of this town is called {', '.join(sorted(unknown))}")

    def strike(self) -> None:
        """Kill what is due."""
        while self.waiting and time.monotonic() - self.began >= self.waiting[0].after_seconds:
            kill = self.waiting.pop(0)
            progress(f"kill -9 {kill.name}")
            next(child for child in self.children if child.name == kill.name).process.kill()


def start_redis(folder: Path) -> tuple[Child, str]:
    """A Redis of one's own that keeps nothing on disk, and its address."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("karigar: --worker needs REDIS_URL, or redis-server on this machine")
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder.mkdir(parents=True, exist_ok=True)
    child = Child("redis", [*words, "--dir", str(folder)], {}, folder / "redis.log")
    return child, f"redis://127.0.0.1:{port}/0"
