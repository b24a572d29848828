"""Work that comes back: the plans of a customer, one of them, a new one from a job that is done, and its acts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.jobs import queries as jobs
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import IllegalTransition, JobNotFound, PlaceUnknown
from booking.plans import actions, queries
from booking.plans.actions import NewPlan
from booking.plans.rules import (
    EquipmentNotFound,
    Interval,
    NothingToSkip,
    NotPlannable,
    PermissionRefused,
    PlanEnded,
    PlanPriceChanged,
    SkipCosts,
    TooMuchKept,
    Unit,
    Wish,
)
from booking.pricing.rules import NothingToPrice
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.rules import AnswersNotAccepted, NoPriceBook, UnknownService, UnknownZone
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.people.rules import NoSuchAddress
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer import plan_forms, plan_view
from web.parts import Filled
from web.respond import formatter_for, page, see_other

CANNOT = (
    NoSuchAddress, PlaceUnknown, UnknownZone, UnknownService, NoPriceBook, NothingToPrice, AnswersNotAccepted,
    TooMuchKept, EquipmentNotFound, PlanPriceChanged, NotPlannable,
)  # fmt: skip
WEEKDAYS = tuple((day, date(2024, 1, day)) for day in range(1, 8))  # 1 January 2024 was a Monday
SAID = (PlanEnded, NothingToSkip, SkipCosts, PermissionRefused, PlanPriceChanged, IllegalTransition)


@get("/plans", opt={"policy": "job.own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The plans, those that go on first."""
    customer = request.user.person_id
    with transaction() as session:
        found = queries.plans_of(session, customer)
        services = plan_view.titles(session, found)
        places = {each.address: plan_view.place(session, customer, each.address) for each in found}
    return page(request, "pages/customer/plans.html", plans=found, services=services, places=places)


@get("/plans/new", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req, job: FromQuery[str] = "") -> Response[str] | Response[None]:
    """How often, on which days, by whom; for the work of a job that one has had; without one, to choose it. Refuses
    JobNotFound."""
    return _form(request, _job(job), None, status=200) if job else see_other("/jobs")


