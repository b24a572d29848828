"""One job for the desk: its course and its price, and the look at a name and a number with a reason."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from booking.jobs import queries as jobs
from booking.jobs.rules import JobNotFound
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web import answers
from web.forms import FormBody
from web.forms.fields import NotOffered
from web.identity import Req
from web.pages.desk import callers, job_views, reasons
from web.respond import see_other


@get("/desk/jobs/{id:uuid}", opt={"policy": "desk.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID], code: FromQuery[str] = "") -> Response[str]:
    """The job without personal values. `code` names a code that was sent for its payment."""
    return job_views.answer(request, id, code=_id(code))


@post("/desk/jobs/{id:uuid}/looks", opt={"policy": "desk.write"}, status_code=200, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str]:
    """Name and number of the job's customer or specialist, for the reason that was pressed."""
    reason, whose, now = str(data.get("reason", "")), str(data.get("whose", "customer")), clock.now()
    if reason not in job_views.MAY_BE_ASKED or whose not in ("customer", "specialist"):
        said = answers.answer(NotOffered(), request)
        return job_views.answer(request, id, said=said.sentence, status=said.status)
    with transaction() as session:
        job = jobs.for_desk(session, id, callers.agent(request), now=now)
        subject = job.customer if whose == "customer" else job.specialist
        if subject is None:
            raise JobNotFound
        seen = reasons.look(session, request, subject, reason, now=now, job=job.id)
    return job_views.answer(request, id, seen=seen, whose=whose)


@get(
    ["/desk/jobs/{id:uuid}/looks", "/desk/jobs/{id:uuid}/payment", "/desk/jobs/{id:uuid}/codes"],
    opt={"policy": "desk.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Redirect:
    """What is reloaded, or read in another language, is the job as it stands."""
    return see_other(f"/desk/jobs/{id}")


routes = [show, look, back]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
