"""`karigar doctor`: what this machine has, what is wrong with it, and the mend."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.foundation import outbox
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from web import translations
from web.assets import build
from web.commands.database import Opener

NEEDED_CONNECTIONS = 10
OLDEST_POSTGRES = 150_000
FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is good, what it is, and what to do when it is not."""

    good: bool
    matter: str
    mend: str = ""


def ready(url: str) -> bool:
    """Whether the town at this address answers."""
    try:
        return httpx.get(f"{url}/-/ready", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def examine(settings: Settings, open_database: Opener) -> list[Finding]:
    """Everything the doctor looks at, in the order of starting up."""
    findings = [*_machine(settings)]
    try:
        with open_database() as which:
            findings += [Finding(True, f"database: {which}"), *_database(settings)]
    except (DBAPIError, SystemExit) as away:
        findings.append(
            Finding(False, f"database: {away}".splitlines()[0], "start `karigar demo`, or set DATABASE_URL")
        )
    return findings


def _machine(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding(free > FREE_BYTES, f"disk: {free / 1e9:.1f} GB free", "make room: less than 1 GB is left")
    built = build.MAP.is_file()
    yield Finding(built, "assets: built" if built else "assets: missing", "run: python -m web.assets.install")
    broken = translations.faults()
    for language, fault in broken.items():
        yield Finding(False, f"language {language}: {fault}", "mend locales/ and run: python -m web.translations")
    if not broken:
        yield Finding(True, "languages: every catalogue can be read")
    if settings.redis_url:
        if import_module("web.broker").answers(settings.redis_url):
            yield Finding(True, "broker: Redis answers")
        else:
            yield Finding(
                False, "broker: Redis does not answer", "start Redis, or unset REDIS_URL; nothing is lost meanwhile"
            )
    else:
        yield Finding(True, "broker: inside the web process (REDIS_URL is not set)")
    key_file = settings.key_file
    if key_file:
        yield Finding(Path(key_file).is_file(), f"keys: {key_file}", "make it with: karigar keys make FILE")


def _database(settings: Settings) -> Iterator[Finding]:
    with transaction() as session:
        version = int(str(session.scalar(text("SHOW server_version_num"))))
        most = int(str(session.scalar(text("SHOW max_connections"))))
        safe = session.scalar(text("SHOW fsync")) == "on" and session.scalar(text("SHOW full_page_writes")) == "on"
        counts = outbox.counts(session)
    yield Finding(version >= OLDEST_POSTGRES, f"PostgreSQL {version // 10000}", "use PostgreSQL 15 or newer")
    wanted = settings.thread_count + 4 + NEEDED_CONNECTIONS
    yield Finding(
        wanted <= most,
        f"connections: {wanted} of {most} may be wanted",
        "lower KARIGAR_THREADS or raise max_connections",
    )
    yield Finding(safe or not settings.production, "database: durable", "switch fsync and full_page_writes on")
    yield Finding(
        counts["dead"] == 0, f"outbox: {counts['dead']} dead", "look with `karigar outbox`, then replay the id"
    )
    yield Finding(
        counts["overdue"] == 0,
        f"outbox: {counts['overdue']} overdue",
        "is a worker running? see its log for task.failed",
    )
