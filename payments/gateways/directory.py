"""Which gateways this process speaks to, and which of them take new payments. The edge connects them once, at start.

A gateway that is switched off stays connected: what is open there is still asked about, and what was paid there can be
given back; it takes no new payment, and its notices are refused by name.
"""

from collections.abc import Mapping

from payments.gateways.protocol import Gateway
from payments.gateways.rules import GatewayNotOffered, GatewaySwitchedOff

Switches = Mapping[str, frozenset[str]]
"""The currencies in which each gateway is on, the gateway that is offered first first."""

_connected: dict[str, Gateway] = {}
_switches: dict[str, frozenset[str]] = {}


def connect(*gateways: Gateway, switches: Switches | None = None) -> None:
    """Name the gateways of this process, in place of any before. Without switches each is on for all it takes."""
    found = sorted(gateways, key=lambda gateway: gateway.name)
    _connected.clear()
    _connected.update({gateway.name: gateway for gateway in found})
    _switches.clear()
    _switches.update(switches if switches is not None else {each.name: each.can.currencies for each in found})


def by_name(name: str) -> Gateway:
    """The adapter of a gateway, also of one that is switched off, for as long as it is connected. KeyError if not."""
    return _connected[name]


def connected() -> tuple[Gateway, ...]:
    """Every gateway of this process."""
    return tuple(_connected.values())


def currencies_on(name: str) -> frozenset[str]:
    """The currencies in which a gateway takes new payments now; none when it is switched off or not connected."""
    found = _connected.get(name)
    return frozenset() if found is None else _switches.get(name, frozenset()) & found.can.currencies


def offered(currency: str) -> list[str]:
    """The names of the gateways that take this currency now, the first choice first."""
    return [name for name in _switches if currency in currencies_on(name)]


def demand(name: str, currency: str) -> Gateway:
    """The adapter for a new payment in this currency. Raises GatewayNotOffered."""
    if currency not in currencies_on(name):
        raise GatewayNotOffered(gateway=name, currency=currency)
    return _connected[name]


def demand_on(name: str) -> Gateway:
    """The adapter that may ring here. Raises GatewaySwitchedOff, and KeyError for one that is not connected."""
    found = _connected[name]
    if not currencies_on(name):
        raise GatewaySwitchedOff(gateway=name)
    return found


def pages() -> frozenset[str]:
    """The origins of all pages where payers may be sent."""
    return frozenset().union(*(gateway.can.pages for gateway in _connected.values()))
