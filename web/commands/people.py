"""`karigar people`: people an empty database with a practice town that has lived a while. `karigar demo` calls it."""

import argparse
from typing import Any

from sqlalchemy import create_engine, make_url, text

from marketplace.foundation import clock
from marketplace.foundation.database import WORKER_LIMITS, driver_url, transaction
from marketplace.foundation.settings import SettingRefused, read
from web import cast, history, kept, migrate
from web.commands.output import progress
from web.commands.town import DAYS_LIVED
from web.opening import close_house, open_house
from web.towns import TOWNS


def declare(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("people", help="people the empty database of these settings with a practice town")
    one.add_argument("town", choices=TOWNS)
    one.add_argument("--days", type=int, default=DAYS_LIVED, help="days of history before today")
    one.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Bring the schema up to date; found the town, unless somebody lives there."""
    settings = read()
    if settings.mode != "demo":
        raise SettingRefused("KARIGAR_MODE", "is not demo", "A practice town is never built on real data")
    progress("Bringing the schema up to date …")
    migrate.upgrade(settings.database_url)
    _make_database(settings.keys_database_url, from_within=settings.database_url)
    open_house(settings, connections=4, limits=WORKER_LIMITS)
    try:
        with transaction() as session:
            found = cast.find(session)
        if found is None:
            progress(f"Peopling {chosen.town.title()} …")
            now, hashes = clock.now(), cast.password_hashes(chosen.town)
            with transaction() as session:
                found = cast.build_town(session, chosen.town, hashes=hashes, now=now)
            history.live_through(found, days=chosen.days, now=now, progress=progress)
            with transaction() as session:
                kept.keep(session, found, now=now)
        return 0
    finally:
        close_house()


def _make_database(address: str, *, from_within: str) -> None:
    """The keys' own database, when it is missing."""
    name = make_url(address).database or ""
    engine = create_engine(driver_url(from_within), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not known:
            connection.execute(text(f"CREATE DATABASE {engine.dialect.identifier_preparer.quote(name)}"))
    engine.dispose()
