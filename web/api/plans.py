"""Work that comes back, and the equipment it is done on, for the customer themselves."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from booking.jobs import queries as jobs
from booking.plans import actions, equipment, queries
from booking.plans.actions import NewPlan
from booking.plans.equipment import Described
from booking.plans.queries import EquipmentView, PlanView
from booking.plans.rules import Interval, Unit, Wish
from marketplace.foundation import clock
from marketplace.foundation.calendars import Calendar
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AddressId, PersonId
from marketplace.foundation.repeats import Answer
from marketplace.people.rules import NoSuchAddress
from web.api.amounts import Amount, In, Out, amount, maybe_amount
from web.api.commands import carry_out, done
from web.home import home
from web.identity import Req

READ, WRITE = {"policy": "job.own.read"}, {"policy": "job.own.write"}
Short = Annotated[str, msgspec.Meta(max_length=60)]


class PlanMade(In, frozen=True, kw_only=True):
    """The work of a job of one's own, again every so many `unit`s ("weeks", "months") from `first`, a day.

    Months are counted in `calendar` ("gregorian", "jalali"). `weekdays` are 1 (Monday) to 7, none for any; `band` is
    "morning", "noon", "afternoon", "evening" or none. `shown` is the most that a visit may cost; `limit` lets it pay
    for itself up to that much.
    """

    job: UUID
    every: int
    unit: Unit
    first: date
    shown: Amount
    calendar: Calendar = "gregorian"
    weekdays: list[int] = []
    band: Short | None = None
    same_person: bool = False
    equipment: UUID | None = None
    limit: Amount | None = None


class PlanVisitOut(Out, frozen=True, kw_only=True):
    """One due day; `outcome` is null while its visit goes on."""

    due: date
    job: UUID | None
    as_wished: bool
    outcome: str | None


class PlanOut(Out, frozen=True, kw_only=True):
    """A plan as it stands; `due` is the day whose turn is next."""

    id: UUID
    service: UUID
    equipment: UUID | None
    address: UUID
    state: str
    why: str | None
    every: int
    unit: str
    first: date
    calendar: str
    weekdays: list[int]
    band: str | None
    same_person: bool
    price: Amount
    limit: Amount | None
    due: date
    visits: list[PlanVisitOut]


class DayNamed(In, frozen=True, kw_only=True):
    """The due day that is meant."""

    due: date


class Permitted(In, frozen=True, kw_only=True):
    """Up to how much a visit may pay for itself; null revokes."""

    limit: Amount | None


class PriceAgreed(In, frozen=True, kw_only=True):
    """The price that was shown."""

    shown: Amount


class EquipmentIn(In, frozen=True, kw_only=True):
    """A piece of equipment by its owner's words; no serial number."""

    kind: Short
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    maker: Short = ""
    model: Short = ""
    installed_on: date | None = None
    address: UUID | None = None


class WorkOut(Out, frozen=True, kw_only=True):
    """A visit in the history of equipment; who came is an id."""

    job: UUID
    number: str
    service: UUID
    on: str | None
    is_done: bool
    parts: Amount | None
    price: Amount | None


class EquipmentOut(Out, frozen=True, kw_only=True):
    """A piece of equipment with what was done to it, latest first, and when a plan comes back."""

    id: UUID
    kind: str
    name: str
    maker: str
    model: str
    installed_on: date | None
    next_due: date | None
    history: list[WorkOut]


class Listed(Out, frozen=True, kw_only=True):
    plans: list[PlanOut]


class Kept(Out, frozen=True, kw_only=True):
    equipment: list[EquipmentOut]


@get("/api/v1/plans", opt=READ, tags=["plans"], sync_to_thread=True)
def every(request: Req) -> Listed:
    """One's own plans, those that go on first."""
    with transaction() as session:
        return Listed(plans=[_plan(each) for each in queries.plans_of(session, request.user.person_id)])


@get("/api/v1/plans/{plan:uuid}", opt=READ, tags=["plans"], sync_to_thread=True)
def one(request: Req, plan: FromPath[UUID]) -> PlanOut:
    """One plan. Refuses NoSuchPlan."""
    with transaction() as session:
        return _plan(queries.plan(session, plan, request.user.person_id))


@post("/api/v1/plans", opt=WRITE, status_code=201, tags=["plans"], sync_to_thread=True)
def start(request: Req, data: JSONBody[PlanMade]) -> Response[PlanOut]:
    """Make a plan. Refuses JobNotFound, PlanPriceChanged, PermissionRefused, and what `actions.start` refuses."""
    me, currency = request.user.person_id, home().currency
    limit = None if data.limit is None else data.limit.money(currency)
    shown = data.shown.money(currency)

    def work(session: Session, command: UUID) -> Answer:
        now = clock.now()
        new = _new(session, data, me, now=now)
        made = actions.start(session, new, customer=me, shown=shown, command_id=command, now=now)
        if limit is not None:
            actions.allow(session, made, customer=me, limit=limit, now=now)
        return done(_plan(queries.plan(session, made, me)), 201)

    return carry_out(request, data, work, PlanOut)


