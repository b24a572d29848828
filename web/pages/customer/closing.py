"""What a customer does when the work is done, or not: confirm, agree on cash, rate, say that nobody came, get help."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.care import actions as care
from booking.care.queries import cases_of_job
from booking.care.rules import (
    TEXT_LENGTH_MAX,
    MarkOutOfRange,
    Marks,
    NotToBeRated,
    RatedAlready,
    RatingOver,
    RatingTextNotAllowed,
)
from booking.jobs import actions as jobs
from booking.jobs.rules import Actor, CashDiffers, Facts, StaleVersion, TooEarly
from booking.jobs.words import Event, Role
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer.jobs import reader_of
from web.pages.customer.telling import Somebody, Told, tell
from web.parts import Filled
from web.respond import page, see_other

RATED = ("matter", "manner", "text")
MARKS = [str(mark) for mark in range(1, 6)]


@get("/jobs/{id:uuid}/confirmation", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask_to_confirm(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """What confirming does, with the amount; for cash, how much was given."""
    told = _told(request, id)
    if not told.may("confirm"):
        return see_other(f"/jobs/{id}")
    return _confirmation(request, told, Filled(), 200)


@post("/jobs/{id:uuid}/confirmation", opt={"policy": "job.own.write"}, sync_to_thread=True)
def confirm(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """The work is done: pay. With cash, say how much was given; another amount than the specialist's is a case."""
    told, fields = _told(request, id), Fields(data, request.user.language)
    facts: Facts = {}
    if told.in_cash and told.price is not None:
        facts["cash_minor"] = fields.money("cash", told.price.currency).minor
    values = {"cash": fields.raw("cash")}
    if fields.errors:
        return _confirmation(request, told, Filled(values, answers.beside(fields.errors, request)), 422)
    try:
        _fire(request, id, Event.CONFIRM, data, facts)
    except CashDiffers as refusal:
        said = answers.answer(refusal, request)
        return _confirmation(request, told, Filled(values, {"cash": said.sentence}), said.status)
    except StaleVersion as refusal:
        said = answers.answer(refusal, request)
        return _confirmation(request, _told(request, id), Filled(values), said.status, said.sentence)
    return see_other(f"/jobs/{id}")


@get("/jobs/{id:uuid}/rating", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask_for_rating(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """Two questions, and words if wanted; the same two about each other of a crew whose name is theirs to see."""
    told = _told(request, id, shows_name=True)
    if told.rating or told.rate_until is None:
        return see_other(f"/jobs/{id}")
    return _rating(request, told, Filled(), 200)


@post("/jobs/{id:uuid}/rating", opt={"policy": "job.own.write"}, sync_to_thread=True)
def rate(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Give the one rating of this visit, and of each of a crew whom they like to rate."""
    fields, customer = Fields(data, request.user.language), request.user.person_id
    told = _told(request, id, shows_name=True)
    matter, manner = fields.choice("matter", MARKS), fields.choice("manner", MARKS)
    mates = _mates_rated(fields, told)
    text = fields.text("text", longest=TEXT_LENGTH_MAX, required=False)
    if fields.errors:
        return _rating(request, told, _typed(fields, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            care.rate(
                session, job=JobId(id), by=customer, marks=Marks(int(matter), int(manner)), text=text or None,
                mates=mates, now=clock.now(),
            )  # fmt: skip
    except (MarkOutOfRange, RatingTextNotAllowed, NotToBeRated, RatingOver, RatedAlready) as refusal:
        said = answers.answer(refusal, request)
        return _rating(request, told, _typed(fields, {"matter": said.sentence}), said.status)
    return see_other(f"/jobs/{id}")


@get("/jobs/{id:uuid}/help", opt={"policy": "job.own.read"}, sync_to_thread=True)
def get_help(request: Req, id: FromPath[UUID]) -> Response[str]:
    """A person to talk to, and what happens to the money meanwhile."""
    told = _told(request, id)
    with transaction() as session:
        mine = cases_of_job(session, id, sides=("customer", "house"))
    return page(request, "pages/customer/help.html", told=told, cases=mine)


@post("/jobs/{id:uuid}/absence", opt={"policy": "job.own.write"}, sync_to_thread=True)
def say_nobody_came(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """The promise was broken: somebody else is looked for, first in the line."""
    try:
        _fire(request, id, Event.NO_SHOW_WORKER, data, {})
    except (TooEarly, StaleVersion):
        return see_other(f"/jobs/{id}")  # the page tells how it stands now
    return see_other(f"/jobs/{id}")


routes = [ask_to_confirm, confirm, ask_for_rating, rate, get_help, say_nobody_came]


def _fire(request: Req, id: UUID, event: Event, data: FormBody, facts: Facts) -> None:
    version = str(data.get("version", ""))
    with transaction() as session:
        jobs.fire(
            session, id, event, actor=Actor(Role.CUSTOMER, request.user.person_id), now=clock.now(),
            command_id=once.command_id(request, data),
            expected_version=int(version) if version.isdecimal() and len(version) < 10 else None, **facts,
        )  # fmt: skip


def _told(request: Req, id: UUID, *, shows_name: bool = False) -> Told:
    with transaction() as session:
        return tell(session, id, reader_of(request), now=clock.now(), shows_name=shows_name)


def _typed(fields: Fields, errors: dict[str, str]) -> Filled:
    return Filled({name: fields.raw(name) for name in fields.typed if name.startswith(RATED)}, errors)


def _mates(told: Told) -> dict[str, Somebody]:
    """The others of the crew by their places, as far as the customer may still read who they are."""
    seats = {} if told.crew is None else {each.specialist: str(each.seat) for each in told.crew.seats}
    return {seats[each.id]: each for each in told.others if each.name}


def _mates_rated(fields: Fields, told: Told) -> dict[PersonId, Marks]:
    """What was said of each: both marks, or none."""
    found = {}
    for seat, each in _mates(told).items():
        asked = (f"matter-{seat}", f"manner-{seat}")
        if any(fields.raw(name) for name in asked):
            matter, manner = (fields.choice(name, MARKS) for name in asked)
            if matter and manner:
                found[each.id] = Marks(int(matter), int(manner))
    return found


def _confirmation(request: Req, told: Told, form: Filled, status: int, said: str = "") -> Response[str]:
    return page(
        request, "pages/customer/confirmation.html", status_code=status, told=told, form=form, said=said,
        refused=bool(form.errors.get("cash")) and status == 409,
    )  # fmt: skip


def _rating(request: Req, told: Told, form: Filled, status: int) -> Response[str]:
    mates = [(seat, each.name) for seat, each in sorted(_mates(told).items())]
    return page(request, "pages/customer/rating.html", status_code=status, told=told, form=form, mates=mates)
