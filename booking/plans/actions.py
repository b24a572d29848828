"""What customers do with their plans: make one, allow it to pay, pause, skip, stop. Twice is once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.availability.rules import BANDS as PARTS
from booking.availability.windows import at_local, local_day
from booking.jobs import actions as jobs
from booking.jobs import cancelling, requests
from booking.jobs import queries as job_queries
from booking.jobs.rules import Actor
from booking.jobs.words import Event, Role, State
from booking.plans import engine, record
from booking.plans.equipment import owned
from booking.plans.proposing import place_of, service_of
from booking.plans.rules import (
    PLANS_MOST,
    Interval,
    NothingToSkip,
    Outcome,
    PermissionRefused,
    PlanEnded,
    PlanPriceChanged,
    PlanState,
    SkipCosts,
    TooMuchKept,
    Why,
    Wish,
    check_interval,
    check_wish,
)
from booking.plans.tables import PlanPermission, PlanVisit, ServicePlan
from booking.pricing.rules import Adjustment, Quote
from marketplace.catalogue.rules import Answer
from marketplace.foundation.ids import AddressId, PersonId, ServiceId, derived, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.periods import Period
from marketplace.organizations.queries import home


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What is to come back, where, how often and when."""

    service: ServiceId
    answers: Mapping[str, Answer]
    address: AddressId
    interval: Interval
    wish: Wish
    equipment: UUID | None = None


def price(session: Session, new: NewPlan, *, now: datetime, discount: int | None = None) -> Quote:
    """The most that a visit of this plan costs by today's prices: in the wished part of the day, or in the dearest.

    `discount` is what was promised before, in hundredths of a percent; else what is promised to new plans.
    Refuses NotPlannable, and as `requests.terms_for`.
    """
    here, service = home(session), service_of(session, new.service, now=now)
    rate = here.settings["plan_discount_basis_points"] if discount is None else discount
    off = [Adjustment("plan", -rate)] if rate else []
    first = new.interval.first
    quotes = [
        requests.terms_for(
            session, service.id, new.answers, now=now, promised=off,
            window=Period(*(at_local(first, hour, here.time_zone) for hour in (part.from_hour, part.to_hour))),
        ).quote
        for part in PARTS
        if new.wish.band in (None, part.code)
    ]  # fmt: skip
    return max(quotes, key=lambda each: each.total.minor)


def start(
    session: Session,
    new: NewPlan,
    *,
    customer: PersonId,
    shown: Money | None,
    command_id: UUID,
    now: datetime,
    entered_by: PersonId | None = None,
) -> UUID:
    """Make a plan at no more than was shown; its first visit is proposed when its day comes near. Gives its id.

    Refuses IntervalOutOfBounds, FirstDayRefused, WishImpossible, TooMuchKept, EquipmentNotFound, NoSuchAddress,
    PlaceUnknown, PlanPriceChanged, and what `requests.terms_for` refuses.
    """
    id = derived("plan", customer, command_id)
    if session.get(ServicePlan, id) is not None:
        return id
    here = home(session)
    check_interval(new.interval, today=local_day(now, here.time_zone))
    check_wish(new.wish)
    place_of(session, customer, new.address)
    if new.equipment is not None:
        owned(session, new.equipment, customer)
    alive = select(func.count()).where(ServicePlan.customer_id == customer, ServicePlan.state != PlanState.ENDED)
    if (session.scalar(alive) or 0) >= PLANS_MOST:
        raise TooMuchKept(PLANS_MOST)
    quote = price(session, new, now=now)
    if shown is None or quote.total > shown:
        raise PlanPriceChanged(shown, quote.total)
    row = {
        "id": id, "customer_id": customer, "organization_id": here.id, "service_id": new.service,
        "equipment_id": new.equipment, "address_id": new.address,
        "answers": record.sealed_answers(customer, id, new.answers), "entered_by": entered_by,
        "state": PlanState.ACTIVE.value, "every": new.interval.every, "unit": new.interval.unit.value,
        "calendar": new.interval.calendar, "first_on": new.interval.first, "weekdays": sorted(new.wish.weekdays),
        "band": new.wish.band, "same_person": new.wish.same_person, "price_minor": quote.total.minor,
        "currency": quote.total.currency, "discount_basis_points": here.settings["plan_discount_basis_points"],
        "book_version": quote.book_version, "due_on": new.interval.first, "made_at": now, "changed_at": now,
    }  # fmt: skip
    session.execute(insert(ServicePlan).values(row).on_conflict_do_nothing(index_elements=[ServicePlan.id]))
    record.look_again(session, id, now)
    return id


def allow(session: Session, plan: UUID, *, customer: PersonId, limit: Money, now: datetime) -> None:
    """Let visits be paid from the wallet up to this much each, until it is revoked. A new permission replaces the old.

    Refuses NoSuchPlan, PlanEnded, PermissionRefused.
    """
    row = _alive(session, plan, customer)
    most = record.price_of(row)
    if limit.currency != most.currency or not 0 < limit.minor <= most.minor:
        raise PermissionRefused(Money(1, most.currency), most)
    if record.limit_of(session, plan) == limit:
        return
    _revoke(session, plan, now=now)
    made = PlanPermission(
        id=uuid7(), plan_id=plan, customer_id=customer, limit_minor=limit.minor, currency=limit.currency, given_at=now
    )
    session.add(made)
    session.flush()
    record.look_again(session, plan, now)


def disallow(session: Session, plan: UUID, *, customer: PersonId, now: datetime) -> None:
    """Pay nothing by itself any more; what is paid already stays paid. Refuses NoSuchPlan."""
    record.locked(session, plan, customer=customer)
    _revoke(session, plan, now=now)