@post("/plans", opt={"policy": "job.own.write"}, sync_to_thread=True)
def start(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """Make the plan, and allow it to pay for itself where that was ticked. Refuses JobNotFound."""
    fields, here, customer = Fields(data, request.user.language), home(), request.user.person_id
    source = _job(fields.raw("job"))
    typed = plan_forms.read(fields, formatter_for(request.user.language, here), here.currency)
    try:
        if not fields.errors and typed.interval is not None:
            with transaction() as session:
                mine = jobs.for_customer(session, source, customer, now=clock.now())
                new = replace(new_plan(mine, typed.interval, typed.wish), equipment=typed.equipment)
                made = once.form_once(session, request, data, lambda: _start(session, request, new, typed, data))
            return see_other(f"/plans/{made}")
    except tuple(plan_forms.BESIDE) as refusal:
        fields.refuse(plan_forms.BESIDE[type(refusal)], refusal)
    except CANNOT as refusal:
        return _form(request, source, fields, status=answers.answer(refusal, request).status, refusal=refusal)
    return _form(request, source, fields, status=422)


@get("/plans/{plan:uuid}", opt={"policy": "job.own.read"}, sync_to_thread=True)
def one(request: Req, plan: FromPath[UUID]) -> Response[str]:
    """The plan as it stands. Refuses NoSuchPlan."""
    return _page(request, plan)


@post("/plans/{plan:uuid}/pause", opt={"policy": "job.own.write"}, sync_to_thread=True)
def pause(request: Req, plan: FromPath[UUID]) -> Response[str] | Response[None]:
    """Propose nothing for a while."""
    return _act(request, plan, lambda session, me, now: actions.pause(session, plan, customer=me, now=now))


@post("/plans/{plan:uuid}/resumption", opt={"policy": "job.own.write"}, sync_to_thread=True)
def resume(request: Req, plan: FromPath[UUID]) -> Response[str] | Response[None]:
    """Go on with the next day whose turn it is."""
    return _act(request, plan, lambda session, me, now: actions.resume(session, plan, customer=me, now=now))


@post("/plans/{plan:uuid}/ending", opt={"policy": "job.own.write"}, sync_to_thread=True)
def stop(request: Req, plan: FromPath[UUID]) -> Response[str] | Response[None]:
    """End it."""
    return _act(request, plan, lambda session, me, now: actions.stop(session, plan, customer=me, now=now))


@post("/plans/{plan:uuid}/skips", opt={"policy": "job.own.write"}, sync_to_thread=True)
def skip(request: Req, plan: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Let the day that the page showed pass."""
    due = _day(Fields(data).raw("due"))
    if due is None:
        return _page(request, plan, status=422)
    return _act(request, plan, lambda session, me, now: actions.skip(session, plan, customer=me, due=due, now=now))


@post("/plans/{plan:uuid}/permission", opt={"policy": "job.own.write"}, sync_to_thread=True)
def permit(request: Req, plan: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Let visits be paid from the wallet up to an amount, or no longer."""
    fields = Fields(data, request.user.language)
    if fields.raw("given") == "no":
        return _act(request, plan, lambda session, me, now: actions.disallow(session, plan, customer=me, now=now))
    limit = fields.money("limit", home().currency)
    if fields.errors:
        form = Filled({"limit": fields.raw("limit")}, answers.beside(fields.errors, request))
        return _page(request, plan, form=form, status=422)
    return _act(
        request, plan, lambda session, me, now: actions.allow(session, plan, customer=me, limit=limit, now=now),
        form={"limit": fields.raw("limit")},
    )  # fmt: skip


@post("/plans/{plan:uuid}/price", opt={"policy": "job.own.write"}, sync_to_thread=True)
def agree(request: Req, plan: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Take the price that the page showed for the plan's own."""
    shown = Money(Fields(data).whole("shown", least=0, most=10**13), home().currency)
    return _act(
        request, plan, lambda session, me, now: actions.agree_price(session, plan, customer=me, shown=shown, now=now)
    )


@get(
    [f"/plans/{{plan:uuid}}/{noun}" for noun in ("pause", "resumption", "ending", "skips", "permission", "price")],
    opt={"policy": "job.own.read"},
    sync_to_thread=False,
)
def back(plan: FromPath[UUID]) -> Response[None]:
    """What is reloaded, or read in another language, is the plan as it stands."""
    return see_other(f"/plans/{plan}")


routes = [show, ask, start, one, pause, resume, stop, skip, permit, agree, back]


def new_plan(mine: CustomerJob, interval: Interval, wish: Wish) -> NewPlan:
    """The same work at the same place. Refuses NoSuchAddress where the job had none of its own."""
    if mine.address is None:
        raise NoSuchAddress()
    return NewPlan(mine.service, mine.answers, mine.address, interval, wish)


def first_day(mine: CustomerJob, *, today: date) -> date:
    """A month after the visit, or after today where that is over."""
    done = mine.job.window.start.date() if mine.job.window else today
    monthly = Interval(1, Unit.MONTHS, done)
    return monthly.after(max(done, today))


def price_of(session: Session, request: Req, mine: CustomerJob, first: date, wish: Wish) -> tuple[Money | None, str]:
    """What each visit costs at most, or the sentence why it cannot be planned."""
    try:
        new = new_plan(mine, Interval(1, Unit.MONTHS, first), wish)
        return actions.price(session, new, now=clock.now()).total, ""
    except CANNOT as refusal:
        return None, answers.answer(refusal, request).sentence


def _start(session: Session, request: Req, new: NewPlan, typed: plan_forms.Typed, data: FormBody) -> UUID:
    me, now = request.user.person_id, clock.now()
    command = derived("plan", once.command_id(request, data), repr(new.interval).replace(":", ""), typed.shown.minor)
    made = actions.start(session, new, customer=me, shown=typed.shown, command_id=command, now=now)
    if typed.may_pay:
        actions.allow(session, made, customer=me, limit=queries.plan(session, made, me).price, now=now)
    return made


def _form(
    request: Req, source: UUID, fields: Fields | None, *, status: int, refusal: Refused | None = None
) -> Response[str] | Response[None]:
    here, now, me = home(), clock.now(), request.user.person_id
    formatter = formatter_for(request.user.language, here)
    with transaction() as session:
        mine = jobs.for_customer(session, source, me, now=now)
        first = first_day(mine, today=local_day(now, here.time_zone))
        again = None if fields is None else Fields(fields.typed, fields.language)
        wish = Wish() if again is None else plan_forms.read(again, formatter, here.currency).wish
        price, cannot = price_of(session, request, mine, first, wish)
        service = catalogue.titles(session, [mine.service]).get(mine.service)
        kept = queries.equipment_of(session, me)
        place = "" if mine.address is None else plan_view.place(session, me, mine.address)
        named = queries.equipment_of_job(session, source, me)
    said = answers.answer(refusal, request).sentence if refusal is not None else cannot
    values = plan_forms.suggested(formatter, first) if fields is None else plan_forms.values(fields)
    if fields is None and named is not None:
        values["equipment"] = str(named)
    errors = {} if fields is None else answers.beside(fields.errors, request)
    return page(
        request, "pages/customer/plan_new.html", status_code=status, mine=mine, service=service, price=price,
        kept=kept, place=place, said=said, form=Filled(values, errors), offered=plan_forms.OFFERED,
        cannot=bool(cannot),
        weekdays=WEEKDAYS,
    )  # fmt: skip


def _act(
    request: Req,
    plan: UUID,
    work: Callable[[Session, PersonId, datetime], None],
    *,
    form: dict[str, object] | None = None,
) -> Response[str] | Response[None]:
    try:
        with transaction() as session:
            work(session, request.user.person_id, clock.now())
    except SAID as refusal:
        said = answers.answer(refusal, request)
        filled = Filled(form or {}, {"limit": said.sentence} if isinstance(refusal, PermissionRefused) else {})
        return _page(request, plan, said=said.sentence, form=filled, status=said.status)
    return see_other(f"/plans/{plan}")


def _page(request: Req, plan: UUID, *, said: str = "", form: Filled | None = None, status: int = 200) -> Response[str]:
    with transaction() as session:
        told = plan_view.tell(session, plan, request.user.person_id, home(), now=clock.now())
    return page(
        request, "pages/customer/plan.html", status_code=status, told=told, said=said, form=form or Filled(),
        weekdays=WEEKDAYS,
    )  # fmt: skip


def _job(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise JobNotFound from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
