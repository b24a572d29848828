"""Journeys walk through the town of the web's tests; theirs has a bank in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.foundation.settings import Settings
from tests.web.bank.running import RunningBank, running_bank
from tests.web.conftest import Town, app, client, somebody, town, town_template, visitor, work_off
from tests.web.pages.walking import town_with_bank

__all__ = ["app", "client", "somebody", "town", "town_template", "visitor", "work_off"]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[RunningBank]:
    """The real bank, with empty books."""
    with running_bank(tmp_path) as running:
        yield running


@pytest.fixture
def settings(town: Town, bank: RunningBank, tmp_path: Path) -> Iterator[Settings]:  # the fixture's name
    """The settings of an application that has a bank."""
    with town_with_bank(town, bank, tmp_path) as made:
        yield made
