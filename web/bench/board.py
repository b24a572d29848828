"""`karigar bench board`: a full day on the dispatcher's board in Chromium: its first paint, and a change seen.

A server of its own answers over the loopback; the browser is the machine's Chromium, driven by Playwright (a tool of
development: without it nothing is measured). Nothing is measured before the server is quiet: the planted day makes
much work due at once. First paint counts from the press on the address to the first paint of the
finished page by an empty cache; an update from the COMMIT of another session to the row that stands changed. A first,
cold round is told apart and counts for nothing.
"""

import importlib
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from sqlalchemy import make_url

from booking.availability.windows import local_day
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.keyfile import make_key_file
from marketplace.foundation.settings import read
from marketplace.people import actions as people
from web import cast as casting
from web.bench.other_planners import present
from web.bench.place import Place, open_place
from web.bench.telling import progress
from web.commands.process import Child, free_port
from web.identity import cookie_name
from web.opening import close_house, open_house

DAY: Final = Path(__file__).parent / "board_day.sql"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS: Final = 60
QUIET_WITHIN_SECONDS: Final = 300
QUIET_LOOKS, QUIET_ANSWER_SECONDS = 4, 0.1  # so many looks in a row, half a second apart: nothing due, a quick answer
WIDTH, HEIGHT = 1280, 800
PAINTED: Final = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const page = performance.getEntriesByType("navigation")[0];
  return [paint ? paint.startTime : -1, page.responseStart, page.domContentLoadedEventEnd, page.transferSize,
          page.decodedBodySize, document.querySelectorAll(".worker").length, document.querySelectorAll("a.bar").length];
}"""
# When the bar of this job first stands in the row of that person, by the machine's one clock.
WATCH: Final = """([job, person]) => { window.seenAt = new Promise((found) => {
  const look = () => document.querySelector(`#p-${person} a.bar.assigned[href$="${job}"]`) && found(Date.now());
  new MutationObserver(look).observe(document.getElementById("board"), {childList: true, subtree: true});
}); }"""
# Another session gives an open job to somebody, as rows and news.
CHANGE: Final = """
WITH chosen AS (UPDATE job SET state = 'assigned', specialist_id = planned_specialist_id, version = version + 1
                 WHERE id = %(job)s RETURNING id, version, specialist_id),
     counted AS (UPDATE route_day d SET version = d.version + 1, changed_in = pg_current_xact_id()::text::bigint
                   FROM chosen c WHERE d.specialist_id = c.specialist_id)
SELECT pg_notify('karigar_news', 'job ' || id || ' ' || version) FROM chosen"""

OPEN: Final = """
SELECT id, planned_specialist_id FROM job WHERE state = 'open' ORDER BY window_start, id LIMIT %s"""
DUE: Final = "SELECT count(*) FROM outbox WHERE state = 'sent' OR (state = 'ready' AND due_at <= clock_timestamp())"


class NoBrowser(RuntimeError):
    """Playwright or Chromium is absent: nothing can be measured."""


def measure(*, specialists: int, jobs: int, rounds: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of. Raises NoBrowser."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None or not present("playwright"):
        raise NoBrowser("install chromium and playwright to measure what is painted")
    launch = importlib.import_module("playwright.sync_api").sync_playwright
    with open_place(floors=False) as place, _serving(place, specialists, jobs) as town, launch() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            return _measured(place, browser, *town, rounds=rounds)
        finally:
            browser.close()


@contextmanager
def _serving(place: Place, specialists: int, jobs: int) -> Iterator[tuple[str, str, date]]:
    """A town with the planted day, and its server: the address, a dispatcher's session, the day."""
    place.run("CREATE DATABASE bench_keys")
    keys = make_url(place.url).set(database="bench_keys").render_as_string(hide_password=False)
    make_key_file(place.folder / "keys")
    port = free_port()
    environment = {
        "KARIGAR_MODE": "demo", "DATABASE_URL": place.url, "KEYS_DATABASE_URL": keys, "KARIGAR_THREADS": "4",
        "KARIGAR_KEY_FILE": str(place.folder / "keys"), "KARIGAR_HOME": str(place.folder / "home"), "REDIS_URL": "",
        "SESSION_SECRET": "of a benchmark only, which is thrown away", "BASE_URL": f"http://127.0.0.1:{port}",
        "KARIGAR_LOG": "error",
    }  # fmt: skip
    settings = read(environment)
    open_house(settings, connections=2)
    hashes = casting.password_hashes("dhaka")
    with transaction() as session:
        town = casting.build_town(session, "dhaka", hashes=hashes, now=clock.now())
    with transaction() as session:
        token = people.start_session(session, person=town.named("dispatcher").id, now=clock.now()).token
    close_house()
    on_day = local_day(clock.now(), town.town.time_zone) + timedelta(days=1)
    progress(f"Planting {specialists} specialists and {jobs} jobs …")
    told = {":people": str(specialists), ":jobs": str(jobs), ":day": on_day.isoformat(), ":zone": town.town.time_zone}
    planted = DAY.read_text()
    for name, value in told.items():
        planted = planted.replace(name, value)
    place.run(planted)
    place.run("VACUUM ANALYZE")
    words = [sys.executable, "-m", "web.commands", "serve", "--port", str(port)]
    server = Child("serve", words, environment, place.folder / "serve.log")
    try:
        _wait_for(f"{settings.base_url}/-/live")
        yield settings.base_url, f"{cookie_name(settings)}={token}", on_day
    finally:
        server.stop()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the server does not answer")


