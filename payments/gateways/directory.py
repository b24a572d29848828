"""Which gateways this process speaks to. The edge connects them once, at start."""

from payments.gateways.protocol import Gateway
from payments.gateways.rules import GatewayNotOffered

_connected: dict[str, Gateway] = {}


def connect(*gateways: Gateway) -> None:
    """Name the gateways of this process, in place of any before."""
    _connected.clear()
    _connected.update({gateway.name: gateway for gateway in gateways})


def by_name(name: str) -> Gateway:
    """The adapter of a gateway; also of one no longer offered, for as long as it is connected. KeyError if not."""
    return _connected[name]


def connected() -> tuple[Gateway, ...]:
    """Every gateway of this process."""
    return tuple(_connected.values())


def offered(currency: str) -> list[str]:
    """The names of the gateways that take this currency."""
    return sorted(gateway.name for gateway in _connected.values() if currency in gateway.can.currencies)


def demand(name: str, currency: str) -> Gateway:
    """The adapter for a new payment in this currency. Raises GatewayNotOffered."""
    found = _connected.get(name)
    if found is None or currency not in found.can.currencies:
        raise GatewayNotOffered(gateway=name, currency=currency)
    return found
