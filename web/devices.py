"""What is kept of a browser: the type of the device and its system, nothing more of the user agent (promises.md T12).

Stored as two words of ours, `phone Android`, and worded for the reader when shown.
"""

from typing import Any, Final

from litestar import Request

KINDS: Final = ("phone", "tablet", "computer")
SYSTEMS: Final = ("Android", "iOS", "Windows", "macOS", "ChromeOS", "Linux")
_SIGNS: Final = (  # in this order: Android calls itself Linux too, an iPhone calls itself like Mac OS X
    ("iphone", "iOS"), ("ipad", "iOS"), ("android", "Android"), ("windows", "Windows"), ("cros", "ChromeOS"),
    ("macintosh", "macOS"), ("mac os", "macOS"), ("linux", "Linux"),
)  # fmt: skip


def device_of(request: Request[Any, Any, Any]) -> str:
    """The device of this request, by its client hints or else its user agent."""
    agent = request.headers.get("user-agent", "").lower()
    hinted = request.headers.get("sec-ch-ua-platform", "").strip('" ').lower()
    system = next((known for known in SYSTEMS if known.lower() == hinted.replace("chrome os", "chromeos")), "")
    system = system or next((known for sign, known in _SIGNS if sign in agent), "")
    return f"{_kind(request, agent, system)} {system}".strip()


def parts_of(stored: str | None) -> tuple[str, str]:
    """Type and system of a stored device; empty where they were not known."""
    kind, _, system = (stored or "").partition(" ")
    return (kind if kind in KINDS else "", system if system in SYSTEMS else "")


def _kind(request: Request[Any, Any, Any], agent: str, system: str) -> str:
    if "ipad" in agent or (system == "Android" and "mobile" not in agent):
        return "tablet"
    is_mobile = request.headers.get("sec-ch-ua-mobile", "") == "?1" or "mobile" in agent or "iphone" in agent
    return "phone" if is_mobile else "computer"
