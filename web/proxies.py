"""Whose network asks: the address behind our own proxies, never one that a stranger writes into a header."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from marketplace.foundation.settings import Network

MOST_HOPS = 20


def reader_address(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The right-most address of the chain that is not a proxy of ours.

    `peer` is who opened the connection, `forwarded` the X-Forwarded-For headers in their order, to each of which a
    proxy appends the address that it was asked from. What stands left of the first stranger was said by that stranger
    and is not looked at; where the chain is broken off, the last proxy that could be believed is the answer.
    """
    found = peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    for hop in reversed(hops[-MOST_HOPS:]):
        if not _is_trusted(found, trusted):
            return found
        address = _parsed(hop)
        if address is None:
            return found
        found = str(address)
    return found


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in trusted)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:  # 203.0.113.7:51234
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
