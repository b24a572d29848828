"""Which database a command works on: DATABASE_URL's, or a demo town's embedded one."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from marketplace.foundation.database import WORKER_LIMITS, new_session, open_database
from marketplace.foundation.embedded import open_server
from web import schema
from web.commands.home import default_home

Opener = Callable[[], AbstractContextManager[str]]


@contextmanager
def database(data: Path | None) -> Iterator[str]:
    """Open the database that DATABASE_URL or the demo's folder names; yields which one it is, in words."""
    url = os.environ.get("DATABASE_URL")
    if url:
        with _opened(url):
            yield "the server of DATABASE_URL"
        return
    home = (data or default_home()).absolute()
    if not (home / "postgres" / "data").is_dir():
        raise SystemExit(f"karigar: no town in {home}; start one with `karigar demo`, or set DATABASE_URL")
    with open_server(home / "postgres") as server, _opened(server.url):
        yield f"embedded, in {home} (port {server.port})"


@contextmanager
def _opened(url: str) -> Iterator[None]:
    schema.load_tables()
    engine = open_database(url, connections=4, limits=WORKER_LIMITS)
    try:
        yield
    finally:
        engine.dispose()
        new_session.configure(bind=None)
