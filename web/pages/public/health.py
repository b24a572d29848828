"""Whether this process lives, and whether it can answer."""

from litestar import Response, get
from sqlalchemy import text

from marketplace.foundation.database import transaction


@get("/-/live", opt={"policy": "machine.health", "no_identity": True}, guards=[], sync_to_thread=False)
def live() -> dict[str, str]:
    """The process runs."""
    return {"state": "live"}


@get("/-/ready", opt={"policy": "machine.health"}, sync_to_thread=True)
def ready() -> Response[dict[str, str]]:
    """The database answers within its limits."""
    with transaction() as session:
        session.execute(text("SELECT 1"))
    return Response({"state": "ready"})


routes = [live, ready]
