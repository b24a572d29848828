"""The benches of dispatch in a moment: their keys, that the nearest are found, and that no time is sold twice."""

import os
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.booking.availability import people
from web.bench import nearest, offers
from web.bench.place import Place


@pytest.fixture
def place(database: Engine, tmp_path: Path) -> Place:
    """A migrated database of the tests' own server."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Place(url, os.getpid(), tmp_path)


def test_the_nearest_are_found_among_few(place: Place) -> None:
    figures, more = nearest.measured(place, people=300, many=600, rounds=1, questions=3)
    assert figures["recall"] == 1
    assert set(figures) == {
        "recall", "vs_bare_scan_100k", "vs_bare_scan_1m", "rare_vs_bare_scan_1m", "eligible_vs_bare_scan_100k",
        "eligible_p95_ms", "pings_per_second",
    }  # fmt: skip
    assert more["people"] == {"city": 300, "many": 600}


def test_no_time_is_sold_twice_among_few(place: Place) -> None:
    figures, more = offers.measured(place, attempts=400, rounds=1, clients=8)
    assert (figures["attempts"], figures["double_bookings"], more["double_behind_row_lock"]) == (400, 0, 0)
    assert set(figures) == {"attempts", "double_bookings", "vs_row_lock"}
    assert more["booked"] > 0


def test_the_bench_writes_what_a_hold_writes(session: Session) -> None:
    wrote: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        verb, _, rest = statement.strip().partition(" ")
        if verb in ("INSERT", "UPDATE"):
            wrote[f"{verb} {rest.removeprefix('INTO ').split()[0]}"] += 1

    who = people.at_work(session, people.somebody(), [people.span(8, 20)])
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        people.hold(session, [who], people.exactly(10), command=uuid4())
    finally:
        event.remove(engine, "before_cursor_execute", note)
    bench = Path(nearest.__file__).with_name("hold.sql").read_text()
    words = [line.split() for line in bench.splitlines() if line.startswith(("INSERT INTO", "UPDATE"))]
    written = Counter(f"{each[0]} {each[2] if each[0] == 'INSERT' else each[1]}" for each in words)
    assert wrote == written + Counter({"INSERT outbox": 1}), "what lets the hold lapse later is no part of the bench"
