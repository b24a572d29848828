"""Tries are counted by the reader's own address: behind our proxies, and in spite of forged headers."""

from ipaddress import ip_network

import pytest

from marketplace.foundation.settings import read
from web.proxies import reader_address

OURS = (ip_network("10.0.0.0/24"), ip_network("fd00::1"))
READER, FORGED = "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (READER, [], READER),
        (READER, [FORGED], READER),  # no proxy between: the header is the reader's own invention
        (READER, ["10.0.0.2"], READER),
        ("10.0.0.2", [READER], READER),
        ("10.0.0.2", [f"{FORGED}, {READER}"], READER),
        ("10.0.0.2", [FORGED, READER], READER),
        ("10.0.0.2", [f"10.0.0.9, {READER}"], READER),
        ("10.0.0.2", [f"{READER}, 10.0.0.3"], READER),  # two proxies of ours, one behind the other
        ("10.0.0.2", [f"{FORGED},{READER},10.0.0.3"], READER),
        ("10.0.0.2", [f"{READER}:51234"], READER),
        ("::ffff:10.0.0.2", [f"::ffff:{READER}"], READER),
        ("fd00::1", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", [f"{FORGED}, nonsense"], "10.0.0.2"),
        ("10.0.0.2", [", ,"], "10.0.0.2"),
        ("testclient", [FORGED], "testclient"),
        ("10.0.0.2", [", ".join([FORGED] + ["10.0.0.3"] * 5000)], "10.0.0.3"),
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: list[str], expected: str) -> None:
    assert reader_address(peer, forwarded, OURS) == expected


def test_nobody_is_believed_unless_named() -> None:
    assert reader_address("10.0.0.2", [FORGED], read({"KARIGAR_MODE": "demo"}).trusted_proxies) == "10.0.0.2"
    named = read({"KARIGAR_MODE": "demo", "TRUSTED_PROXY": "10.0.0.0/24, 192.0.2.1"}).trusted_proxies
    assert reader_address("10.0.0.2", [FORGED], named) == FORGED
