"""The simulated Stripe in a process of its own, our adapter connected to it, and the levers behind its counter."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from payments.gateways.stripe import Stripe, StripeAccount
from tests.web.bank.running import STRIPE_KEY, STRIPE_SECOND, STRIPE_SECRET, RunningBank, running_bank

KEY, SECRET, SECOND = STRIPE_KEY, STRIPE_SECRET, STRIPE_SECOND


class RunningStripe:
    """Speaks as the shop's owner at the desk, and as the payer in front of the hosted page."""

    def __init__(self, bank: RunningBank) -> None:
        self.bank = bank
        self.base = f"{bank.url}/stripe"
        self._client = bank.client

    def adapter(
        self, *, read_seconds: float = 10, key: str = KEY, secrets: tuple[str, ...] = (SECRET, SECOND)
    ) -> Stripe:
        pages = f"{urlsplit(self.base).scheme}://{urlsplit(self.base).netloc}"
        return Stripe(StripeAccount(key, secrets, self.base, pages, read_seconds))

    def tell(self, path: str, **body: object) -> Any:
        answer = self._client.post(f"/stripe{path}", json=body, headers={"authorization": f"Bearer {KEY}"})
        answer.raise_for_status()
        return answer.json()

    def switches(self, **wrong: object) -> None:
        """From now on these go wrong, and nothing else."""
        self.tell("/-/switches", **wrong)

    def pull(self, lever: str, **how: object) -> Any:
        return self.tell(f"/-/levers/{lever}", **how)

    def decide(self, url: str, decision: str, account: str = "plenty") -> httpx.Response:
        return self._client.post(urlsplit(url).path, data={"decision": decision, "account": account})

    def listed(self, resource: str, **wanted: object) -> list[dict[str, Any]]:
        query = {"limit": "100", **{name: str(value) for name, value in wanted.items()}}
        headers = {"authorization": f"Bearer {KEY}"}
        found = self._client.get(f"/stripe/v1/{resource}", params=query, headers=headers)
        found.raise_for_status()
        return list(found.json()["data"])

    def intent_of(self, page: str | None) -> str:
        return str(next(each["payment_intent"] for each in self.listed("checkout/sessions") if each["id"] == page))

    def ask(self, method: str, path: str, *, key: str = "", **form: object) -> httpx.Response:
        """A bare call, without any client."""
        headers = {"authorization": f"Bearer {KEY}"} | ({"idempotency-key": key} if key else {})
        return self._client.request(method, f"/stripe/v1/{path}", data=form, headers=headers)


@contextmanager
def running_stripe(folder: Path) -> Iterator[RunningStripe]:
    """A simulated Stripe with empty books, closed when the block ends."""
    with running_bank(folder) as bank:
        yield RunningStripe(bank)
