"""The counters of the simulated banks, and their weather: notices twice, late, lost, forged, out of order; answers cut,
spoilt, or of another amount."""

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

OUR_SHOP = "karigar"
SKIES: tuple[Mapping[str, object], ...] = (
    {},
    {"duplicate": 5},
    {"late_seconds": 2},
    {"forged": True},
    {},
    {"lost": True},
    {"timeout": "after", "only": "verify", "hang_seconds": 1},
    {"duplicate": 3, "late_seconds": 1, "forged": True},
    {},
    {"garbled": "truncated", "only": "verify"},
    {"amount_off": 100, "duplicate": 2},
    {"timeout": "after", "only": "refund", "hang_seconds": 1},
)
SKIES_OF_STRIPE: tuple[Mapping[str, object], ...] = (
    {},
    {"duplicate": 4, "reorder": True},
    {"late_seconds": 3},
    {"forged": True},
    {},
    {"lost": True},
    {"fault": "cut_after", "only": "sessions.retrieve"},
    {"signer": "old"},
    {},
    {"amount_off": -100},
    {"fault": "error_after", "only": "refunds.create"},
    {"fault": "rate_limit", "times": 5},
)


@dataclass(frozen=True)
class Counter:
    """Where the bank serves one gateway of ours: under which name, with which secret."""

    gateway: str
    shop: str
    secret: str


@dataclass(frozen=True)
class Bank:
    """The simulated bank, with the counters whose secrets are known. Without a secret nobody pulls its levers."""

    url: str
    counters: tuple[Counter, ...] = ()

    def counter(self, gateway: str) -> Counter | None:
        return next((each for each in self.counters if each.gateway == gateway), None)

    def weather(self, chance: random.Random) -> Iterator[Mapping[str, Mapping[str, object]]]:
        """What goes wrong at each counter from now on, over and over."""
        rounds = {
            each.gateway: itertools.cycle(chance.sample(skies, len(skies)))
            for each in self.counters
            for skies in ((SKIES_OF_STRIPE if each.gateway == "stripe" else SKIES),)
        }
        while True:
            yield {gateway: next(skies) for gateway, skies in rounds.items()}

    def turn(self, client: httpx.Client, gateway: str, faults: Mapping[str, object]) -> None:
        """From now on these go wrong at this counter. Raises httpx.TransportError."""
        counter = self.counter(gateway)
        if counter is None:
            return
        if gateway == "stripe":
            self._post(client, counter, "/stripe/-/switches", faults)
        else:
            self._post(client, counter, "/-/faults", {"merchant": counter.shop, "faults": dict(faults)})

    def pull(self, client: httpx.Client, lever: str, body: Mapping[str, object]) -> dict[str, Any] | None:
        """What a payer's bank does behind Stripe's counter; None where it cannot be. Raises httpx.TransportError."""
        counter = self.counter("stripe")
        if counter is None:
            return None
        told = self._post(client, counter, f"/stripe/-/levers/{lever}", body)
        found: dict[str, Any] | None = told.json() if told.status_code == 200 else None
        return found

    def pass_time(self, client: httpx.Client, seconds: float) -> None:
        """Move the clocks of the bank and of Stripe forward. Raises httpx.TransportError."""
        for each in self.counters:
            if each.gateway == "stripe":
                self._post(client, each, "/stripe/-/account", {"advance_seconds": seconds})
            elif each.gateway == "sandbox":
                self._post(client, each, "/-/clock", {"merchant": each.shop, "advance_seconds": seconds})

    def _post(self, client: httpx.Client, counter: Counter, path: str, body: Mapping[str, object]) -> httpx.Response:
        return client.post(f"{self.url}{path}", json=dict(body), headers={"authorization": f"Bearer {counter.secret}"})


def bank_of(environment: Mapping[str, str]) -> Bank:
    """The simulated bank that these settings of a town name."""
    named = (
        ("sandbox", OUR_SHOP, "SANDBOX_BANK_SECRET"),
        ("zarinpal", environment.get("ZARINPAL_MERCHANT_ID", ""), "ZARINPAL_MERCHANT_ID"),
        ("sslcommerz", environment.get("SSLCOMMERZ_STORE_ID", ""), "SSLCOMMERZ_STORE_PASSWORD"),
        ("stripe", OUR_SHOP, "STRIPE_SECRET_KEY"),
    )
    counters = tuple(
        Counter(gateway, shop, environment[secret]) for gateway, shop, secret in named if environment.get(secret)
    )
    return Bank(environment.get("SANDBOX_BANK_URL", ""), counters)
