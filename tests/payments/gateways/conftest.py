"""One bank with all its counters for the tests of the gateways."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from payments.gateways.stripe import Stripe
from tests.payments.gateways.stripe_running import RunningStripe, running_stripe


@pytest.fixture(scope="session")
def _stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStripe]:
    with running_stripe(tmp_path_factory.mktemp("stripe")) as running:
        yield running


@pytest.fixture(scope="session")
def _gateway(_stripe: RunningStripe) -> Iterator[Stripe]:
    with closing(_stripe.adapter()) as adapter:
        yield adapter


@pytest.fixture
def gateway(_gateway: Stripe) -> Stripe:
    """Our adapter."""
    return _gateway


@pytest.fixture
def stripe(_stripe: RunningStripe) -> Iterator[RunningStripe]:
    """The simulated Stripe, with no faults and nobody to ring."""
    _stripe.tell("/-/account", endpoint="")
    _stripe.switches()
    yield _stripe
    _stripe.switches()
