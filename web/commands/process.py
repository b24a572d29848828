"""Child processes that never outlive us, and are started again when they die before their time."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 12
MOST_RESTARTS = 20


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """One process of a town. `keep()` starts it again when it has died; `stop()` asks, waits, then insists."""

    def __init__(self, name: str, words: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.words = words
        self.environment = dict(environment)
        self.log = log
        self.restarts = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def die_with_parent() -> None:
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
                if os.getppid() != parent:
                    os._exit(1)

        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.words,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # children are started from the main thread only
                process_group=0,  # Ctrl-C reaches us; we stop the children in order
            )

    def keep(self) -> bool:
        """Start the process again if it has died. False when it will not stay alive."""
        if self.process.poll() is None:
            return True
        self.restarts += 1
        if self.restarts > MOST_RESTARTS:
            return False
        time.sleep(min(2.0, 0.2 * self.restarts))
        self.process = self._start()
        return True

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for who does not listen."""
        for request, patience in ((signal.SIGTERM, PATIENCE_SECONDS), (signal.SIGKILL, 5)):
            if self.process.poll() is not None:
                return
            with suppress(ProcessLookupError):
                self.process.send_signal(request)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
