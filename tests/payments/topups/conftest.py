"""The real bank over HTTP, our adapter connected to it, and people who top up."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine

from payments.gateways import directory
from payments.gateways.sandbox import Sandbox, SandboxMerchant
from tests.payments.topups.people import Door, Payer
from tests.web.bank.running import SECRET, BusyServer, RunningBank, running_bank


@pytest.fixture(scope="session")
def _bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def bank(_bank: RunningBank) -> Iterator[RunningBank]:
    """The bank, with no faults."""
    _bank.faults()
    yield _bank
    _bank.faults()


@pytest.fixture
def gateway(bank: RunningBank) -> Iterator[Sandbox]:
    """Our adapter, connected; it waits for a moment only."""
    merchant = SandboxMerchant(
        base_url=bank.url,
        hosts=frozenset({"127.0.0.1"}),
        merchant="karigar",
        secret=SECRET,
        terminal="T1000001",
        currencies=frozenset({"BDT", "IRR"}),
        read_seconds=3,
    )
    with closing(Sandbox(merchant)) as adapter:
        directory.connect(adapter)
        yield adapter
        directory.connect()


@pytest.fixture
def notify_url(database: Engine, gateway: Sandbox) -> Iterator[str]:
    """Our door for the bank's notices: read, take in, COMMIT, answer; as the edge does it."""
    server = BusyServer(("127.0.0.1", 0), Door)
    server.daemon_threads = False  # so that closing waits for whoever is still being answered
    Door.gateway = gateway
    Door.heard = 0
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/notices"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def payer(database: Engine, bank: RunningBank, gateway: Sandbox, notify_url: str) -> Payer:
    return Payer(bank, gateway, notify_url)


@pytest.fixture
def another(database: Engine, bank: RunningBank, gateway: Sandbox, notify_url: str) -> Payer:
    return Payer(bank, gateway, notify_url)


@pytest.fixture
def third(database: Engine, bank: RunningBank, gateway: Sandbox, notify_url: str) -> Payer:
    return Payer(bank, gateway, notify_url)
