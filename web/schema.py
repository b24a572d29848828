"""The tables of the house, the steps of their schema, and the newest: light, for who opens looks here first."""

import importlib
import pkgutil
from pathlib import Path

import booking
import marketplace
import payments

MIGRATIONS = Path(marketplace.__file__).parent / "migrations"
FOUNDATION_TABLES = ("audit", "outbox", "repeats")


def newest() -> str:
    """The number of the last step."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def load_tables() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for package in (marketplace, payments, booking):
        for feature in pkgutil.iter_modules(package.__path__):
            here = Path(package.__path__[0]) / feature.name
            for module in sorted(here.glob("*tables.py")):
                importlib.import_module(f"{package.__name__}.{feature.name}.{module.stem}")
    for name in FOUNDATION_TABLES:
        importlib.import_module(f"marketplace.foundation.{name}")
