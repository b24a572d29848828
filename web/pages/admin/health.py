"""How the house is: what the doctor finds with the mend of each, the journal's chain, and the gateways' inbox."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from litestar import Response, get

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from payments.gateways import queries as gateways
from web import doctor
from web.identity import Req
from web.respond import page

LOOK_BACK = timedelta(days=1)


@get("/admin/health", opt={"policy": "admin.read"}, sync_to_thread=True)
def health(request: Req) -> Response[str]:
    """What `karigar doctor` says on this machine, now."""
    settings: Settings = request.app.state.settings
    findings = doctor.examine(settings, _this_database)
    now = clock.now()
    with transaction() as session:
        unsealed = audit.unsealed(session)
        inbox = gateways.inbox(session, since=now - LOOK_BACK)
    return page(
        request, "pages/admin/health.html", findings=findings, wrong=sum(not each.good for each in findings),
        unsealed=unsealed, inbox=inbox,
    )  # fmt: skip


routes = [health]


def _this_database() -> AbstractContextManager[str]:
    """The one that this process has open already."""
    return nullcontext("")
