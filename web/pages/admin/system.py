"""The system as it runs: its settings with secrets masked, and the work that failed for good."""

from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import select

from marketplace.foundation import audit, clock, outbox
from marketplace.foundation.database import transaction
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.settings import Settings
from web.identity import Req
from web.respond import page, see_other

MOST = 50


@get("/admin/system", opt={"policy": "admin.read"}, sync_to_thread=True)
def system(request: Req) -> Response[str]:
    """Settings seen, secrets only as set or not; the outbox, and its dead rows by task and kind of error."""
    settings: Settings = request.app.state.settings
    dead = select(Outbox.id, Outbox.task, Outbox.attempts, Outbox.last_error, Outbox.created_at)
    newest = dead.where(Outbox.state == "dead").order_by(Outbox.created_at.desc()).limit(MOST)
    with transaction() as session:
        counts = outbox.counts(session)
        rows = list(session.execute(newest))
    return page(request, "pages/admin/system.html", settings=settings.masked(), counts=counts, dead=rows)


@post("/admin/outbox/{id:uuid}/replays", opt={"policy": "admin.write"}, sync_to_thread=True)
def replay(request: Req, id: FromPath[UUID]) -> Redirect:
    """Give a dead row another life; it goes to the journal. 404 when it is not dead."""
    with transaction() as session:
        if not outbox.replay(session, id):
            raise NotFoundException
        audit.record(
            session, action="outbox.replayed", actor=request.user.person_id, subject=None, reason=None,
            now=clock.now(), row=id,
        )  # fmt: skip
    return see_other("/admin/system")


routes = [system, replay]
