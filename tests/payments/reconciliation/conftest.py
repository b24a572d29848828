"""The fixtures of top-ups, with a financial day of its own for each test: the bank's clock and ours go on together."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace.foundation import clock
from tests.payments.topups.conftest import another, gateway, notify_url, payer, third
from tests.web.bank.running import RunningBank, running_bank

__all__ = ["another", "gateway", "notify_url", "payer", "third"]

_days = itertools.count(1)


@pytest.fixture(scope="session")
def _bank_of_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def bank(_bank_of_days: RunningBank) -> Iterator[RunningBank]:
    """The bank, a day later than in the test before, with no faults."""
    _bank_of_days.faults()
    _bank_of_days.advance(timedelta(days=1).total_seconds())
    clock.move(timedelta(days=next(_days)))
    yield _bank_of_days
    _bank_of_days.faults()
