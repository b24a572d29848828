"""The bench of the board needs a browser and Playwright; without them it says so before anything is planted."""

import pytest

from web.bench import board


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "present", lambda _: False)
    with pytest.raises(board.NoBrowser):
        board.measure(specialists=1, jobs=1, rounds=1)
