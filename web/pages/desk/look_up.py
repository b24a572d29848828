"""The first page of a call: who is it? By number in any script of digits, by its last four, or by a job's number."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.jobs import lists
from booking.jobs import queries as jobs
from booking.jobs.rules import JobNotFound
from booking.jobs.words import State
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId
from marketplace.foundation.reading import NotAPhoneNumber
from marketplace.people import queries as people
from marketplace.people.rules import NoSuchPerson
from marketplace.privacy.queries import current_policy
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields, Missing
from web.home import home
from web.identity import Req
from web.pages.desk import callers
from web.pages.desk.callers import Caller
from web.pages.desk.script import policy_sentence
from web.pages.desk.typed import JobNumber, LastDigits, Number, understand
from web.pages.specialist.names import read_names
from web.parts import Filled
from web.respond import page, see_other

WAITING = (State.REQUESTED,)  # what the desk has begun, or a customer has, and nobody has paid for yet
MOST_WAITING = 12


@dataclass(frozen=True)
class Found:
    """What a look-up led to: a page, or several customers to choose from; neither for an unknown number."""

    path: str = ""
    several: tuple[Caller, ...] = ()


@get("/desk", opt={"policy": "desk.read"}, sync_to_thread=True)
def ring(request: Req) -> Response[str]:
    """The look-up, and the requests that wait for their money or their time."""
    return _page(request, Filled())


@post("/desk/look-ups", opt={"policy": "desk.write"}, status_code=200, sync_to_thread=True)
def look_up(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Find the caller. The look-up stands in the journal, without what was typed."""
    here, now, fields = home(), clock.now(), Fields(data, request.user.language)
    text = fields.raw("caller")[:60]
    try:
        meant = understand(text, here.region)
    except (Missing, NotAPhoneNumber) as refusal:
        return _again(request, text, refusal)
    try:
        with transaction() as session:
            found = _find(session, request, meant, here.region, now=now)
    except JobNotFound as refusal:
        return _again(request, text, refusal)
    if found.path:
        return see_other(found.path)
    if found.several:
        return _several(request, found.several)
    if isinstance(meant, LastDigits):
        return _again(request, text, NoSuchPerson())
    return new_caller(request, Filled({"phone": text, "language": here.language}))


@get("/desk/look-ups", opt={"policy": "desk.read"}, sync_to_thread=False)
def back() -> Redirect:
    """A look-up that is reloaded, or read in another language, begins anew."""
    return see_other("/desk")


routes = [ring, look_up, back]


def new_caller(request: Req, form: Filled, *, status: int = 200) -> Response[str]:
    """The form for a number that nobody has yet."""
    here = home()
    language = str(form.values.get("language", here.language))
    with transaction() as session:
        policy = current_policy(session, now=clock.now())
    return page(
        request, "pages/desk/new_caller.html", status_code=status, form=form,
        aloud=policy_sentence(language, policy.number if policy else 0), age_min=here.settings["age_years_min"],
    )  # fmt: skip


def _find(
    session: Session, request: Req, meant: JobNumber | LastDigits | Number, region: str, *, now: datetime
) -> Found:
    me = request.user.person_id
    if isinstance(meant, JobNumber):
        job = jobs.by_number(session, meant.text, callers.agent(request), now=now)
        audit.record(session, action="desk.looked_up", actor=me, subject=None, reason=None, now=now, by="job", found=1)
        return Found(f"/desk/jobs/{job.id}")
    known = who_has(session, request, meant, region, now=now)
    return Found(f"/desk/customers/{known[0].id}") if len(known) == 1 else Found(several=known)


def who_has(
    session: Session, request: Req, meant: LastDigits | Number, region: str, *, now: datetime
) -> tuple[Caller, ...]:
    """The customers of this number, or of numbers with these last digits. The look-up stands in the journal."""
    if isinstance(meant, LastDigits):
        ids = people.find_by_last_digits(session, meant.digits)
    else:
        one = people.find_by_contact(session, meant.e164, region)
        ids = [] if one is None else [one]
    known = [each for each in (_customer(session, request, id, now=now) for id in ids) if each is not None]
    by, me = "last4" if isinstance(meant, LastDigits) else "number", request.user.person_id
    audit.record(
        session, action="desk.looked_up", actor=me, subject=None, reason=None, now=now, by=by, found=len(known)
    )
    return tuple(known)


def _customer(session: Session, request: Req, id: PersonId, *, now: datetime) -> Caller | None:
    try:
        return callers.find(session, request, id, now=now, jobs=1)
    except NoSuchPerson:
        return None


def _again(request: Req, text: str, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    return _page(request, Filled({"caller": text}, {"caller": said.sentence}), status=said.status)


def _several(request: Req, several: tuple[Caller, ...]) -> Response[str]:
    here, language = home(), request.user.language
    with transaction() as session:
        names = read_names(session, here.id, now=clock.now())
        zones = catalogue.zones(session, here.id, language=language)
    rows = [(each, callers.areas(each, zones, language)) for each in several]
    return page(request, "pages/desk/several.html", rows=rows, names=names)


def _page(request: Req, form: Filled, *, status: int = 200) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        waiting = lists.for_desk(session, callers.agent(request), now=now, states=WAITING, limit=MOST_WAITING)
        names = read_names(session, here.id, now=now)
    return page(request, "pages/desk/look_up.html", status_code=status, form=form, waiting=waiting, names=names)
