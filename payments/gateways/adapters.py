"""The gateways that the settings name: made, switched and connected in one step, or the process does not start."""

from dataclasses import asdict
from importlib import import_module

from marketplace.foundation.money import EXPONENTS
from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways import directory
from payments.gateways.protocol import Gateway

FIRST_SETTING = {  # of each gateway, by the name of its module
    "sandbox": "SANDBOX_BANK_SECRET",
    "stripe": "STRIPE_SECRET_KEY",
    "zarinpal": "ZARINPAL_MERCHANT_ID",
    "sslcommerz": "SSLCOMMERZ_STORE_ID",
}


def connect(settings: Settings) -> None:
    """Connect every gateway that has its settings, and switch on what GATEWAYS names.

    Raises SettingRefused: for a secret that is empty or malformed, and for GATEWAYS when it names a gateway that nobody
    speaks to, that has no secret, or that does not take a currency.
    """
    made = [gateway for gateway in (_made(name, settings) for name in FIRST_SETTING) if gateway is not None]
    switches = read_switches(settings.gateways, {gateway.name: gateway.can.currencies for gateway in made})
    directory.connect(*made, switches=switches)


def _made(name: str, settings: Settings) -> Gateway | None:
    """None, and its module is not even imported, where no setting is its: the client of a provider takes its time."""
    if not any(value for setting, value in asdict(settings).items() if setting.startswith(f"{name}_")):
        return None
    gateway: Gateway | None = import_module(f"payments.gateways.{name}").from_settings(settings)
    return gateway


def read_switches(text: str, taken: directory.Switches) -> directory.Switches | None:
    """What GATEWAYS says: `sandbox:BDT,IRR stripe:QAR,USD`; None when it says nothing, so that each takes all it can.

    `taken`: what each gateway that has its settings takes. Raises SettingRefused.
    """
    if not text.strip():
        return None
    switches: dict[str, frozenset[str]] = {}
    for word in text.split():
        name, colon, listed = word.partition(":")
        currencies = frozenset(listed.split(",")) if colon else frozenset()
        _check(name, currencies, taken)
        if name in switches:
            raise SettingRefused("GATEWAYS", f"names {name} twice", "Put all its currencies behind one name")
        switches[name] = currencies
    return switches


def _check(name: str, currencies: frozenset[str], taken: directory.Switches) -> None:
    example = "Write it as: sandbox:BDT,IRR stripe:QAR,USD"
    if name not in FIRST_SETTING:
        raise SettingRefused("GATEWAYS", f"names {name[:30]!r}, which is no gateway", example)
    if name not in taken:
        raise SettingRefused(FIRST_SETTING[name], "is not set", f"GATEWAYS switches {name} on; set it, or take it out")
    if not currencies or not currencies <= EXPONENTS.keys():
        raise SettingRefused("GATEWAYS", f"gives {name} no currency that is known", example)
    beyond = sorted(currencies - taken[name])
    if beyond:
        raise SettingRefused("GATEWAYS", f"gives {name} {beyond[0]}, which it does not take", example)
