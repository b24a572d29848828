"""Several gateways at once, each on for some currencies; a secret that is missing or malformed stops the start."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways import adapters, directory
from payments.gateways.rules import GatewayNotOffered, GatewaySwitchedOff
from payments.gateways.stripe import Stripe

KEY, SECRET = "sk_test_0123456789abcdef", "whsec_0123456789abcdef"
TOWN = Settings(
    mode="demo", sandbox_bank_url="http://127.0.0.1:8100", sandbox_bank_secret="between the bank and us",
    stripe_secret_key=KEY, stripe_webhook_secret=f"{SECRET} {SECRET}x", stripe_api_base="http://127.0.0.1:8100/stripe",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    yield
    directory.connect()


def test_without_switches_every_configured_gateway_takes_all_it_can() -> None:
    adapters.connect(TOWN)
    assert directory.offered("QAR") == ["sandbox", "stripe"]
    assert directory.offered("IRR") == ["sandbox"]


def test_switches_choose_by_currency_and_the_first_is_offered_first() -> None:
    adapters.connect(replace(TOWN, gateways="stripe:QAR,USD sandbox:BDT,QAR"))
    assert directory.offered("QAR") == ["stripe", "sandbox"]
    assert directory.offered("BDT") == ["sandbox"]
    assert directory.offered("IRR") == []
    assert isinstance(directory.demand("stripe", "USD"), Stripe)
    with pytest.raises(GatewayNotOffered):
        directory.demand("sandbox", "USD")


def test_one_that_is_off_is_still_asked_and_its_notices_are_refused_by_name() -> None:
    adapters.connect(replace(TOWN, gateways="sandbox:QAR"))
    assert directory.by_name("stripe").name == "stripe"
    assert {each.name for each in directory.connected()} == {"sandbox", "stripe"}
    with pytest.raises(GatewaySwitchedOff) as refused:
        directory.demand_on("stripe")
    assert refused.value.gateway == "stripe"
    with pytest.raises(KeyError):
        directory.demand_on("zarinpal")
    assert directory.pages() == {"http://127.0.0.1:8100"}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"stripe_secret_key": ""}, "STRIPE_SECRET_KEY"),
        ({"stripe_secret_key": "pk_test_0123456789abcdef"}, "STRIPE_SECRET_KEY"),
        ({"stripe_secret_key": "sk_live_0123456789abcdef"}, "STRIPE_SECRET_KEY"),
        ({"stripe_webhook_secret": ""}, "STRIPE_WEBHOOK_SECRET"),
        ({"stripe_webhook_secret": f"{SECRET},{SECRET}"}, "STRIPE_WEBHOOK_SECRET"),
        ({"stripe_api_base": "https://stripe.example"}, "STRIPE_API_BASE"),
        ({"stripe_api_base": "127.0.0.1"}, "STRIPE_API_BASE"),
        ({"mode": "production", "stripe_api_base": ""}, "STRIPE_SECRET_KEY"),
        ({"mode": "production", "stripe_secret_key": "sk_live_0123456789abcdef"}, "STRIPE_API_BASE"),
        ({"gateways": "paypal:USD"}, "GATEWAYS"),
        ({"gateways": "stripe"}, "GATEWAYS"),
        ({"gateways": "stripe:QAR,XXX"}, "GATEWAYS"),
        ({"gateways": "stripe:IRR"}, "GATEWAYS"),
        ({"gateways": "stripe:QAR stripe:USD"}, "GATEWAYS"),
        ({"gateways": "zarinpal:IRR"}, "ZARINPAL_MERCHANT_ID"),
        ({"gateways": "sslcommerz:BDT"}, "SSLCOMMERZ_STORE_ID"),
    ],
)
def test_what_is_empty_or_malformed_stops_the_start_by_its_name(changed: dict[str, Any], name: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        adapters.connect(replace(TOWN, **changed))
    assert refused.value.name == name
    assert "0123456789abcdef" not in str(refused.value)
