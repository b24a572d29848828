"""A job's card, the looks at its customer's contact, and the news that make open pages ask again."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, ServerSentEvent
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.jobs.crew_queries import crew_of
from booking.jobs.rules import JobNotFound
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import JobId, PersonId
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from web import live
from web.identity import Req
from web.pages.specialist.cards import Contact, over, show
from web.respond import see_other


@get("/work/jobs/{job_id:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show_job(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """The card of a job; 410 with what remains once the visit is over."""
    return show(request, job_id)


@post("/work/jobs/{job_id:uuid}/looks", opt={"policy": "specialist.write"}, status_code=200, sync_to_thread=True)
def look(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """Name, phone and address, inside their window; each look is written down for the customer to read."""
    return _look(request, job_id, ("name", "phone", "address"), purpose="provide", channel="page")


@post("/work/jobs/{job_id:uuid}/calls", opt={"policy": "specialist.write"}, status_code=200, sync_to_thread=True)
def call(request: Req, job_id: FromPath[UUID]) -> Response[str]:
    """The number to call; the look is the evidence of an attempt to reach the customer."""
    return _look(request, job_id, ("name", "phone"), purpose="contact", channel="call")


@get(
    ["/work/jobs/{job_id:uuid}/looks", "/work/jobs/{job_id:uuid}/calls"],
    opt={"policy": "specialist.read"},
    sync_to_thread=False,
)
def back_to_card(job_id: FromPath[UUID]) -> Redirect:
    """A look that is reloaded, or read in another language, is no new look."""
    return see_other(f"/work/jobs/{job_id}")


@get("/work/events", opt={"policy": "specialist.read", "nocompress": True}, sync_to_thread=False)
def own_news(request: Req) -> ServerSentEvent:
    """Tells that this specialist's offers or visits have changed."""
    return live.stream("offers", request.user.person_id, reader=request.user.name)


@get("/work/jobs/{job_id:uuid}/events", opt={"policy": "specialist.read", "nocompress": True}, sync_to_thread=True)
def job_news(request: Req, job_id: FromPath[UUID]) -> ServerSentEvent:
    """Tells that a job of this specialist's has changed. Refuses JobNotFound."""
    with transaction() as session:
        jobs.for_crew(session, job_id, request.user.person_id, now=clock.now())
    return live.stream("job", job_id, reader=request.user.name)


def _look(request: Req, job_id: UUID, fields: Collection[str], *, purpose: str, channel: str) -> Response[str]:
    now, me = clock.now(), request.user.person_id
    reader = Reader(me, "specialist", device=request.user.session)
    try:
        with transaction() as session:
            job = jobs.for_crew(session, job_id, me, now=now)
            found = privacy.reveal_card(
                session, subject=job.customer, fields=fields, reader=reader, purpose=purpose, now=now, job=job.id,
                channel=channel,
            )  # fmt: skip
            mates = _mates(session, job.id, reader, now=now)
    except JobNotFound:
        return over(request, job_id)
    except Refused as refusal:
        return show(request, job_id, refusal=refusal)
    contact = Contact(found.get("name", ""), found.get("phone", ""), found.get("address", ""), mates)
    return show(request, job_id, contact=contact)


def _mates(session: Session, job: JobId, reader: Reader, *, now: datetime) -> dict[PersonId, str]:
    """The first names of the others of the crew; these looks are written down, too."""
    crew = crew_of(session, job)
    others = [each.specialist for each in crew.seats if each.specialist] if crew else []
    return {
        each: privacy.reveal(
            session, subject=each, field="name", reader=reader, purpose="provide", job=job, now=now
        ).split()[0]
        for each in others
        if each != reader.person_id
    }


routes = [show_job, look, call, back_to_card, own_news, job_news]
