"""What a resident has reported to the team of their building: the list, a new report, one with its steps."""

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import MediaType, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent
from sqlalchemy.orm import Session

from booking.jobs.rules import Actor, IllegalTransition, WorkHasBegun
from booking.jobs.words import Event, Role
from booking.tickets import actions, queries
from booking.tickets.actions import Wish
from booking.tickets.record import hours
from booking.tickets.rules import (
    DUE_SETTINGS,
    WORDS_MAX,
    CardNumberInWords,
    NobodyOnDuty,
    NotYourUnit,
    TooManyOpen,
    Urgency,
)
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import UnknownService
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import ServiceId, derived
from marketplace.organizations import sites, teams
from marketplace.organizations.sites import Place
from web import answers, once, ticket_view
from web import ticket_words as words
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.live import stream
from web.pages.customer.jobs import reader_of
from web.pages.customer.ticket_telling import tell
from web.parts import Choice, Filled
from web.respond import fragment, page, see_other
from web.ticket_view import Row

HERE = "/tickets"
TEMPLATE = "pages/tickets/one.html"
OVER = (IllegalTransition, WorkHasBegun)
Answer = Response[Any]


@get(HERE, opt={"policy": "job.own.read"}, sync_to_thread=True)
def show(request: Req) -> Answer:
    """What one has reported, newest first; to somebody without a home in a compound, what this is and who enters it."""
    me, now = request.user.person_id, clock.now()
    with transaction() as session:
        homes = sites.homes(session, me, at=now)
        mine = queries.mine(session, me)
        titles = ticket_view.titles(session, mine)
    rows = [Row(each, now) for each in mine]
    return page(request, "pages/tickets/mine.html", rows=rows, titles=titles, homes=homes, words=words)


@get(HERE + "/new", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, unit: FromQuery[str] = "") -> Answer:
    """An empty report about one's home; whoever has several says first which."""
    return _form(request, _id(unit), Filled(), 200)


@post(HERE, opt={"policy": "job.own.write"}, sync_to_thread=True)
def report(request: Req, data: FormBody) -> Answer:
    """Tell the team of the building. Refuses NotYourUnit."""
    fields = Fields(data, request.user.language)
    unit, service = fields.identity("unit"), fields.identity("service")
    said = fields.text("words", longest=WORDS_MAX)
    urgency = fields.choice("urgency", tuple(each.value for each in Urgency))
    if not fields.errors and unit is not None and service is not None:
        wish = Wish(unit, ServiceId(service), said, Urgency(urgency))
        try:
            with transaction() as session:
                made = once.form_once(session, request, data, lambda: _submit(session, request, wish, data))
            return see_other(f"{HERE}/{made}")
        except (NobodyOnDuty, UnknownService) as refusal:
            fields.refuse("service", refusal)
        except (CardNumberInWords, TooManyOpen) as refusal:
            fields.refuse("words", refusal)
    values = {name: fields.raw(name) for name in ("service", "words", "urgency")}
    return _form(request, unit, Filled(values, answers.beside(fields.errors, request)), 422)


@get(HERE + "/{ticket:uuid}", opt={"policy": "job.own.read"}, sync_to_thread=True)
def one(request: Req, ticket: FromPath[UUID]) -> Answer:
    """One's own report as it stands now. Refuses JobNotFound."""
    return _page(request, ticket)


@get(HERE + "/{ticket:uuid}/now", opt={"policy": "job.own.read"}, sync_to_thread=True)
def live_part(request: Req, ticket: FromPath[UUID], seen: FromQuery[int] = 0) -> Answer:
    """The part of the page that changes; nothing when it is still the version that the page has seen."""
    now = clock.now()
    with transaction() as session:
        view = queries.read_by_resident(session, ticket, request.user.person_id, at=now)
        told = None if view.version == seen else tell(session, view, reader_of(request), now=now)
    if told is None:
        return Response("", status_code=204, media_type=MediaType.HTML)
    return fragment(request, TEMPLATE, "live", told=told, words=words, said="")


@get(HERE + "/{ticket:uuid}/events", opt={"policy": "job.own.read", "nocompress": True}, sync_to_thread=True)
def events(request: Req, ticket: FromPath[UUID]) -> ServerSentEvent:
    """News of this report, for as long as the page is open. Refuses JobNotFound."""
    with transaction() as session:
        queries.read_by_resident(session, ticket, request.user.person_id, at=clock.now())
    return stream("job", ticket, reader=request.user.name)


