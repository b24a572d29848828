"""The log keeps what is on its list, and never an exception's message."""

import io
import json
import logging

import pytest

from marketplace.foundation import logs

PLANTED = "+8801712345678"


@pytest.fixture
def written() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("info", stream)
    return stream


def test_only_listed_keys_are_written(written: io.StringIO) -> None:
    logs.get().info("served", route="jobs", status=200, phone=PLANTED, body={"phone": PLANTED})
    line = json.loads(written.getvalue())
    assert (line["event"], line["route"], line["status"], line["dropped"]) == ("served", "jobs", 200, 2)
    assert PLANTED not in written.getvalue()


def test_an_exception_is_told_by_type_and_place(written: io.StringIO) -> None:
    try:
        int(PLANTED + "x")
    except ValueError:
        logs.get().error("request.failed", exc_info=True)
    assert PLANTED not in written.getvalue()
    assert json.loads(written.getvalue())["error"].startswith("ValueError at test_an_exception")


def test_other_libraries_may_say_where_and_how_grave_but_not_what(written: io.StringIO) -> None:
    logging.getLogger("some.library").error("could not reach %s", PLANTED)
    assert "some.library" in written.getvalue()
    assert PLANTED not in written.getvalue()


def test_a_long_value_is_cut(written: io.StringIO) -> None:
    logs.get().info("served", route="x" * 5000)
    assert len(json.loads(written.getvalue())["route"]) == logs.LONGEST
