"""What an open board hears: which job or whose offers changed, and who is looking at a job. Ids only; nothing is kept.

Whoever has a job open says so again every few seconds; a board that hears no more of it takes the mark away by itself.
"""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, ServerSentEvent

from booking.jobs import queries as jobs
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.news import announce
from web import live
from web.identity import Req
from web.pages.admin.people import MARK_LENGTH
from web.pages.dispatch.acting import actor
from web.respond import see_other

LOOKING = "looking"


@get("/dispatch/board/events", opt={"policy": "board.read", "nocompress": True}, sync_to_thread=False)
def events(request: Req) -> ServerSentEvent:
    """Tells ids of jobs that changed, and who looks at which."""
    return live.town_stream("job", LOOKING, reader=request.user.name)


@post("/dispatch/jobs/{id:uuid}/presence", opt={"policy": "board.write"}, status_code=204, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID]) -> Response[None]:
    """This reader has the job open, for the next seconds. Refuses JobNotFound."""
    with transaction() as session:
        jobs.for_desk(session, id, actor(request), now=clock.now())
        announce(session, LOOKING, id, int(request.user.person_id.hex[-MARK_LENGTH:], 16))
    return Response(None, status_code=204)


@get("/dispatch/jobs/{id:uuid}/presence", opt={"policy": "board.read"}, sync_to_thread=False)
def back(id: FromPath[UUID]) -> Redirect:
    """Whoever follows the address sees the job."""
    return see_other(f"/dispatch/jobs/{id}")


routes = [events, look, back]
