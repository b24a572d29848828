"""`karigar doctor`: what this machine has, what is wrong with it, and the mend."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
from web.sentences.marking import N_

NEEDED_CONNECTIONS = 10
OLDEST_POSTGRES = 150_000
FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is good, what it is, and what to do when it is not; with the facts of both."""

    good: bool
    matter: str
    mend: str = ""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    def in_english(self) -> tuple[str, str]:
        """Matter and mend, for a terminal."""
        return self.matter.format_map(self.facts), self.mend.format_map(self.facts)


def ready(url: str) -> bool:
    """Whether the town at this address answers."""
    try:
        return httpx.get(f"{url}/-/ready", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def examine(settings: Settings, open_database: Opener) -> list[Finding]:
    """Everything the doctor looks at, in the order of starting up."""
    findings = [*_machine(), _broker(settings)]
    if settings.key_file:
        facts = {"path": settings.key_file, "command": "karigar keys make FILE"}
        findings.append(
            Finding(Path(settings.key_file).is_file(), N_("Keys: {path}"), N_("Make it with {command}"), facts)
        )
    try:
        with open_database() as which:
            matter = N_("Database: {which}") if which else N_("Database: it answers")
            findings += [Finding(True, matter, facts={"which": which}), *_database(settings)]
    except (DBAPIError, SystemExit) as away:
        facts = {"why": f"{away}".splitlines()[0], "command": "karigar demo", "setting": "DATABASE_URL"}
        findings.append(Finding(False, N_("Database: {why}"), N_("Start {command}, or set {setting}"), facts))
    return findings


def _machine() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    gigabytes = {"gigabytes": free // 1_000_000_000}
    yield Finding(
        free > FREE_BYTES, N_("Disk: {gigabytes} GB free"), N_("Make room: less than 1 GB is left"), gigabytes
    )
    built = build.MAP.is_file()
    yield Finding(
        built, N_("Styles and scripts: built") if built else N_("Styles and scripts: missing"), N_("Run {command}"),
        {"command": "python -m web.assets.install"},
    )  # fmt: skip
    broken = translations.faults()
    for language, fault in broken.items():
        facts = {
            "language": language,
            "fault": str(fault),
            "folder": "locales/",
            "command": "python -m web.translations",
        }
        yield Finding(False, N_("Language {language}: {fault}"), N_("Mend {folder} and run {command}"), facts)
    if not broken:
        yield Finding(True, N_("Languages: every catalogue can be read"))


def _broker(settings: Settings) -> Finding:
    facts = {"setting": "REDIS_URL"}
    if not settings.redis_url:
        return Finding(True, N_("Broker: inside this process, as {setting} is not set"), facts=facts)
    if import_module("web.broker").answers(settings.redis_url):
        return Finding(True, N_("Broker: Redis answers"))
    mend = N_("Start Redis, or take {setting} away; nothing is lost meanwhile")
    return Finding(False, N_("Broker: Redis does not answer"), mend, facts)


def _database(settings: Settings) -> Iterator[Finding]:
    with transaction() as session:
        version = int(str(session.scalar(text("SHOW server_version_num"))))
        most = int(str(session.scalar(text("SHOW max_connections"))))
        safe = session.scalar(text("SHOW fsync")) == "on" and session.scalar(text("SHOW full_page_writes")) == "on"
        counts = outbox.counts(session)
    yield Finding(
        version >= OLDEST_POSTGRES, N_("Database server: PostgreSQL {version}"), N_("Use PostgreSQL 15 or newer"),
        {"version": version // 10000},
    )  # fmt: skip
    wanted = settings.thread_count + 4 + NEEDED_CONNECTIONS
    yield Finding(
        wanted <= most, N_("Connections: {wanted} of {most} may be wanted"), N_("Lower {setting}, or raise {other}"),
        {"wanted": wanted, "most": most, "setting": "KARIGAR_THREADS", "other": "max_connections"},
    )  # fmt: skip
    yield Finding(
        safe or not settings.production, N_("Database: what is committed outlives a power cut"),
        N_("Switch {setting} and {other} on"), {"setting": "fsync", "other": "full_page_writes"},
    )  # fmt: skip
    yield Finding(
        counts["dead"] == 0, N_("Tasks: {count} given up"), N_("Look with {command}, then let them run again"),
        {"count": counts["dead"], "command": "karigar outbox"},
    )  # fmt: skip
    yield Finding(
        counts["overdue"] == 0, N_("Tasks: {count} overdue"), N_("Is a worker running? Look in its log for {event}"),
        {"count": counts["overdue"], "event": "task.failed"},
    )  # fmt: skip
