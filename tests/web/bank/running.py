"""The real bank in a process of its own, over HTTP on a free port; it can be stopped and opened again."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from web.commands.process import free_port

SECRET = "a secret between the bank and us"
MERCHANT = "karigar"
ZARINPAL = "5f0c3a52-7b1d-4d3e-9a44-0c1f7be2a901"
STORE, STORE_PASSWORD = "karigarlive", "karigarlive@ssl"
STRIPE_KEY = "sk_test_onlyForTheSimulator0123"
STRIPE_SECRET, STRIPE_SECOND = "whsec_theSecretOfTheEndpoint01", "whsec_theSecretOfTomorrow0002"


class BusyServer(ThreadingHTTPServer):
    """A door at which a bank may ring fifty times at once."""

    request_queue_size = 128


class RunningBank:
    """A bank that listens. `tell` speaks as the merchant, `decide` as the payer in front of the hosted page."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.books = folder / "bank.sqlite"
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        settings = {
            "BANK_DATABASE": str(self.books),
            "BANK_SECRET": SECRET,
            "BANK_PORT": str(self.port),
            "ZARINPAL_MERCHANT_ID": ZARINPAL,
            "SSLCOMMERZ_STORE_ID": STORE,
            "SSLCOMMERZ_STORE_PASSWORD": STORE_PASSWORD,
            "STRIPE_SECRET_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": f"{STRIPE_SECRET} {STRIPE_SECOND}",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "web.bank"],
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                if self.client.get("/-/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError("the bank does not open")

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def tell(
        self, path: str, body: Mapping[str, object], *, secret: str = SECRET, merchant: str = MERCHANT
    ) -> httpx.Response:
        return self.client.post(
            path, json={"merchant": merchant, **body}, headers={"authorization": f"Bearer {secret}"}
        )

    def faults(self, *, of: tuple[str, str] = (MERCHANT, SECRET), **switches: object) -> None:
        """From now on these go wrong, and nothing else, for the merchant with this secret."""
        self.tell("/-/faults", {"faults": switches}, merchant=of[0], secret=of[1]).raise_for_status()

    def advance(self, seconds: float) -> None:
        self.tell("/-/clock", {"advance_seconds": seconds}).raise_for_status()

    def decide(self, url: str, decision: str, account: str = "plenty") -> httpx.Response:
        return self.client.post(urlsplit(url).path, data={"decision": decision, "account": account})


@contextmanager
def running_bank(folder: Path) -> Iterator[RunningBank]:
    """A bank with empty books, closed when the block ends."""
    bank = RunningBank(folder)
    bank.open()
    try:
        yield bank
    finally:
        bank.close()
        bank.client.close()
