"""Where providers live, as the settings name them."""

from urllib.parse import urlsplit

from marketplace.foundation.settings import SettingRefused, Settings

THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def provider_address(settings: Settings, name: str, value: str, *, usual: str) -> str:
    """The address in a setting, or the usual one when it is empty; without a slash at its end.

    https everywhere; a simulator on this machine may be http, and is never used in production. Raises SettingRefused
    with the setting's name.
    """
    address = urlsplit(value or usual)
    try:
        host, _ = address.hostname or "", address.port
    except ValueError:
        host = ""
    if not host or address.scheme not in {"https", "http"} or address.query or address.fragment or address.username:
        raise SettingRefused(name, "is no address", f"Set it to an address like {usual}")
    if host in THIS_MACHINE:
        if settings.production:
            raise SettingRefused(name, "names a simulator", "A simulator is never used in production")
    elif address.scheme != "https":
        raise SettingRefused(name, "is not https", f"Set it to an address like {usual}")
    return address.geturl().rstrip("/")


def host_of(address: str) -> str:
    """The host of a checked address."""
    return urlsplit(address).hostname or ""


def origin_of(address: str) -> str:
    """Scheme, host and port of a checked address, as a browser compares them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