def wait_until_quiet(
    due: Callable[[], int], answers: Callable[[], bool], *, within: float = QUIET_WITHIN_SECONDS, pause: float = 0.5
) -> bool:
    """Wait until nothing due is left to do and the server answers at once; False, said aloud, when that never came."""
    progress("Waiting until the server has done what the planted day makes due …")
    began, quiet, left, told = time.monotonic(), 0, 0, 0.0
    while time.monotonic() - began < within:
        left = due()
        quiet = quiet + 1 if not left and answers() else 0
        if quiet == QUIET_LOOKS:
            progress(f"Quiet after {time.monotonic() - began:.0f} s.")
            return True
        if time.monotonic() - told > 15:
            told = time.monotonic()
            progress(f"{left} tasks are due or under way …")
        time.sleep(pause)
    progress(f"Not quiet within {within:.0f} s, with {left} tasks due: what follows is measured beside that work.")
    return False


def _due(database: psycopg.Connection[Any]) -> int:
    found = database.execute(DUE).fetchone()
    return 0 if found is None else int(found[0])


def _answers_at_once(address: str) -> bool:
    began = time.monotonic()
    try:
        answered = httpx.get(address, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
    return answered and time.monotonic() - began < QUIET_ANSWER_SECONDS


def _measured(
    place: Place, browser: Any, url: str, token: str, on_day: date, *, rounds: int
) -> tuple[dict[str, float], dict[str, Any]]:
    name, _, value = token.partition("=")
    paints: list[float] = []
    seen: list[float] = []
    more: dict[str, Any] = {}
    with psycopg.connect(place.url, autocommit=True) as other:
        wait_until_quiet(lambda: _due(other), lambda: _answers_at_once(f"{url}/-/live"))
        open_jobs = other.execute(OPEN, [rounds + 1]).fetchall()
        for job, person in open_jobs:
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            context.add_cookies([{"name": name, "value": value, "url": url}])
            page = context.new_page()
            page.goto(f"{url}/dispatch/board?on={on_day.isoformat()}&language=en", wait_until="load")
            page.wait_for_selector(".board-state.is-live")
            first, answered, ready, wire, whole, rows, bars = page.evaluate(PAINTED)
            page.evaluate(WATCH, [str(job), str(person)])
            page.wait_for_timeout(300)
            other.execute(CHANGE, {"job": job})
            committed = clock.now().timestamp() * 1_000
            page.wait_for_function(
                """([job, person]) => document.querySelector(`#p-${person} a.bar.assigned[href$="${job}"]`)""",
                arg=[str(job), str(person)],
            )
            seen.append(page.evaluate("() => window.seenAt") - committed)
            paints.append(first)
            more = {"answered_ms": round(answered), "ready_ms": round(ready), "wire_bytes": wire, "html_bytes": whole,
                    "rows": rows, "bars": bars}  # fmt: skip
            progress(f"painted after {first:.0f} ms, a change seen after {seen[-1]:.0f} ms")
            context.close()
    more |= {"cold_paint_ms": round(paints.pop(0)), "cold_update_ms": round(seen.pop(0))}
    figures = {
        "first_paint_ms": round(statistics.median(paints), 1), "update_ms": round(statistics.median(seen), 1),
        "first_paint_most_ms": round(max(paints), 1), "update_most_ms": round(max(seen), 1),
    }  # fmt: skip
    return figures, more