def agree_price(session: Session, plan: UUID, *, customer: PersonId, shown: Money, now: datetime) -> None:
    """Take today's price for the plan's own from now on. A permission given before keeps its limit.

    Refuses NoSuchPlan, PlanEnded, PlanPriceChanged, and what `requests.terms_for` refuses.
    """
    row = _alive(session, plan, customer)
    today = price_now(session, row, now=now)
    if shown != today:
        raise PlanPriceChanged(shown, today)
    row.price_minor, row.changed_at = today.minor, now
    session.flush()
    record.look_again(session, plan, now)


def price_now(session: Session, row: ServicePlan, *, now: datetime) -> Money:
    """What a visit would cost by today's prices, with what was promised off it. Refuses as `requests.terms_for`."""
    interval = replace(record.interval_of(row), first=row.due_on)
    new = NewPlan(
        ServiceId(row.service_id), record.answers_of(row), AddressId(row.address_id), interval, record.wish_of(row)
    )
    return price(session, new, now=now, discount=row.discount_basis_points).total


def pause(session: Session, plan: UUID, *, customer: PersonId, now: datetime) -> None:
    """Propose nothing until it is resumed. A visit that is not paid is let go; a paid one comes.

    Refuses NoSuchPlan, PlanEnded.
    """
    row = _alive(session, plan, customer)
    if row.state == PlanState.ACTIVE:
        _let_go(session, row, Outcome.CALLED_OFF, now=now)
        row.state, row.why, row.changed_at = PlanState.PAUSED.value, Why.CUSTOMER.value, now
        session.flush()


def resume(session: Session, plan: UUID, *, customer: PersonId, now: datetime) -> None:
    """Go on with the next due day. Refuses NoSuchPlan, PlanEnded."""
    row = _alive(session, plan, customer)
    if row.state == PlanState.PAUSED:
        row.state, row.why, row.changed_at = PlanState.ACTIVE.value, None, now
        session.flush()
        row.due_on = record.interval_of(row).current(row.due_on, local_day(now, home(session).time_zone))
        record.look_again(session, plan, now)


def skip(session: Session, plan: UUID, *, customer: PersonId, due: date, now: datetime) -> None:
    """Let this due day pass; the plan goes on with the next.

    Refuses NoSuchPlan, PlanEnded, NothingToSkip, SkipCosts when the visit is paid and calling it off has a fee now,
    and what `jobs.fire` refuses where it has begun.
    """
    row = _alive(session, plan, customer)
    visit = record.going_on(session, plan)
    if _was_skipped(session, plan, due):
        return
    if row.state != PlanState.ACTIVE or due != (row.due_on if visit is None else visit.due_on):
        raise NothingToSkip()
    if visit is None:
        visit = PlanVisit(
            id=record.visit_id(plan, due, row.attempt), plan_id=plan, due_on=due, attempt=row.attempt, as_wished=False,
            outcome=Outcome.SKIPPED.value, made_at=now, ended_at=now,
        )  # fmt: skip
        session.add(visit)
        session.flush()
    else:
        _call_off(session, visit, customer, now=now)
    engine.close(session, row, visit, Outcome.SKIPPED, now=now)
    record.look_again(session, plan, now)


def stop(session: Session, plan: UUID, *, customer: PersonId, now: datetime) -> None:
    """End the plan. A visit that is not paid is let go; a paid one comes, or is called off on its own page.

    Refuses NoSuchPlan.
    """
    row = record.locked(session, plan, customer=customer)
    if row.state == PlanState.ENDED:
        return
    _let_go(session, row, Outcome.CALLED_OFF, now=now)
    _revoke(session, plan, now=now)
    engine.end(row, Why.CUSTOMER, now=now)
    session.flush()


def _alive(session: Session, plan: UUID, customer: PersonId) -> ServicePlan:
    row = record.locked(session, plan, customer=customer)
    if row.state == PlanState.ENDED:
        raise PlanEnded()
    return row


def _revoke(session: Session, plan: UUID, *, now: datetime) -> None:
    given = update(PlanPermission).where(PlanPermission.plan_id == plan, PlanPermission.ended_at.is_(None))
    session.execute(given.values(ended_at=now))


def _was_skipped(session: Session, plan: UUID, due: date) -> bool:
    asked = select(PlanVisit.id).where(
        PlanVisit.plan_id == plan, PlanVisit.due_on == due, PlanVisit.outcome == Outcome.SKIPPED
    )
    return session.scalar(asked) is not None


def _let_go(session: Session, row: ServicePlan, outcome: Outcome, *, now: datetime) -> None:
    """Call off the visit that goes on, if nothing is paid for it."""
    visit, customer = record.going_on(session, row.id), PersonId(row.customer_id)
    if visit is None or visit.job_id is None:
        return
    mine = job_queries.for_customer(session, visit.job_id, customer, now=now)
    if mine.job.state is State.REQUESTED and not mine.job.funded:
        _call_off(session, visit, customer, now=now)
        engine.close(session, row, visit, outcome, now=now)


def _call_off(session: Session, visit: PlanVisit, customer: PersonId, *, now: datetime) -> None:
    assert visit.job_id is not None
    fee = cancelling.preview(session, visit.job_id, customer, now=now).fee
    if not fee.is_zero:
        raise SkipCosts(fee)
    jobs.fire(
        session, visit.job_id, Event.CANCEL_BY_CUSTOMER, actor=Actor(Role.CUSTOMER, customer),
        command_id=derived("plan_skip", visit.id), now=now, fee_minor=0,
    )  # fmt: skip
