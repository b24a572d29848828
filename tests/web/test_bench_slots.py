"""The bench of windows in a moment: its keys, and that nothing false is told where little is asked."""

from pathlib import Path

from sqlalchemy import Engine

from booking.availability.pace import CITY
from marketplace.foundation.places import Point
from web.bench import schedules, slots
from web.bench.place import Place
from web.bench.schedules import Duty, Shift


def test_windows_are_told_and_each_of_them_can_be_kept(database: Engine, tmp_path: Path) -> None:
    place = Place(database.url.set(drivername="postgresql").render_as_string(hide_password=False), 1, tmp_path)
    figures, more = slots.told(place, technicians=6, visits=12, windows=90)
    assert figures["windows_checked"] >= 90
    assert figures["false_promises"] == 0
    assert set(figures) == {"p95_ms", "median_ms", "p95_cpu_ms", "windows_checked", "false_promises"}
    assert more["booked"] >= 12


def test_what_is_possible_is_asked_of_a_solver() -> None:
    figures, more = slots.recalled(((3, 8),), asked=1, seeds=1)
    assert set(figures) == {"recall", "recall_without_changing_hands", "recall_never_replanned"}
    assert 0 <= figures["recall"] <= 1
    assert more["windows"]["recall"]["asked"] == 17


def test_the_second_opinion_finds_every_order_and_no_more() -> None:
    here, there = Point(90.40, 23.78), Point(90.46, 23.78)
    shift = Shift(here, ((480, 720),))
    first, second = Duty(there, 480, 700, 60, 20), Duty(here, 480, 530, 30, 20)
    assert schedules.schedule(shift, [first, second], CITY) == [550, 488]
    assert schedules.schedule(shift, [first, second, Duty(here, 480, 490, 60, 20)], CITY) is None
    assert schedules.keeps(shift, [first, second], [1, 0], CITY)
    assert not schedules.keeps(shift, [first, second], [0, 1], CITY)
