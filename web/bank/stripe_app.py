"""The simulated Stripe under `/stripe` of the bank: its routes, its books beside the bank's, its post."""

from dataclasses import dataclass
from pathlib import Path

from litestar import Router

from web.bank import stripe_api, stripe_desk, stripe_pages
from web.bank.stripe_bell import StripeBell
from web.bank.stripe_books import Books

PATH = "/stripe"


@dataclass(frozen=True)
class StripeContract:
    """The shop's account: its key, the secrets that its events are signed with, and where they go."""

    key: str = ""
    webhook_secrets: tuple[str, ...] = ()
    endpoint: str = ""


@dataclass(frozen=True)
class StripeCounter:
    """What the bank's application takes in."""

    router: Router
    state: dict[str, object]
    bell: StripeBell


def open_stripe(database: Path, contract: StripeContract, *, url: str) -> StripeCounter:
    """The simulated Stripe on the books beside the bank's; `url` is how browsers reach the bank."""
    books = Books(database.with_name(f"stripe-{database.name}"))
    with books.act() as act:
        act.run("UPDATE switch SET endpoint = ?", (contract.endpoint,))
    bell = StripeBell(books, contract.webhook_secrets)
    routes = [*stripe_api.ROUTES, *stripe_desk.ROUTES, *stripe_pages.ROUTES]
    state: dict[str, object] = {
        "stripe_books": books, "stripe_bell": bell, "stripe_key": contract.key, "stripe_url": url.rstrip("/") + PATH,
    }  # fmt: skip
    return StripeCounter(Router(PATH, route_handlers=routes), state, bell)
