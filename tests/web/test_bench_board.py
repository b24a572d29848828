"""The bench of the board needs a browser and Playwright; without them it says so before anything is planted."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.outbox import enqueue, take_due
from web.bench import board


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "present", lambda _: False)
    with pytest.raises(board.NoBrowser):
        board.measure(specialists=1, jobs=1, rounds=1)


def test_it_waits_until_nothing_is_due_for_some_time(capsys: pytest.CaptureFixture[str]) -> None:
    left: Iterator[int] = iter([9, 0, 2, 0, 0, 0, 0])
    answered: Iterator[bool] = iter([True, True, False, True, True, True, True])
    with pytest.raises(StopIteration):  # a slow answer begins the count anew
        board.wait_until_quiet(lambda: next(left), lambda: next(answered), pause=0)
    assert board.wait_until_quiet(lambda: 0, lambda: True, pause=0)
    assert not board.wait_until_quiet(lambda: 3, lambda: True, within=0.01, pause=0)
    assert "Not quiet within 0 s, with 3 tasks due" in capsys.readouterr().err


def test_due_is_what_runs_and_what_should_and_nothing_of_tomorrow(session: Session) -> None:
    now = clock.now()
    assert session.scalar(text(board.DUE)) == 0
    enqueue(session, "tests.later", due_at=now + timedelta(days=1))
    assert session.scalar(text(board.DUE)) == 0
    enqueue(session, "tests.now", due_at=now - timedelta(seconds=1))
    assert session.scalar(text(board.DUE)) == 1
    assert len(take_due(session)) == 1  # sent, and due again in a while if nobody does it
    assert session.scalar(text(board.DUE)) == 1