@post("/api/v1/plans/{plan:uuid}/pause", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def pause(request: Req, plan: FromPath[UUID]) -> Response[PlanOut]:
    """Propose nothing until it is resumed. Refuses NoSuchPlan, PlanEnded."""
    return _act(request, plan, None, lambda session, me, now: actions.pause(session, plan, customer=me, now=now))


@post("/api/v1/plans/{plan:uuid}/resumption", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def resume(request: Req, plan: FromPath[UUID]) -> Response[PlanOut]:
    """Go on with the day whose turn it is. Refuses NoSuchPlan, PlanEnded."""
    return _act(request, plan, None, lambda session, me, now: actions.resume(session, plan, customer=me, now=now))


@post("/api/v1/plans/{plan:uuid}/ending", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def stop(request: Req, plan: FromPath[UUID]) -> Response[PlanOut]:
    """End it; a paid visit still comes. Refuses NoSuchPlan."""
    return _act(request, plan, None, lambda session, me, now: actions.stop(session, plan, customer=me, now=now))


@post("/api/v1/plans/{plan:uuid}/skips", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def skip(request: Req, plan: FromPath[UUID], data: JSONBody[DayNamed]) -> Response[PlanOut]:
    """Let a due day pass. Refuses NoSuchPlan, PlanEnded, NothingToSkip, SkipCosts."""
    return _act(
        request, plan, data,
        lambda session, me, now: actions.skip(session, plan, customer=me, due=data.due, now=now),
    )  # fmt: skip


@post("/api/v1/plans/{plan:uuid}/permission", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def permit(request: Req, plan: FromPath[UUID], data: JSONBody[Permitted]) -> Response[PlanOut]:
    """Let visits pay for themselves up to an amount, or no longer. Refuses NoSuchPlan, PlanEnded, PermissionRefused."""
    limit = None if data.limit is None else data.limit.money(home().currency)

    def work(session: Session, me: PersonId, now: datetime) -> None:
        if limit is None:
            actions.disallow(session, plan, customer=me, now=now)
        else:
            actions.allow(session, plan, customer=me, limit=limit, now=now)

    return _act(request, plan, data, work)


@post("/api/v1/plans/{plan:uuid}/price", opt=WRITE, status_code=200, tags=["plans"], sync_to_thread=True)
def agree(request: Req, plan: FromPath[UUID], data: JSONBody[PriceAgreed]) -> Response[PlanOut]:
    """Take today's price for the plan's own. Refuses NoSuchPlan, PlanEnded, PlanPriceChanged."""
    shown = data.shown.money(home().currency)
    return _act(
        request, plan, data,
        lambda session, me, now: actions.agree_price(session, plan, customer=me, shown=shown, now=now),
    )  # fmt: skip


@get("/api/v1/equipment", opt=READ, tags=["plans"], sync_to_thread=True)
def kept(request: Req) -> Kept:
    """What one keeps, newest first, each with its history."""
    me = request.user.person_id
    with transaction() as session:
        return Kept(equipment=[_equipment(session, each, me) for each in queries.equipment_of(session, me)])


@post("/api/v1/equipment", opt=WRITE, status_code=201, tags=["plans"], sync_to_thread=True)
def keep(request: Req, data: JSONBody[EquipmentIn]) -> Response[EquipmentOut]:
    """Keep a piece. Refuses UnknownEquipment, NoSuchAddress, TooMuchKept."""
    me = request.user.person_id
    address = None if data.address is None else AddressId(data.address)
    new = Described(data.kind, data.name, data.maker, data.model, data.installed_on, address)

    def work(session: Session, command: UUID) -> Answer:
        made = equipment.add(session, new, customer=me, command_id=command, now=clock.now())
        return done(_equipment(session, queries.equipment(session, made, me), me), 201)

    return carry_out(request, data, work, EquipmentOut)


routes = [every, one, start, pause, resume, stop, skip, permit, agree, kept, keep]


def _act(
    request: Req, plan: UUID, data: object, work: Callable[[Session, PersonId, datetime], None]
) -> Response[PlanOut]:
    me = request.user.person_id

    def carried(session: Session, _: UUID) -> Answer:
        work(session, me, clock.now())
        return done(_plan(queries.plan(session, plan, me)))

    return carry_out(request, data, carried, PlanOut)


def _new(session: Session, data: PlanMade, me: PersonId, *, now: datetime) -> NewPlan:
    source = jobs.for_customer(session, data.job, me, now=now)
    if source.address is None:
        raise NoSuchAddress()
    return NewPlan(
        source.service, source.answers, source.address, Interval(data.every, data.unit, data.first, data.calendar),
        Wish(frozenset(data.weekdays), data.band, data.same_person), data.equipment,
    )  # fmt: skip


def _plan(view: PlanView) -> PlanOut:
    return PlanOut(
        id=view.id,
        service=view.service,
        equipment=view.equipment,
        address=view.address,
        state=view.state.value,
        why=None if view.why is None else view.why.value,
        every=view.interval.every,
        unit=view.interval.unit.value,
        first=view.interval.first,
        calendar=view.interval.calendar,
        weekdays=sorted(view.wish.weekdays),
        band=view.wish.band,
        same_person=view.wish.same_person,
        price=amount(view.price),
        limit=maybe_amount(view.limit),
        due=view.due_on,
        visits=[
            PlanVisitOut(
                due=each.due_on, job=each.job, as_wished=each.as_wished,
                outcome=None if each.outcome is None else each.outcome.value,
            )
            for each in view.visits
        ],
    )  # fmt: skip


def _equipment(session: Session, view: EquipmentView, me: PersonId) -> EquipmentOut:
    return EquipmentOut(
        id=view.id,
        kind=view.kind,
        name=view.name,
        maker=view.maker,
        model=view.model,
        installed_on=view.installed_on,
        next_due=queries.next_due(session, view.id, me),
        history=[
            WorkOut(
                job=each.job, number=each.number, service=each.service, is_done=each.is_done,
                on=None if each.on is None else each.on.isoformat(), parts=maybe_amount(each.parts),
                price=maybe_amount(each.price),
            )
            for each in queries.history(session, view.id, me)
        ],
    )  # fmt: skip