@post(HERE + "/{ticket:uuid}/confirmation", opt={"policy": "job.own.write"}, sync_to_thread=True)
def confirm(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """It is done. Refuses JobNotFound."""
    command = once.command_id(request, data)
    try:
        with transaction() as session:
            actions.confirm(session, ticket, by=request.user.person_id, command_id=command, now=clock.now())
    except OVER as refusal:
        return _page(request, ticket, refusal=refusal)
    return see_other(f"{HERE}/{ticket}")


@get(HERE + "/{ticket:uuid}/confirmation", opt={"policy": "job.own.read"}, sync_to_thread=False)
def back(ticket: FromPath[UUID]) -> Response[None]:
    """What is reloaded, or read in another language, is the report as it stands."""
    return see_other(f"{HERE}/{ticket}")


@get(HERE + "/{ticket:uuid}/cancellation", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask_to_cancel(request: Req, ticket: FromPath[UUID]) -> Answer:
    """What calling it off means, and why; where it is too late, the report as it stands. Refuses JobNotFound."""
    return _cancellation(request, ticket, Filled(), 200)


@post(HERE + "/{ticket:uuid}/cancellation", opt={"policy": "job.own.write"}, sync_to_thread=True)
def cancel(request: Req, ticket: FromPath[UUID], data: FormBody) -> Answer:
    """Call it off, before work begins. Refuses JobNotFound."""
    fields = Fields(data, request.user.language)
    reason = fields.choice("reason", words.CALL_OFF)
    if fields.errors:
        return _cancellation(request, ticket, Filled(errors=answers.beside(fields.errors, request)), 422)
    command, me = once.command_id(request, data), request.user.person_id
    try:
        with transaction() as session:
            actions.cancel(session, ticket, by=me, command_id=command, now=clock.now(), reason=reason)
    except OVER as refusal:
        return _page(request, ticket, refusal=refusal)
    return see_other(f"{HERE}/{ticket}")


routes = [show, ask, report, one, live_part, events, confirm, back, ask_to_cancel, cancel]


def _submit(session: Session, request: Req, wish: Wish, data: FormBody) -> UUID:
    """Other words in the same form are another report, as `once.form_once` has it."""
    secret = request.app.state.settings.session_secret.encode()
    meant = hmac.digest(secret, repr(wish).encode(), "sha256").hex()  # a bare digest of a few words could be guessed
    actor, command = Actor(Role.CUSTOMER, request.user.person_id), derived(once.command_id(request, data), meant)
    return actions.submit(session, wish, actor=actor, command_id=command, now=clock.now()).job_id


def _form(request: Req, unit: UUID | None, form: Filled, status: int) -> Answer:
    now = clock.now()
    with transaction() as session:
        homes = sites.homes(session, request.user.person_id, at=now)
        place = next((each for each in homes if each.unit == unit or (unit is None and len(homes) == 1)), None)
        if place is None and unit is not None:
            raise NotYourUnit()
        groups = _offered(session, request, place, now=now) if place else []
        due = hours(session, place.compound) if place else {}
    meant = [
        (each.value, words.URGENCIES[each][2], words.MEANINGS[each], due.get(DUE_SETTINGS[each], 0)) for each in Urgency
    ]
    return page(
        request, "pages/tickets/new.html", status_code=status, form=form, homes=homes, place=place, groups=groups,
        urgencies=meant, longest=WORDS_MAX,
    )  # fmt: skip


def _offered(session: Session, request: Req, place: Place, *, now: datetime) -> list[tuple[str, list[Choice]]]:
    """The work that some team does in this building, trade by trade."""
    owned, language = set(teams.trades_in(session, place.building)), request.user.language
    return [
        (each.title[language], [Choice(str(work.id), work.title[language]) for work in each.services])
        for each in catalogue.categories(session, now=now)
        if each.key in owned
    ]


def _page(request: Req, ticket: UUID, *, refusal: Refused | None = None) -> Answer:
    now = clock.now()
    with transaction() as session:
        view = queries.read_by_resident(session, ticket, request.user.person_id, at=now)
        told = tell(session, view, reader_of(request), now=now)
    said = answers.answer(refusal, request) if refusal else None
    return page(
        request, TEMPLATE, status_code=said.status if said else 200, told=told, words=words,
        said=said.sentence if said else "",
    )  # fmt: skip


def _cancellation(request: Req, ticket: UUID, form: Filled, status: int) -> Answer:
    now = clock.now()
    with transaction() as session:
        view = queries.read_by_resident(session, ticket, request.user.person_id, at=now)
        title = ticket_view.titles(session, [view]).get(view.service)
    if Event.CANCEL_BY_CUSTOMER not in view.may or ticket_view.has_begun(view):
        return see_other(f"{HERE}/{ticket}")
    return page(
        request, "pages/tickets/cancellation.html", status_code=status, form=form, view=view, title=title, words=words
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotYourUnit() from None
