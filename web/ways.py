"""Ways on: where somebody wanted to go before another page had to come first (`?next=/jobs`)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

LONGEST: Final = 500
NAME: Final = "next"
NEVER: Final = ("/sign-in", "/sign-out", "/register", "/reset")


def own_path(text: object, otherwise: str = "") -> str:
    """As `own_page`, but for the pages of signing in: coming back there would begin all over."""
    path = own_page(text, otherwise)
    return otherwise if urlsplit(path).path.startswith(NEVER) else path


def own_page(text: object, otherwise: str = "") -> str:
    """`text` when it is the address of a page of ours, without a host; else `otherwise`.

    Whatever a browser may read as another site's address (`//other`, `/\\other`, control characters) is refused.
    """
    path = str(text)
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST or "\\" in path:
        return otherwise
    if not path.isprintable() or any(sign.isspace() for sign in path):
        return otherwise
    parts = urlsplit(path)
    return otherwise if parts.scheme or parts.netloc else path


def wanted(query: Mapping[str, Any], typed: Mapping[str, Any] | None = None) -> str:
    """Where the reader wants to go on to, from a form's hidden field or the address; empty for nowhere."""
    return own_path((typed or {}).get(NAME, "")) or own_path(query.get(NAME, ""))


def with_next(path: str, onwards: str) -> str:
    """The address of a page that leads on to `onwards` when it is done."""
    return f"{path}?{NAME}={quote(onwards, safe='/')}" if onwards else path
