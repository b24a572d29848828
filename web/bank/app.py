"""Builds the bank as an application of its own, on its own port."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from litestar import Litestar, Router
from litestar.concurrency import set_asyncio_executor
from litestar.datastructures import State

from web.bank import api, pages, sslcommerz, zarinpal
from web.bank.bell import Bell
from web.bank.counter import Bank
from web.bank.stripe_app import StripeContract, open_stripe

OUR_SHOP = "karigar"
OUR_TERMINAL = "T1000001"
THREADS = 24
SHORTEST_SECRET = 16


class BankSettingMissing(Exception):
    """The bank does not open without this setting."""


@dataclass(frozen=True)
class Contracts:
    """What the shop goes by at the counters of other providers; one that is empty is not open."""

    zarinpal_merchant: str = ""
    sslcommerz_store: str = ""
    sslcommerz_password: str = ""
    stripe: StripeContract = field(default_factory=StripeContract)


def create_bank(
    database: Path,
    *,
    secret: str,
    url: str,
    shop: str = "Karigar",
    time_zone: str = "Asia/Dhaka",
    contracts: Contracts | None = None,
) -> Litestar:
    """The bank on these books, with one shop under contract; `url` is how browsers reach it."""
    if len(secret) < SHORTEST_SECRET:
        raise BankSettingMissing(f"BANK_SECRET needs {SHORTEST_SECRET} characters or more")
    bank = Bank(database, zone=ZoneInfo(time_zone))
    bank.open_contract(OUR_SHOP, name=shop, secret=secret, terminal=OUR_TERMINAL)
    contracts = contracts or Contracts()
    _open_counters(bank, shop, contracts)
    bell = Bell(bank)
    stripe = open_stripe(database, contracts.stripe, url=url) if contracts.stripe.key else None
    # One Router: handlers given to Litestar one by one are registered twice when they share a path, and then a
    # handler that runs in a thread answers with a coroutine in place of its Response (2.25).
    counters = [Router("/", route_handlers=[*api.ROUTES, *pages.ROUTES, *zarinpal.ROUTES, *sslcommerz.ROUTES])]
    return Litestar(
        [*counters, *([stripe.router] if stripe else [])],
        state=State({"bank": bank, "url": url.rstrip("/"), **(stripe.state if stripe else {})}),
        on_startup=[bell.start, *([stripe.bell.start] if stripe else [])],
        on_shutdown=[bell.stop, *([stripe.bell.stop] if stripe else [])],
        openapi_config=None,
        request_max_body_size=100_000,
    )


def _open_counters(bank: Bank, shop: str, given: Contracts) -> None:
    if given.zarinpal_merchant:
        bank.open_contract(
            given.zarinpal_merchant,
            name=shop,
            secret=given.zarinpal_merchant,
            terminal=zarinpal.TERMINAL,
            manner=zarinpal.ZarinpalManner(),
        )
    if given.sslcommerz_store and given.sslcommerz_password:
        bank.open_contract(
            given.sslcommerz_store,
            name=shop,
            secret=given.sslcommerz_password,
            terminal=sslcommerz.TERMINAL,
            manner=sslcommerz.SslcommerzManner(),
        )


def create_app() -> Litestar:
    """The bank as the environment describes it; a factory, since the threads are chosen before the loop runs."""
    return from_environment(os.environ)


def from_environment(environment: Mapping[str, str]) -> Litestar:
    """Raises BankSettingMissing when BANK_SECRET is not set or short."""
    set_asyncio_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="counter"))
    port = environment.get("BANK_PORT", "8100")
    return create_bank(
        Path(environment.get("BANK_DATABASE", ".karigar/bank.sqlite")),
        secret=environment.get("BANK_SECRET", ""),
        url=environment.get("BANK_URL", f"http://127.0.0.1:{port}"),
        shop=environment.get("BANK_SHOP", "Karigar"),
        time_zone=environment.get("BANK_TIME_ZONE", "Asia/Dhaka"),
        contracts=Contracts(
            environment.get("ZARINPAL_MERCHANT_ID", ""),
            environment.get("SSLCOMMERZ_STORE_ID", ""),
            environment.get("SSLCOMMERZ_STORE_PASSWORD", ""),
            StripeContract(
                environment.get("STRIPE_SECRET_KEY", ""),
                tuple(environment.get("STRIPE_WEBHOOK_SECRET", "").split()),
                environment.get("BANK_STRIPE_ENDPOINT", ""),
            ),
        ),
    )
