"""A customer's jobs: the list, and the live page of one, which asks for its own part again when the job changes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import MediaType, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent
from sqlalchemy.orm import Session

from booking.jobs import lists, queries
from booking.jobs.lists import JobCard
from booking.jobs.words import State
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import Texts
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import ServiceId, ZoneId
from marketplace.organizations import sites
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import ContactExpired, NotReleased
from web import answers
from web.home import home
from web.identity import Req
from web.live import stream
from web.pages.customer.telling import Told, tell
from web.respond import fragment, page, see_other

TEMPLATE = "pages/customer/job.html"
LIVE_PART = "live"


@dataclass(frozen=True)
class Named:
    """What services and zones are called, for cards that know ids only."""

    services: dict[ServiceId, Texts]
    zones: dict[ZoneId, Texts]


@get("/jobs", opt={"policy": "job.own.read"}, sync_to_thread=True)
def all_of_them(request: Req) -> Response[str]:
    """What goes on, what is not sent yet, what is over."""
    here, customer, now = home(), request.user.person_id, clock.now()
    with transaction() as session:
        running = lists.of_customer(session, customer, running=True)
        past = lists.of_customer(session, customer, running=False)
        drafts = lists.drafts_of(session, customer=customer)
        offered = [each for category in catalogue.categories(session, now=now) for each in category.services]
        zones = catalogue.zones(session, here.id)
        homes = sites.homes(session, customer, at=now)
    named = Named({each.id: each.title for each in offered}, {each.id: each.name for each in zones})
    unpaid = [each for each in running if each.state is State.REQUESTED]
    return page(
        request, "pages/customer/jobs.html", running=running, past=[each for each in past if _was_booked(each)],
        drafts=drafts, named=named, unpaid={each.id for each in unpaid}, has_home=bool(homes),
    )  # fmt: skip


@get("/jobs/{id:uuid}", opt={"policy": "job.own.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """The job as it stands now."""
    with transaction() as session:
        told = tell(session, id, reader_of(request), now=clock.now())
    return page(request, TEMPLATE, told=told)


@get("/jobs/{id:uuid}/now", opt={"policy": "job.own.read"}, sync_to_thread=True)
def live_part(request: Req, id: FromPath[UUID], seen: FromQuery[int] = 0) -> Response[str]:
    """The part of the page that changes; nothing when it is still the version that the page has seen."""
    now = clock.now()
    with transaction() as session:
        version = queries.for_customer(session, id, request.user.person_id, now=now).version
        told = None if version == seen else tell(session, id, reader_of(request), now=now)
    if told is None:
        return Response("", status_code=204, media_type=MediaType.HTML)
    return fragment(request, TEMPLATE, LIVE_PART, told=told)


@get("/jobs/{id:uuid}/events", opt={"policy": "job.own.read", "nocompress": True}, sync_to_thread=True)
def events(request: Req, id: FromPath[UUID]) -> ServerSentEvent:
    """News of this job, for as long as the page is open."""
    with transaction() as session:
        queries.for_customer(session, id, request.user.person_id, now=clock.now())
    return stream("job", id, reader=request.user.name)


@post("/jobs/{id:uuid}/contact", opt={"policy": "job.own.write"}, sync_to_thread=True)
def contact(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The specialist's telephone number, shown once and written down: a look is an act, and is never in an address."""
    now, reader = clock.now(), reader_of(request)
    try:
        with transaction() as session:
            told = tell(session, id, reader, now=now)
            phone = _phone(session, told, reader, now=now)
    except (NotReleased, ContactExpired) as refusal:
        said = answers.answer(refusal, request)
        return page(request, "pages/customer/contact.html", status_code=said.status, told=None, phone="", id=id,
                    said=said.sentence)  # fmt: skip
    return page(request, "pages/customer/contact.html", told=told, phone=phone, id=id, said="")


@get("/jobs/{id:uuid}/contact", opt={"policy": "job.own.read"}, sync_to_thread=False)
def back_to_the_job(id: FromPath[UUID]) -> Response[None]:
    """The number, reloaded or read in another language: it is asked for anew."""
    return see_other(f"/jobs/{id}")


routes = [back_to_the_job, all_of_them, one, live_part, events, contact]


def reader_of(request: Req) -> Reader:
    """The customer as somebody who looks."""
    return Reader(request.user.person_id, "customer", device=request.user.session)


def _phone(session: Session, told: Told, reader: Reader, *, now: datetime) -> str:
    if told.mine.specialist is None:
        raise NotReleased(None)
    return privacy.reveal(
        session,
        subject=told.mine.specialist,
        field="phone",
        reader=reader,
        purpose="contact",
        job=told.mine.id,
        now=now,
    )


def _was_booked(card: JobCard) -> bool:
    return card.window is not None or card.state is not State.CANCELLED
