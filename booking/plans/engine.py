"""The one function that moves a plan by the clock: it settles the visit that has ended and proposes the next.

A look is a hint, like every timer: whatever comes twice, late or at once finds the plan as it is, under its lock, and
does what is due now, once. Then it asks to be called again.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.rules import SlotTaken
from booking.availability.windows import at_local, local_day
from booking.jobs import actions as jobs
from booking.jobs import queries
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import SYSTEM, PlaceUnknown
from booking.jobs.tables import JobEvent
from booking.jobs.terms import deposit
from booking.jobs.words import Event, State
from booking.plans import proposing, record
from booking.plans.rules import (
    PROPOSED_AT,
    NoSuchPlan,
    NotPlannable,
    Outcome,
    PlanState,
    Why,
    comes_next,
    may_pay,
    outcome_of,
)
from booking.plans.tables import PlanVisit, ServicePlan
from booking.pricing.rules import NothingToPrice
from marketplace.catalogue.rules import AnswersNotAccepted, NoPriceBook, UnknownService, UnknownZone
from marketplace.foundation import vault
from marketplace.foundation.ids import PersonId, derived
from marketplace.notices import actions as notices
from marketplace.organizations.queries import home
from marketplace.people import queries as people
from marketplace.people.rules import NoSuchAddress

CANNOT: dict[type[Exception], Why] = {
    NoSuchAddress: Why.ADDRESS_GONE, PlaceUnknown: Why.NOT_SERVED, UnknownZone: Why.NOT_SERVED,
    UnknownService: Why.SERVICE_GONE, NoPriceBook: Why.SERVICE_GONE, NothingToPrice: Why.SERVICE_GONE,
    NotPlannable: Why.SERVICE_GONE, AnswersNotAccepted: Why.ANSWERS,
}  # fmt: skip
SOON, OFTEN, SELDOM = timedelta(minutes=10), timedelta(hours=3), timedelta(hours=12)


def look(session: Session, plan: UUID, *, now: datetime) -> None:
    """Do for this plan what is due now, and ask to be called again. Harmless at any time."""
    try:
        row = record.locked(session, plan)
    except NoSuchPlan:
        return
    owner = people.find_person(session, row.customer_id)
    if owner is None or owner.erased_at is not None:
        end(row, Why.ERASED, now=now)
        return
    visit = record.going_on(session, plan)
    at = None if visit is None else _follow(session, row, visit, now=now)
    if at is None and row.state == PlanState.ACTIVE:
        at = now + SELDOM if owner.disabled_at is not None else _take_turn(session, row, now=now)
    if at is not None:
        record.look_again(session, plan, at)


def opens_at(due: date, *, days_ahead: int, time_zone: str) -> datetime:
    """When a due day's visit is proposed: at the same hour on the wall, on days of 23 and of 25 hours, too."""
    return at_local(due - timedelta(days=days_ahead), PROPOSED_AT, time_zone)


def end(row: ServicePlan, why: Why, *, now: datetime) -> None:
    """The plan is over; what it was stays."""
    if row.state != PlanState.ENDED:
        row.state, row.why, row.changed_at, row.ended_at = PlanState.ENDED.value, why.value, now, now


def close(session: Session, row: ServicePlan, visit: PlanVisit, outcome: Outcome, *, now: datetime) -> None:
    """Write down what became of a due day, and whose turn is next."""
    visit.outcome, visit.ended_at = outcome.value, now
    if visit.due_on == row.due_on:
        today = local_day(now, home(session).time_zone)
        row.due_on, row.attempt = comes_next(outcome, visit.due_on, visit.attempt, record.interval_of(row), today=today)
    session.flush()


