"""`python -m web.bank`: serve the sandbox bank on this machine only, at BANK_PORT (8100)."""

import os

from granian.constants import Interfaces
from granian.server import Server


def main() -> None:
    """Serve until told to stop."""
    port = int(os.environ.get("BANK_PORT", "8100"))
    Server("web.bank.app:create_app", address="127.0.0.1", port=port, interface=Interfaces.ASGI, factory=True).serve()


if __name__ == "__main__":
    main()
