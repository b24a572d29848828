"""What every process of the house opens before it works, whichever its trade: tables, tasks, database, vault,
gateways and channels."""

import importlib
import pkgutil
from pathlib import Path

from sqlalchemy import Engine

import booking
import marketplace
import payments
from marketplace.foundation import files, logs, vault
from marketplace.foundation.database import WEB_LIMITS, new_session, open_database
from marketplace.foundation.settings import Settings
from payments.gateways import adapters
from web import schema, watched_folder
from web.letters import delivery

TASKS_OF_THE_EDGE = (
    "web.documents.tasks", "web.house", "web.letters.bid_loaders", "web.letters.delivery", "web.letters.loaders",
    "web.letters.money_loaders", "web.letters.plan_loaders", "web.letters.visit_loaders", "web.paying_out",
    "web.reactions", "web.statement_files", "web.watched_folder", "web.letters.service_plan_loaders",
    "web.letters.conduct_loaders", "web.letters.crew_loaders", "web.letters.ticket_loaders",
)  # fmt: skip


def open_house(settings: Settings, *, connections: int, limits: str = WEB_LIMITS) -> Engine:
    """Open everything in this process, once.

    Raises SettingRefused, KeyFileUnusable, KeysBesideData.
    """
    logs.configure(settings.log_level)
    schema.load_tables()
    load_tasks()
    engine = open_database(settings.database_url, connections=connections, limits=limits)
    vault.open_vault(settings.keys_database_url, Path(settings.key_file))
    files.open_files(settings.home_path / "files")
    adapters.connect(settings)
    delivery.open_channels(settings)
    watched_folder.open_folder(settings)
    return engine


def close_house() -> None:
    """Let go of database and keys."""
    vault.close_vault()
    engine = new_session.kw.get("bind")
    if engine is not None:
        engine.dispose()
    new_session.configure(bind=None)


def load_tasks() -> None:
    """Import every module that registers tasks, so that any row of the outbox can be run."""
    for package in (marketplace, payments, booking):
        for feature in pkgutil.iter_modules(package.__path__):
            for module in sorted((Path(package.__path__[0]) / feature.name).glob("*tasks.py")):
                importlib.import_module(f"{package.__name__}.{feature.name}.{module.stem}")
    for name in TASKS_OF_THE_EDGE:
        importlib.import_module(name)
