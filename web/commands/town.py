"""A town on this machine: its database, keys, secrets, bank and processes, for `demo` and `rehearse` alike."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from marketplace.foundation.embedded import open_server
from marketplace.foundation.keyfile import make_key_file
from web import schema
from web.commands.home import default_home
from web.commands.output import progress
from web.commands.process import Child, free_port
from web.towns import Named
from web.towns import read as read_town

ANSWER_SECONDS = 300  # a crowded machine needs minutes to start five processes
DAYS_LIVED = 14
BY_STRIPE = frozenset({"doha"})  # where top-ups go through Stripe
GATEWAYS_OF = {  # every gateway that takes the town's money
    "dhaka": "sandbox:BDT sslcommerz:BDT stripe:BDT",
    "tehran": "zarinpal:IRR sandbox:IRR",
    "doha": "stripe:QAR sandbox:QAR",
}
PRACTISED = (
    "GATEWAYS",
    "ZARINPAL_MERCHANT_ID", "ZARINPAL_API_BASE",
    "SSLCOMMERZ_STORE_ID", "SSLCOMMERZ_STORE_PASSWORD", "SSLCOMMERZ_API_BASE",
)  # fmt: skip


@dataclass
class Town:
    """A running town: where it answers, who may sign in, and its processes."""

    home: Path
    urls: list[str]
    bank_url: str
    environment: dict[str, str]
    named: tuple[Named, ...]
    children: list[Child] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.urls[0]

    def child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def keep(self) -> bool:
        """Start again what has died; False when something will not stay alive."""
        alive = [child.keep() for child in self.children]
        return all(alive)


def throw_away(home: Path) -> None:
    """Remove a town's folder, but only one that is a town's."""
    if home.exists() and not ((home / "town.json").exists() or not any(home.iterdir())):
        raise SystemExit(f"karigar: {home} holds something else than a town; name another folder with --data")
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_town(
    home: Path,
    *,
    town: str,
    port: int | None = None,
    webs: int = 1,
    worker: bool = False,
    days: int = DAYS_LIVED,
    redis_url: str = "",
    database_url: str = "",
    every_gateway: bool = False,
) -> Iterator[Town]:
    """Start everything and wait until it answers; stop everything afterwards, the database last.

    `webs` web processes; a separate `worker` and relay need Redis. `days` of history before today.
    Raises EmbeddedPostgresUnavailable.
    """
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        database_url = database_url or os.environ.get("DATABASE_URL", "")
        if not database_url:
            progress("Starting the database …")
            database_url = stack.enter_context(open_server(home / "postgres")).url
        ports = [port or free_port(), *(free_port() for _ in range(webs - 1))]
        town = _who_lives_here(home) or town
        environment = _environment(home, database_url, ports[0], town, every_gateway=every_gateway)
        environment |= {"REDIS_URL": redis_url} if redis_url else {}
        if not _is_lived_in(database_url):
            _people(environment, town, days=days)
        running = Town(
            home, [f"http://127.0.0.1:{each}" for each in ports], environment["SANDBOX_BANK_URL"], environment,
            read_town(town).named,
        )  # fmt: skip
        stack.callback(_stop_all, running.children)
        _start_processes(running, ports, worker=worker)
        _wait_until_it_answers(running)
        yield running


def _start_processes(town: Town, ports: list[int], *, worker: bool) -> None:
    logs = town.home / "logs"
    logs.mkdir(exist_ok=True)
    python = [sys.executable, "-m"]
    town.children.append(Child("bank", [*python, "web.bank"], town.environment, logs / "bank.log"))
    for n, port in enumerate(ports):
        words = [*python, "web.commands", "serve", "--port", str(port)]
        town.children.append(Child(f"web{n or ''}", words, town.environment, logs / f"web{n or ''}.log"))
    if worker:
        for name in ("worker", "relay"):
            town.children.append(Child(name, [*python, "web.commands", name], town.environment, logs / f"{name}.log"))


def _stop_all(children: list[Child]) -> None:
    for child in reversed(children):
        child.stop()


def _wait_until_it_answers(town: Town) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    waiting = [f"{url}/-/ready" for url in town.urls] + [f"{town.bank_url}/-/health"]
    while waiting:
        for url in list(waiting):
            try:
                if _status(url) == 200:
                    waiting.remove(url)
            except (OSError, HTTPException):
                pass
        for child in town.children:
            if child.process.poll() is not None:
                last = child.log.read_text(errors="replace").splitlines()[-8:]
                raise SystemExit(f"karigar: {child.name} did not start; {child.log} ends:\n" + "\n".join(last))
        if waiting and time.monotonic() > deadline:
            raise SystemExit(f"karigar: no answer from {', '.join(waiting)} in {ANSWER_SECONDS} seconds")
        time.sleep(0.05)


def _status(url: str) -> int:
    parts = urlsplit(url)
    asking = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        asking.request("GET", parts.path)
        return asking.getresponse().status
    finally:
        asking.close()


def _who_lives_here(home: Path) -> str | None:
    kept = home / "town.json"
    found: str | None = json.loads(kept.read_text()).get("town") if kept.exists() else None
    return found


def _is_lived_in(database_url: str) -> bool:
    """Whether the database has the newest schema and a town in it."""
    with psycopg.connect(database_url) as connection:
        try:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            somebody = connection.execute("SELECT 1 FROM organization LIMIT 1").fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return version == (schema.newest(),) and somebody is not None


def _people(environment: Mapping[str, str], town: str, *, days: int) -> None:
    """In a process of its own: a town that is lived in opens without importing how it is built."""
    words = [sys.executable, "-m", "web.commands", "people", town, "--days", str(days)]
    built = subprocess.run(words, env={**os.environ, **environment}, check=False)
    if built.returncode != 0:
        raise SystemExit(built.returncode)


def _environment(home: Path, database_url: str, port: int, town: str, *, every_gateway: bool = False) -> dict[str, str]:
    """The settings of this town's processes; secrets are made once and kept in its folder."""
    kept = home / "town.json"
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    key_file = home / "keys"
    if not key_file.exists():
        make_key_file(key_file)
    bank_port = int(known.get("bank_port") or free_port())
    if not _is_free(bank_port):
        bank_port = free_port()
    known |= {
        "town": town,
        "session_secret": known.get("session_secret") or secrets.token_urlsafe(32),
        "bank_secret": known.get("bank_secret") or secrets.token_urlsafe(32),
        "bank_port": str(bank_port),
        "stripe_key": known.get("stripe_key") or f"sk_test_{secrets.token_hex(16)}",
        "stripe_secret": known.get("stripe_secret") or f"whsec_{secrets.token_hex(16)}",
        "merchant": known.get("merchant") or str(uuid4()),
    }
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(known))
    bank = {
        "SANDBOX_BANK_URL": f"http://127.0.0.1:{bank_port}",
        "SANDBOX_BANK_SECRET": known["bank_secret"],
        **(_stripe(known, port, bank_port) if town in BY_STRIPE else {}),
    } | _practised(f"http://127.0.0.1:{bank_port}")
    if every_gateway:
        bank |= _every_gateway(known, town, port, bank_port)
    (home / "gateways.json").touch(mode=0o600)
    (home / "gateways.json").write_text(json.dumps(bank))
    return bank | {
        "KARIGAR_MODE": "demo",
        "KARIGAR_HOME": str(home),
        "DATABASE_URL": database_url,
        "KEYS_DATABASE_URL": os.environ.get("KEYS_DATABASE_URL") or _keys_database(database_url),
        "KARIGAR_KEY_FILE": str(key_file),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SESSION_SECRET": known["session_secret"],
        "BANK_SECRET": known["bank_secret"],
        "BANK_DATABASE": str(home / "bank.sqlite3"),
        "BANK_PORT": str(bank_port),
    }


