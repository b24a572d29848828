"""Plans of a day for the dispatcher: ask for one, see what changes for whom, publish it or drop it."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from booking.availability.windows import local_day
from booking.dispatch import planning, planning_publish
from booking.dispatch import planning_queries as queries
from booking.dispatch.planning_rules import DAYS_AHEAD, Why
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from web import answers
from web.answers import Said
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.dispatch import plan_words as words
from web.pages.specialist.names import read_names
from web.respond import page, see_other

ROOT: Final = "/dispatch/plans"


@get(ROOT, opt={"policy": "plans.read"}, sync_to_thread=True)
def plans(request: Req) -> Response[str]:
    """The newest plans, and the form that asks for one."""
    return _list(request)


@post(ROOT, opt={"policy": "plans.write"}, status_code=200, sync_to_thread=True)
def ask(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Ask for a plan of the chosen day; what was typed is kept when it cannot be planned."""
    fields = Fields(data, request.user.language)
    typed, command = fields.raw("day"), _id(fields.raw("command_id"))
    try:
        on_day = date.fromisoformat(typed)
    except ValueError:
        on_day = date.min
    try:
        with transaction() as session:
            made = planning.ask(
                session, on_day, why=Why.ASKED, by=request.user.person_id, now=clock.now(), command_id=command
            )
    except Refused as refusal:
        return _list(request, answers.answer(refusal, request), typed)
    return see_other(f"{ROOT}/{made}")


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "plans.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One plan: its figures, what it changes for each person, what it leaves out."""
    return _one(request, id)


@post(f"{ROOT}/{{id:uuid}}/publication", opt={"policy": "plans.write"}, status_code=200, sync_to_thread=True)
def publish(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Let the plan be the day, for everybody whose day has not changed since. Twice is once."""
    try:
        with transaction() as session:
            planning_publish.publish(session, id, by=request.user.person_id, now=clock.now())
    except Refused as refusal:
        return _refused(request, id, refusal)
    return see_other(f"{ROOT}/{id}")


@post(f"{ROOT}/{{id:uuid}}/dismissal", opt={"policy": "plans.write"}, status_code=200, sync_to_thread=True)
def drop(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Decide against the plan: the day stays as it is."""
    try:
        with transaction() as session:
            planning.drop(session, id, by=request.user.person_id, now=clock.now())
    except Refused as refusal:
        return _refused(request, id, refusal)
    return see_other(f"{ROOT}/{id}")


@get([f"{ROOT}/{{id:uuid}}/publication", f"{ROOT}/{{id:uuid}}/dismissal"], opt={"policy": "plans.read"},
     sync_to_thread=False)  # fmt: skip
def back(id: FromPath[UUID]) -> Redirect:
    """What is reloaded, or read in another language, is the plan as it stands."""
    return see_other(f"{ROOT}/{id}")


routes = [plans, ask, show, publish, drop, back]


def _list(request: Req, said: Said | None = None, typed: str = "") -> Response[str]:
    today = local_day(clock.now(), home().time_zone)
    days = [today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    with transaction() as session:
        found = queries.plans(session)
    return page(
        request, "pages/dispatch/plans.html", status_code=said.status if said else 200, plans=found, days=days,
        chosen=typed or str(days[1]), said=said.sentence if said else "", words=words,
    )  # fmt: skip


def _one(request: Req, id: UUID, said: Said | None = None) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        plan = queries.plan(session, id)
        areas = queries.home_zones(session, [each.specialist for each in plan.changes])
        names = read_names(session, here.id, now=now)
    return page(
        request, "pages/dispatch/plan.html", status_code=said.status if said else 200, plan=plan, areas=areas,
        names=names, said=said.sentence if said else "", words=words,
        may_decide=request.user.has("dispatcher") or request.user.has("manager"),
    )  # fmt: skip


def _refused(request: Req, id: UUID, refusal: Refused) -> Response[str]:
    said = answers.answer(refusal, request)
    if said.status == 404:
        raise refusal
    return _one(request, id, said)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
