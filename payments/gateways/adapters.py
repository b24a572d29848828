"""The gateways that the settings name: made, switched and connected in one step, or the process does not start."""

from collections.abc import Callable, Mapping

from marketplace.foundation.money import EXPONENTS
from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways import directory, sandbox, sslcommerz, stripe, zarinpal
from payments.gateways.protocol import Gateway

MAKERS: Mapping[str, Callable[[Settings], Gateway | None]] = {
    "sandbox": sandbox.from_settings,
    "stripe": stripe.from_settings,
    "zarinpal": zarinpal.from_settings,
    "sslcommerz": sslcommerz.from_settings,
}
FIRST_SETTING = {
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
    made = [gateway for gateway in (make(settings) for make in MAKERS.values()) if gateway is not None]
    switches = read_switches(settings.gateways, {gateway.name: gateway.can.currencies for gateway in made})
    directory.connect(*made, switches=switches)


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
