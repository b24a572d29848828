"""The organization that runs this deployment, as pages need it: read once in a while, not once a page."""

import threading
import time

from marketplace.foundation.database import transaction
from marketplace.organizations import queries as organizations
from marketplace.organizations.queries import Organization

FRESH_SECONDS = 10


class _Known:
    home: Organization | None = None
    until = 0.0
    lock = threading.Lock()


def home() -> Organization:
    """The home organization with its settings in force, at most ten seconds old. Not to be called in a transaction.

    Refuses NotFounded on an empty database.
    """
    with _Known.lock:
        if _Known.home is None or time.monotonic() > _Known.until:
            with transaction() as session:
                _Known.home = organizations.home(session)
            _Known.until = time.monotonic() + FRESH_SECONDS
        return _Known.home


def forget() -> None:
    """The organization has changed: the next page reads it again."""
    _Known.home = None