def _follow(session: Session, row: ServicePlan, visit: PlanVisit, *, now: datetime) -> datetime | None:
    """When to look at the running visit again; None when it has ended, which is then written down."""
    assert visit.job_id is not None
    mine = queries.for_customer(session, visit.job_id, PersonId(row.customer_id), now=now)
    outcome = outcome_of(mine.job.state, _how_it_ended(session, mine))
    if outcome is not None:
        close(session, row, visit, outcome, now=now)
        return None
    if mine.job.state is State.REQUESTED and not mine.job.funded:
        _pay(session, row, mine, now=now)
        return now + OFTEN
    over = now if mine.job.window is None else mine.job.window.end + OFTEN
    return max(over, now + OFTEN)


def _take_turn(session: Session, row: ServicePlan, *, now: datetime) -> datetime | None:
    """Propose what is due, or say when it will be; None when the plan cannot go on."""
    here = home(session)
    today, interval = local_day(now, here.time_zone), record.interval_of(row)
    due = interval.current(row.due_on, today)
    if due != row.due_on:
        _pass_over(session, row, now=now)
        row.due_on, row.attempt = due, 1
    opens = opens_at(due, days_ahead=here.settings["plan_days_ahead"], time_zone=here.time_zone)
    if now < opens:
        return opens
    try:
        with session.begin_nested():
            visit = proposing.propose(session, row, today=today, now=now)
    except SlotTaken:
        return now + SOON
    except vault.Erased:
        end(row, Why.ERASED, now=now)
        return None
    except tuple(CANNOT) as refusal:
        _pause(session, row, CANNOT[type(refusal)], now=now)
        return None
    if visit is None:
        _tell(session, row, "plan_no_time", row.due_on.isoformat(), now=now)
        return at_local(today + timedelta(days=1), PROPOSED_AT, here.time_zone)
    _tell(session, row, "plan_visit", visit.id, now=now, visit=visit.id)
    assert visit.job_id is not None
    _pay(session, row, queries.for_customer(session, visit.job_id, PersonId(row.customer_id), now=now), now=now)
    return now + OFTEN


def _pass_over(session: Session, row: ServicePlan, *, now: datetime) -> None:
    """The due day is over without a visit; one line of the history says so, however many days have passed."""
    made = PlanVisit(
        id=record.visit_id(row.id, row.due_on, row.attempt), plan_id=row.id, due_on=row.due_on, attempt=row.attempt,
        job_id=None, as_wished=False, outcome=Outcome.NO_TIME.value, made_at=now, ended_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()


def _pause(session: Session, row: ServicePlan, why: Why, *, now: datetime) -> None:
    row.state, row.why, row.changed_at = PlanState.PAUSED.value, why.value, now
    _tell(session, row, "plan_paused", int(now.timestamp()), now=now)


def _pay(session: Session, row: ServicePlan, mine: CustomerJob, *, now: datetime) -> None:
    """Set the money aside, where the customer's permission covers it and the wallet holds it; else the visit waits."""
    price, limit = mine.job.price, record.limit_of(session, row.id)
    if price is None or mine.terms is None or not mine.job.slot_held or row.state != PlanState.ACTIVE:
        return
    if may_pay(price, deposit(mine.terms, mine.job.promotion), agreed=record.price_of(row), limit=limit):
        jobs.when_due(
            session, mine.id, Event.FUND, actor=SYSTEM, command_id=derived("plan_fund", mine.id, mine.version), now=now,
            task="jobs.fund", method=mine.job.method.value,
        )  # fmt: skip


def _how_it_ended(session: Session, mine: CustomerJob) -> str | None:
    asked = select(JobEvent.event, JobEvent.reason).where(
        JobEvent.job_id == mine.id, JobEvent.to_state == mine.job.state.value
    )
    last = session.execute(asked.order_by(JobEvent.place.desc()).limit(1)).one_or_none()
    if last is None:
        return None
    return "by_house" if last.event == Event.CANCEL_BY_OPERATOR else last.reason


def _tell(session: Session, row: ServicePlan, letter: str, about: object, *, now: datetime, **ids: UUID) -> None:
    notices.send(
        session, to=PersonId(row.customer_id), letter=letter, key=derived("letter", letter, row.id, about), now=now,
        plan=row.id, **ids,
    )  # fmt: skip
