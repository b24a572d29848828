"""The entry of a request on one screen: each change asks again what it costs and when, one key books."""

from datetime import datetime
from uuid import UUID

from litestar import MediaType, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.availability.rules import SlotTaken, TooManyHolds
from booking.jobs import queries as jobs
from booking.jobs.rules import JobNotFound, PlaceUnknown, TextNotAllowed
from booking.pricing.rules import NothingToPrice, QuoteChanged, QuoteExpired
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people.rules import AddressRefused
from web import answers, once, templating
from web.forms import FormBody
from web.home import home
from web.identity import Req
from web.pages.desk import callers
from web.pages.desk.booking import book, job_of
from web.pages.desk.callers import Caller
from web.pages.desk.customers import entry_of, screen
from web.pages.desk.filling import Filling, fill, without_gaps
from web.parts import Filled
from web.respond import reader_of, see_other
from web.sentences.marking import N_

TELL_PRICE = N_("The price has changed or was not told yet. Read it out, then book.")
BESIDE: dict[type[Refused], str] = {
    SlotTaken: "window", TooManyHolds: "window", AddressRefused: "line", PlaceUnknown: "area",
    NothingToPrice: "service", TextNotAllowed: "service", QuoteChanged: "method", QuoteExpired: "method",
}  # fmt: skip


@post("/desk/customers/{id:uuid}/entry", opt={"policy": "desk.write"}, status_code=200, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str]:
    """The form as it stands: its questions, its times and its price. Nothing is kept."""
    caller, filling, now = _read(request, id, data)
    errors = answers.beside(without_gaps(filling.fields.errors), request)
    if request.headers.get("hx-request") == "true":
        return _parts(request, caller, filling, data, errors)
    return screen(request, caller, filling=filling, reason="booking", typed=data, errors=errors, now=now)


@post("/desk/customers/{id:uuid}/bookings", opt={"policy": "desk.write"}, sync_to_thread=True)
def send(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Book it. A price that the caller has not heard is shown first."""
    command = once.command_id(request, data)
    if job := _booked_before(request, id, command):
        return see_other(f"/desk/jobs/{job}")
    caller, filling, now = _read(request, id, data)
    try:
        if _is_ready(filling) and _was_told(filling):
            with transaction() as session:
                return see_other(f"/desk/jobs/{book(session, request, caller, filling, command=command, now=now)}")
    except tuple(BESIDE) as refusal:
        return _refused(request, id, data, refusal)
    if job := _booked_before(request, id, command):  # by the same form, while this one was being read
        return see_other(f"/desk/jobs/{job}")
    if _is_ready(filling):
        said = answers.sentence(request, TELL_PRICE)
        return screen(request, caller, filling=filling, reason="booking", typed=data, said=said, now=now, status=409)
    errors = answers.beside(filling.fields.errors, request)
    return screen(request, caller, filling=filling, reason="booking", typed=data, errors=errors, now=now, status=422)


routes = [ask, send]


def _read(request: Req, id: UUID, data: dict[str, object]) -> tuple[Caller, Filling, datetime]:
    here, now = home(), clock.now()
    with transaction() as session:
        caller = callers.find(session, request, id, now=now)
        filling = fill(session, data, caller, here, language=request.user.language, now=now)
    return caller, filling, now


def _booked_before(request: Req, id: UUID, command: UUID) -> UUID | None:
    """The job that this very form has made already."""
    with transaction() as session:
        try:
            found = jobs.for_desk(session, job_of(command), callers.agent(request), now=clock.now())
        except JobNotFound:
            return None
    return found.id if found.customer == id else None


def _is_ready(filling: Filling) -> bool:
    return filling.terms is not None and filling.slot is not None and not filling.fields.errors


def _was_told(filling: Filling) -> bool:
    """Whether the price that stands now is the one that stood on the screen."""
    return filling.terms is not None and filling.fields.raw("total") == str(filling.terms.quote.total.minor)


def _refused(request: Req, id: UUID, data: dict[str, object], refusal: Refused) -> Response[str]:
    """The screen as things stand now, with what was refused; the entry is kept."""
    said = answers.answer(refusal, request)
    caller, filling, now = _read(request, id, data)
    errors = {BESIDE[type(refusal)]: said.sentence}
    return screen(
        request, caller, filling=filling, reason="booking", typed=data, errors=errors, now=now, status=said.status
    )


def _parts(
    request: Req, caller: Caller, filling: Filling, data: dict[str, object], errors: dict[str, str]
) -> Response[str]:
    """Only what has changed, so that nobody's typing is swept away: questions, times, and always the price."""
    names = ["price", "fees"]
    if filling.asked != " ".join(filling.fields.raw("asked").split()) or filling.fields.raw("matched") != _key(filling):
        names.append("questions")
    if filling.fields.raw("grid") != (filling.grid_key if filling.days else ""):
        names.append("times")
    reader = reader_of(request)
    facts = {"entry": entry_of(filling, caller, home()), "form": Filled(data, errors), "swap": True}
    texts = [templating.render(f"pages/desk/{name}.html", reader=reader, **facts) for name in names]
    return Response("".join(texts), media_type=MediaType.HTML)


def _key(filling: Filling) -> str:
    return " ".join(card.key for card in filling.matches)
