"""One command from nothing to a running town; Ctrl-C closes it and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from web.commands.process import free_port


def start(home: Path, port: int) -> tuple[subprocess.Popen[str], dict[str, object]]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    words = [
        sys.executable, "-m", "web.commands", "demo", "--data", str(home), "--port", str(port), "--days", "1", "--json",
    ]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    return process, json.loads(line)


def stop(process: subprocess.Popen[str], request: signal.Signals = signal.SIGINT) -> int:
    process.send_signal(request)
    process.communicate(timeout=60)
    return process.returncode


def processes_of(home: Path) -> list[str]:
    """Every living process whose command line or environment names this town."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(home).encode() in told:
                found.append((entry / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.slow
def test_a_town_opens_answers_closes_and_opens_again_as_it_was(fresh_home: Path) -> None:
    home, port = fresh_home / "town", free_port()
    process, told = start(home, port)
    assert told["url"] == f"http://127.0.0.1:{port}"
    assert httpx.get(f"{told['url']}/", headers={"accept-language": "bn"}).status_code == 200
    assert stop(process) == 0
    assert processes_of(home) == []

    process, told = start(home, port)
    assert told["url"] == f"http://127.0.0.1:{port}"
    os.kill(process.pid, signal.SIGKILL)  # even so, nothing outlives it
    process.communicate()
    deadline = time.monotonic() + 20
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(home) == []