def _stripe(known: dict[str, str], port: int, bank_port: int) -> dict[str, str]:
    """This town's account at the simulated Stripe beside its bank; the bank itself is the second choice."""
    return {
        "STRIPE_SECRET_KEY": known["stripe_key"],
        "STRIPE_WEBHOOK_SECRET": known["stripe_secret"],
        "STRIPE_API_BASE": f"http://127.0.0.1:{bank_port}/stripe",
        "BANK_STRIPE_ENDPOINT": f"http://127.0.0.1:{port}/gateways/stripe/notices",
        "GATEWAYS": os.environ.get("GATEWAYS") or "stripe:QAR sandbox:QAR",
    }


def _every_gateway(known: Mapping[str, str], town: str, port: int, bank_port: int) -> dict[str, str]:
    """An account at each provider that takes the town's money, all of them simulated by its bank."""
    bank, found = f"http://127.0.0.1:{bank_port}", {"GATEWAYS": GATEWAYS_OF[town]}
    if "stripe" in GATEWAYS_OF[town]:
        found = _stripe(dict(known), port, bank_port) | found
    if "zarinpal" in GATEWAYS_OF[town]:
        found |= {"ZARINPAL_MERCHANT_ID": known["merchant"], "ZARINPAL_API_BASE": bank}
    if "sslcommerz" in GATEWAYS_OF[town]:
        password = known["merchant"].replace("-", "")
        found |= {"SSLCOMMERZ_STORE_ID": "karigarlive", "SSLCOMMERZ_STORE_PASSWORD": password}
        found["SSLCOMMERZ_API_BASE"] = bank
    return found


def _practised(bank: str) -> dict[str, str]:
    """The providers that the operator's own settings name; one without an address is practised at the town's bank."""
    found = {name: os.environ[name] for name in PRACTISED if os.environ.get(name)}
    for name, base in (("ZARINPAL_MERCHANT_ID", "ZARINPAL_API_BASE"), ("SSLCOMMERZ_STORE_ID", "SSLCOMMERZ_API_BASE")):
        if name in found:
            found.setdefault(base, bank)
    return found


def gateway_settings(home: Path | None) -> dict[str, str]:
    """The settings of a town's gateways, as its processes were given them; none where there is no town."""
    kept = (home or default_home()).absolute() / "gateways.json"
    found: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _keys_database(database_url: str) -> str:
    """The address of the keys' own database, beside this one."""
    parts = urlsplit(database_url)
    return parts._replace(path=f"{parts.path}_keys").geturl()
