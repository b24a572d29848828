"""What has to come first: the policy in force accepted (O7, O49), an authenticator for whoever works with others' data.

A signed-in reader is led there from the next page they open; where they wanted to go stands in the address.
"""

import threading
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request
from litestar.exceptions import HTTPException
from sqlalchemy.orm import Session

from marketplace.people.rules import STAFF
from marketplace.privacy.queries import must_accept, policy_in_force
from web.home import home
from web.policies import Policy
from web.ways import with_next

ACCEPTANCE: Final = "/policy/acceptance"
AUTHENTICATOR: Final = "/account/authenticator"
MOST_KNOWN: Final = 50_000


class ComesFirst(HTTPException):
    """Another page has to come before this one; `path` leads there and on. The API is told 403."""

    status_code = 403

    def __init__(self, path: str) -> None:
        super().__init__(detail="another page comes first")
        self.path = path


class _Known:
    accepted: dict[UUID, UUID] = {}  # person: the version that they are known to have accepted
    lock = threading.Lock()


def owes_acceptance(session: Session, person: UUID, *, now: datetime) -> bool:
    """Whether this person has yet to accept the version in force. That they have is asked of the database once."""
    current = policy_in_force(session, now=now)
    if current is None or _Known.accepted.get(person) == current:
        return False
    if must_accept(session, person, now=now) is not None:
        return True
    with _Known.lock:
        if len(_Known.accepted) >= MOST_KNOWN:
            _Known.accepted.clear()
        _Known.accepted[person] = current
    return False


def needs_authenticator(roles: frozenset[str], *, production: bool) -> bool:
    """Whether a holder of these roles, who has none, must set one up. Not to be called in a transaction.

    Staff of a real town, unless its organization has said otherwise (`staff_authenticator`); a demo asks nobody.
    """
    return production and not STAFF.isdisjoint(roles) and home().settings["staff_authenticator"] == 1


def check(request: Request[Any, Any, Any], policy: Policy, *, acceptance: bool, authenticator: bool) -> None:
    """Lead away from a page that has to wait. Raises ComesFirst.

    Without an authenticator nothing of the staff's is open, to read or to do. Before the policy in force is accepted
    nothing is done and no page opened but of one's own account, with one's data and the way out; what a page or an
    app that is open already only reads goes on.
    """
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = here if request.method == "GET" else ""
    if authenticator and policy.who <= STAFF:
        raise ComesFirst(with_next(AUTHENTICATOR, wanted))
    if acceptance and policy.accepted and (request.method != "GET" or _is_page(request)):
        raise ComesFirst(with_next(ACCEPTANCE, wanted))


def _is_page(request: Request[Any, Any, Any]) -> bool:
    accepts = request.headers.get("accept", "")
    scripted = "hx-request" in request.headers or "json" in accepts or "event-stream" in accepts
    return not scripted and not request.url.path.startswith("/api/")
