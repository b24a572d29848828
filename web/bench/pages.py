"""`karigar bench pages`: the list of exceptions with a hundred thousand of them open, beside the bare SQL of its rows.

The whole application answers, from the request's first byte to the last of its page, in this process and without a
network; the floor is one psycopg connection that fetches the rows of the same page. Both take turns in each round.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
from litestar import Litestar
from sqlalchemy import make_url

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.keyfile import make_key_file
from marketplace.foundation.settings import read
from marketplace.people import actions as people
from web import cast as casting
from web.app import create_app
from web.bench.place import Place, open_place
from web.bench.rounds import Configuration, foreign, interleave, quiet
from web.bench.telling import progress
from web.identity import cookie_name
from web.opening import close_house

LEFT_OVER: Final = Path(__file__).parent / "left_over.sql"
LIST: Final = "/finance/exceptions"
ROWS: Final = 50
NUMBER: Final = "TX000001234"
DAY: Final = "AT TIME ZONE 'UTC')::date"
RANK: Final = f"abs(e.value) * greatest((%(now)s::timestamptz {DAY} - (e.opened_at {DAY} + 1, 1)"
COLUMNS: Final = """
    SELECT e.id, e.kind, e.value, e.currency, e.owner, e.opened_at, e.gateway, l.txn, l.bank, l.batch, l.booked"""
JOINED: Final = " FROM recon_exception e LEFT JOIN statement_line l ON l.id = e.line WHERE e.closed_at IS NULL"
FLOORS: Final[Mapping[str, str]] = {
    "first": f"{COLUMNS}, {RANK}{JOINED} ORDER BY {RANK} DESC, e.id LIMIT 50",
    "filtered": f"{COLUMNS}, {RANK}{JOINED} AND e.kind = 'amount' ORDER BY {RANK} DESC, e.id LIMIT 50",
    "searched": f"{COLUMNS}{JOINED} AND l.gateway = 'planted' AND l.txn = '{NUMBER}'",
    "last": f"{COLUMNS}, {RANK}{JOINED} ORDER BY {RANK}, e.id DESC LIMIT 51",
}


def measure(*, lines: int, rounds: int, requests: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of. `requests`: of each page in each round."""
    with open_place(floors=False) as place:
        app, headers = _house(place)
        try:
            progress(f"Planting {lines} exceptions …")
            place.run(LEFT_OVER.read_text().replace(":lines", str(lines)))
            place.run("VACUUM ANALYZE")
            return _measured(place, app, headers, rounds=rounds, requests=requests)
        finally:
            close_house()


def _house(place: Place) -> tuple[Litestar, list[tuple[bytes, bytes]]]:
    """A town on this server, and the headers of somebody of finance."""
    place.run("CREATE DATABASE bench_keys")
    keys = make_url(place.url).set(database="bench_keys").render_as_string(hide_password=False)
    make_key_file(place.folder / "keys")
    settings = read(
        {
            "KARIGAR_MODE": "demo", "DATABASE_URL": place.url, "KEYS_DATABASE_URL": keys,
            "KARIGAR_KEY_FILE": str(place.folder / "keys"), "KARIGAR_HOME": str(place.folder / "home"),
            "SESSION_SECRET": "of a benchmark only, which is thrown away", "BASE_URL": "http://localhost",
            "KARIGAR_THREADS": "2", "KARIGAR_LOG": "error",
        }
    )  # fmt: skip
    app = create_app(settings)
    hashes = casting.password_hashes("dhaka")
    with transaction() as session:
        town = casting.build_town(session, "dhaka", hashes=hashes, now=clock.now())
    with transaction() as session:
        started = people.start_session(session, person=town.named("finance").id, now=clock.now())
    cookie = f"{cookie_name(settings)}={started.token}; language=en.auto"
    return app, [(b"cookie", cookie.encode()), (b"host", b"localhost"), (b"accept", b"text/html")]


def _measured(
    place: Place, app: Litestar, headers: list[tuple[bytes, bytes]], *, rounds: int, requests: int
) -> tuple[dict[str, float], dict[str, Any]]:
    took: dict[str, list[float]] = {}
    with asyncio.Runner() as runner, closing(psycopg.connect(place.url, autocommit=True)) as floor:
        queries = {
            "first": {}, "filtered": {"kind": "amount"}, "searched": {"number": NUMBER}, "last": _last(floor),
        }  # fmt: skip

        def page(name: str) -> None:
            runner.run(_asked(app, LIST, urlencode(queries[name]), headers))

        def rows(name: str) -> None:
            floor.execute(FLOORS[name], {"now": clock.now()}).fetchall()

        configurations: dict[str, Configuration] = {}
        for name in queries:
            for kind, run in (("page", page), ("rows", rows)):
                run(name)  # once to warm up
                key = f"{kind} {name}"
                took[key] = []
                configurations[key] = partial(_timed, partial(run, name), took[key], requests)
        samples = interleave(configurations, rounds=rounds, server=place.pid)
    figures = {f"exceptions_{share}_ms": max(_share(took[f"page {name}"], share) for name in queries)
               for share in ("p50", "p95")}  # fmt: skip
    for name in queries:
        for share in ("p50", "p95"):
            figures[f"{name}_{share}_ms"] = _share(took[f"page {name}"], share)
        figures[f"{name}_rows_p50_ms"] = _share(took[f"rows {name}"], "p50")
        figures[f"{name}_vs_rows"] = round(figures[f"{name}_p50_ms"] / figures[f"{name}_rows_p50_ms"], 2)
    return figures, {
        "quiet_samples": quiet(samples), "samples": len(samples) * rounds, "foreign_share": foreign(samples),
        "requests": requests,
    }  # fmt: skip


def _timed(run: Configuration | Any, took: list[float], requests: int) -> float:
    """Runs per second; each one's milliseconds are noted."""
    began = time.perf_counter()
    for _ in range(requests):
        start = time.perf_counter()
        run()
        took.append((time.perf_counter() - start) * 1_000)
    return requests / (time.perf_counter() - began)


def _share(took: list[float], share: str) -> float:
    return round(sorted(took)[min(len(took) - 1, len(took) * int(share[1:]) // 100)], 2)


def _last(floor: psycopg.Connection[Any]) -> dict[str, str]:
    """The address of the last page, as the one before it writes it."""
    now = clock.now()
    last = floor.execute(FLOORS["last"], {"now": now}).fetchall()[ROWS]
    return {"after": f"{last[-1]}.{last[0]}.{int(now.timestamp() * 1_000_000)}"}


async def _asked(app: Litestar, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> None:
    """One request, answered whole. Raises RuntimeError for anything but a page, or a search's way to its one line."""
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    if status not in (200, 303):
        raise RuntimeError(f"{path}?{query} answered {status}")
